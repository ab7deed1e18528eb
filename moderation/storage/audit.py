"""Audit events and the heads of their chains. The database itself refuses to change what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Index,
    LargeBinary,
    Row,
    Select,
    bindparam,
    cast,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.audit_chain import GENESIS, AuditEvent, ChainHead, UnchainedEvent, link
from moderation.storage.base import Base, BigCount, built_once, table_of
from moderation.storage.database import Database
from moderation.storage.row_insert import MANY, RowInsert


class EventRow(Base):
    """One event. Triggers refuse update, delete, truncation and a second event with the same number."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_subject", "subject"),)

    chain: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigCount, primary_key=True, autoincrement=False)
    time: Mapped[str]
    actor: Mapped[str]
    event: Mapped[str]
    subject: Mapped[str]
    payload: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]
    text: Mapped[str]


class HeadRow(Base):
    """The newest event of each chain: the row that writers queue at."""

    __tablename__ = "audit_heads"

    chain: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigCount)
    hash: Mapped[str]


_ONE_ROW = select(literal(1)).subquery()
_HEADS, _EVENTS = table_of(HeadRow), table_of(EventRow)
_NAMES = tuple(AuditEvent.__dataclass_fields__)
_TEXTS = tuple(name for name in _NAMES if name != "sequence")
_INSERT_HEAD = insert(_HEADS)
# Each comment asks and says these, while whoever writes next to its chain waits: past what SQLAlchemy does for
# statements that vary.
_HEAD = {
    "sqlite": "SELECT sequence, hash FROM audit_heads WHERE chain = ?",
    "postgresql": "SELECT sequence, hash FROM audit_heads WHERE chain = %s FOR NO KEY UPDATE",
}
_MOVE_HEAD = {
    "sqlite": "UPDATE audit_heads SET sequence = ?, hash = ? WHERE chain = ?",
    "postgresql": "UPDATE audit_heads SET sequence = %s, hash = %s WHERE chain = %s",
}
_insert_events = RowInsert(_EVENTS)


def append(connection: Connection, unchained_events: Sequence[UnchainedEvent], at: datetime) -> list[ChainHead]:
    """Adds events to their chains. Call it last, right before the commit: it locks each chain's head."""
    heads: list[ChainHead] = []
    for chain in sorted({unchained_event.chain for unchained_event in unchained_events}):
        row = connection.exec_driver_sql(_HEAD[connection.dialect.name], (chain,)).first()
        sequence, previous = (row.sequence, row.hash) if row else (0, GENESIS)
        events: list[AuditEvent] = []
        for unchained_event in unchained_events:
            if unchained_event.chain == chain:
                sequence += 1
                events.append(link(unchained_event, sequence=sequence, previous=previous, at=at))
                previous = events[-1].hash
        head = ChainHead(chain=chain, sequence=sequence, hash=previous)
        _store(connection, events, head, new=row is None)
        heads.append(head)
    return heads


def _store(connection: Connection, events: Sequence[AuditEvent], head: ChainHead, *, new: bool) -> None:
    """Whoever writes to this chain next waits meanwhile: on PostgreSQL for one answer of the server's."""
    rows = map(_values, events)
    move, moved = _MOVE_HEAD[connection.dialect.name], (head.sequence, head.hash, head.chain)
    if not new and connection.dialect.name != "sqlite" and len(events) < MANY:
        _insert_events.after(connection, move, moved, *rows)
        return
    _insert_events(connection, *rows)
    if new:
        connection.execute(_INSERT_HEAD, {"chain": head.chain, "sequence": head.sequence, "hash": head.hash})
    else:
        connection.exec_driver_sql(move, moved)


def _values(event: AuditEvent) -> dict[str, object]:
    return {name: getattr(event, name) for name in _NAMES}


def chains(session: Session) -> Sequence[str]:
    """The names of every chain that has an event or a head. One that somebody has spoilt is shown escaped, and has
    no event under that name.
    """
    names = {
        name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else name
        for table in (_EVENTS, _HEADS)
        for (name,) in session.execute(select(_raw(_dialect(session), table.c.chain)).distinct())
    }
    return sorted(names)


CHUNK = 1000


def events_of(session: Session, chain: str, *, after: int = 0) -> Iterator[AuditEvent]:
    """A chain's events in order, read in chunks, whatever bytes somebody has put into them."""
    # Chunk by chunk, not with one cursor: a reader that stops in the middle leaves nothing open.
    query = _events(session).where(_EVENTS.c.chain == chain).limit(CHUNK)
    while chunk := session.execute(query.where(_EVENTS.c.sequence > after)).all():
        for row in chunk:
            yield _event(row)
        if not isinstance(chunk[-1][0], int):
            return  # no number any more, and SQLite sorts that behind all numbers: verifying has ended here
        after = chunk[-1][0]


