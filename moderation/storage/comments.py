"""Comments: the text, where it stands, what the pack said of it, and who decided what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    bindparam,
    delete,
    false,
    func,
    literal,
    literal_column,
    null,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.comment import Status
from moderation.core.ids import is_id
from moderation.core.scores import LABELS, Language, PackStamp, Scale, Scores, SentenceScore
from moderation.storage.authors import Author, numbered, with_key
from moderation.storage.base import Base, locked

UNSCORED = "comments.scored IS FALSE"
"""What the sweep for comments without scores looks for, again and again: an index of nothing else."""
SHOWN = "comments.shown IS TRUE"
OPENINGS = "comments.shown IS TRUE AND comments.opening IS TRUE"
UNTHREADED = "comments.shown IS TRUE AND comments.thread_id IS NULL"
DECIDED = "comments.status IN ('approved', 'rejected')"
"""Written as the partial indexes have it: SQLite takes them for nothing else."""


def _only(condition: str) -> dict[str, Any]:
    bare = text(condition.replace("comments.", ""))
    return {"sqlite_where": bare, "postgresql_where": bare}


class Comment(Base):
    """A reader's text and its status. ``salt`` keys the body's fingerprint in the audit chain; erasing destroys it.

    ``parent_id`` is the comment under which this one stands, ``depth`` how many stand above it, ``in_reply_to`` the one
    that it answers where that is another (``core.comment.DEEPEST``). ``shown`` says that readers see it, or the place
    that it has left; ``opening`` that it then stands under no other, ``replies_shown`` how many shown ones have it as
    their parent (``storage.discussion.keep_place``). ``thread_id`` is the opening that a shown one goes back to, itself
    where it is one; where one has none, it is from before there were any, and not filled in yet.
    ``scoring_leased_until`` keeps a second worker from scoring it.

    ``marks`` are what the site vouched for when it was written ("staff"); ``first``: an identified author's first one.
    """

    __tablename__ = "comments"
    __table_args__ = (
        Index("ix_comments_thread", "article_id", "status", "created_at", "id"),
        Index("ix_comments_shown", "article_id", "created_at", "id", **_only(SHOWN)),
        Index("ix_comments_openings", "article_id", "created_at", "id", **_only(OPENINGS)),
        Index("ix_comments_replies", "parent_id", "created_at", "id", **_only(SHOWN)),
        Index("ix_comments_threads", "thread_id", "created_at", "id", **_only(SHOWN)),
        Index("ix_comments_published", "article_id", "published_at", **_only(SHOWN)),
        Index("ix_comments_unthreaded", "id", **_only(UNTHREADED)),
        Index("ix_comments_joined", "joined_from", **_only("joined_from IS NOT NULL")),
        Index("ix_comments_same", "article_id", "author_id", "fingerprint"),
        Index("ix_comments_author_decided", "author_id", "decided_at", **_only(DECIDED)),
        Index("ix_comments_unscored", "site_id", "received_at", **_only(UNSCORED)),
        UniqueConstraint("site_id", "external_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id"))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("comments.id"), index=True)
    in_reply_to: Mapped[str | None] = mapped_column(ForeignKey("comments.id"))
    depth: Mapped[int] = mapped_column(server_default="0")
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id"), index=True)
    author_name: Mapped[str]
    body: Mapped[str]
    salt: Mapped[bytes | None]
    fingerprint: Mapped[str]
    external_id: Mapped[str | None]
    status: Mapped[str]
    revision: Mapped[int]
    flags: Mapped[int]
    scored: Mapped[bool]
    scoring_attempts: Mapped[int]
    scoring_leased_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    received_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    shown: Mapped[bool] = mapped_column(server_default=false())
    opening: Mapped[bool] = mapped_column(server_default=false())
    replies_shown: Mapped[int] = mapped_column(server_default="0")
    form_filled: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its form was filled in as programs do: then nothing but a moderator publishes it."""
    thread_id: Mapped[str | None] = mapped_column(ForeignKey("comments.id"))
    marks: Mapped[list[str]] = mapped_column(default=list, server_default="[]")
    first: Mapped[bool] = mapped_column(default=False, server_default=false())
    joined_from: Mapped[str | None]
    """The article under which it was written, where that has become a part of this one."""
    trusted: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the site vouched for its author's trust when it was written."""


_LAST_DECIDED = (
    select(Comment.status)
    .where(Comment.author_id == bindparam("author"), literal_column(DECIDED))
    .order_by(Comment.decided_at.desc())
    .limit(bindparam("most"))
)


def last_decided(connection: Connection, author_id: str, *, limit: int) -> list[str]:
    """The statuses of an author's comments that are published or rejected, those decided last first."""
    return list(connection.scalars(_LAST_DECIDED, {"author": author_id, "most": limit}))


