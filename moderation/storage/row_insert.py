"""Whole rows are stored past what SQLAlchemy does for statements that vary: a comment stores ten of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import JSON, Boolean, Connection, FromClause, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

Bound = tuple[tuple[int, Callable[[Any], Any]], ...]
"""What binds a value, by its position; most are bound as they are."""
MANY = 50
"""From so many rows on PostgreSQL is sent a COPY, which costs less a row, and more to begin."""


@dataclass(frozen=True, slots=True)
class _Made:
    """The statement as one kind of database reads it, and what binds each column's value, in the statement's order."""

    sql: str
    into: str
    copy: str
    names: Sequence[str]
    values_in: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    binds: Bound
    by_position: bool

    def values(self, row: Mapping[str, Any]) -> list[Any]:
        values = list(self.values_in(row))
        for position, bind in self.binds:
            values[position] = bind(values[position])
        return values

    def bound(self, row: Mapping[str, Any]) -> Sequence[Any] | dict[str, Any]:
        values = self.values(row)
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
        if len(rows) >= MANY:
            self.many(connection, rows)
            return
        made = self._made_for(connection.dialect)
        values: Sequence[Any] = [made.bound(row) for row in rows]
        connection.exec_driver_sql(made.sql, values[0] if len(values) == 1 else list(values))

    def after(self, connection: Connection, change: str, values: Sequence[Any], *rows: Mapping[str, Any]) -> None:
        """Stores rows and makes a ``change`` with these values, in one statement and so on one way to the server and
        back: PostgreSQL alone. Neither sees what the other does.
        """
        made = self._made_for(connection.dialect)
        places = f"({', '.join(['%s'] * len(self._names))})"
        statement = f"WITH change AS ({change}) {made.into} VALUES {', '.join([places] * len(rows))}"
        given = (*values, *(value for row in rows for value in made.values(row)))
        connection.exec_driver_sql(statement, given)

    def many(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """The same for many rows, which are taken as they are stored: PostgreSQL works at those that it has while the
        next are made.
        """
        made = self._made_for(connection.dialect)
        if connection.dialect.name == "sqlite":
            values = [made.bound(row) for row in rows]
            if values:
                connection.exec_driver_sql(made.sql, values)
            return
        _copy(connection, made.copy, map(made.values, rows))

    def _made_for(self, dialect: Dialect) -> _Made:
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = self._make(dialect)
        return made

    def _make(self, dialect: Dialect) -> _Made:
        names = self._names
        compiled = insert(cast(Any, self._table)).compile(dialect=dialect, column_keys=names)
        quote = dialect.identifier_preparer.quote
        columns = ", ".join(map(quote, names))
        return _Made(
            sql=str(compiled),
            into=f"INSERT INTO {quote(cast(Any, self._table).name)} ({columns})",
            copy=f"COPY {quote(cast(Any, self._table).name)} ({columns}) FROM STDIN",
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


def _copy(connection: Connection, statement: str, rows: Iterable[Sequence[Any]]) -> None:
    """Raises ``DBAPIError``, as every statement does."""
    driver = cast(Any, connection.connection.driver_connection)
    dbapi = cast(Any, connection.dialect.dbapi)
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except dbapi.Error as error:
        # The server repeats the line that it took no more: a reader's text, which no log may hold.
        told = type(error)(error.diag.message_primary or str(error).partition("\n")[0])
        raise DBAPIError.instance(
            statement, (), told, dbapi.Error, hide_parameters=True, dialect=connection.dialect
        ) from None


def _binding(table: FromClause, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    kind = table.columns[name].type
    if isinstance(kind, Boolean) and dialect.name == "sqlite":
        return None  # the driver stores them as the numbers that they are
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    if bind is None or not isinstance(kind, JSON):
        return bind
    bind_json = bind
    # Most lists and objects are empty: to write them out takes longer than all else of their column.
    return lambda value: _EMPTY[type(value)] if type(value) in _EMPTY and not value else bind_json(value)


_EMPTY: dict[type, str] = {list: "[]", dict: "{}"}
