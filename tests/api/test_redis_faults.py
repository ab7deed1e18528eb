"""A Redis that is killed, hangs, starts again, or is emptied while readers comment: nobody is refused for it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from moderation.web.shared.limit_redis import in_process
from tests.newsroom import Newsroom, newsroom_over
from tests.own_redis import OwnRedis, own_redis
from tests.waiting import until

pytestmark = pytest.mark.redis

log = logging.getLogger(__name__)

THREADS = 16
LIMIT = 3


@dataclass(slots=True)
class Readers:
    """Readers of a site on which each may say so much a minute, whose counts lie in a Redis of the test's own."""

    newsroom: Newsroom
    redis: OwnRedis
    statuses: Counter[int] = field(default_factory=Counter)

    def say(self, number: int) -> int:
        """One comment of a reader of their own, from a client of their own: several may write at once."""
        comment = {"author": {"name": "Ada", "id": f"reader {number}"}, "body": self.newsroom.text()}
        headers = {"Authorization": f"Bearer {self.newsroom.secret}"}
        client = self.newsroom.hall.app.test_client()
        answer = client.post("/api/v1/articles/trams/comments", json=comment, headers=headers)
        self.statuses[answer.status_code] += 1
        return answer.status_code

    def say_at_once(self, first: int) -> list[int]:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(self.say, range(first, first + THREADS)))

    def is_counted_in_redis(self, number: int) -> bool:
        before = len(self.redis.keys())
        assert self.say(number) in (202, 429)
        return len(self.redis.keys()) > before


@pytest.fixture(scope="module")
def server() -> Iterator[OwnRedis]:
    with own_redis() as server:
        yield server


@pytest.fixture
def readers(server: OwnRedis, sqlite_url: str, tmp_path: Path) -> Iterator[Readers]:
    server.flush()
    with newsroom_over(sqlite_url, tmp_path, redis_url=server.url) as newsroom:
        limits = f'[rate_limits]\nper_reader = ["{LIMIT} per hour"]\nper_address = []\nper_site = []\n'
        newsroom.configure(limits, limits=True)
        yield Readers(newsroom, server)


def figure() -> float:
    return float(in_process._value.get())


HOW = {"hangs": (OwnRedis.hang, OwnRedis.go_on), "is killed": (OwnRedis.kill, OwnRedis.start)}


@pytest.mark.parametrize("how", HOW)
def test_limits_go_on_in_the_process_nobody_is_refused_for_it_and_a_warning_and_a_figure_say_so(
    readers: Readers, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    fails, comes_back = HOW[how]
    assert readers.say_at_once(0) == [202] * THREADS
    assert len(readers.redis.keys()) == THREADS
    assert figure() == 0
    fails(readers.redis)
    try:
        with caplog.at_level(logging.WARNING):
            assert readers.say_at_once(0) == [202] * THREADS  # all notice at the same moment
        warned = [record for record in caplog.records if "rate limits go on in this process" in record.getMessage()]
        assert len(warned) == 1
        assert figure() == 1
        # They still hold, with what this process has counted itself.
        assert [readers.say(0) for _ in range(LIMIT)] == [202] * (LIMIT - 1) + [429]
    finally:
        comes_back(readers.redis)
    others = count(1000)
    until(lambda: readers.is_counted_in_redis(next(others)))
    assert figure() == 0
    assert readers.say(next(others)) == 202
    assert set(readers.statuses) == {202, 429}
    assert readers.newsroom.stored() == readers.statuses[202]
    log.info(f"Redis {how}: {readers.statuses[202]} acknowledged and stored, {readers.statuses[429]} over their limit")


def test_emptied_it_counts_anew_and_nobody_notices(readers: Readers) -> None:
    assert [readers.say(0) for _ in range(LIMIT + 1)] == [202] * LIMIT + [429]
    readers.redis.flush()
    assert [readers.say(0) for _ in range(LIMIT + 1)] == [202] * LIMIT + [429]
    assert readers.redis.keys()
