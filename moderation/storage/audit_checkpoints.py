"""Checkpoints of audit chains: each stands for a chain's events up to one, which are deleted. It is signed, as nothing
else tells of them any more.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.audit_chain import ChainHead
from moderation.core.signing import keyed
from moderation.storage.audit import EventRow
from moderation.storage.base import Base, BigCount, table_of


class AuditCheckpoint(Base):
    """Stands for a chain's events up to the one numbered ``sequence``, whose hash was ``hash``. The database lets
    nothing else be deleted, and moves no checkpoint back.
    """

    __tablename__ = "audit_checkpoints"

    chain: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigCount)
    hash: Mapped[str]
    made_at: Mapped[datetime]
    signature: Mapped[str]

    @property
    def head(self) -> ChainHead:
        """What the chain goes on from."""
        return ChainHead(chain=self.chain, sequence=self.sequence, hash=self.hash)

    def is_signed(self, secrets: Iterable[str]) -> bool:
        """Whether one of these secrets made it."""
        made = [signature(secret, self.head) for secret in secrets]
        kept = self.signature.encode("utf-8", "replace")
        return any(hmac.compare_digest(one.encode(), kept) for one in made)


def signature(secret: str, head: ChainHead) -> str:
    """What says that a chain was whole up to there, made with this secret."""
    return keyed(secret, "audit checkpoint", head.chain, str(head.sequence), head.hash)


def checkpoint_of(session: Session, chain: str, *, lock: bool = False) -> AuditCheckpoint | None:
    """A chain's checkpoint; with ``lock`` nobody else moves it until this transaction ends."""
    return session.get(AuditCheckpoint, chain, with_for_update=lock or None, populate_existing=True)


def keep_checkpoint(session: Session, head: ChainHead, secret: str, now: datetime) -> None:
    """A checkpoint at this event, signed with this secret, in place of the one before, which lies behind it. The
    database refuses one that the chain doesn't go on from.
    """
    values = {"sequence": head.sequence, "hash": head.hash, "made_at": now, "signature": signature(secret, head)}
    session.merge(AuditCheckpoint(chain=head.chain, **values))
    session.flush()


def last_before(session: Session, chain: str, time: str) -> int:
    """The number of the last event before the first that is as new as ``time``, an event's time as the chain has it; of
    the last but one, where all are older.
    """
    events = table_of(EventRow).c
    first = session.scalar(select(func.min(events.sequence)).where(events.chain == chain, events.time >= time))
    if first is None:
        first = session.scalar(select(func.max(events.sequence)).where(events.chain == chain))
    return max(0, (first or 1) - 1)


def delete_pruned(session: Session, chain: str, limit: int) -> int:
    """Deletes up to ``limit`` of the events that a chain's checkpoint stands for, the oldest first. Returns how many
    there were.
    """
    checkpoint = checkpoint_of(session, chain)
    if checkpoint is None:
        return 0
    events = table_of(EventRow).c
    here = (events.chain == chain, events.sequence <= checkpoint.sequence)
    numbers = session.scalars(select(events.sequence).where(*here).order_by(events.sequence).limit(limit)).all()
    if numbers:
        session.connection().execute(
            delete(table_of(EventRow)).where(events.chain == chain, events.sequence <= numbers[-1])
        )
    return len(numbers)
