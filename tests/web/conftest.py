"""The whole application for the pages' tests, furnished once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fresh_postgres import ReusedPostgres
from pages_house import SiteRulesCache, furnish, open_house


@pytest.fixture(scope="session")
def furnished_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the admin and the site ``demo``: their password takes time to hash, so it is done once."""
    folder = tmp_path_factory.mktemp("furnished")
    file = Path(shutil.copy(sqlite_template, folder / "furnished.sqlite3"))
    furnish(f"sqlite:///{file}", folder)
    return file


@pytest.fixture(scope="session")
def house_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the houses of SQLite stand, one after the other: what is compiled for one serves the next."""
    return tmp_path_factory.mktemp("house") / "house.sqlite3"


@pytest.fixture
def empty_house(
    request: pytest.FixtureRequest, furnished_template: Path, house_file: Path, tmp_path: Path
) -> Iterator[SiteRulesCache]:
    """The application with its admin and the site ``demo``, and no article."""
    if "browser" in request.fixturenames:  # what a browser still asks when a test ends meets the next test's house
        file = shutil.copy(furnished_template, tmp_path / "house.sqlite3")
        with open_house(f"sqlite:///{file}", tmp_path, alone=True) as opened:
            yield opened
        return
    shutil.copy(furnished_template, house_file)
    with open_house(f"sqlite:///{house_file}", tmp_path) as opened:
        yield opened
    for left in house_file.parent.iterdir():
        left.unlink()


@pytest.fixture
def site_rules(empty_house: SiteRulesCache) -> SiteRulesCache:
    """The application with one article, ``lanes``."""
    empty_house.article()
    return empty_house


@pytest.fixture(scope="session")
def furnished_postgres(postgres_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReusedPostgres]:
    """The same as ``furnished_template`` in a PostgreSQL database, for one test after the other."""
    folder = tmp_path_factory.mktemp("furnished")
    reused = ReusedPostgres(postgres_template, lambda url: furnish(url, folder))
    yield reused
    reused.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SiteRulesCache]:
    """``house`` on each kind of database in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("house")
        return
    reused = request.getfixturevalue("furnished_postgres")
    with open_house(reused.url, tmp_path) as opened:
        opened.article()
        yield opened
    reused.clean()
