"""What the rows of an export say of each other: what each names stands before it, and nothing is there twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, UniqueConstraint, select

from moderation.core.comment import Mode, Status
from moderation.imports.own_format import QUEUE_TABLE, Kind, of_site
from moderation.storage.articles import Article

AT_ONCE = 500
"""Ids that one statement asks for."""
_WORDS: Mapping[tuple[str, str], type[StrEnum]] = {
    ("comments", "status"): Status,
    ("decisions", "status"): Status,
    ("articles", "mode"): Mode,
    ("mode_settings", "mode"): Mode,
}
"""Columns that hold one of these words."""
INDEXED = 2600
"""Bytes of the texts of one row for which an index of PostgreSQL's surely has room."""
_SHORT = 200
"""Characters of a text that no such index finds too long."""


class Rows:
    """The rows of an export as they come by, held against those before them and against what is here: in an SQLite
    file of its own, which is gone with this process.
    """

    def __init__(self, connection: Connection, site_id: str) -> None:
        self._connection, self._site = connection, site_id
        self._seen = sqlite3.connect("")  # on disk where it grows
        self._seen.executescript(_SEEN)
        self._kind: Kind | None = None
        self._ids: list[str] = []

    def close(self) -> None:
        self._seen.close()

    def add_account(self, id_: str, name: str) -> None:
        """Raises ``ValueError``, in words."""
        self._take("accounts.id", id_, "has the id of a line before it")
        self._take("accounts.name", name, "has the name of an account before it")

    def add(self, kind: Kind, row: Mapping[str, Any], queue: Mapping[str, Any] | None) -> None:
        """Raises ``ValueError``, in words."""
        if row.get("site_id", self._site) != self._site:
            raise ValueError("is of another site")
        for (table, column), words in _WORDS.items():
            if table == kind.table.name and row[column] is not None and row[column] not in set(words):
                raise ValueError(f"has a {column!r} that there isn’t: {row[column][:40]!r}")
        self._hold(kind.table, row)
        if queue is not None:
            if row["status"] != queue["status"]:
                raise ValueError("has one status, and another in the queue")
            self._refer(QUEUE_TABLE, queue)
            _check_indexed(QUEUE_TABLE, queue)
        if kind.mapped is Article and row["joined_into"] is not None:
            self._seen.execute("INSERT INTO later VALUES (?)", [row["joined_into"]])
        self._ask(kind, row)

    def end(self) -> None:
        """What is left to be said when all have come by. Raises ``ValueError``, in words."""
        self._ask_now()
        lost = self._seen.execute(
            "SELECT id FROM later WHERE id NOT IN (SELECT value FROM seen WHERE name = 'articles.id')"
        ).fetchone()
        if lost is not None:
            raise ValueError(f"has an article that was joined into {lost[0][:60]!r}, which it lacks")

    def _hold(self, table: Table, row: Mapping[str, Any]) -> None:
        _check_indexed(table, row)
        for names in _unique_in(table):
            values = [row[name] for name in names if name != "site_id"]
            if None not in values:
                name, value = f"{table.name}.{','.join(names)}", "\0".join(map(str, values))
                self._take(name, value, f"has the {' and '.join(names)} of a line before it")
        self._refer(table, row)

    def _take(self, name: str, value: str, otherwise: str) -> None:
        if not self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (name, value)).rowcount:
            raise ValueError(otherwise)

    def _refer(self, table: Table, row: Mapping[str, Any]) -> None:
        """What it names is there before it."""
        for column, target in _references_in(table):
            value = row.get(column)
            if value is not None and not self._seen.execute(_IS_SEEN, (target, value)).fetchone():
                raise ValueError(f"names in {column!r} what no line before it holds")

    def _ask(self, kind: Kind, row: Mapping[str, Any]) -> None:
        """Ids that are taken here, by another site, would be taken for rows of this one."""
        if kind is not self._kind or len(self._ids) == AT_ONCE:
            self._ask_now()
        self._kind = kind
        if [column.name for column in kind.table.primary_key] == ["id"]:
            self._ids.append(row["id"])

    def _ask_now(self) -> None:
        if self._kind is not None and self._ids:
            column = self._kind.table.c.id
            query = select(column).where(column.in_(self._ids), ~of_site(self._kind, self._site)).limit(1)
            taken = self._connection.scalar(query)
            if taken is not None:
                raise ValueError(f"comes after {taken[:60]!r}, which another site here has already")
        self._ids = []


_SEEN = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE seen (name TEXT, value TEXT, PRIMARY KEY (name, value)) WITHOUT ROWID;
CREATE TABLE later (id TEXT);
"""
_IS_SEEN = "SELECT 1 FROM seen WHERE name = ? AND value = ?"


@cache
def _unique_in(table: Table) -> Sequence[tuple[str, ...]]:
    """Columns that no two rows of this table have alike."""
    constraints = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    indexes = [one for one in table.indexes if one.unique and one.dialect_options["sqlite"]["where"] is None]
    every: Iterable[Any] = (table.primary_key, *constraints, *indexes)
    return [tuple(column.name for column in one.columns) for one in every]


@cache
def _references_in(table: Table) -> Sequence[tuple[str, str]]:
    """Columns that name a row of an export, and which."""
    return [
        (key.parent.name, key.target_fullname)
        for key in table.foreign_keys
        if key.parent.name not in ("site_id", "joined_into")  # an article may be joined into one that comes later
    ]


@cache
def _indexed_in(table: Table) -> Sequence[tuple[str, ...]]:
    return [*_unique_in(table), *(tuple(column.name for column in one.columns) for one in table.indexes)]


def _check_indexed(table: Table, row: Mapping[str, Any]) -> None:
    """Raises ``ValueError`` for what no index of PostgreSQL has room for."""
    for names in _indexed_in(table):
        texts = [value for name in names if isinstance(value := row.get(name), str)]
        if any(len(text) > _SHORT for text in texts) and sum(len(text.encode()) for text in texts) > INDEXED:
            raise ValueError(f"has a {names[-1]!r} that is too long to be kept")
