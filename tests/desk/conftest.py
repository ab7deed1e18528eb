"""One application per kind of database; each test has a site of its own in it, with reasons to refuse a comment for."""

import pytest

from tests.desk.desk import REASONS
from tests.newsroom import front_door, hall, newsroom, postgres_hall, sqlite_hall

__all__ = ["front_door", "hall", "newsroom", "postgres_hall", "sqlite_hall"]


@pytest.fixture(autouse=True)
def reasons(request: pytest.FixtureRequest) -> None:
    for name in ("newsroom", "front_door"):
        if name in request.fixturenames:
            request.getfixturevalue(name).configure(REASONS)
