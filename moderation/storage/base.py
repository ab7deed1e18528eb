"""What every table shares: the metadata, names of constraints, and times in UTC; and how statements are built once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import JSON, BigInteger, ColumnElement, DateTime, Integer, MetaData, Select, Table, bindparam
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A point in time. Comes back aware and in UTC from SQLite too, which stores a text without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    # A comment binds some thirty of these and a page reads hundreds: SQLAlchemy's own way through three functions
    # takes four times as long as what stands here.

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _sqlite_text if dialect.name == "sqlite" else _in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002
        return _from_sqlite_text if dialect.name == "sqlite" else _in_utc


def _in_utc(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else value.astimezone(UTC)


@lru_cache(maxsize=256)  # a comment's rows hold the same time in ten places
def _sqlite_text(value: datetime | None) -> str | None:
    """As SQLAlchemy writes it: ``2026-03-02 12:00:00.000000``, which sorts as text."""
    if value is None:
        return None
    value = value if value.tzinfo is UTC else value.astimezone(UTC)
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_sqlite_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


BigCount = BigInteger().with_variant(Integer(), "sqlite")
"""What numbers or counts rows of a table that only grows: 64 bits, which SQLite's integers have as they are."""


class Base(DeclarativeBase):
    """The tables of this service."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcTime, list[str]: JSON, dict[str, Any]: JSON, list[dict[str, Any]]: JSON}  # noqa: RUF012


def table_of(mapped: type[Base]) -> Table:
    """The plain table behind a mapped class: inserting into it skips the mapper, which an intake can't afford."""
    return cast(Table, mapped.__table__)


Q = TypeVar("Q", bound=Select[Any])


def locked(query: Q, *, key_share: bool = False) -> Q:
    """The same query of mapped rows, which nobody else changes until the transaction ends. What the session read of
    them before is read anew: it may be older than the lock. With ``key_share`` rows that name them needn't wait.
    """
    return query.with_for_update(key_share=key_share).execution_options(populate_existing=True)


# SQLAlchemy takes longer to build a statement, and to find what it has compiled of it, than a database takes to answer
# most of them. What a page or an intake asks is built once: at the top of its module where it is always the same, else
# by a function of what its shape depends on. What is asked about goes in as parameters.

built_once = lru_cache(maxsize=256)
"""Keeps what a function builds. What it is given must be few different things: scopes, orders, columns, no texts."""


def one_of(column: ColumnElement[Any] | InstrumentedAttribute[Any], name: str) -> ColumnElement[bool]:
    """That the column has one of the values in the parameter of this name."""
    return column.in_(bindparam(name, type_=column.type, expanding=True))
