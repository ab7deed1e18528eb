"""What moderators leave on the desk: who is at which comment, flags, notes, saved views, and preferences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, bindparam, delete, or_, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.reach import Scope
from moderation.storage.accounts import Account
from moderation.storage.base import Base, built_once, one_of, table_of


class CommentLock(Base):
    """Somebody has this comment open: it is theirs until then."""

    __tablename__ = "comment_locks"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    until: Mapped[datetime]


class FlagKind(StrEnum):
    """A comment is left to a senior moderator, featured, or sent to the newsroom."""

    ESCALATED = "escalated"
    FEATURED = "featured"
    NEWSROOM = "newsroom"


class CommentFlag(Base):
    """A flag on a comment, who set it and what they noted with it. ``article_id`` is the comment's."""

    __tablename__ = "comment_flags"
    __table_args__ = (
        Index("ix_comment_flags_newest", "kind", "made_at"),
        Index("ix_comment_flags_article", "article_id", "kind"),
    )

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    note: Mapped[str | None]
    made_at: Mapped[datetime]
    article_id: Mapped[str | None] = mapped_column(ForeignKey("articles.id"))


class NoteAbout(StrEnum):
    COMMENT = "comment"
    AUTHOR = "author"
    ARTICLE = "article"


class Note(Base):
    """A note that only moderators see, about a comment, an author or an article, whose id ``subject`` is. A ``pinned``
    one stands on top of everything under an article: the shift's handover.
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
    """A view of the queue under a name: the query of its address. ``shared``: it is offered to whoever reaches all that
    it was made for: ``places`` maps each of those sites to its sections (None: all).
    """

    __tablename__ = "saved_views"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    query: Mapped[str]
    shared: Mapped[bool]
    places: Mapped[dict[str, Any]] = mapped_column(insert_default=dict)
    made_at: Mapped[datetime]

    def offered_to(self, scopes: Iterable[Scope]) -> bool:
        """Whether somebody with these scopes is offered what another shares. What was made for nowhere is nobody's."""
        made_for = [
            Scope(site_id=site_id, sections=None if sections is None else frozenset(sections))
            for site_id, sections in self.places.items()
        ]
        reached = list(scopes)
        return self.shared and bool(made_for) and all(any(own.covers(part) for own in reached) for part in made_for)


