"""What moderators set for a place or a person: wordlists, modes of discussions, decisions about authors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base


class Term(Base):
    """A word or phrase that holds a comment for a moderator, on a whole site or under one article, and why."""

    __tablename__ = "terms"
    __table_args__ = (Index("ix_terms_place", "site_id", "article_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    article_id: Mapped[str | None] = mapped_column(ForeignKey("articles.id"))
    term: Mapped[str]
    why: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    made_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class ModeSetting(Base):
    """The mode of a site, a section or an article as set on the desk; it stands over the configuration's for that.

    ``section`` and ``article_id`` are empty where the setting is for the whole site. ``mode`` None leaves the mode to
    the configuration (and ``hours`` or ``close_after_days`` alone count). ``hours`` are weekly opening hours: ``days``,
    seven entries from Monday on, each a list of ``["09:00", "17:30"]`` pairs, and ``zone``. ``sentence`` tells readers
    why. ``cause`` is one of ``core.opening.Cause``: each has a setting of its own.
    """

    __tablename__ = "mode_settings"
    __table_args__ = (UniqueConstraint("site_id", "section", "article_id", "cause"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    section: Mapped[str]
    article_id: Mapped[str]
    mode: Mapped[str | None]
    sentence: Mapped[str | None]
    hours: Mapped[dict[str, Any] | None]
    close_after_days: Mapped[int | None]
    cause: Mapped[str]
    why: Mapped[str | None]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    since: Mapped[datetime]


class AuthorKind(StrEnum):
    """What can be decided about an author. Each decision stands in place of the one before."""

    TRUSTED = "trusted"
    MUTED = "muted"
    """Everything that they write waits for a moderator."""
    BANNED = "banned"
    """Nothing that they write is taken."""
    LIFTED = "lifted"


class AuthorDecision(Base):
    """A decision about an author: ``trusted``, ``muted`` or ``banned`` until then (None: until lifted), or ``lifted``.
    A restriction keeps its statement of reasons. Added, never changed.
    """

    __tablename__ = "author_decisions"
    __table_args__ = (Index("ix_author_decisions_author", "author_id", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id"))
    kind: Mapped[str]
    until: Mapped[datetime | None]
    reason_id: Mapped[str | None]
    sentence: Mapped[str | None]
    note: Mapped[str | None]
    statement: Mapped[dict[str, Any] | None]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    decided_at: Mapped[datetime]


def newest_author_decision(session: Session, author_id: str) -> AuthorDecision | None:
    return session.scalar(
        select(AuthorDecision).where(AuthorDecision.author_id == author_id).order_by(AuthorDecision.id.desc()).limit(1)
    )


def decisions_about(session: Session, author_id: str, *, limit: int = 50) -> Sequence[AuthorDecision]:
    """What was decided about an author, the newest first."""
    query = select(AuthorDecision).where(AuthorDecision.author_id == author_id)
    return session.scalars(query.order_by(AuthorDecision.id.desc()).limit(limit)).all()


def live_terms(session: Session, site_id: str, article_id: str | None) -> Sequence[Term]:
    """The terms of a site's list, or of an article's, in the order in which they were added."""
    of = Term.article_id.is_(None) if article_id is None else Term.article_id == article_id
    query = select(Term).where(Term.site_id == site_id, of, Term.removed_at.is_(None))
    return session.scalars(query.order_by(Term.id)).all()


def setting_of(session: Session, site_id: str, section: str, article_id: str, cause: str) -> ModeSetting | None:
    """What is set for one place by one cause; whoever changes it holds the lock of the site's rules."""
    return session.scalar(
        select(ModeSetting).where(
            ModeSetting.site_id == site_id,
            ModeSetting.section == section,
            ModeSetting.article_id == article_id,
            ModeSetting.cause == cause,
        )
    )


def wider_settings(session: Session, site_id: str) -> Sequence[ModeSetting]:
    """What is set for the whole of a site and for its sections."""
    query = select(ModeSetting).where(ModeSetting.site_id == site_id, ModeSetting.article_id == "")
    return session.scalars(query.order_by(ModeSetting.section, ModeSetting.cause)).all()
