"""What every table shares: the metadata, names of constraints, and times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import JSON, BigInteger, DateTime, Integer, MetaData, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A point in time. Comes back aware and in UTC from SQLite too, which stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value if value.tzinfo is UTC else value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


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
