"""The key ring's table: every key wrapped, so that the database alone opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.accounts import Account
from moderation.storage.authors import Author
from moderation.storage.base import Base


class StoredKey(Base):
    """One key of the ring. ``wrapped`` is its secret, encrypted under ``MODERATION_SECRET_KEY``. A retired one reads
    nothing any more; its row stays, so that no other key gets its number.
    """

    __tablename__ = "key_ring"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    wrapped: Mapped[str]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


def stored_keys(session: Session) -> Sequence[StoredKey]:
    """Every key that isn't retired, oldest first."""
    return session.scalars(select(StoredKey).where(StoredKey.retired_at.is_(None)).order_by(StoredKey.id)).all()


def made_before_the_ring(session: Session) -> bool:
    """Whether this database holds authors or second factors, which without a ring hang on the secret key itself."""
    with_codes = or_(Account.totp_secret.is_not(None), Account.recovery.is_not(None))
    return bool(session.scalar(select(or_(exists().select_from(Author), exists().where(with_codes)))))