def events_in_chunks(database: Database, chain: str) -> Iterator[AuditEvent]:
    """The same, each chunk read in a short transaction of its own: whoever takes the events may take their time."""
    after = 0
    while True:
        with database.reading() as session:
            chunk = list(islice(events_of(session, chain, after=after), CHUNK))
        yield from chunk
        if len(chunk) < CHUNK or chunk[-1].sequence < after:
            return  # the end, or no numbers any more
        after = chunk[-1].sequence


def stored_head(session: Session, chain: str) -> ChainHead | None:
    """The newest event of a chain as its writers know it."""
    query = select(_HEADS.c.sequence, _raw(_dialect(session), _HEADS.c.hash)).where(_HEADS.c.chain == chain)
    row = session.execute(query).first()
    return ChainHead(chain=chain, sequence=_as_number(row[0]), hash=_as_text(row[1])) if row else None


def head_and_newest(session: Session, chain: str) -> tuple[ChainHead | None, int]:
    """A chain's head as its writers know it, and the number of its newest event (0: none), both of one moment."""
    newest = select(func.max(_EVENTS.c.sequence)).where(_EVENTS.c.chain == chain).scalar_subquery()
    known_hash = _raw(_dialect(session), _HEADS.c.hash).label("hash")
    one = select(_HEADS.c.sequence, known_hash).where(_HEADS.c.chain == chain).subquery()
    row = session.execute(select(newest, one.c.sequence, one.c.hash).select_from(_ONE_ROW.outerjoin(one, true()))).one()
    known = None if row[1] is None else ChainHead(chain=chain, sequence=_as_number(row[1]), hash=_as_text(row[2]))
    return known, 0 if row[0] is None else _as_number(row[0])


def events_about(session: Session, chain: str, subject: str) -> Sequence[AuditEvent]:
    """What happened to one subject, oldest first."""
    rows = session.execute(_about(_dialect(session)), {"of": subject, "here": chain})
    return [_event(row) for row in rows]


def newest_where(session: Session, *conditions: ColumnElement[bool], limit: int) -> list[AuditEvent]:
    """The newest events of which this holds, newest first, whatever bytes somebody has put into them."""
    query = _events(session).where(*conditions).order_by(None).order_by(_EVENTS.c.sequence.desc()).limit(limit)
    return [_event(row) for row in session.execute(query)]


def first_since(session: Session, chain: str, moment: datetime) -> int:
    """The number of a chain's first event at this moment or later; one that no event has where there is none. Looks
    for it by halves: some twenty short questions in a chain of a million.
    """
    low, high = 1, (session.scalar(select(func.max(_EVENTS.c.sequence)).where(_EVENTS.c.chain == chain)) or 0) + 1
    earlier = (_EVENTS.c.time < f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}").label("earlier")
    while low < high:
        middle = (low + high) // 2
        found = session.execute(
            select(_EVENTS.c.sequence, earlier)
            .where(_EVENTS.c.chain == chain, _EVENTS.c.sequence >= middle)
            .order_by(_EVENTS.c.sequence)
            .limit(1)
        ).one()
        low, high = (found.sequence + 1, high) if found.earlier else (low, middle)
    return low


@built_once
def _about(dialect: str) -> Select[Any]:
    return _every_event(dialect).where(_EVENTS.c.subject == bindparam("of"), _EVENTS.c.chain == bindparam("here"))


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _events(session: Session) -> Select[Any]:
    return _every_event(_dialect(session))


@built_once
def _every_event(dialect: str) -> Select[Any]:
    texts = (_raw(dialect, _EVENTS.c[name]) for name in _TEXTS)
    return select(_EVENTS.c.sequence, *texts).order_by(_EVENTS.c.sequence)


def _event(row: Row[Any]) -> AuditEvent:
    stored: list[Any] = list(row)
    return AuditEvent(sequence=_as_number(stored[0]), **dict(zip(_TEXTS, map(_as_text, stored[1:]), strict=True)))


def _raw(dialect: str, column: ColumnElement[str]) -> ColumnElement[Any]:
    """A text as its bytes on SQLite, which keeps any bytes in a text and then can't hand it out: a changed byte must
    be named, not trip whoever looks for it. PostgreSQL keeps nothing that is not text.
    """
    return cast(column, LargeBinary) if dialect == "sqlite" else column


def _as_number(stored: object) -> int:
    """A sequence number; -1, which no event has, for what somebody has put in its place."""
    return stored if isinstance(stored, int) else -1


def _as_text(stored: str | bytes | None) -> str:
    return stored.decode("utf-8", "surrogateescape") if isinstance(stored, bytes) else stored or ""
