"""One application per kind of database, for the archives that come into it."""

from __future__ import annotations

import pytest

from tests.newsroom import Hall, Newsroom, hall, postgres_hall, sqlite_hall

__all__ = ["hall", "postgres_hall", "sqlite_hall"]


@pytest.fixture
def site(hall: Hall) -> Newsroom:
    """A site that has nothing yet."""
    return hall.new_site()
