"""Labels that moderators elsewhere gave (``comments:suggestscore``): kept for calibration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, locked


class SuggestedLabels(Base):
    """What one text should have scored, by attribute as the client names them, beside what ``pack`` gave it then.

    ``scores`` are on the balanced scale, by our labels; None where nothing could be scored. ``text``, and the ``salt``
    of its fingerprint in the audit chain, are there only where the site opted in, and until they are forgotten.
    """

    __tablename__ = "suggested_labels"
    __table_args__ = (
        Index("ix_suggested_labels_token", "site_id", "client_token"),
        # Whoever forgets what is too old looks at nothing but what is still there.
        Index(
            "ix_suggested_labels_texts",
            "created_at",
            sqlite_where=sql("text IS NOT NULL"),
            postgresql_where=sql("text IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    client_token: Mapped[str | None]
    labels: Mapped[dict[str, Any]]
    scores: Mapped[dict[str, Any] | None]
    pack: Mapped[str | None]
    pack_version: Mapped[str | None]
    language: Mapped[str | None]
    text: Mapped[str | None]
    salt: Mapped[bytes | None]
    created_at: Mapped[datetime]


def suggestions_of(session: Session, site_id: str, *, since: datetime | None = None) -> Iterator[SuggestedLabels]:
    """A site's suggested labels, oldest first, read in chunks."""
    query = select(SuggestedLabels).where(SuggestedLabels.site_id == site_id).order_by(SuggestedLabels.id)
    if since is not None:
        query = query.where(SuggestedLabels.created_at >= since)
    with session.scalars(query.execution_options(yield_per=1000)) as rows:
        for row in rows:
            yield row
            session.expunge(row)


def suggestions_about(session: Session, site_id: str, client_token: str) -> Sequence[SuggestedLabels]:
    """What was suggested under one client token, oldest first; nobody else changes them until this transaction ends."""
    query = select(SuggestedLabels).where(
        SuggestedLabels.site_id == site_id, SuggestedLabels.client_token == client_token
    )
    return session.scalars(locked(query.order_by(SuggestedLabels.id))).all()


def forget_texts(session: Session, *, before: datetime, unless_of: Sequence[str]) -> int:
    """Removes the texts that came before then, and those of sites other than these. Returns how many there were."""
    outdated = (SuggestedLabels.created_at < before) | SuggestedLabels.site_id.not_in(unless_of)
    done = session.execute(
        update(SuggestedLabels).where(SuggestedLabels.text.is_not(None), outdated).values(text=None, salt=None),
        execution_options={"synchronize_session": False},
    )
    return int(getattr(done, "rowcount", 0))
