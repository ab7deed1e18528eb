"""The whole application for the pages' tests, furnished once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages_house import House, furnish, open_house


@pytest.fixture(scope="session")
def furnished_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the admin and the site ``demo``: their password takes time to hash, so it is done once."""
    folder = tmp_path_factory.mktemp("furnished")
    file = Path(shutil.copy(sqlite_template, folder / "furnished.sqlite3"))
    furnish(f"sqlite:///{file}", folder)
    return file


@pytest.fixture
def empty_house(furnished_template: Path, tmp_path: Path) -> Iterator[House]:
    """The application with its admin and the site ``demo``, and no article."""
    file = shutil.copy(furnished_template, tmp_path / "house.sqlite3")
    with open_house(f"sqlite:///{file}", tmp_path) as opened:
        yield opened


@pytest.fixture
def house(empty_house: House) -> House:
    """The application with one article, ``lanes``."""
    empty_house.article()
    return empty_house


@pytest.fixture
def either_house(database_url: str, tmp_path: Path) -> Iterator[House]:
    """The same on each kind of database in turn."""
    furnish(database_url, tmp_path)
    with open_house(database_url, tmp_path) as opened:
        opened.article()
        yield opened
