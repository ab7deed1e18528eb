"""Whatever revision a database is at, with rows in all of its tables: later steps run over them, and keep them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select

from moderation.core.audit_chain import verify
from moderation.storage import schema
from moderation.storage.audit import chains, events_of, stored_head
from moderation.storage.audit_checkpoints import checkpoint_of
from moderation.storage.database import Database
from moderation.storage.tables import Base
from tests.fresh_postgres import drop, new_database, url_of
from tests.storage.full_tables import MANY, ONE_A_CHAIN, Contents, contents_of, fill, tables_of
from tests.storage.mapped import differences

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
FIRST = "0016"
"""It gave the tables their names of today. What earlier steps make of rows, the tests of each of them say."""
REVISIONS = sorted(
    file.name[:4] for file in Path(schema.__file__).parent.glob("migrations/versions/0*.py") if file.name[:4] >= FIRST
)
ALL_AT_ONCE = {*REVISIONS[::4], REVISIONS[-1]}
"""From where on a copy runs all later steps in one transaction. To copy the database at each revision takes long."""
CHANGED: Mapping[str, set[str]] = {}
"""By revision: columns (``table.column``) in which it changes what rows say, on purpose; its test says into what."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """One without a table, of each kind in turn."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}" if sqlite else request.getfixturevalue("empty_postgres_url")
    database = Database(url)
    yield database
    database.close()


class Filled:
    """The tables that a database has now, and what stands in them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.engine.connect() as connection:
            self.tables = tables_of(connection)

    def fill(self) -> None:
        self.database.changing(partial(fill, tables=self.tables))

    def contents(self) -> Contents:
        with self.database.engine.connect() as connection:
            return contents_of(connection, self.tables)


def test_every_step_runs_over_rows_in_all_tables_and_keeps_them(database: Database) -> None:
    """One step after the other, with more rows before each of them; and many at once, as a start does it."""
    before: Contents = {}
    for number, revision in enumerate(REVISIONS):
        schema.upgrade(database, revision=revision)
        filled = Filled(database)
        assert lost(before, filled.contents(), [revision]) == [], f"{revision}, from the one before"
        filled.fill()
        before = filled.contents()
        assert {table for table, rows in before.items() if len(rows) < MANY} <= ONE_A_CHAIN
        if revision not in ALL_AT_ONCE:
            continue
        with copy_of(database) as copy:
            schema.upgrade(copy)
            forward = Filled(copy)
            assert lost(before, forward.contents(), REVISIONS[number + 1 :]) == [], f"from {revision} on"
            forward.fill()
            assert_todays_code_knows(copy)


@contextmanager
def copy_of(database: Database) -> Iterator[Database]:
    database.close()  # which opens again when it is asked
    name = str(make_url(database.url).database)
    if database.is_sqlite:
        copy = Database(f"sqlite:///{shutil.copy(name, Path(name).with_name('copy.sqlite3'))}")
    else:
        copy = Database(url_of(new_database(name)))
    try:
        yield copy
    finally:
        copy.close()
        if not copy.is_sqlite:
            drop(str(make_url(copy.url).database))


def lost(before: Contents, after: Contents, steps: list[str]) -> list[str]:
    """What rows no longer say after these steps. Whether a table or a column may go at all, says
    ``test_expand_then_contract.py``.
    """
    meant = {column for step in steps for column in CHANGED.get(step, ())}
    return [
        f"{table} {key}: {fault}"
        for table, rows in before.items()
        if table in after
        for key, row in rows.items()
        for fault in differing(row, after[table].get(key))
        if f"{table}.{fault}" not in meant
    ]


def differing(row: Mapping[str, Any], now: Mapping[str, Any] | None) -> list[str]:
    if now is None:
        return ["the row is gone"]
    return [column for column, value in row.items() if column in now and now[column] != value]


def assert_todays_code_knows(database: Database) -> None:
    """It finds the tables that it maps, chains that verify, and rows of every kind, which it can read."""
    assert schema.is_current(database)
    assert differences(database) == []
    with database.reading() as session:
        for chain in chains(session):
            checkpoint = checkpoint_of(session, chain)
            start = checkpoint.head if checkpoint else None
            events = events_of(session, chain, after=start.sequence if start else 0)
            assert verify(chain, events, after=start) == stored_head(session, chain)
        assert [mapper for mapper in Base.registry.mappers if not session.scalars(select(mapper)).all()] == []


def test_what_a_step_takes_from_rows_is_noticed(database: Database) -> None:
    schema.upgrade(database)
    filled = Filled(database)
    filled.fill()
    before = filled.contents()
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE sites SET name = 'x'")
        connection.exec_driver_sql("DELETE FROM workers")
        connection.exec_driver_sql("ALTER TABLE holds DROP COLUMN reason")
    faults = lost(before, Filled(database).contents(), [])
    assert sorted({fault.rpartition(": ")[2] for fault in faults}) == ["name", "the row is gone"]
    assert len(faults) == 2 * MANY
