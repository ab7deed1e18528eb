"""How the database answers the very statements that the service sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from moderation.core.write_transaction import outside_write_transactions


@contextmanager
def plans_of(asked: Engine | Connection, *parts: str) -> Iterator[list[str]]:
    """The plan of each query with all these ``parts`` that is sent meanwhile, in order, on either database."""
    plans: list[str] = []

    def look(connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if not statement.lstrip().upper().startswith("SELECT") or not all(part in statement for part in parts):
            return
        sqlite = connection.dialect.name == "sqlite"
        beside = connection.connection.cursor()
        beside.execute(f"{'EXPLAIN QUERY PLAN' if sqlite else 'EXPLAIN'} {statement}", values)
        plans.append(" ".join(str(row[3] if sqlite else row[0]) for row in beside.fetchall()))
        beside.close()

    event.listen(asked, "before_cursor_execute", look)
    try:
        yield plans
    finally:
        event.remove(asked, "before_cursor_execute", look)


@contextmanager
def written_in(engine: Engine) -> Iterator[list[str]]:
    """Every statement that is sent meanwhile in a transaction that writes."""
    statements: list[str] = []

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        try:
            outside_write_transactions("this")
        except RuntimeError:
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", look)
