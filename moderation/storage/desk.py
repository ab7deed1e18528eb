"""What the moderators' desk reads of comments: a list's lines, one comment with all that a decision needs, its thread,
its author's others; and events.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, or_, select, tuple_
from sqlalchemy.orm import Session, defer

from moderation.core.audit_chain import AuditEvent
from moderation.core.policy import Signals
from moderation.core.reach import Location, Scope
from moderation.core.scores import LABELS, Scores
from moderation.storage.accounts import Account
from moderation.storage.articles import Article
from moderation.storage.audit import EventRow, first_since, newest_where
from moderation.storage.authors import Author
from moderation.storage.base import built_once, one_of, table_of
from moderation.storage.comments import Comment, DecisionRow, ScoreRow, decisions_of
from moderation.storage.queue_index import SIGNAL_COLUMNS, SLOTS, QueueIndex, location_in, signals_in
from moderation.storage.reach import within_any
from moderation.storage.severity_order import serving_slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A comment as a list shows it. ``scores`` are those that the queue index has of it, ``signals`` all that a policy
    decides from in ``judged_section``; ``severity`` is what the queue is sorted by. ``decided`` is the newest decision
    by anyone, a person's included.
    """

    id: str
    site_id: str
    section: str | None
    article_title: str
    name: str
    body: str
    status: str
    revision: int
    received_at: datetime
    is_reply: bool
    first: bool
    """Its author's first, and nothing of theirs is decided yet."""
    marks: tuple[str, ...]
    scores: dict[str, float]
    signals: Signals
    judged_section: str | None
    severity: int
    decided: DecisionRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskComment:
    """A comment with what stands around it. ``judged`` and ``decided`` are as in ``Line``."""

    comment: Comment
    article: Article
    author: Author
    queue_index: QueueIndex
    scores: Scores | None
    judged: DecisionRow | None
    decided: DecisionRow | None
    decisions: Sequence[DecisionRow]
    """All of them, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadComment:
    """A comment in a thread: ``depth`` 0 is what the thread hangs on, or stands alone; 1 answers it, 2 answers that."""

    comment: Comment
    at: Location
    depth: int
    signals: dict[str, float]


_QUEUE_INDEX = table_of(QueueIndex).c
_SIGNALS = (*LABELS, "relevance")
_COMMENTS, _AUTHORS, _ARTICLES = table_of(Comment), table_of(Author), table_of(Article)
_C, _A = _COMMENTS.c, _AUTHORS.c
_LINE = (
    select(
        *(_C.id, _C.site_id, _C.author_name, _C.body, _C.status, _C.revision),
        *(_C.received_at, _C.parent_id, _C.marks),
        *(_A.created_at, _A.known, _A.approved, _A.rejected),
        *(_ARTICLES.c.title, _ARTICLES.c.section),
        _QUEUE_INDEX.section.label("judged_section"),
        *(_QUEUE_INDEX[slot] for slot in SLOTS),
        *SIGNAL_COLUMNS,
    )
    .select_from(
        _COMMENTS.join(_ARTICLES, _ARTICLES.c.id == _C.article_id)
        .join(_AUTHORS, _A.id == _C.author_id)
        .join(table_of(QueueIndex), _QUEUE_INDEX.comment_id == _C.id)
    )
    .where(one_of(_C.id, "ids"))
)


def lines_of(session: Session, ids: Sequence[str]) -> list[Line]:
    """These comments as lines of a list, in this order."""
    rows = {row.id: row for row in session.execute(_LINE, {"ids": ids})}
    decisions: dict[str, list[DecisionRow]] = {}
    for decision in _decisions_of(session, ids):
        decisions.setdefault(decision.comment_id, []).append(decision)
    slot = SLOTS[serving_slot(session)]
    return [_line(rows[one], decisions.get(one, []), slot) for one in ids if one in rows]


def _line(row: Row[*tuple[Any, ...]], decisions: Sequence[DecisionRow], slot: str) -> Line:
    judged = _first(decision for decision in decisions if decision.automated)
    return Line(
        id=row.id,
        site_id=row.site_id,
        section=row.section,
        article_title=row.title,
        name=row.author_name,
        body=row.body,
        status=row.status,
        revision=row.revision,
        received_at=row.received_at,
        is_reply=row.parent_id is not None,
        first=row.known and row.created_at >= row.received_at and not (row.approved or row.rejected),
        marks=tuple(row.marks),
        scores=_signals(row._mapping),
        signals=signals_in(row._mapping, holds_in(judged)),
        judged_section=row.judged_section,
        severity=row._mapping[_QUEUE_INDEX[slot]],
        decided=_first(decisions),
    )


def holds_in(judged: DecisionRow | None) -> tuple[str, ...]:
    """The facts, in words, for which the policy let a comment wait."""
    return tuple(reason["words"] for reason in judged.reasons if reason["code"] == "hold") if judged else ()


_DESK_COMMENT = (
    select(Comment, Article, Author, QueueIndex, ScoreRow)
    .join(Article, Article.id == Comment.article_id)
    .join(Author, Author.id == Comment.author_id)
    .join(QueueIndex, QueueIndex.comment_id == Comment.id)
    .outerjoin(ScoreRow, ScoreRow.comment_id == Comment.id)
    .where(Comment.id == bindparam("id"))
    .options(defer(Article.paragraphs), defer(Article.key_points))
)


def desk_comment(session: Session, comment_id: str, scopes: Sequence[Scope]) -> DeskComment | None:
    """One comment within these scopes with what stands around it."""
    row = session.execute(_DESK_COMMENT, {"id": comment_id}).first()
    if row is None or not any(scope.holds(row[3]) for scope in scopes):
        return None
    comment, article, author, queue_index, scores = row
    decisions = decisions_of(session, comment_id)
    return DeskComment(
        comment=comment,
        article=article,
        author=author,
        queue_index=queue_index,
        scores=scores.scores if scores is not None else None,
        judged=_first(d for d in reversed(decisions) if d.automated),
        decided=_first(reversed(decisions)),
        decisions=decisions,
    )


AROUND = 15
"""How many of a thread stand before a comment, after it, and under it."""


def thread_of(session: Session, item: DeskComment) -> list[ThreadComment]:
    """The thread around a comment, waiting ones included: what it answers, what else answers that before and after it,
    and its own replies under it. Alone: nothing.
    """
    comment, index = item.comment, item.queue_index
    own = _said(session, _REPLIES, 2 if comment.parent_id else 1, parent=comment.id)
    signals = {signal: value for signal in _SIGNALS if (value := getattr(index, signal)) is not None}
    depth = 1 if comment.parent_id else 0
    here = [ThreadComment(comment=comment, at=location_in(index), depth=depth, signals=signals), *own]
    if comment.parent_id is None:
        return here if own else []
    beside = {"parent": comment.parent_id, "at": comment.created_at, "id": comment.id}
    return [
        *_said(session, _PARENT, 0, parent=comment.parent_id),
        *reversed(_said(session, _REPLIES_BEFORE, 1, **beside)),
        *here,
        *_said(session, _REPLIES_AFTER, 1, **beside),
    ]


def _said(session: Session, query: Select[Any], depth: int, **asked: Any) -> list[ThreadComment]:
    return [
        ThreadComment(comment=row[0], at=location_in(row), depth=depth, signals=_signals(row._mapping))
        for row in session.execute(query, asked)
    ]


def _saying(*where: ColumnElement[bool], newest: bool = False) -> Select[Any]:
    order = (Comment.created_at.desc(), Comment.id.desc()) if newest else (Comment.created_at, Comment.id)
    columns = (_QUEUE_INDEX[name] for name in ("site_id", "section", "escalated", *_SIGNALS))
    query = select(Comment, *columns).join(QueueIndex, QueueIndex.comment_id == Comment.id)
    return query.where(*where).order_by(*order).limit(AROUND)


_PLACE = tuple_(Comment.created_at, Comment.id)
_AT = tuple_(bindparam("at", type_=Comment.created_at.type), bindparam("id", type_=Comment.id.type))
_IS_REPLY = Comment.parent_id == bindparam("parent")
_PARENT = _saying(Comment.id == bindparam("parent"))
_REPLIES = _saying(_IS_REPLY)
_REPLIES_BEFORE = _saying(_IS_REPLY, _PLACE < _AT, newest=True)
_REPLIES_AFTER = _saying(_IS_REPLY, _PLACE > _AT)


def _signals(row: Any) -> dict[str, float]:
    return {signal: value for signal in _SIGNALS if (value := row[signal]) is not None}


_SIGNALS_OF = select(_QUEUE_INDEX.comment_id, *(_QUEUE_INDEX[signal] for signal in _SIGNALS)).where(
    one_of(_QUEUE_INDEX.comment_id, "ids")
)


def signals_of(session: Session, ids: Iterable[str]) -> dict[str, dict[str, float]]:
    """The scores that the queue index has of these comments, by comment."""
    rows = session.execute(_SIGNALS_OF, {"ids": list(ids)})
    return {row.comment_id: _signals(row._mapping) for row in rows}


_STANDING = (
    select(Comment.id, Comment.status, Comment.revision, Comment.site_id, _QUEUE_INDEX.section)
    .join(QueueIndex, QueueIndex.comment_id == Comment.id)
    .where(one_of(Comment.id, "ids"))
)


def standing_of(session: Session, ids: Sequence[str], scopes: Sequence[Scope]) -> dict[str, tuple[str, int]]:
    """Where those of these comments stand that lie within the scopes: status and revision by id."""
    rows = session.execute(_STANDING, {"ids": ids})
    return {
        row.id: (row.status, row.revision) for row in rows if any(s.reaches(row.site_id, row.section) for s in scopes)
    }


def verdicts_on(session: Session, ids: Sequence[str]) -> dict[str, DecisionRow]:
    """The newest decision on each of these comments that anybody has decided about."""
    found: dict[str, DecisionRow] = {}
    for decision in _decisions_of(session, ids):
        found.setdefault(decision.comment_id, decision)
    return found


def author_name(session: Session, author_id: str, scopes: Sequence[Scope]) -> str | None:
    """The name of an author of these sites; where only some sections are reached, of one who has written there."""
    author = session.get(Author, author_id)
    if author is None:
        return None
    for scope in scopes:
        if scope.site_id == author.site_id and (
            scope.sections is None or _has_written(session, author_id, scope.sections)
        ):
            return author.name
    return None


def _has_written(session: Session, author_id: str, sections: Collection[str]) -> bool:
    theirs = (
        select(Comment.id).join(QueueIndex, QueueIndex.comment_id == Comment.id).where(Comment.author_id == author_id)
    )
    return session.scalar(theirs.where(_QUEUE_INDEX.section.in_(sections)).limit(1)) is not None


def latest_by(
    session: Session, author_id: str, scopes: Sequence[Scope], *, exclude: str, limit: int = 5
) -> Sequence[Comment]:
    """An author's latest other comments within these scopes, newest first."""
    limited = tuple(scopes) if any(scope.sections is not None for scope in scopes) else None
    return session.scalars(_latest(limited, limit), {"author": author_id, "exclude": exclude}).all()


