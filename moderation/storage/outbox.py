"""Outgoing events: written with the change that they tell of, delivered afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base, table_of
from moderation.storage.row_insert import RowInsert


class OutboxEvent(Base):
    """Something that a site will be told: ``kind`` like ``comment.published``, ``subject`` the comment's id."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "delivered_at", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str]
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


_insert = RowInsert(table_of(OutboxEvent))


def insert_outbox_events(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Stores new events, each with all columns, in one statement."""
    _insert(connection, *rows)
