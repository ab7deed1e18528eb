"""The databases: their settings, their migrations, and what a conflict or a crowd does to them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from moderation.storage import pulse, schema
from moderation.storage.database import Database, lock
from moderation.storage.policies import KeptConfiguration
from moderation.storage.schema import is_current, upgrade
from moderation.storage.sites import Site
from moderation.storage.writers import DatabaseUnavailable
from tests.storage.mapped import differences


def test_sqlite_is_set_to_lose_nothing(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.reading() as session:
        pragmas = [session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert pragmas == ["wal", 2, 1]
    database.close()


def test_the_tables_are_those_that_the_code_maps(database: Database) -> None:
    assert differences(database) == []
    assert is_current(database)


def test_the_files_of_the_migrations_are_numbered_as_alembic_has_them(database: Database) -> None:
    with database.engine.connect() as connection:
        noted = MigrationContext.configure(connection).get_current_revision()
    scripts = sorted(path.name[:4] for path in (Path(schema.__file__).parent / "migrations" / "versions").glob("0*.py"))
    assert noted == scripts[-1]
    assert is_current(database)


def test_two_upgrades_at_once_make_the_tables_once(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.sqlite3'}", empty_postgres_url):
        databases = [Database(url, patient=True) for _ in range(3)]
        barrier = threading.Barrier(3)

        def run(database: Database, barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            upgrade(database)

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(run, databases))
        assert is_current(databases[0])
        upgrade(databases[0])
        assert "audit_events" in inspect(databases[0].engine).get_table_names()
        for database in databases:
            database.close()


def add_site(session: Session, site_id: str) -> None:
    session.execute(text("INSERT INTO sites (id, name, created_at) VALUES (:id, 'x', '2026-01-01')"), {"id": site_id})


def test_eight_writers_who_read_first_all_get_through(database: Database) -> None:
    barrier = threading.Barrier(8)

    def write(number: int) -> None:
        barrier.wait()
        for turn in range(5):

            def work(session: Session, name: str = f"s-{number}-{turn}") -> None:
                session.scalars(select(Site.id)).all()
                add_site(session, name)

            database.writing(work)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with database.reading() as session:
        assert len(session.scalars(select(Site.id)).all()) == 40


def test_whoever_comes_second_with_the_same_key_runs_again(database: Database) -> None:
    barrier = threading.Barrier(4)
    runs: list[int] = []

    def work(session: Session) -> None:
        runs.append(1)
        if session.get(Site, "same") is None:
            add_site(session, "same")

    def write(_: int) -> None:
        barrier.wait()
        database.writing(work)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    with database.reading() as session:
        assert session.scalars(select(Site.id)).all() == ["same"]
    assert len(runs) >= 4


def test_what_can_never_work_is_not_tried_again(database: Database) -> None:
    runs: list[int] = []

    def work(session: Session) -> None:
        runs.append(1)
        session.execute(text("INSERT INTO no_such_table VALUES (1)"))

    with pytest.raises(DBAPIError):
        database.writing(work)
    assert len(runs) == 1


def test_a_name_lets_one_transaction_at_a_time_past(database: Database) -> None:
    inside: list[int] = []
    maximum: list[int] = []
    barrier = threading.Barrier(4)

    def work(session: Session) -> None:
        lock(session, "a name")
        inside.append(1)
        maximum.append(len(inside))
        session.scalars(select(Site.id)).all()
        inside.pop()

    def write(_: int) -> None:
        barrier.wait()
        database.writing(work)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert max(maximum) == 1


def test_an_error_tells_no_parameter(database: Database) -> None:
    with pytest.raises(DBAPIError) as error, database.reading() as session:
        session.execute(text("SELECT * FROM no_such_table WHERE body = :body"), {"body": "a reader's own words"})
    assert "own words" not in str(error.value)


def test_a_comment_without_its_site_is_refused(database: Database) -> None:
    with pytest.raises(DBAPIError):
        database.writing(
            lambda session: session.execute(
                text("INSERT INTO outbox (id, site_id, kind, subject, payload, created_at) "
                     "VALUES ('1', 'nowhere', 'k', 's', '{}', '2026-01-01')")
            )
        )  # fmt: skip


def test_a_database_that_is_not_there_fails_soon(tmp_path: Path) -> None:
    database = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(OperationalError):
        database.writing(lambda session: session.scalar(select(KeptConfiguration.id)))
    database.close()


def test_a_transaction_whose_process_is_frozen_loses_its_locks(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "IDLE_SECONDS", 1)
    frozen, other = Database(postgres_url), Database(postgres_url)
    holds, goes_on = threading.Event(), threading.Event()

    def freezes(session: Session) -> None:
        lock(session, "what both want")
        if holds.is_set():
            return  # tried again on a new connection, once it is awake
        holds.set()
        goes_on.wait()
        session.scalar(text("SELECT 1"))

    with ThreadPoolExecutor(1) as pool:
        woken = pool.submit(frozen.writing, freezes)
        holds.wait()
        try:
            other.writing(lambda session: lock(session, "what both want"))
        finally:
            goes_on.set()
        with pytest.raises(DatabaseUnavailable):
            woken.result()
    frozen.writing(freezes)
    for database in (frozen, other):
        database.close()


def test_a_snapshot_may_stand_idle_for_longer(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "IDLE_SECONDS", 0.2)
    database = Database(postgres_url)
    with database.snapshot() as session:
        session.scalar(text("SELECT 1"))
        time.sleep(0.6)
        assert session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "5min"
    database.close()


def test_a_connection_that_is_in_use_when_the_database_is_closed_is_closed_when_it_comes_back(
    postgres_url: str,
) -> None:
    database = Database(postgres_url)
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        database.close()
        assert connection.scalar(text("SELECT 1")) == 1
    assert driver.closed
    with database.engine.connect() as connection:  # which opens again when it is asked
        kept: Any = connection.connection.driver_connection
    assert not kept.closed
    database.close()
    assert kept.closed
