"""One application for the tests that change nothing, one for each test that does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from newsroom import NO_LIMITS, NOON
from perspective_house import SiteRulesCache, WordScorer, open_house
from sqlalchemy import delete

from moderation.storage.suggestions import SuggestedLabels


@pytest.fixture(scope="session")
def shared_house(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteRulesCache]:
    folder = tmp_path_factory.mktemp("perspective")
    site_rules = open_house(f"sqlite:///{shutil.copy(sqlite_template, folder / 'test.sqlite3')}", folder)
    yield site_rules
    site_rules.services.database.close()


@pytest.fixture
def site_rules(shared_house: SiteRulesCache) -> SiteRulesCache:
    """An application over SQLite: scorer, configuration and clock as new, and no label kept."""
    shared_house.scorer.__init__()  # type: ignore[misc]
    shared_house.configuration.set(NO_LIMITS)
    shared_house.clock.now = NOON
    shared_house.services.database.writing(lambda session: session.execute(delete(SuggestedLabels)))
    return shared_house


@pytest.fixture
def kept_house(database_url: str, tmp_path: Path) -> Iterator[SiteRulesCache]:
    """A fresh application over each kind of database in turn."""
    site_rules = open_house(database_url, tmp_path)
    yield site_rules
    site_rules.services.database.close()


@pytest.fixture
def sexless_house(sqlite_url: str, tmp_path: Path) -> Iterator[SiteRulesCache]:
    """An application whose pack has six labels, as Detoxify's `original`: no `sexual_explicit`."""
    site_rules = open_house(
        sqlite_url, tmp_path, WordScorer([label for label in WordScorer().labels if "sex" not in label])
    )
    yield site_rules
    site_rules.services.database.close()
