"""Whether a database's tables are those that the code maps."""

from __future__ import annotations

import warnings
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Table

from moderation.storage.database import Database
from moderation.storage.tables import Base


def differences(database: Database) -> list[Any]:
    """Between the tables that are there and those that the code maps, as alembic tells them."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=_COMPARED)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an index that runs downwards can't be compared
            found = compare_metadata(context, Base.metadata)
    if database.is_sqlite:
        found = _but_for_constraints_renamed(found)
    downwards = {name for table in Base.metadata.tables.values() for name in _running_downwards(table)}
    return [one for one in found if not any(f"{name!r}" in repr(one) for name in downwards)]


def _mapped(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """The search index is the database's own, and no table that the code maps."""
    return not (
        (kind == "table" and (name or "").startswith("comment_search")) or (name in ("search", "ix_comments_search"))
    )


_COMPARED = {"compare_type": False, "include_object": _mapped}


def _but_for_constraints_renamed(differences: list[Any]) -> list[Any]:
    """SQLite renames tables, but not their constraints: one keeps the name that its table had at first."""
    removed, added = (
        {(of.table.name, *of.columns.keys()) for kind, of, *_ in differences if kind == f"{change}_constraint"}
        for change in ("remove", "add")
    )
    return [
        one
        for one in differences
        if not one[0].endswith("_constraint") or (one[1].table.name, *one[1].columns.keys()) not in removed & added
    ]


def _running_downwards(table: Table) -> list[str]:
    return [str(index.name) for index in table.indexes if any(" DESC" in str(e) for e in index.expressions)]
