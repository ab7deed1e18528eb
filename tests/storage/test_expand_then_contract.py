"""A process of the version before goes on while a migration runs, and after it: what it reads and writes stays."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from moderation.storage import schema, tables  # noqa: F401 - every table is mapped
from moderation.storage.base import Base
from moderation.storage.database import Database

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
"""They are looked up by ``unique_expressions``."""
VERSIONS = Path(schema.__file__).parent / "migrations" / "versions"
FIRST = "0017"
"""0016 renames in place, before there was a release to keep company with."""
NEVER_DELETED = {"accounts", "articles", "authors", "comments", "decisions", "sites"}
"""Tables of which no version has ever deleted a row."""
STEPS = sorted(file.stem for file in VERSIONS.glob("0*.py") if file.stem >= FIRST)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a row must keep to: ``kind`` is ``unique``, ``check`` or ``refers``; ``words`` say the rest of it."""

    table: str
    kind: str
    columns: tuple[str, ...]
    words: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.kind} ({', '.join(self.columns)}) {self.words}".rstrip()


@dataclass(frozen=True, slots=True)
class Shape:
    """A database's tables: columns by table and name, and what their rows must keep to."""

    columns: dict[tuple[str, str], dict[str, Any]]
    rules: frozenset[Rule]

    @property
    def tables(self) -> set[str]:
        return {table for table, _ in self.columns}


def shape_of(database: Database) -> Shape:
    inspector, rules = inspect(database.engine), set[Rule]()
    columns = {
        (table, column["name"]): dict(column)
        for table in inspector.get_table_names()
        for column in inspector.get_columns(table)
    }
    for table in inspector.get_table_names():
        names = [name for of, name in columns if of == table]
        keys = [inspector.get_pk_constraint(table)["constrained_columns"]]
        keys += [unique["column_names"] for unique in inspector.get_unique_constraints(table)]
        rules.update(Rule(table, "unique", tuple(sorted(key))) for key in keys if key)
        for index in inspector.get_indexes(table):
            if index["unique"]:
                only = index.get("dialect_options", {}).get(f"{database.engine.dialect.name}_where", "")
                told = [str(name) for name in index.get("expressions", index["column_names"])]
                rules.add(Rule(table, "unique", tuple(sorted(told)), str(only)))
        for key in inspector.get_foreign_keys(table):
            words = f"{key['referred_table']} on delete {key.get('options', {}).get('ondelete', 'refused').lower()}"
            rules.add(Rule(table, "refers", tuple(sorted(key["constrained_columns"])), words))
        for check in inspector.get_check_constraints(table):
            said = tuple(name for name in names if re.search(rf"\b{re.escape(name)}\b", check["sqltext"]))
            rules.add(Rule(table, "check", said, check["sqltext"]))
    if database.is_sqlite:
        rules |= unique_expressions(database)
    return Shape(columns, frozenset(rules))


def unique_expressions(database: Database) -> set[Rule]:
    """Those of SQLite, which the inspector leaves out."""
    query = "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE 'CREATE UNIQUE %(%(%'"
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql(query).all()
    return {Rule(row.tbl_name, "unique", (row.sql.partition("(")[2].rpartition(")")[0],)) for row in found}


def taken_away(before: Shape, after: Shape) -> list[str]:
    """What the version before reads, writes, leaves empty or deletes, and can't any more."""
    gone = [f"{table}.{name} is gone" for table, name in before.columns.keys() - after.columns.keys()]
    needed = [
        f"{table}.{name} must have a value"
        for (table, name), column in after.columns.items()
        if table in before.tables and not column["nullable"]
        # One that it knows it may write nothing into, whatever the default; one that it doesn't know it leaves out.
        if (before.columns[table, name]["nullable"] if (table, name) in before.columns else column["default"] is None)
    ]
    return sorted(gone + needed + [str(rule) for rule in after.rules - before.rules if refuses(rule, before, after)])


def refuses(rule: Rule, before: Shape, after: Shape) -> bool:
    """Whether the version before can do something that this new rule refuses."""
    if rule.table not in before.tables:
        # Rows of a new table keep those that they refer to from being deleted.
        deletes = before.tables - NEVER_DELETED
        return rule.kind == "refers" and rule.words.endswith("refused") and rule.words.split()[0] in deletes
    known = {(rule.table, name): after.columns.get((rule.table, name)) for name in rule.columns}
    left_empty = any(
        place not in before.columns and column is not None and column["nullable"] and column["default"] is None
        for place, column in known.items()
    )
    if rule.kind == "check":
        return not known or any(place in before.columns for place in known)
    if rule.kind == "unique" and any(
        old.kind == "unique" and old.table == rule.table and set(old.columns) <= set(rule.columns) and not old.words
        for old in before.rules
    ):
        return False  # what it allows is narrower already
    return not left_empty


def at(tmp_path: Path, revision: str) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'moderation.sqlite3'}")
    schema.upgrade(database, revision=revision)
    return database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}" if sqlite else request.getfixturevalue("empty_postgres_url")
    database = Database(url)
    yield database
    database.close()


def test_a_step_takes_nothing_away_unless_it_says_which_earlier_one_it_completes(empty: Database) -> None:
    database = empty
    schema.upgrade(database, revision="0016")
    before = shape_of(database)
    for step in STEPS:
        schema.upgrade(database, revision=step[:4])
        after = shape_of(database)
        completes = runpy.run_path(str(VERSIONS / f"{step}.py")).get("contracts")
        if completes is None:
            assert taken_away(before, after) == [], step
        else:
            assert "0001" <= completes < step[:4], f"{step}: `contracts` names the step since which nobody reads it"
        before = after


