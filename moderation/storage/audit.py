"""Audit events and the heads of their chains. The database itself refuses to change what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Index, bindparam, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.audit_chain import GENESIS, AuditEvent, ChainHead, Happening, link
from moderation.storage.base import Base, table_of


class EventRow(Base):
    """One event. Triggers refuse update, delete, truncation and a second event with the same number."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_subject", "subject"),)

    chain: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    time: Mapped[str]
    actor: Mapped[str]
    event: Mapped[str]
    subject: Mapped[str]
    payload: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]
    text: Mapped[str]

    @property
    def audit_event(self) -> AuditEvent:
        return AuditEvent(**{name: getattr(self, name) for name in AuditEvent.__dataclass_fields__})


class HeadRow(Base):
    """The newest event of each chain: the row that writers queue at."""

    __tablename__ = "audit_heads"

    chain: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    hash: Mapped[str]


_HEADS, _EVENTS = table_of(HeadRow), table_of(EventRow)
_HEAD = select(_HEADS.c.sequence, _HEADS.c.hash).where(_HEADS.c.chain == bindparam("name")).with_for_update()
_INSERT_HEAD = insert(_HEADS)
_MOVE_HEAD = update(_HEADS).where(_HEADS.c.chain == bindparam("name"))
_INSERT_EVENT = insert(_EVENTS)


def append(session: Session, happenings: Sequence[Happening], at: datetime) -> list[ChainHead]:
    """Adds events to their chains. Call it last, right before the commit: it locks each chain's head."""
    heads: list[ChainHead] = []
    for chain in sorted({happening.chain for happening in happenings}):
        row = session.execute(_HEAD, {"name": chain}).first()
        sequence, previous = (row.sequence, row.hash) if row else (0, GENESIS)
        events: list[AuditEvent] = []
        for happening in happenings:
            if happening.chain == chain:
                sequence += 1
                events.append(link(happening, sequence=sequence, previous=previous, at=at))
                previous = events[-1].hash
        session.execute(_INSERT_EVENT, [_values(event) for event in events])
        if row:
            session.execute(_MOVE_HEAD, {"name": chain, "sequence": sequence, "hash": previous})
        else:
            session.execute(_INSERT_HEAD, {"chain": chain, "sequence": sequence, "hash": previous})
        heads.append(ChainHead(chain=chain, sequence=sequence, hash=previous))
    return heads


def _values(event: AuditEvent) -> dict[str, object]:
    return asdict(event)


def chains(session: Session) -> Sequence[str]:
    """The names of every chain that has an event or a head."""
    return sorted({*session.scalars(select(EventRow.chain).distinct()), *session.scalars(select(HeadRow.chain))})


def events_of(session: Session, chain: str, *, after: int = 0) -> Iterator[AuditEvent]:
    """A chain's events in order, read in portions."""
    query = select(EventRow).where(EventRow.chain == chain, EventRow.sequence > after).order_by(EventRow.sequence)
    # Closed even where the reader stops in the middle: the server holds a cursor for it.
    with session.scalars(query.execution_options(yield_per=1000)) as rows:
        for row in rows:
            yield row.audit_event
            session.expunge(row)


def stored_head(session: Session, chain: str) -> ChainHead | None:
    row = session.get(HeadRow, chain)
    return ChainHead(chain=row.chain, sequence=row.sequence, hash=row.hash) if row else None


def events_about(session: Session, chain: str, subject: str) -> Sequence[AuditEvent]:
    """What happened to one subject, oldest first."""
    query = select(EventRow).where(EventRow.subject == subject, EventRow.chain == chain).order_by(EventRow.sequence)
    return [row.audit_event for row in session.scalars(query)]
