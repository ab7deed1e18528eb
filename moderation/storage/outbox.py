"""Outgoing events: written with the change that they tell of, handed on to each endpoint afterwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, FetchedValue, ForeignKey, delete, literal, literal_column, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, BigCount, table_of
from moderation.storage.row_insert import RowInsert

ORDER_LOCK = "outbox"
"""Whoever hands events on does so alone: in their order, each once."""


class OutboxEvent(Base):
    """Something that a site will be told: ``kind`` like ``comment.published``, ``subject`` the comment's id. It is
    removed when it has been handed on (``storage.webhooks``).

    ``number`` is the order in which PostgreSQL stored them: whoever changes a comment holds its row, so that of two
    changes the later has the higher number, whatever the clocks of two machines say. On SQLite it is empty, as the
    order of the rows themselves is that.
    """

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str]
    subject: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    number: Mapped[int | None] = mapped_column(BigCount, FetchedValue(), index=True)


_insert = RowInsert(table_of(OutboxEvent), exclude=("number",))


def insert_outbox_events(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Stores new events, each with all columns but its number, in one statement."""
    _insert(connection, *rows)


def any_outbox_event(session: Session) -> bool:
    """Whether any event has not been handed on."""
    return session.scalar(select(literal(1)).select_from(OutboxEvent).limit(1)) is not None


def first_outbox_events(session: Session, limit: int) -> Sequence[OutboxEvent]:
    """The events that were stored first."""
    sqlite = session.connection().dialect.name == "sqlite"
    order = literal_column("outbox.rowid") if sqlite else OutboxEvent.number
    return session.scalars(select(OutboxEvent).order_by(order).limit(limit)).all()


def remove_outbox_events(session: Session, ids: Collection[str]) -> None:
    """They have been handed on."""
    statement = delete(OutboxEvent).where(OutboxEvent.id.in_(ids))
    session.execute(statement, execution_options={"synchronize_session": False})
