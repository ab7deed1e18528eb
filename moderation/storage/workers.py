"""Workers that live, so that web processes know what is done without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, BigCount


class Worker(Base):
    """One process of ``moderation worker``. While it lives it counts ``beat`` up, and says what it ``does``. Whoever
    looks goes by whether the count changes, not by the time: two machines' clocks may differ.
    """

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(primary_key=True)
    beat: Mapped[int] = mapped_column(BigCount)
    does: Mapped[list[str]]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


def keep_beating(session: Session, worker_id: str, does: Sequence[str], now: datetime) -> None:
    """A sign of life."""
    worker = session.get(Worker, worker_id)
    if worker is None:
        session.add(Worker(id=worker_id, beat=0, does=list(does), started_at=now, seen_at=now))
        return
    worker.beat += 1
    worker.does, worker.seen_at = list(does), now


def forget_worker(session: Session, worker_id: str) -> None:
    """It has ended."""
    session.execute(delete(Worker).where(Worker.id == worker_id))


def forget_silent_workers(session: Session, before: datetime) -> None:
    """Those that were killed long ago."""
    session.execute(delete(Worker).where(Worker.seen_at < before))


_STANDING = select(Worker.id, Worker.beat, Worker.does)


def beats(session: Session) -> Mapping[str, tuple[int, Sequence[str]]]:
    """By each worker's id, how often it has given a sign of life, and what it does."""
    return {row.id: (row.beat, row.does) for row in session.execute(_STANDING)}
