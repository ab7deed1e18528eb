"""What every test may ask for: a database (SQLite and a real PostgreSQL), Redis, a browser.

A test whose server isn't there is skipped with a line that says so. With MODERATION_TEST_REQUIRE_ALL=1 every skip is a
failure. Nothing but the loopback can be reached (``--allow-hosts`` in pyproject.toml).
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
import redis
from hypothesis import HealthCheck
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from tests import status_guard
from tests.fresh_postgres import ReusedPostgres, drop_at_the_end, new_database, plain, running_server, strip, url_of
from tests.side_by_side import FileByFile, longest_first

# How long an example takes says what else the machine does, and nothing about what is tested.
hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("any machine")

status_guard.install()

REQUIRE_ALL = os.environ.get("MODERATION_TEST_REQUIRE_ALL") == "1"
REDIS_URL = os.environ.get("MODERATION_TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
CHROMIUM = os.environ.get("MODERATION_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Any:
    """What is collected stays to the end: no search for garbage looks through it, now or later. Nor is there a search
    after every few hundred things that are made: a request makes more, and they go when it has been answered.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.set_threshold(20_000, 20, 20)
        gc.enable()
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileByFile | None:
    return FileByFile(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    return _refused_skip(report) if not hasattr(report, "wasxfail") else report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Any:
    return _refused_skip((yield))


def _refused_skip(report: Any) -> Any:
    if REQUIRE_ALL and report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"MODERATION_TEST_REQUIRE_ALL=1 lets no test be skipped, and this one was: {reason}"
    return report


@pytest.fixture
def without_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation that lacks the pack of many languages, whether or not it lies in this repository."""
    monkeypatch.setattr("moderation.scoring.packs.WORLD", tmp_path / "lacking" / "world")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with every migration run, to be copied."""
    file = tmp_path_factory.mktemp("template") / "template.sqlite3"
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    database.close()
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database with this version's tables."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'test.sqlite3')}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Where PostgreSQL databases are made."""
    with running_server() as server:
        try:
            psycopg.connect(plain(server), connect_timeout=3).close()
        except psycopg.OperationalError as error:
            why = str(error).splitlines()[0]
            pytest.skip(f"no PostgreSQL at {server} (MODERATION_TEST_POSTGRES_URL names another): {why}")
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database with every migration run, to be copied; its name."""
    name = new_database()
    database = Database(url_of(name))
    upgrade(database)
    database.close()
    yield name
    drop_at_the_end(name)


@pytest.fixture(scope="session")
def reused_postgres(postgres_template: str) -> Iterator[ReusedPostgres]:
    reused = ReusedPostgres(postgres_template)
    yield reused
    reused.close()


@pytest.fixture
def postgres_url(reused_postgres: ReusedPostgres) -> Iterator[str]:
    """A PostgreSQL database with this version's tables, as good as fresh."""
    yield reused_postgres.url
    reused_postgres.clean()


@pytest.fixture(scope="session")
def bare_postgres(postgres_template: str) -> Iterator[str]:
    """The name of a PostgreSQL database that has nothing in it before and after each test."""
    name = new_database()
    yield name
    drop_at_the_end(name)


@pytest.fixture
def empty_postgres_url(bare_postgres: str) -> Iterator[str]:
    """A PostgreSQL database without a table."""
    yield url_of(bare_postgres)
    strip(bare_postgres)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind in turn: the same test runs on both."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, open database of each kind in turn."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def redis_url() -> Iterator[str]:
    """An empty Redis database, emptied again afterwards; tests that run side by side have one each."""
    base, _, number = REDIS_URL.rpartition("/")
    beside = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = f"{base}/{int(number) - beside}"
    with redis.Redis.from_url(url, socket_connect_timeout=3) as client:
        try:
            client.flushdb()
        except redis.RedisError as error:
            pytest.skip(f"no Redis at {url} (MODERATION_TEST_REDIS_URL names another): {error}")
        yield url
        client.flushdb()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, headless, calling nobody."""
    expect.set_options(timeout=30_000)  # what is waited for comes late on a busy machine, and that is no fault
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium here (apt install chromium, or MODERATION_TEST_CHROMIUM names one)")
    flags = ["disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"]
    flags += ["disable-component-update", "disable-sync", "no-sandbox"]
    flags += ["test-third-party-cookie-phaseout"]  # blocked whatever this Chromium does by itself
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=[f"--{flag}" for flag in flags])
    yield started
    started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own: no cookies, nothing cached, an error after ten seconds instead of thirty."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()
