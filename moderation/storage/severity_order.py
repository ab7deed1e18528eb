"""By which of the two severities in the queue index the queue is sorted, and how far the other one has come.

When the policy changes, every waiting comment, and every published one with reports that nobody has decided about, is
weighed anew into the column that the queue is not sorted by; when all are, the queue changes over at once. There is one
order at any time, and whoever pages through the old one can finish.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, func, literal, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, BigCount, table_of
from moderation.storage.queue_index import SIGNAL_COLUMNS, SLOTS, WAITS, QueueIndex
from moderation.storage.reports import OPEN_REPORTS, ReportedComment

ONLY = 1


class SeverityOrder(Base):
    """The only row: the queue is sorted by ``SLOTS[serving]``, made under ``version`` (None: by no policy). Where
    ``preparing`` is set, ``done`` of ``total`` waiting comments have been weighed for the other. ``leased_until``: see
    ``storage.claims``.
    """

    __tablename__ = "severity_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    serving: Mapped[int]
    version: Mapped[str | None]
    preparing: Mapped[str | None]
    total: Mapped[int] = mapped_column(BigCount)
    done: Mapped[int] = mapped_column(BigCount)
    begun_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]


_C = table_of(QueueIndex).c
_ORDER = select(SeverityOrder).where(SeverityOrder.id == ONLY)
_SERVING = select(table_of(SeverityOrder).c.serving).where(table_of(SeverityOrder).c.id == ONLY)


def severity_order(session: Session, *, lock: bool = False) -> SeverityOrder:
    """Which severity counts now; with ``lock`` nobody else changes it until this transaction ends."""
    return (
        session.get_one(SeverityOrder, ONLY, with_for_update=True, populate_existing=True)
        if lock
        else session.scalars(_ORDER).one()
    )


def serving_slot(session: Session) -> int:
    """The position in ``SLOTS`` of the column that the queue is sorted by. Asked once in a session."""
    if "severity slot" not in session.info:
        session.info["severity slot"] = session.scalar(_SERVING) or 0
    slot: int = session.info["severity slot"]
    return slot


def how_many_outdated(session: Session, version: str) -> int:
    """How many waiting or reported comments have not been weighed under this version."""
    return sum(
        session.scalar(select(func.count()).select_from(QueueIndex).where(outdated)) or 0
        for outdated in _outdated(version)
    )


def any_outdated(session: Session, version: str) -> bool:
    """Whether there is one."""
    return any(
        session.scalar(select(literal(1)).select_from(QueueIndex).where(outdated).limit(1)) is not None
        for outdated in _outdated(version)
    )


def some_outdated(session: Session, version: str, *, limit: int) -> list[Row[*tuple[Any, ...]]]:
    """Some of them, by their numbers. Nobody else changes these until this transaction ends; what somebody else is at
    is left out.
    """
    found: list[Row[*tuple[Any, ...]]] = []
    known = (_C.number, _C.comment_id, _C.site_id, _C.section, _C.severity_policy, _C.waiting, _C.flags)
    query = select(*known, *SIGNAL_COLUMNS)
    for outdated in _outdated(version):
        some = query.where(outdated).order_by(_C.severity_policy, _C.number).limit(limit - len(found))
        found += session.execute(some.with_for_update(skip_locked=True))
        if len(found) == limit:
            break
    return found


def weigh(session: Session, slots: tuple[int, ...], version: str, weighed: list[dict[str, int]]) -> None:
    """Stores severities: ``{"of": number, "weight": ..., "flagged": ...}``, in these columns."""
    columns: dict[str, Any] = {SLOTS[slot]: bindparam("weight") for slot in slots}
    statement = (
        update(table_of(QueueIndex))
        .where(_C.number == bindparam("of"))
        .values(**columns, flags=bindparam("flagged"), severity_policy=version)
    )
    session.connection().execute(statement, weighed)


def _outdated(version: str) -> tuple[ColumnElement[bool], ...]:
    """In pieces, each of which the index has in one stretch; reported ones are few."""
    policy = _C.severity_policy
    pieces = (policy.is_(None), policy < version, policy > version)
    reported = _C.comment_id.in_(select(ReportedComment.comment_id).where(text(OPEN_REPORTS)))
    return (*(and_(WAITS, piece) for piece in pieces), and_(_C.waiting.is_(False), reported, or_(*pieces)))
