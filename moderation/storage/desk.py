"""What the moderators' desk reads: lists of comments with all that a decision needs, threads, authors, events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from moderation.core.audit_chain import AuditEvent
from moderation.core.comment import WAITING, Status
from moderation.core.scores import Scores
from moderation.storage.accounts import Account
from moderation.storage.articles import Article
from moderation.storage.audit import EventRow
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, DecisionRow, ScoreRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which comments a view of the desk asks for. ``article_id`` is our own id; ``find`` are words in text or name."""

    site_ids: tuple[str, ...]
    statuses: tuple[Status, ...] = WAITING
    article_id: str | None = None
    find: str = ""

    @property
    def waiting(self) -> bool:
        return set(self.statuses) <= set(WAITING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a page of a list ended: the next begins after it. ``time`` is what the list is ordered by."""

    flags: int
    time: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A comment with what stands around it. ``judged`` is the policy's newest decision, ``decided`` the newest by
    anyone, a person's included.
    """

    comment: Comment
    article: Article
    author: Author
    scores: Scores | None
    judged: DecisionRow | None
    decided: DecisionRow | None
    parent: Comment | None


_Row = Row[Comment, Article, Author, ScoreRow]


def position_of(comment: Comment, wanted: Wanted) -> Position:
    """The comment's place in such a list, also when it no longer is in it."""
    time = comment.received_at if wanted.waiting else (comment.decided_at or comment.received_at)
    return Position(flags=comment.flags, time=time, id=comment.id)


def listed(session: Session, wanted: Wanted, *, after: Position | None = None, limit: int) -> list[Listed]:
    """One page of a list. What waits: the most flagged first, and the oldest first among those; what was decided: the
    latest decision first.
    """
    rows = _waiting(session, wanted, after, limit) if wanted.waiting else _decided(session, wanted, after, limit)
    return _with_surroundings(session, rows)


def _waiting(session: Session, wanted: Wanted, after: Position | None, limit: int) -> Sequence[_Row]:
    rows: list[_Row] = []
    # One query for each site and status: an index has each of them in its order, and no more is read than is shown.
    for site_id, status in product(wanted.site_ids, wanted.statuses):
        query = _joined().where(*_conditions(replace(wanted, site_ids=(site_id,), statuses=(status,))))
        if after is not None:
            later = tuple_(Comment.received_at, Comment.id) > tuple_(after.time, after.id)
            query = query.where(or_(Comment.flags < after.flags, and_(Comment.flags == after.flags, later)))
        query = query.order_by(Comment.flags.desc(), Comment.received_at, Comment.id)
        rows += session.execute(query.limit(limit))
    return sorted(rows, key=lambda row: (-row[0].flags, row[0].received_at, row[0].id))[:limit]


def _decided(session: Session, wanted: Wanted, after: Position | None, limit: int) -> Sequence[_Row]:
    decided_at = func.coalesce(Comment.decided_at, Comment.received_at)
    query = _joined().where(*_conditions(wanted))
    if after is not None:
        query = query.where(tuple_(decided_at, Comment.id) < tuple_(after.time, after.id))
    return session.execute(query.order_by(decided_at.desc(), Comment.id.desc()).limit(limit)).all()


def one_listed(session: Session, comment_id: str, site_ids: Sequence[str]) -> Listed | None:
    """One comment of these sites with what stands around it."""
    query = _joined().where(Comment.id == comment_id, Comment.site_id.in_(site_ids))
    return next(iter(_with_surroundings(session, session.execute(query).all())), None)


def how_many(session: Session, wanted: Wanted) -> int:
    return session.scalar(select(func.count()).select_from(Comment).where(*_conditions(wanted))) or 0


def busiest_articles(session: Session, wanted: Wanted, *, limit: int) -> Sequence[tuple[Article, int]]:
    """Articles with comments of these statuses, the one with the most first, and how many."""
    count = func.count(Comment.id)
    counted = (
        select(Comment.article_id, count.label("count"))
        .where(Comment.site_id.in_(wanted.site_ids), Comment.status.in_(wanted.statuses))
        .group_by(Comment.article_id)
        .order_by(count.desc(), Comment.article_id)
        .limit(limit)
        .subquery()
    )
    query = select(Article, counted.c.count).join(counted, counted.c.article_id == Article.id)
    return session.execute(query.order_by(counted.c.count.desc(), Article.id)).all()


def thread_of(session: Session, comment: Comment, *, limit: int = 50) -> Sequence[Comment]:
    """The comment's parent, or itself, and every reply to that, waiting ones included, oldest first; alone: nothing."""
    root = comment.parent_id or comment.id
    replies = session.scalars(
        select(Comment).where(Comment.parent_id == root).order_by(Comment.created_at, Comment.id).limit(limit)
    ).all()
    if not replies:
        return []
    first = session.get(Comment, root)
    return [*([first] if first else []), *replies]


def latest_by(session: Session, author_id: str, *, but: str, limit: int = 5) -> Sequence[Comment]:
    """An author's latest other comments, newest first."""
    return session.scalars(
        select(Comment)
        .where(Comment.author_id == author_id, Comment.id != but)
        .order_by(Comment.received_at.desc(), Comment.id)
        .limit(limit)
    ).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWanted:
    """Which events of one chain a page asks for; an empty text asks for all. ``before`` is a sequence number."""

    chain: str
    event: str = ""
    actor: str = ""
    subject: str = ""
    before: int | None = None


def newest_events(session: Session, wanted: EventsWanted, *, limit: int) -> list[AuditEvent]:
    """Events of a chain, the newest first. ``event`` matches from its start on, so that ``comment.`` finds them all."""
    query = select(EventRow).where(EventRow.chain == wanted.chain)
    if wanted.event:
        query = query.where(EventRow.event.startswith(wanted.event, autoescape=True))
    if wanted.actor:
        query = query.where(EventRow.actor == wanted.actor)
    if wanted.subject:
        query = query.where(EventRow.subject == wanted.subject)
    if wanted.before is not None:
        query = query.where(EventRow.sequence < wanted.before)
    rows = session.scalars(query.order_by(EventRow.sequence.desc()).limit(limit))
    return [row.audit_event for row in rows]


def account_names(session: Session) -> dict[str, str]:
    """Each account's name by its id, disabled ones included: who an actor in the audit log is."""
    return dict(session.execute(select(Account.id, Account.name)).all())


def _joined() -> Select[Comment, Article, Author, ScoreRow]:
    return (
        select(Comment, Article, Author, ScoreRow)
        .join(Article, Article.id == Comment.article_id)
        .join(Author, Author.id == Comment.author_id)
        .outerjoin(ScoreRow, ScoreRow.comment_id == Comment.id)
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        Comment.site_id.in_(wanted.site_ids),
        Comment.status.in_(wanted.statuses),
    ]
    if wanted.article_id is not None:
        conditions.append(Comment.article_id == wanted.article_id)
    if wanted.find:
        conditions.append(
            or_(
                Comment.body.icontains(wanted.find, autoescape=True),
                Comment.author_name.icontains(wanted.find, autoescape=True),
            )
        )
    return conditions


def _with_surroundings(session: Session, rows: Sequence[_Row]) -> list[Listed]:
    ids = [comment.id for comment, *_ in rows]
    decisions = session.scalars(
        select(DecisionRow)
        .where(DecisionRow.comment_id.in_(ids))
        .order_by(DecisionRow.revision.desc(), DecisionRow.id.desc())
    ).all()
    parent_ids = {comment.parent_id for comment, *_ in rows if comment.parent_id}
    parents = (
        {p.id: p for p in session.scalars(select(Comment).where(Comment.id.in_(parent_ids)))} if parent_ids else {}
    )
    return [
        Listed(
            comment=comment,
            article=article,
            author=author,
            scores=score_row.scores if score_row is not None else None,
            judged=_first(d for d in decisions if d.comment_id == comment.id and d.automated),
            decided=_first(d for d in decisions if d.comment_id == comment.id),
            parent=parents.get(comment.parent_id or ""),
        )
        for comment, article, author, score_row in rows
    ]


def _first(decisions: Iterable[Any]) -> DecisionRow | None:
    return next(iter(decisions), None)
