"""Configurations that were in force: the newest is in force now, in every process over this database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.actor import SYSTEM
from moderation.storage.base import Base, BigCount


class KeptConfiguration(Base):
    """A configuration's text from the moment it took effect. ``actor`` put it in force on the policy page; the service
    itself where a file proposed it.
    """

    __tablename__ = "configurations"

    id: Mapped[int] = mapped_column(BigCount, primary_key=True)
    hash: Mapped[str]
    policy_version: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    effective_at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(default=SYSTEM, server_default=SYSTEM)

    @property
    def from_file(self) -> bool:
        return self.actor == SYSTEM


_NEWEST = select(KeptConfiguration).order_by(KeptConfiguration.id.desc()).limit(1)
_NEWEST_HASH = _NEWEST.with_only_columns(KeptConfiguration.hash)


def newest_configuration(session: Session) -> KeptConfiguration | None:
    return session.scalar(_NEWEST)


def kept_configurations(session: Session, *, limit: int) -> Sequence[KeptConfiguration]:
    """The newest configurations that were in force, the newest first."""
    return session.scalars(_NEWEST.limit(limit)).all()


def newest_hash(session: Session) -> str | None:
    """The SHA-256 of the configuration that took effect last."""
    return session.scalar(_NEWEST_HASH)


def was_in_force(session: Session, hash_: str) -> bool:
    """Whether a configuration with this SHA-256 ever took effect."""
    return session.scalar(select(KeptConfiguration.id).where(KeptConfiguration.hash == hash_).limit(1)) is not None


def configuration_before(session: Session, newest: KeptConfiguration) -> KeptConfiguration | None:
    """What was in force right before it, and said something else."""
    before = KeptConfiguration.id < newest.id
    return session.scalar(_NEWEST.where(before, KeptConfiguration.hash != newest.hash))


def configuration_with(session: Session, hash_: str) -> KeptConfiguration | None:
    """The newest that was in force with this SHA-256."""
    return session.scalar(_NEWEST.where(KeptConfiguration.hash == hash_))