@built_once
def _latest(scopes: tuple[Scope, ...] | None, limit: int) -> Select[Comment]:
    others = select(Comment).where(Comment.author_id == bindparam("author"), Comment.id != bindparam("exclude"))
    if scopes is not None:
        others = others.join(QueueIndex, QueueIndex.comment_id == Comment.id)
        others = others.where(within_any(scopes, _QUEUE_INDEX.site_id, _QUEUE_INDEX.section))
    return others.order_by(Comment.received_at.desc(), Comment.id).limit(limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWanted:
    """Which events of one chain a page asks for; an empty text asks for all. ``before`` is a sequence number.

    ``actors`` are references (``account:…``), or their kinds alone (``key``), which stand for all of that kind; None:
    anybody. ``since`` is the first moment, ``until`` the first one that is too late.
    """

    chain: str
    event: str = ""
    actors: tuple[str, ...] | None = None
    subject: str = ""
    before: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def newest_events(session: Session, wanted: EventsWanted, *, limit: int) -> list[AuditEvent]:
    """Events of a chain, the newest first. ``event`` matches from its start on, so that ``comment.`` finds them all."""
    conditions = [EventRow.chain == wanted.chain]
    if wanted.event:
        conditions.append(EventRow.event.startswith(wanted.event, autoescape=True))
    if wanted.actors is not None:
        kinds = (one for one in wanted.actors if ":" not in one)
        conditions.append(
            or_(
                EventRow.actor.in_(wanted.actors), *(EventRow.actor.startswith(f"{k}:", autoescape=True) for k in kinds)
            )
        )
    if wanted.subject:
        conditions.append(EventRow.subject == wanted.subject)
    if wanted.before is not None:
        conditions.append(EventRow.sequence < wanted.before)
    # An event's number grows with its time, and by its number the chain's own index finds it.
    if wanted.since is not None:
        conditions.append(EventRow.sequence >= first_since(session, wanted.chain, wanted.since))
    if wanted.until is not None:
        conditions.append(EventRow.sequence < first_since(session, wanted.chain, wanted.until))
    return newest_where(session, *conditions, limit=limit)


def account_names(session: Session) -> dict[str, str]:
    """Each account's name by its id, disabled ones included: who an actor in the audit log is."""
    return dict(session.execute(_ACCOUNT_NAMES).all())


_ACCOUNT_NAMES = select(table_of(Account).c.id, table_of(Account).c.name)
_DECISIONS = (
    select(DecisionRow)
    .where(one_of(DecisionRow.comment_id, "ids"))
    .order_by(DecisionRow.revision.desc(), DecisionRow.id.desc())
    .options(defer(DecisionRow.statement), defer(DecisionRow.basis))
)


def _decisions_of(session: Session, ids: Sequence[str]) -> Sequence[DecisionRow]:
    """All decisions on these comments, the newest first, without their basis and their statements."""
    return session.scalars(_DECISIONS, {"ids": ids}).all()


def _first(decisions: Iterable[DecisionRow]) -> DecisionRow | None:
    return next(iter(decisions), None)


_TITLES = select(*(_ARTICLES.c[name] for name in ("id", "title", "site_id", "section"))).where(
    one_of(_ARTICLES.c.id, "ids")
)


def titles_of(session: Session, ids: Sequence[str], scopes: Sequence[Scope]) -> dict[str, str]:
    """The titles of those of these articles that lie within the scopes, by id, in this order."""
    rows = {row.id: row for row in session.execute(_TITLES, {"ids": ids})} if ids else {}
    found = [rows[article] for article in dict.fromkeys(ids) if article in rows]
    return {row.id: row.title for row in found if any(scope.reaches(row.site_id, row.section) for scope in scopes)}