class ScoreRow(Base):
    """What a pack said of a comment, on the natural scale. A label that the pack doesn't have is NULL. ``name_scores``
    is what it said of the author's name, by label; empty where it couldn't read it, NULL where it wasn't asked.
    ``subject`` is what the comment speaks of, as packs that prepare articles under the name ``subject_by`` see it.
    ``outside`` is what other classifiers said; NULL where they weren't asked.
    """

    __tablename__ = "scores"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    toxicity: Mapped[float | None]
    severe_toxicity: Mapped[float | None]
    obscene: Mapped[float | None]
    threat: Mapped[float | None]
    insult: Mapped[float | None]
    identity_attack: Mapped[float | None]
    sexual_explicit: Mapped[float | None]
    relevance: Mapped[float | None]
    spam: Mapped[float | None]
    name_scores: Mapped[dict[str, Any] | None]
    outside: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    passage: Mapped[str | None]
    sentences: Mapped[list[dict[str, Any]]]
    language: Mapped[str]
    language_supported: Mapped[bool]
    pack: Mapped[str]
    pack_version: Mapped[str]
    runtime: Mapped[str]
    precision: Mapped[str]
    scored_at: Mapped[datetime]
    subject: Mapped[bytes | None]
    subject_by: Mapped[str | None]
    relevance_note: Mapped[str | None]

    @property
    def scores(self) -> Scores:
        return Scores(
            toxicity={label: value for label in LABELS if (value := getattr(self, label)) is not None},
            relevance=self.relevance,
            passage=self.passage,
            sentences=tuple(SentenceScore(**sentence) for sentence in self.sentences),
            language=Language(code=self.language, supported=self.language_supported),
            pack=PackStamp(name=self.pack, version=self.pack_version, runtime=self.runtime, precision=self.precision),
            scale=Scale.NATURAL,
            spam=self.spam,
            name={} if self.name_scores is None else self.name_scores or None,
            relevance_note=self.relevance_note,
            outside=self.outside,
        )


def score_values(comment_id: str, scores: Scores, at: datetime) -> dict[str, Any]:
    """The row that keeps these scores."""
    return {
        "comment_id": comment_id,
        **{label: scores.toxicity.get(label) for label in LABELS},
        "relevance": scores.relevance,
        "spam": scores.spam,
        # No name is asked about: NULL, which JSON would keep as a value of its own.
        "name_scores": null() if scores.name == {} else dict(scores.name or {}),
        "outside": None if scores.outside is None else dict(scores.outside),
        "passage": scores.passage,
        "sentences": [{"start": s.start, "end": s.end, "toxicity": s.toxicity} for s in scores.sentences],
        "language": scores.language.code,
        "language_supported": scores.language.supported,
        "pack": scores.pack.name,
        "pack_version": scores.pack.version,
        "runtime": scores.pack.runtime,
        "precision": scores.pack.precision,
        "scored_at": at,
        "subject": scores.subject.vector if scores.subject else None,
        "subject_by": scores.subject.made_by if scores.subject else None,
        "relevance_note": scores.relevance_note,
    }


class DecisionRow(Base):
    """One decision on a comment and what it was made from. Decisions are added, never changed."""

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(primary_key=True)
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), index=True)
    revision: Mapped[int]
    status: Mapped[str]
    actor: Mapped[str]
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    automated: Mapped[bool]
    reasons: Mapped[list[dict[str, Any]]]
    basis: Mapped[dict[str, Any]]
    policy_version: Mapped[str]
    reason_id: Mapped[str | None]
    reader_sentence: Mapped[str | None]
    note: Mapped[str | None]
    statement: Mapped[dict[str, Any] | None]
    decided_at: Mapped[datetime]


_FIND = select(Comment).where(Comment.id == bindparam("of"))
# Replies name their parent by its key: they need not wait for a decision about it.
_LOCK = locked(_FIND, key_share=True)


def find_comment(session: Session, comment_id: str, *, lock: bool = False) -> Comment | None:
    """One comment; with ``lock`` nobody else changes it until this transaction ends."""
    if not is_id(comment_id):
        return None
    return session.scalar(_LOCK if lock else _FIND, {"of": comment_id})


def scores_of(session: Session, comment_id: str) -> Scores | None:
    row = session.get(ScoreRow, comment_id)
    return row.scores if row else None


_FORGET_SCORES = delete(ScoreRow).where(ScoreRow.comment_id == bindparam("of"))


def forget_scores(connection: Connection, comment_id: str) -> None:
    """What a pack said of a text that was edited since is no longer kept."""
    connection.execute(_FORGET_SCORES, {"of": comment_id})


def decisions_of(session: Session, comment_id: str) -> Sequence[DecisionRow]:
    """Every decision on a comment, oldest first."""
    return session.scalars(_DECISIONS, {"of": comment_id}).all()


_DECISIONS = (
    select(DecisionRow).where(DecisionRow.comment_id == bindparam("of")).order_by(DecisionRow.revision, DecisionRow.id)
)


def newest_decision(session: Session, comment_id: str, *, upto: int | None = None) -> DecisionRow | None:
    """The newest decision on a comment, or the one that stood at the revision ``upto``."""
    query = select(DecisionRow).where(DecisionRow.comment_id == comment_id)
    if upto is not None:
        query = query.where(DecisionRow.revision <= upto)
    return session.scalar(query.order_by(DecisionRow.revision.desc(), DecisionRow.id.desc()).limit(1))