def test_what_is_never_deleted_is_not_deleted_today() -> None:
    classes = {row.class_.__name__ for row in Base.registry.mappers if row.class_.__tablename__ in NEVER_DELETED}
    assert len(classes) == len(NEVER_DELETED)
    deletes = re.compile(rf"\bdelete\((?:table_of\()?(?:{'|'.join(classes)})\b")
    package = Path(schema.__file__).parents[1]
    assert [file.name for file in package.rglob("*.py") if deletes.search(file.read_text())] == []


@pytest.mark.parametrize(
    ("statements", "refused"),
    [
        (["ALTER TABLE accounts ADD COLUMN colour VARCHAR"], []),
        (["ALTER TABLE accounts ADD COLUMN colour VARCHAR NOT NULL DEFAULT 'red'"], []),
        (["CREATE TABLE colours (name VARCHAR NOT NULL)"], []),
        (["ALTER TABLE accounts DROP COLUMN language"], ["accounts.language is gone"]),
        (["ALTER TABLE accounts RENAME COLUMN language TO tongue"], ["accounts.language is gone"]),
        (["ALTER TABLE severity_order RENAME TO order_of_severity"], None),
        (
            ["DROP TABLE workers", "CREATE TABLE workers (id VARCHAR, beat BIGINT, does JSON, started_at, seen_at, x)"],
            [],
        ),
        (
            ["DROP TABLE workers", "CREATE TABLE workers (id, beat, does, started_at, seen_at, x VARCHAR NOT NULL)"],
            ["workers.x must have a value"],
        ),
    ],
    ids=["empty", "default", "new table", "drop", "rename", "table renamed", "anew", "not null"],
)
def test_what_counts_as_taken_away(tmp_path: Path, statements: list[str], refused: list[str] | None) -> None:
    database = at(tmp_path, "head")
    before = shape_of(database)
    with database.engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    found = taken_away(before, shape_of(database))
    assert found if refused is None else found == refused
    database.close()


COLOURS = "CREATE TABLE colours (name VARCHAR PRIMARY KEY, tone INTEGER, shade INTEGER NOT NULL{})"
NEEDED = "CREATE TABLE colours (name VARCHAR PRIMARY KEY, tone INTEGER NOT NULL {}, shade INTEGER NOT NULL)"
TONES = "CREATE TABLE tones (number INTEGER PRIMARY KEY)"
ANEW = "DROP TABLE colours"


@pytest.mark.parametrize(
    ("statements", "refused"),
    [
        ([ANEW, COLOURS.format("")], []),
        ([ANEW, COLOURS.format(", CHECK (shade > 0)")], ["colours: check (shade)"]),
        ([ANEW, COLOURS.format(", x INTEGER, CHECK (shade > x)")], ["colours: check (shade, x)"]),
        ([ANEW, COLOURS.format(", x INTEGER, CHECK (x > 0)")], []),
        ([ANEW, COLOURS.format(", UNIQUE (tone)")], ["colours: unique (tone)"]),
        ([ANEW, COLOURS.format(", UNIQUE (name, tone)")], []),
        ([ANEW, COLOURS.format(", x INTEGER UNIQUE")], []),
        ([ANEW, COLOURS.format(", x INTEGER DEFAULT 0 UNIQUE")], ["colours: unique (x)"]),
        (["CREATE UNIQUE INDEX tone ON colours (tone)"], ["colours: unique (tone)"]),
        (["CREATE UNIQUE INDEX tone ON colours (lower(name))"], ["colours: unique (lower(name"]),
        (["CREATE UNIQUE INDEX tone ON colours (tone) WHERE shade > 1"], ["colours: unique (tone)"]),
        (["CREATE INDEX tone ON colours (tone)"], []),
        ([ANEW, COLOURS.format(", FOREIGN KEY (tone) REFERENCES tones")], ["colours: refers (tone) tones"]),
        ([ANEW, COLOURS.format(", x INTEGER REFERENCES tones")], []),
        ([ANEW, NEEDED.format("")], ["colours.tone must have a value"]),
        ([ANEW, NEEDED.format("DEFAULT 1")], ["colours.tone must have a value"]),
        ([ANEW, COLOURS.format(", x INTEGER NOT NULL")], ["colours.x must have a value"]),
        ([ANEW, COLOURS.format(", x INTEGER NOT NULL DEFAULT 1")], []),
        (["CREATE TABLE marks (tone INTEGER REFERENCES tones)"], ["marks: refers (tone) tones"]),
        (["CREATE TABLE marks (x INTEGER, FOREIGN KEY (x) REFERENCES tones (number) ON DELETE CASCADE)"], []),
        (["CREATE TABLE marks (tone INTEGER UNIQUE NOT NULL CHECK (tone > 0))"], []),
    ],
    ids=[
        "anew", "check", "check of both", "check of a new one", "unique", "unique already", "unique new one",
        "unique default", "unique index", "unique expression", "partial unique index", "index", "foreign key",
        "foreign key of a new one", "not null", "not null with default", "new not null", "new with default",
        "new table refers", "new table that goes too", "new table",
    ],
)  # fmt: skip
def test_what_a_new_rule_refuses_to_the_version_before(
    empty: Database, statements: list[str], refused: list[str]
) -> None:
    def run(statements: list[str]) -> Shape:
        with empty.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        return shape_of(empty)

    found = taken_away(run([TONES, COLOURS.format("")]), run(statements))
    assert len(found) == len(refused), found
    assert all(one.startswith(words) for one, words in zip(found, refused, strict=True)), found
