"""Authors: whoever a comment's id, or address and name, stands for on one site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    Select,
    UniqueConstraint,
    bindparam,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base, table_of
from moderation.storage.row_insert import RowInsert

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Muted or banned until somebody lifts it."""


class Author(Base):
    """A reader. ``key`` is a keyed hash of the site's id for them, or of address and name; ``known`` is False where
    only a name told them apart, which anybody can take.
    """

    __tablename__ = "authors"
    __table_args__ = (UniqueConstraint("site_id", "key"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    key: Mapped[str]
    known: Mapped[bool]
    external_id: Mapped[str | None]
    name: Mapped[str]
    approved: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    trusted: Mapped[bool] = mapped_column(default=False)
    muted_until: Mapped[datetime | None]
    banned_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


_AUTHORS = table_of(Author)
_insert = RowInsert(_AUTHORS)
_CHANGE = update(_AUTHORS).where(_AUTHORS.c.id == bindparam("of"))


def columns_of(author: Author) -> dict[str, Any]:
    """What is stored of an author."""
    return {column.name: getattr(author, column.name) for column in _AUTHORS.columns}


def keep_author(connection: Connection, author: Author, *, before: Mapping[str, Any] | None) -> None:
    """Stores a new author (``before`` is None), or what has changed of one whose ``columns_of`` were these. Past the
    mapper, at half its cost: this happens with every comment.
    """
    now = columns_of(author)
    if before is None:
        _insert(connection, now)
        return
    changes = {name: value for name, value in now.items() if value != before[name]}
    if changes:
        connection.execute(_CHANGE, {**changes, "of": author.id})


@lru_cache(maxsize=64)  # there are as many keys as forms of a name and keys of the ring; a list would be built anew
def _finding(keys: int, *, lock: bool) -> Select[Any]:
    found = select(_AUTHORS).where(_AUTHORS.c.site_id == bindparam("site"), with_key(keys))
    # Not for its key: who stores another comment of theirs doesn't have to wait.
    return found.with_for_update(key_share=True) if lock else found


def with_key(keys: int) -> ColumnElement[bool]:
    """Authors with one of so many keys, which are bound as ``numbered`` names them."""
    return Author.key.in_([bindparam(f"key{number}") for number in range(keys)])


def numbered(keys: Sequence[str]) -> dict[str, str]:
    return {f"key{number}": key for number, key in enumerate(keys)}


def find_authors(connection: Connection, site_id: str, keys: Sequence[str], *, lock: bool = False) -> list[Author]:
    """The authors with these keys, in the keys' order; with ``lock`` their next comment waits until this transaction
    ends. No session follows them: ``keep_author`` stores what changes.
    """
    found = connection.execute(_finding(len(keys), lock=lock), {"site": site_id, **numbered(keys)})
    return sorted((Author(**row._mapping) for row in found), key=lambda author: keys.index(author.key))
