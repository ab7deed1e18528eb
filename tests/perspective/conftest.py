"""One application for the tests that change nothing, one for each test that does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from moderation.storage.suggestions import SuggestedLabels
from tests.newsroom import NO_LIMITS, NOON
from tests.perspective.perspective_world import WordScorer, World, open_world


@pytest.fixture(scope="session")
def shared_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("perspective")
    world = open_world(f"sqlite:///{shutil.copy(sqlite_template, folder / 'test.sqlite3')}", folder)
    yield world
    world.services.database.close()


@pytest.fixture
def world(shared_world: World) -> World:
    """An application over SQLite: scorer, configuration and clock as new, and no label kept."""
    shared_world.scorer.__init__()  # type: ignore[misc]
    shared_world.configuration.set(NO_LIMITS)
    shared_world.clock.now = NOON
    shared_world.services.database.writing(lambda session: session.execute(delete(SuggestedLabels)))
    return shared_world


@pytest.fixture
def either_world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A fresh application over each kind of database in turn."""
    world = open_world(database_url, tmp_path)
    yield world
    world.services.database.close()


@pytest.fixture
def sexless_world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """An application whose pack has six labels, as Detoxify's `original`: no `sexual_explicit`."""
    world = open_world(sqlite_url, tmp_path, WordScorer([label for label in WordScorer().labels if "sex" not in label]))
    yield world
    world.services.database.close()
