"""Whole rows are stored past what SQLAlchemy does for statements that vary: a comment stores ten of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, FromClause, insert
from sqlalchemy.engine import Dialect

Bound = tuple[tuple[int, Callable[[Any], Any]], ...]
"""What binds a value, by its position; most are bound as they are."""


@dataclass(frozen=True, slots=True)
class _Made:
    """The statement as one kind of database reads it, and what binds each column's value, in the statement's order."""

    sql: str
    names: Sequence[str]
    values_in: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    binds: Bound
    by_position: bool

    def bound(self, row: Mapping[str, Any]) -> Sequence[Any] | dict[str, Any]:
        values = list(self.values_in(row))
        for position, bind in self.binds:
            values[position] = bind(values[position])
        return tuple(values) if self.by_position else dict(zip(self.names, values, strict=True))


class RowInsert:
    """Stores rows of a table, each with all of its columns but those in ``exclude``, which the database fills in. Its
    statement is made once for each kind of database: to look it up and bind each column by its name takes longer than
    to store the row.
    """

    def __init__(self, table: FromClause, *, exclude: Collection[str] = ()) -> None:
        """``exclude``: columns that the database fills in."""
        self._table = table
        self._names = [column.name for column in table.columns if column.name not in exclude]
        self._made: dict[str, _Made] = {}

    def __call__(self, connection: Connection, *rows: Mapping[str, Any]) -> None:
        """Stores these rows in one statement. Raises ``KeyError`` where one lacks a column."""
        made = self._made.get(connection.dialect.name)
        if made is None:
            made = self._made[connection.dialect.name] = self._make(connection.dialect)
        values: Sequence[Any] = [made.bound(row) for row in rows]
        connection.exec_driver_sql(made.sql, values[0] if len(values) == 1 else list(values))

    def _make(self, dialect: Dialect) -> _Made:
        names = self._names
        compiled = insert(cast(Any, self._table)).compile(dialect=dialect, column_keys=names)
        return _Made(
            sql=str(compiled),
            # By position the names stand in the table's order, as they do in the statement.
            names=names,
            values_in=itemgetter(*names),
            binds=tuple(
                (position, bind)
                for position, name in enumerate(names)
                if (bind := _binding(self._table, name, dialect)) is not None
            ),
            by_position=bool(compiled.positional),
        )


def _binding(table: FromClause, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    return table.columns[name].type.dialect_impl(dialect).bind_processor(dialect)
