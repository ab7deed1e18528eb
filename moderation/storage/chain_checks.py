"""How far recomputing an audit chain has come, and what it found last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, BigCount


class ChainCheck(Base):
    """One chain. While ``asked_at`` is set it is being recomputed, up to the head ``total`` that it had then:
    ``checked`` events hold so far, the last of them with ``hash``. ``leased_until``: see ``storage.claims``.

    ``finished_at`` is when it was last recomputed to an end; ``problem`` names the broken event (None: every one
    held), ``head`` and ``head_hash`` up to where it held.
    """

    __tablename__ = "chain_checks"

    chain: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    total: Mapped[int] = mapped_column(BigCount)
    checked: Mapped[int] = mapped_column(BigCount)
    hash: Mapped[str]
    finished_at: Mapped[datetime | None]
    head: Mapped[int] = mapped_column(BigCount)
    head_hash: Mapped[str]
    problem: Mapped[str | None]


def find_check(session: Session, chain: str, *, lock: bool = False) -> ChainCheck | None:
    """What is known of a chain; with ``lock`` nobody else changes it until this transaction ends."""
    return session.get(ChainCheck, chain, with_for_update=lock, populate_existing=lock)


def checks_of(session: Session, chains: Sequence[str]) -> Sequence[ChainCheck]:
    """What is known of these chains, by their names."""
    return session.scalars(select(ChainCheck).where(ChainCheck.chain.in_(chains)).order_by(ChainCheck.chain)).all()
