"""Newsrooms that ask a classifier of their own: one that listens on this machine, or a package's function."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation.outside import sources
from tests.newsroom import Newsroom, front_door, hall, newsroom, postgres_hall, sqlite_hall
from tests.outside.classifier import Asked, asking, install
from tests.webhooks.receiver import Receiver, receiving

__all__ = ["front_door", "hall", "newsroom", "postgres_hall", "sqlite_hall"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as open_receiver:
        yield open_receiver


@pytest.fixture
def asked(front_door: Newsroom, receiver: Receiver) -> Iterator[Asked]:
    """A site whose comments a classifier at an address is asked about, on SQLite alone."""
    with asking(front_door, receiver) as open_asked:
        yield open_asked


@pytest.fixture
def asked_on_both(newsroom: Newsroom, receiver: Receiver) -> Iterator[Asked]:
    """The same on each kind of database."""
    with asking(newsroom, receiver) as open_asked:
        yield open_asked


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package of the README, installed."""
    install(tmp_path, monkeypatch)
    sources.installed.cache_clear()
    yield
    sources.installed.cache_clear()
