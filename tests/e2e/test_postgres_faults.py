"""A whole service over a PostgreSQL of its own that hangs, restarts, goes, or is followed by another, under load."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.load import Load, account_for, register_article
from tests.e2e.service import Service
from tests.own_postgres import OwnPostgres, own_postgres
from tests.waiting import until

pytestmark = pytest.mark.postgres

COMMENTS = 120
AWAY_SECONDS = 20
"""So long a server hangs or is gone."""


@pytest.fixture(scope="module")
def server() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server.start()


@pytest.fixture(scope="module")
def running(
    server: OwnPostgres, production: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service over that server, with an article, for every test that leaves both as they were."""
    environment = production | {"MODERATION_DATABASE_URL": server.url("moderation")}
    service = Service(tmp_path_factory.mktemp("var"), environment=environment).start()
    register_article(service)
    yield service
    service.end()


def hold(load: Load, seconds: float) -> None:
    """What needs no database is served throughout, and whoever balances the load is told that the rest isn't, once
    somebody has been refused.
    """
    ends = time.monotonic() + seconds
    with ThreadPoolExecutor(4) as pool:  # together: while every other thread waits for the database
        refused = pool.submit(load.wait_for_outcome, "status 503")
        while time.monotonic() < ends:
            known = refused.done()
            asked = pool.map(lambda path: load.service.ask("GET", path), ("/healthz", "/embed.js", "/readyz"))
            alive, script, ready = asked
            assert (alive.status, script.status) == (200, 200)
            if known:
                assert ready.status == 503
                assert ready.json["waits_for"] == ["the database"]
            time.sleep(0.5)
        assert known, "nobody was refused"


def test_while_it_hangs_everybody_is_told_and_then_it_goes_on_by_itself(server: OwnPostgres, running: Service) -> None:
    load = Load(running, insist=True, comments=COMMENTS, name="hangs")
    load.start()
    load.wait_for(COMMENTS // 3)
    server.hang()
    try:
        hold(load, AWAY_SECONDS)
        before = len(load.acknowledged)
    finally:
        server.go_on()
    load.join()
    assert before < len(load.acknowledged) == COMMENTS
    until(lambda: running.is_ready)
    account_for(load, "PostgreSQL hung")


@pytest.mark.parametrize("ended", [signal.SIGINT, signal.SIGQUIT], ids=["stopped in order", "crashed"])
def test_gone_and_back_everybody_is_through_in_the_end(server: OwnPostgres, running: Service, ended: int) -> None:
    load = Load(running, insist=True, comments=COMMENTS, name=f"gone-{ended:d}")
    load.start()
    load.wait_for(COMMENTS // 3)
    server.stop(ended)
    try:
        hold(load, AWAY_SECONDS)
    finally:
        server.start()
    load.join()
    assert len(load.acknowledged) == COMMENTS
    until(lambda: running.is_ready)
    account_for(load, "PostgreSQL gone")


def test_killed_under_load_the_service_keeps_every_acknowledged_comment_once(
    server: OwnPostgres, running: Service
) -> None:
    load = Load(running, comments=COMMENTS, name="killed")
    load.cut_short(lambda: running.stop(signal.SIGKILL))
    running.start()
    account_for(load, "SIGKILL over PostgreSQL")


def test_another_server_takes_over_and_nothing_is_lost(server: OwnPostgres, running: Service) -> None:
    """The leading server is killed; its copy, which had every commit before anybody was told of it, leads on."""
    with own_postgres(follows=server) as follower:
        follower.start()
        until(lambda: server.execute("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == [(1,)])
        server.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        server.execute("SELECT pg_reload_conf()")
        until(lambda: server.execute("SELECT sync_state FROM pg_stat_replication") == [("sync",)])
        name = running.environment["MODERATION_DATABASE_URL"].rpartition("/")[2]
        running.stop()
        running.environment["MODERATION_DATABASE_URL"] = (
            f"postgresql://newsroom@{follower.where},{server.where}/{name}"  # the standby first: it must be passed over
        )
        running.start()
        load = Load(running, insist=True, comments=COMMENTS, name="failover")
        load.start()
        load.wait_for(COMMENTS // 3)
        server.kill()
        load.wait_for_outcome("status 503")
        assert running.ask("GET", "/healthz").status == 200
        follower.promote()
        load.join()
        assert len(load.acknowledged) == COMMENTS
        until(lambda: running.is_ready)
        account_for(load, "another PostgreSQL takes over")
        running.stop()
