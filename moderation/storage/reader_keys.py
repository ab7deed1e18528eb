"""The keys by which sites sign their readers' tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, exists, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base


class ReaderKeyKind(StrEnum):
    SECRET = "secret"  # noqa: S105 - a kind, not a secret
    PUBLIC = "public"
    ADDRESS = "address"
    """A set of public keys (JWKS) that is fetched from there."""


class ReaderKey(Base):
    """A key with the one algorithm that it is for. ``key`` is a secret, encrypted; or a public key as PEM; or the set
    of public keys as it was fetched last, at ``fetched_at``, from ``address``. ``tried_at`` is when that was tried
    last, ``problem`` why it failed then.
    """

    __tablename__ = "reader_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), index=True)
    algorithm: Mapped[str]
    kind: Mapped[str]
    key: Mapped[str]
    address: Mapped[str | None]
    allow_private: Mapped[bool]
    created_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    problem: Mapped[str | None]


def reader_keys_of(session: Session, site_id: str) -> Sequence[ReaderKey]:
    """A site's keys, the newest first."""
    return session.scalars(select(ReaderKey).where(ReaderKey.site_id == site_id).order_by(ReaderKey.id.desc())).all()


def any_sealed(session: Session) -> bool:
    """Whether any site has a secret here."""
    return bool(session.scalar(select(exists().where(ReaderKey.kind == ReaderKeyKind.SECRET.value))))


def take_turn(session: Session, key_id: str, now: datetime, since: datetime) -> bool:
    """Whether this is who fetches a set of keys now: nobody has tried ``since`` then, in any process."""
    free = or_(ReaderKey.tried_at.is_(None), ReaderKey.tried_at <= since)
    taken = session.execute(update(ReaderKey).where(ReaderKey.id == key_id, free).values(tried_at=now))
    return bool(taken.rowcount)  # type: ignore[attr-defined]
