"""What takes its time never happens while a write transaction is open, by whatever way it is come to.

The refusal is in the code itself: every test of a route that hashes a password or asks a limit meets it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from moderation.accounts.passwords import hash_of, matches
from moderation.comments.evaluation import score_or_none
from moderation.core.scores import ScoreRequest
from moderation.storage.database import Database
from moderation.web.account.attempts import Budget, _FallingBack, _InRedis
from moderation.web.shared.limit_redis import GuardedRedisStorage
from moderation.web.shared.limit_storage import ProcessStorage
from tests.doubles import CHEAP, ObedientScorer
from tests.newsroom import open_hall

PASSWORD = "a good long password for tests"


def assert_never_inside(database: Database, work: Callable[[], object]) -> None:
    work()
    with pytest.raises(RuntimeError, match="must not happen inside a write transaction"):
        database.writing(lambda _session: work())
    work()  # and afterwards it goes as before
    with database.reading():
        work()


def test_no_password_is_hashed_inside_one(database: Database) -> None:
    assert_never_inside(database, lambda: hash_of(CHEAP, PASSWORD))
    assert_never_inside(database, lambda: matches(CHEAP, None, PASSWORD))


def test_no_limit_is_asked_inside_one(database: Database) -> None:
    storage = ProcessStorage()
    assert_never_inside(database, lambda: storage.acquire_entry("key", 100, 60))
    assert_never_inside(database, lambda: storage.get_moving_window("key", 100, 60))


@pytest.mark.redis
def test_redis_is_asked_nothing_inside_one(database: Database, redis_url: str) -> None:
    guarded, attempts = GuardedRedisStorage(redis_url=redis_url), _FallingBack(_InRedis(redis_url))
    budget = Budget("100 per day", ("somebody",))
    assert_never_inside(database, lambda: guarded.acquire_entry("key", 100, 60))
    assert_never_inside(database, lambda: guarded.get_moving_window("key", 100, 60))
    assert_never_inside(database, lambda: guarded.release_entry("key"))
    assert_never_inside(database, lambda: attempts.take(budget))


def test_nothing_is_scored_inside_one(sqlite_url: str, tmp_path: Path) -> None:
    hall = open_hall(sqlite_url, tmp_path)
    assert isinstance(hall.services.scorer, ObedientScorer)
    assert_never_inside(
        hall.services.database, lambda: score_or_none(hall.services, ScoreRequest(text="Trams return to the harbour."))
    )
    hall.services.database.close()
