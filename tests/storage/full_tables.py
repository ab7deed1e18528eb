"""Rows for every table that a database has at its revision, made from what the database itself says of its columns: a
new migration is met by them without a line here.
"""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, MetaData, Table

from moderation.core.audit_chain import GENESIS, AuditEvent, UnchainedEvent, link
from moderation.storage.tables import Base
from tests.doubles import NOON

MANY = 3
"""Rows that each table gets: one with all there can be, one with nothing where there may be nothing, one with large and
long things.
"""
ONE_A_CHAIN = {"audit_heads", "audit_checkpoints"}
"""Tables that get a single row instead."""
NOT_OURS = ("alembic_version", "comment_search")
_SEARCH = ("comments", "search")
"""The search index is the database's own: tables on SQLite, on PostgreSQL a column."""
_WORDS = {
    "status": ("approved", "rejected", "pending"),
    "language": ("de", "pt-BR", "zh"),
    "url": ("https://größe.example/straße?a=%C3%A4", "https://news.example/", "https://news.example/日本"),
}
"""What some columns hold, that steps and indexes ask for by its value; all others hold words."""
_HARD = "Größe, 日本語, שלום, 👍🏽 'x' \"y\" \\ %s :z {}"
_numbers = itertools.count(1)

Row = Mapping[str, Any]
Contents = dict[str, dict[tuple[Any, ...], Row]]
"""The rows of each table, by their keys."""


def tables_of(connection: Connection) -> list[Table]:
    """Tables as they are now, none before one that it refers to."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if not table.name.startswith(NOT_OURS)]


def contents_of(connection: Connection, tables: Sequence[Table]) -> Contents:
    """All that stands in these tables."""
    return {
        table.name: {
            tuple(row[column.name] for column in table.primary_key): dict(row)
            for row in connection.execute(sa.select(table)).mappings()
        }
        for table in tables
    }


def fill(connection: Connection, tables: Sequence[Table]) -> None:
    """Puts rows into every table, beside those that are there. ``tables``: all that there are."""
    own = dict(_audit_chain(f"chain-{next(_numbers)}"))
    made: dict[str, list[Row]] = {}
    # A checkpoint has to fit its chain, which therefore comes first.
    for table in sorted(tables, key=lambda table: table.name == "audit_checkpoints"):
        made[table.name] = []
        for place, given in enumerate(own.get(table.name, [{}] * MANY)):
            values = {**_row(table, place, made), **given}
            key = connection.execute(table.insert().values(values)).inserted_primary_key
            made[table.name].append(values | dict(key._mapping if key is not None else {}))


def _audit_chain(chain: str) -> Iterator[tuple[str, list[Row]]]:
    """A chain that verifies, and a checkpoint at its first event."""
    events: list[AuditEvent] = []
    for number in range(1, MANY + 1):
        happened = UnchainedEvent(
            chain=chain, actor="system", event="test.happened", subject=f"x-{number}", payload={"größe": number}
        )
        previous = events[-1].hash if events else GENESIS
        events.append(link(happened, sequence=number, previous=previous, at=NOON + timedelta(minutes=number)))
    first, *_, last = events
    yield "audit_events", [asdict(event) for event in events]
    yield "audit_heads", [{"chain": chain, "sequence": last.sequence, "hash": last.hash}]
    yield "audit_checkpoints", [{"chain": chain, "sequence": first.sequence, "hash": first.hash}]


def _row(table: Table, place: int, made: Mapping[str, list[Row]]) -> dict[str, Any]:
    """The row at this place, which refers to those at the same place of other tables, and to the one before it of its
    own. What numbers the rows is left to the database.
    """
    values: dict[str, Any] = {}
    for column in table.columns:
        if column is table.autoincrement_column or (table.name, column.name) == _SEARCH:
            continue
        nothing = column.nullable and place == 1
        values[column.name] = sa.null() if nothing else _value(table, column, place)
    for reference in table.foreign_key_constraints:
        above = reference.referred_table
        there = made[above.name][-1:] if above is table else made[above.name][place : place + 1]
        for element in reference.elements:
            column = element.parent
            if there and not (column.nullable and place == 1):
                values[column.name] = there[0][element.column.name]
            elif column.nullable:
                values[column.name] = sa.null()
    return values


def _value(table: Table, column: sa.Column[Any], place: int) -> Any:
    number = next(_numbers)
    at = NOON + timedelta(minutes=number)
    match column.type:
        case sa.Boolean():
            value: Any = place == 0
        case sa.DateTime(timezone=aware):
            value = at if aware else at.replace(tzinfo=None)  # SQLite's own, which the service takes for UTC
        case sa.LargeBinary():
            value = bytes(range(256)) * (place + 1)
        case sa.JSON():
            value = _json(table.name, column, place)
        case sa.BigInteger():
            value = number + (2**40 if place else 0)
        case sa.Integer():
            value = number
        case sa.Float() | sa.Numeric():
            value = number / 7
        case sa.String() if column.name in _WORDS:
            value = _WORDS[column.name][place]
        case sa.String():
            value = f"{column.name} {number}: {_HARD}{' long' * 500 if place == 2 else ''}"
        case _:
            raise TypeError(f"{table.name}.{column.name}: no value is known for a {column.type!r}")
    return value


def _json(table: str, column: sa.Column[Any], place: int) -> Any:
    """In the shape that the code of today knows it in; a list where it doesn't know it any more."""
    if column.nullable and place == 2:
        return sa.JSON.NULL  # as it is written where nobody has said otherwise
    one: dict[str, Any] = {"größe": "日本 \" ' \\", "zahl": 0.1, "leer": None}
    told = _known_as().get((table, column.name), "list[str]")
    if told.startswith("list[dict"):
        return [one] * place
    return one if told.startswith("dict") else ["Gärtner", "日本 \" ' \\"][place:]


@cache
def _known_as() -> dict[tuple[str, str], str]:
    """What the code of today holds in its columns, by table and column."""
    found = {}
    for mapper in Base.registry.mappers:
        for name, hint in typing.get_type_hints(mapper.class_).items():
            if name in mapper.columns and typing.get_args(hint):
                found[mapper.class_.__tablename__, name] = str(typing.get_args(hint)[0])
    return found
