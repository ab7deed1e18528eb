"""Killed or stopped under sixteen clients: what was acknowledged is there, once, and the chain holds."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.load import ARTICLE, COMMENTS, Load, account_for, register_article, stored
from tests.e2e.service import Service
from tests.waiting import until


def test_killed_under_load_it_keeps_every_acknowledged_comment_once(own_service: Service) -> None:
    service = own_service.start()
    register_article(service)
    load = Load(service)
    load.cut_short(lambda: service.stop(signal.SIGKILL))
    service.start()
    account_for(load, "SIGKILL")
    for [comment_id] in stored(service).values():
        events = [event["event"] for event in service.ask("GET", f"/api/v1/comments/{comment_id}/audit").json["events"]]
        assert events == ["comment.submitted", "comment.scored", "comment.decided"]


@pytest.mark.redis
def test_of_two_processes_one_is_killed_under_load_then_all_and_what_was_acknowledged_is_kept(
    own_service: Service, redis_url: str, database_url: str
) -> None:
    service = own_service
    several = {"MODERATION_REDIS_URL": redis_url, "WEB_CONCURRENCY": "2"}
    service.environment |= several | {"MODERATION_DATABASE_URL": database_url}
    register_article(service.start())
    first = Load(service, insist=True, name="one", comments=100)
    first.start()
    first.wait_for(30)
    os.kill(service.children[0], signal.SIGKILL)
    first.join()
    assert len(first.acknowledged) == first.comments, "everybody is through in the end"
    account_for(first, "SIGKILL of one of two")

    second = Load(service, name="all")
    second.cut_short(service.kill_all)
    service.start()
    account_for(second, "SIGKILL of all")
    assert service.stop() == 0


@pytest.mark.parametrize(
    ("number", "keep_alive", "processes"),
    [
        (signal.SIGTERM, True, 1),
        (signal.SIGINT, False, 1),
        pytest.param(signal.SIGTERM, True, 2, marks=pytest.mark.redis),
    ],
    ids=["SIGTERM, kept connections", "Ctrl-C, new connections", "SIGTERM to two processes"],
)
def test_stopped_under_load_it_loses_no_request(
    own_service: Service, number: int, keep_alive: bool, processes: int, request: pytest.FixtureRequest
) -> None:
    if processes > 1:
        url = request.getfixturevalue("redis_url")
        own_service.environment |= {"MODERATION_REDIS_URL": url, "WEB_CONCURRENCY": str(processes)}
    service = own_service.start()
    register_article(service)
    load = Load(service, keep_alive=keep_alive)
    load.start()
    load.wait_for(COMMENTS // 3)
    assert service.stop(number) == 0
    load.join()
    assert set(load.outcomes) == {"acknowledged", "refused"}
    assert stored(service) == {number: [comment_id] for number, comment_id in load.acknowledged.items()}
    account_for(load, "stop")


@pytest.mark.redis
@pytest.mark.postgres
def test_of_two_behind_a_proxy_each_is_restarted_under_load_and_nobody_is_refused(
    tmp_path: Path, production: dict[str, str], postgres_url: str, redis_url: str
) -> None:
    environment = production | {"MODERATION_DATABASE_URL": postgres_url, "MODERATION_REDIS_URL": redis_url}
    two = [Service(tmp_path / name, environment=environment) for name in ("a", "b")]
    for service in two:
        service.var.mkdir()
    try:
        for service in two:
            service.start()
        register_article(two[0])
        load = Load(two[0], beside=(two[1],), comments=500)
        load.start()
        for service in two:
            load.wait_for(len(load.acknowledged) + 40)
            assert service.stop() == 0
            service.start()
        load.wait_for(len(load.acknowledged) + 1)
        load.join()
        assert load.outcomes == {"acknowledged": load.comments}
        account_for(load, "each of two restarted")
    finally:
        for service in two:
            service.end()


# --- two starts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_two_first_starts_at_once_share_one_database(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest, production: dict[str, str]
) -> None:
    url = f"sqlite:///{tmp_path}/m.sqlite3" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    two = [Service(tmp_path / name, environment=production | {"MODERATION_DATABASE_URL": url}) for name in ("a", "b")]
    for service in two:
        service.var.mkdir()
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Service.start, two))
        register_article(two[0])
        loads = [Load(service, name=service.var.name, insist=True, comments=40) for service in two]
        for load in loads:
            load.start()
        for load in loads:
            load.join()
            assert len(load.acknowledged) == load.comments
            account_for(load, "two starts over one database")
        assert [service.stop() for service in two] == [0, 0]
    finally:
        for service in two:
            service.end()


# --- no room --------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with room for an empty database and some comments."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "moderation-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can be mounted by root alone")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_comments_and_loses_none_and_goes_on_once_there_is_room(
    small_disk: Path, own_service: Service
) -> None:
    service = own_service
    service.environment["MODERATION_DATABASE_URL"] = f"sqlite:///{small_disk}/m.sqlite3"
    register_article(service.start())
    assert service.is_ready
    load = Load(service, insist=True, comments=100, name="disk")
    load.start()
    load.wait_for(30)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):  # until there is no room left
        while True:
            file.write(b"x" * 4096)
    load.wait_for_outcome("status 503: The database has no room")
    ready = service.ask("GET", "/readyz")
    assert ready.status == 503
    assert ready.json["waits_for"] == ["room on the disk of the database"]
    assert service.ask("GET", "/healthz").status == 200
    comments = f"/api/v1/articles/{ARTICLE}/comments"
    assert service.ask("GET", comments).status == 200
    ballast.unlink()
    load.join()
    assert len(load.acknowledged) == 100
    account_for(load, "disk full")
    until(lambda: service.is_ready)  # a write that found no room is remembered for a while
    service.stop()
