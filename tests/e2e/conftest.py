"""A running service for the tests of whole processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A running service with the demo's articles and comments, shared by the tests of one file."""
    service = Service(tmp_path_factory.mktemp("var")).start()
    yield service
    service.stop()


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    """A service of the test's own, not started yet, and empty: in production nothing is loaded."""
    production = {"MODERATION_ENV": "production", "MODERATION_SECRET_KEY": "a secret key of the tests' own"}
    service = Service(tmp_path, environment=production)
    yield service
    if service.process is not None:
        service.process.kill()
        service.process.wait()
