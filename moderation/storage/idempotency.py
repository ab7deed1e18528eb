"""Answers kept for an Idempotency-Key, so that a request sent twice is done once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base


class IdempotencyKey(Base):
    """The first answer under one key of a site's key. ``digest`` is that of the request."""

    __tablename__ = "idempotency_keys"

    key_id: Mapped[str] = mapped_column(ForeignKey("site_keys.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)


def kept_answer(session: Session, key_id: str, name: str, since: datetime) -> IdempotencyKey | None:
    return session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.key_id == key_id, IdempotencyKey.name == name, IdempotencyKey.created_at > since
        )
    )


def forget_answers(session: Session, before: datetime) -> None:
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= before))


def forget_answer(session: Session, key_id: str, name: str) -> None:
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.key_id == key_id, IdempotencyKey.name == name))
