"""Configurations that were in force: the newest is the last good one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, BigCount


class KeptConfiguration(Base):
    """A configuration file's text from the moment it took effect."""

    __tablename__ = "configurations"

    id: Mapped[int] = mapped_column(BigCount, primary_key=True)
    hash: Mapped[str]
    policy_version: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    effective_at: Mapped[datetime]


def newest_configuration(session: Session) -> KeptConfiguration | None:
    return session.scalar(select(KeptConfiguration).order_by(KeptConfiguration.id.desc()).limit(1))


def kept_configurations(session: Session, *, limit: int) -> Sequence[KeptConfiguration]:
    """The newest configurations that were in force, the newest first."""
    return session.scalars(select(KeptConfiguration).order_by(KeptConfiguration.id.desc()).limit(limit)).all()


def newest_hash(session: Session) -> str | None:
    """The SHA-256 of the configuration that took effect last."""
    return session.scalar(select(KeptConfiguration.hash).order_by(KeptConfiguration.id.desc()).limit(1))
