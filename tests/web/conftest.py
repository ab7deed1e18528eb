"""The whole application for the pages' tests, furnished once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fresh_postgres import ReusedPostgres
from tests.web.pages_world import World, furnish, open_world


@pytest.fixture(scope="session")
def furnished_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the admin and the site ``demo``: their password takes time to hash, so it is done once."""
    folder = tmp_path_factory.mktemp("furnished")
    file = Path(shutil.copy(sqlite_template, folder / "furnished.sqlite3"))
    furnish(f"sqlite:///{file}", folder)
    return file


@pytest.fixture(scope="session")
def world_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the databases of SQLite stand, one after the other: what is compiled for one serves the next."""
    return tmp_path_factory.mktemp("world") / "world.sqlite3"


@pytest.fixture
def empty_world(
    request: pytest.FixtureRequest, furnished_template: Path, world_file: Path, tmp_path: Path
) -> Iterator[World]:
    """The application with its admin and the site ``demo``, and no article."""
    if "browser" in request.fixturenames:  # what a browser still asks when a test ends meets the next test's world
        file = shutil.copy(furnished_template, tmp_path / "world.sqlite3")
        with open_world(f"sqlite:///{file}", tmp_path, alone=True) as opened:
            yield opened
        return
    shutil.copy(furnished_template, world_file)
    with open_world(f"sqlite:///{world_file}", tmp_path) as opened:
        yield opened
    for left in world_file.parent.iterdir():
        left.unlink()


@pytest.fixture
def world(empty_world: World) -> World:
    """The application with one article, ``lanes``."""
    empty_world.article()
    return empty_world


@pytest.fixture(scope="session")
def furnished_postgres(postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReusedPostgres]:
    """The same as ``furnished_template`` in a PostgreSQL database, for one test after the other."""
    folder = tmp_path_factory.mktemp("furnished")
    reused = ReusedPostgres(postgres_template, lambda url: furnish(url, folder))
    yield reused
    reused.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """``world`` on each kind of database in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("world")
        return
    reused = request.getfixturevalue("furnished_postgres")
    with open_world(reused.url, tmp_path) as opened:
        opened.article()
        yield opened
    reused.clean()
