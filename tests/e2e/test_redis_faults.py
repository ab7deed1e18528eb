"""Two web processes whose rate limits lie in a Redis that is emptied, goes or hangs while sixteen clients comment."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.e2e.load import Load, account_for, register_article
from tests.e2e.service import Service
from tests.fresh_postgres import drop, new_database, url_of
from tests.own_redis import OwnRedis, own_redis
from tests.waiting import until

pytestmark = [pytest.mark.redis, pytest.mark.postgres]

COMMENTS = 90
AFTERWARDS = 8
KEYS = 2
"""Of each reader: so many a minute, and an hour."""


@pytest.fixture(scope="module")
def server() -> Iterator[OwnRedis]:
    with own_redis() as server:
        yield server


@pytest.fixture(scope="module")
def limiting(
    server: OwnRedis, postgres_template: str, production: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    name = new_database(postgres_template)
    environment = {"MODERATION_REDIS_URL": server.url, "WEB_CONCURRENCY": "2"}
    environment |= production | {"MODERATION_DATABASE_URL": url_of(name)}
    service = Service(tmp_path_factory.mktemp("var"), environment=environment).start()
    register_article(service)
    yield service
    assert service.stop() == 0
    drop(name)


def nothing(_: OwnRedis) -> None:
    """It is back already."""


FAULTS = {
    "flushed": (OwnRedis.flush, nothing),
    "gone": (OwnRedis.kill, OwnRedis.start),
    "hung": (OwnRedis.hang, OwnRedis.go_on),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_nobody_is_refused_for_it_and_nothing_is_lost(limiting: Service, server: OwnRedis, fault: str) -> None:
    goes_wrong, comes_back = FAULTS[fault]
    load = Load(limiting, comments=COMMENTS, name=fault)
    load.start()
    load.wait_for(COMMENTS // 3)
    assert len(server.keys()) > COMMENTS // 3
    before = warnings(limiting)
    goes_wrong(server)
    try:
        load.wait_for(COMMENTS * 2 // 3)
    finally:
        comes_back(server)
    load.join()
    assert load.outcomes == {"acknowledged": COMMENTS}
    assert (warnings(limiting) > before) is (fault != "flushed")  # which nobody notices
    account_for(load, f"Redis {fault}")
    numbers = count()
    until(lambda: counts_in_redis(limiting, server, f"{fault}-{next(numbers)}"))


def warnings(service: Service) -> int:
    return (service.var / "log").read_text().count("rate limits go on in this process")


def counts_in_redis(service: Service, server: OwnRedis, name: str) -> bool:
    """Whether everybody of a few new readers is counted there, whichever process they have come to."""
    before = len(server.keys())
    load = Load(service, comments=AFTERWARDS, name=name)
    load.start()
    load.join()
    assert load.outcomes == {"acknowledged": AFTERWARDS}
    return len(server.keys()) >= before + AFTERWARDS * KEYS
