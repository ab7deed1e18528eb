"""A running service for the tests of whole processes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.history import version_before
from tests.e2e.service import ROOT, Service

collect_ignore = [] if version_before() else ["test_version_before.py"]
"""Without the repository's history there is no version before to run."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service with the demo's articles and comments, shared by the tests of one file."""
    service = Service(tmp_path_factory.mktemp("var")).start()
    yield service
    service.stop()


@pytest.fixture(scope="session")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which nothing is loaded, with the configuration that ships but for a runtime that a start has
    at once: the fastest one is at work for seconds until it is ready.
    """
    file, shipped = tmp_path_factory.mktemp("production") / "moderation.toml", ROOT / "config" / "moderation.toml"
    file.write_text(shipped.read_text().replace('runtime = "auto"', 'runtime = "onnxruntime-int8"'))
    return {
        "MODERATION_ENV": "production",
        "MODERATION_SECRET_KEY": "a secret key of the tests' own",
        "MODERATION_CONFIG": str(file),
    }


@pytest.fixture
def own_service(tmp_path: Path, sqlite_template: Path, production: dict[str, str]) -> Iterator[Service]:
    """A service of the test's own, not started yet, over a database of nothing but tables."""
    shutil.copy(sqlite_template, tmp_path / "moderation.sqlite3")
    service = Service(tmp_path, environment=dict(production))
    yield service
    service.end()