class Preferences(Base):
    """How an account wants its desk, such as from which level of which label a text is hidden."""

    __tablename__ = "preferences"

    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    values: Mapped[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagShown:
    """A flag as moderators see it; ``by`` is an account's name."""

    kind: FlagKind
    by: str
    note: str | None
    made_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A note as moderators see it; ``by`` is an account's name."""

    id: str
    account_id: str
    by: str
    text: str
    pinned: bool
    made_at: datetime


_FLAGS = (
    select(CommentFlag, Account.name)
    .join(Account, Account.id == CommentFlag.account_id)
    .where(one_of(CommentFlag.comment_id, "ids"))
    .order_by(CommentFlag.made_at, CommentFlag.kind)
)
_KINDS = (
    select(CommentFlag.comment_id, CommentFlag.kind)
    .where(one_of(CommentFlag.comment_id, "ids"))
    .order_by(CommentFlag.kind)
)


def flags_on(session: Session, comment_ids: Sequence[str]) -> dict[str, list[FlagShown]]:
    """The flags of each of these comments that has any, oldest first."""
    found: dict[str, list[FlagShown]] = {}
    for flag, by in session.execute(_FLAGS, {"ids": comment_ids}):
        shown = FlagShown(kind=FlagKind(flag.kind), by=by, note=flag.note, made_at=flag.made_at)
        found.setdefault(flag.comment_id, []).append(shown)
    return found


def kinds_on(session: Session, comment_ids: Sequence[str]) -> dict[str, list[str]]:
    """The same as words alone, in the order of ``FlagKind``."""
    found: dict[str, list[str]] = {}
    for comment_id, kind in session.execute(_KINDS, {"ids": comment_ids}):
        found.setdefault(comment_id, []).append(kind)
    return found


def featured_among(session: Session, comment_ids: Iterable[str]) -> set[str]:
    """Those of these comments that are featured."""
    query = select(CommentFlag.comment_id).where(
        CommentFlag.comment_id.in_(comment_ids), CommentFlag.kind == FlagKind.FEATURED
    )
    return set(session.scalars(query))


def notes_about(
    session: Session, about: NoteAbout, subject: str, *, pinned: bool | None = None, limit: int = 20
) -> list[Noted]:
    """The notes about one comment, author or article that nobody has removed, the newest first; with ``pinned`` only
    those that are, or are not.
    """
    return [_noted(row) for row in session.execute(_notes(about, pinned, limit), {about.value: subject})]


def notes_around(session: Session, *, comment_id: str, author_id: str, article_id: str) -> dict[NoteAbout, list[Noted]]:
    """What stands of notes beside a comment: those about it, the latest about its author, and those that are pinned to
    its article, the newest first.
    """
    asked = {
        NoteAbout.COMMENT.value: comment_id,
        NoteAbout.AUTHOR.value: author_id,
        NoteAbout.ARTICLE.value: article_id,
    }
    found: dict[NoteAbout, list[Noted]] = {about: [] for about in NoteAbout}
    for row in session.execute(_AROUND, asked):
        found[NoteAbout(row.about)].append(_noted(row))
    return {about: sorted(notes, key=lambda note: note.id, reverse=True) for about, notes in found.items()}


def _noted(row: Any) -> Noted:
    return Noted(
        id=row.id, account_id=row.account_id, by=row.name, text=row.text, pinned=row.pinned, made_at=row.made_at
    )


_LOCKS, _ACCOUNTS, _NOTES = table_of(CommentLock), table_of(Account), table_of(Note)


@built_once
def _notes(about: NoteAbout, pinned: bool | None, limit: int) -> Select[Any]:
    query = (
        select(_NOTES, _ACCOUNTS.c.name)
        .join(_ACCOUNTS, _ACCOUNTS.c.id == _NOTES.c.account_id)
        .where(_NOTES.c.about == about.value, _NOTES.c.subject == bindparam(about.value))
        .where(_NOTES.c.removed_at.is_(None))
        .order_by(_NOTES.c.id.desc())
        .limit(limit)
    )
    return query if pinned is None else query.where(_NOTES.c.pinned.is_(pinned))


_AROUND = union_all(
    *(
        select(notes.subquery())
        for notes in (
            _notes(NoteAbout.COMMENT, None, 20),
            _notes(NoteAbout.AUTHOR, None, 5),
            _notes(NoteAbout.ARTICLE, True, 20),
        )
    )
)


def holder(session: Session, comment_id: str, account_id: str | None, now: datetime) -> str | None:
    """The name of somebody else who has this comment open."""
    row = session.execute(_HOLDER, {"of": comment_id, "now": now}).first()
    return row.name if row is not None and row.id != account_id else None


_HOLDER = (
    select(_ACCOUNTS.c.id, _ACCOUNTS.c.name)
    .join(_LOCKS, _LOCKS.c.account_id == _ACCOUNTS.c.id)
    .where(_LOCKS.c.comment_id == bindparam("of"), _LOCKS.c.until > bindparam("now"))
)


def live_locks(session: Session, now: datetime, *, exclude: str | None = None) -> dict[str, str]:
    """Who has which comment open, but for this account: account ids by comment ids."""
    rows = session.execute(_LIVE_LOCKS, {"now": now})
    return {comment: account for comment, account in rows if account != exclude}


_LIVE_LOCKS = select(_LOCKS.c.comment_id, _LOCKS.c.account_id).where(_LOCKS.c.until > bindparam("now"))


def release_locks(session: Session, account_id: str, comment_id: str | None, now: datetime) -> None:
    """Ends an account's lock of a comment, and every lock whose time is over."""
    over = CommentLock.until <= now
    own = (CommentLock.account_id == account_id) & (CommentLock.comment_id == comment_id)
    session.execute(delete(CommentLock).where(or_(over, own) if comment_id is not None else over))


def views_for(session: Session, account_id: str, scopes: Sequence[Scope]) -> list[SavedView]:
    """An account's saved views, and those that others share with whoever reaches so far, by name."""
    found = session.scalars(_VIEWS, {"account": account_id})
    return [view for view in found if view.account_id == account_id or view.offered_to(scopes)]


_VIEWS = (
    select(SavedView)
    .where(or_(SavedView.account_id == bindparam("account"), SavedView.shared.is_(True)))
    .order_by(SavedView.name, SavedView.id)
)


def preferences_of(session: Session, account_id: str | None) -> dict[str, Any]:
    """How an account wants its desk; empty where it never said."""
    found = session.scalar(_PREFERENCES, {"account": account_id}) if account_id is not None else None
    return dict(found or {})


_KEPT = table_of(Preferences).c
_PREFERENCES = select(_KEPT["values"]).where(_KEPT.account_id == bindparam("account"))
