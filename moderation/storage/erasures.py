"""Requests to erase a reader's data: under way until ``done_at``. Nothing of the reader is in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.comment import Status
from moderation.storage.base import Base
from moderation.storage.comments import Comment

_WAITS = "done_at IS NULL"


class Erasure(Base):
    """What is known of an author is to be erased, or was. ``actor`` and ``account_id``: who asked for it. For
    ``leased_until`` see ``storage.claims``.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        Index("ix_erasures_waiting", "asked_at", sqlite_where=text(_WAITS), postgresql_where=text(_WAITS)),
    )

    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    actor: Mapped[str]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]


_LEFT = (
    select(Comment.id)
    .where(Comment.author_id == bindparam("author"), Comment.status != Status.ERASED)
    .order_by(Comment.id)
    .limit(bindparam("most"))
)


def erasure_of(session: Session, author_id: str) -> Erasure | None:
    """The request about an author."""
    return session.get(Erasure, author_id)


def comments_left(session: Session, author_id: str, *, limit: int) -> Sequence[str]:
    """Some of an author's comments that are not erased yet, the oldest first."""
    return session.scalars(_LEFT, {"author": author_id, "most": limit}).all()


def how_many_left(session: Session, author_id: str) -> int:
    """How many of an author's comments are not erased yet."""
    query = select(func.count()).select_from(Comment)
    return session.scalar(query.where(Comment.author_id == author_id, Comment.status != Status.ERASED)) or 0
