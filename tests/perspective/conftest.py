"""One application per kind of database, with a scorer of its own; each test has a site of its own in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.core.scores import LABELS
from tests.newsroom import Hall, hall_over, open_hall
from tests.perspective.asking import IdiotScorer, Perspective, arrive


@pytest.fixture(scope="session")
def sqlite_hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall_over("sqlite", request, tmp_path_factory.mktemp("hall"), IdiotScorer()) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres_hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall_over("postgres", request, tmp_path_factory.mktemp("hall"), IdiotScorer()) as opened:
        yield opened


@pytest.fixture
def perspective(request: pytest.FixtureRequest) -> Perspective:
    """A site that came from Perspective; over SQLite, unless the test is ``on_both_databases``."""
    return arrive(request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_hall"))


@pytest.fixture
def sexless(sqlite_url: str, tmp_path: Path) -> Iterator[Perspective]:
    """A site whose pack has six labels, as Detoxify's `original`: no `sexual_explicit`."""
    hall = open_hall(sqlite_url, tmp_path, scorer=IdiotScorer([label for label in LABELS if "sex" not in label]))
    yield arrive(hall)
    hall.services.database.close()
