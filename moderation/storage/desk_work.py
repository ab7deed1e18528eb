"""What moderators leave on the desk: who is at which comment, marks, notes, saved views, and how each likes it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base


class Claim(Base):
    """Somebody has this comment open: it is theirs until then."""

    __tablename__ = "claims"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    until: Mapped[datetime]


class Mark(Base):
    """A comment is ``escalated`` to a senior moderator, ``featured``, or sent to the ``newsroom``."""

    __tablename__ = "marks"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str | None]
    made_at: Mapped[datetime]


class Note(Base):
    """A note that only moderators see. ``about`` is ``comment``, ``author`` or ``article``, ``subject`` its id; a
    ``pinned`` one stands on top of everything under an article: the shift's handover.
    """

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_subject", "about", "subject", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    about: Mapped[str]
    subject: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    text: Mapped[str]
    pinned: Mapped[bool]
    made_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class SavedView(Base):
    """A view of the queue under a name: the query of its address. A shared one is offered to everybody."""

    __tablename__ = "saved_views"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    query: Mapped[str]
    shared: Mapped[bool]
    made_at: Mapped[datetime]


class Preferences(Base):
    """How an account likes its desk, such as from which level of which label a text is veiled."""

    __tablename__ = "preferences"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    values: Mapped[dict[str, Any]]