_SAME_TEXT = (
    Comment.article_id == bindparam("article"),
    Comment.fingerprint == bindparam("of"),
    Comment.received_at > bindparam("since"),
    # Literals, as a list of values would be written into the statement anew each time.
    Comment.id != bindparam("exclude"),
    Comment.status.not_in((literal(Status.WITHDRAWN.value), literal(Status.ERASED.value))),
    # "Well said!" may be said to several people. Withdrawn ones aside, there are few: the index needs no more columns.
    func.coalesce(Comment.in_reply_to, Comment.parent_id, "") == bindparam("answers"),
)
_SAME = select(Comment.id).where(*_SAME_TEXT, Comment.author_id == bindparam("author")).limit(1)


def same_comment(
    connection: Connection,
    *,
    article_id: str,
    author_id: str,
    fingerprint: str,
    answers: str | None,
    since: datetime,
    exclude: str = "",
) -> str | None:
    """The id of a comment with this text by this author since then that ``answers`` the same comment, or the article
    itself; withdrawn ones don't count, nor does the one to ``exclude``.
    """
    asked = {"article": article_id, "author": author_id, "of": fingerprint, "answers": answers or "", "since": since}
    return connection.scalar(_SAME, asked | {"exclude": exclude})


@lru_cache(maxsize=64)
def _before(keys: int) -> Select[Any]:
    """One question instead of two, with every comment: is the author shut out, and was the same written before?"""
    same = select(Comment.id).where(*_SAME_TEXT, Comment.author_id == Author.id).limit(1).correlate(Author)
    return select(Author.id, Author.banned_until, same.scalar_subquery().label("same")).where(
        Author.site_id == bindparam("site"), with_key(keys)
    )


@dataclass(frozen=True, slots=True)
class Before:
    """Whom an author is known as (ids), until when any of these is banned, and the same comment by them, if any."""

    authors: frozenset[str]
    banned_until: datetime | None
    same: str | None


def before_now(
    connection: Connection,
    *,
    site_id: str,
    author_keys: Sequence[str],
    article_id: str,
    fingerprint: str,
    answers: str | None,
    since: datetime,
) -> Before:
    """What is known of an author before their comment, which ``answers`` that one, is looked at."""
    asked: dict[str, Any] = {"site": site_id, "article": article_id, "of": fingerprint, **numbered(author_keys)}
    asked |= {"answers": answers or "", "since": since, "exclude": ""}
    rows = connection.execute(_before(len(author_keys)), asked).all()
    return Before(
        authors=frozenset(row.id for row in rows),
        banned_until=max((row.banned_until for row in rows if row.banned_until is not None), default=None),
        same=next((row.same for row in rows if row.same is not None), None),
    )


_WITH_EXTERNAL_ID = select(Comment.id).where(
    Comment.site_id == bindparam("site"), Comment.external_id == bindparam("external")
)


def with_external_id(connection: Connection | Session, site_id: str, external_id: str) -> str | None:
    """The id of a site's comment that has this id there."""
    return connection.scalar(_WITH_EXTERNAL_ID, {"site": site_id, "external": external_id})


def published_flag(session: Session, article_id: str) -> tuple[int, datetime | None]:
    """How many comments are published under an article and when the latest was: what an ETag is made from."""
    row = session.execute(
        select(func.count(), func.max(Comment.decided_at)).where(
            Comment.article_id == article_id, Comment.status == Status.APPROVED
        )
    ).one()
    return row[0], row[1]


_LAST = (
    Comment.article_id == bindparam("article"),
    Comment.status.in_([status.value for status in Status]),  # names them all, so that the thread's index serves
    Comment.created_at > bindparam("since"),
)
_ARRIVALS = select(func.count()).select_from(select(1).where(*_LAST).limit(bindparam("limit")).subquery())
_RECENT = select(Comment.author_id, Comment.received_at).where(*_LAST).limit(bindparam("limit")).subquery()
_FIRST_TIMERS = select(func.count().filter(Author.created_at == _RECENT.c.received_at), func.count()).join_from(
    _RECENT, Author, Author.id == _RECENT.c.author_id
)


def arrivals(session: Session, article_id: str, *, since: datetime, limit: int) -> int:
    """How many comments came in under an article since then, whatever became of them; ``limit`` at most."""
    asked = {"article": article_id, "since": since, "limit": limit}
    return session.connection().scalar(_ARRIVALS, asked) or 0


def first_timers(session: Session, article_id: str, *, since: datetime, limit: int) -> tuple[int, int]:
    """How many comments under an article since then are their author's first, and among how many."""
    row = session.connection().execute(_FIRST_TIMERS, {"article": article_id, "since": since, "limit": limit}).one()
    return row[0], row[1]


def comments_among(session: Session, comment_ids: Collection[str], *, lock: bool = False) -> dict[str, Comment]:
    """Those of these comments that there are, by their ids; with ``lock`` nobody else changes them until this
    transaction ends. They are locked in one order, so that two who ask for the same don't wait for each other.
    """
    query = select(Comment).where(Comment.id.in_(comment_ids)).order_by(Comment.id)
    return {found.id: found for found in session.scalars(locked(query, key_share=True) if lock else query)}
