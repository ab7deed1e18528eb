"""One application per kind of database; each test has a site of its own in it, whose Coral asks."""

from __future__ import annotations

import pytest

from tests.coral.asking import Coral, connected
from tests.newsroom import Newsroom, front_door, hall, newsroom, postgres_hall, sqlite_hall

__all__ = ["front_door", "hall", "newsroom", "postgres_hall", "sqlite_hall"]


@pytest.fixture
def coral(front_door: Newsroom) -> Coral:
    """A site's Coral, on SQLite alone."""
    return connected(front_door)
