"""Appeals: another look at a refused comment, asked for by its writer, once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, and_, bindparam, exists, false, func, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.comment import Status
from moderation.core.reach import Location, Scope
from moderation.storage.articles import Article
from moderation.storage.base import Base, locked, one_of, table_of
from moderation.storage.comments import Comment, DecisionRow
from moderation.storage.queue_index import QueueIndex
from moderation.storage.reach import within_any

_OPEN = "decided_at IS NULL"


class AppealOutcome(StrEnum):
    """What became of an appeal."""

    UPHELD = "upheld"
    """The refusal stands."""
    PARTLY_REVERSED = "partly_reversed"
    """The comment stays refused, for another reason than it was told."""
    REVERSED = "reversed"
    """The comment is published."""
    DROPPED = "dropped"
    """The comment was taken back or erased before anybody looked again."""


class Appeal(Base):
    """A reader's request for another look at a refused comment. ``decision_id`` is the decision that it is about,
    ``reason_id`` its reason, ``automated`` whether the policy made it. ``decided_by``: the account that looked again;
    ``by_same``: the one that had refused the comment, as there was nobody else.
    """

    __tablename__ = "appeals"
    __table_args__ = (
        Index("ix_appeals_open", "due_at", sqlite_where=text(_OPEN), postgresql_where=text(_OPEN)),
        Index("ix_appeals_decided", "decided_at", "id"),
        Index("ix_appeals_asked", "site_id", "asked_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), index=True, unique=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"))
    reason_id: Mapped[str | None]
    automated: Mapped[bool]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    outcome: Mapped[str | None]
    explanation: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    by_same: Mapped[bool] = mapped_column(server_default=false())


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealLine:
    """An appeal with what a list shows of it. ``refused_by``: the accounts that have ever refused its comment."""

    appeal: Appeal
    comment: Comment
    article_title: str
    at: Location
    refused_by: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealFilter:
    """Which appeals are asked for: those of a site, of a section, about a reason ("" for all of them)."""

    site: str = ""
    section: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decidable:
    """Which open appeals somebody can decide: those within ``scopes`` but for what they have ever refused themselves;
    and of that those ``alone`` that all who could decide there have refused, by these places and who could there.
    """

    account_id: str | None
    scopes: Sequence[Scope]
    alone: Mapping[Location, frozenset[str]]


_INDEX = table_of(QueueIndex).c
_ANY_OPEN = select(exists().where(Appeal.decided_at.is_(None)))
_ABOUT = select(Appeal).where(Appeal.comment_id == bindparam("of"))
_LOCK_ABOUT = locked(_ABOUT)
_REFUSED_BY = (
    select(DecisionRow.comment_id, DecisionRow.account_id)
    .where(one_of(DecisionRow.comment_id, "ids"))
    .where(DecisionRow.status == Status.REJECTED)
)


def find_appeal(session: Session, appeal_id: str, *, lock: bool = False) -> Appeal | None:
    """One appeal; with ``lock`` nobody else decides it until this transaction ends."""
    query = select(Appeal).where(Appeal.id == appeal_id)
    return session.scalar(locked(query) if lock else query)


def appeal_about(session: Session, comment_id: str, *, lock: bool = False) -> Appeal | None:
    """The appeal about a comment, if its writer has asked for one."""
    return session.scalar(_LOCK_ABOUT if lock else _ABOUT, {"of": comment_id})


def refused_by(session: Session, comment_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """The accounts that have ever refused these comments."""
    found: dict[str, set[str]] = {comment_id: set() for comment_id in comment_ids}
    for comment_id, account_id in session.execute(_REFUSED_BY, {"ids": list(comment_ids)}):
        if account_id is not None:
            found[comment_id].add(account_id)
    return {comment_id: frozenset(accounts) for comment_id, accounts in found.items()}


def refused_places(session: Session, scopes: Sequence[Scope], account_id: str | None) -> list[Location]:
    """Where the comments are that this account has ever refused and that wait for another look."""
    if not session.scalar(_ANY_OPEN):  # asked with every page of the desk
        return []
    at = (Appeal.site_id, _INDEX.section, _INDEX.escalated)
    query = _open(scopes).with_only_columns(*at).where(_refused_by([account_id])).distinct()
    return [
        Location(site_id=site_id, section=section, escalated=bool(escalated))
        for site_id, section, escalated in session.execute(query)
    ]


def appeals_to_decide(
    session: Session, of: Decidable, wanted: AppealFilter, *, after: Appeal | None = None, limit: int
) -> list[AppealLine]:
    """The open appeals that somebody can decide, the first due first; those ``after`` this one."""
    query = _narrowed(_decidable(of), wanted)
    if after is not None:
        same = and_(Appeal.due_at == after.due_at, Appeal.id > after.id)
        query = query.where(or_(Appeal.due_at > after.due_at, same))
    return _read(session, query.order_by(Appeal.due_at, Appeal.id).limit(limit))


def how_many_to_decide(session: Session, of: Decidable, wanted: AppealFilter, *, maximum: int) -> int:
    """How many these are; one more than ``maximum`` stands for any number beyond."""
    if not session.scalar(_ANY_OPEN):
        return 0
    some = _narrowed(_decidable(of), wanted).with_only_columns(Appeal.id).limit(maximum + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def sections_to_decide(session: Session, of: Decidable) -> list[str]:
    """The sections of these appeals' articles."""
    query = _decidable(of).with_only_columns(_INDEX.section).where(_INDEX.section.is_not(None)).distinct()
    return sorted(session.scalars(query))


def is_to_decide(session: Session, of: Decidable, appeal: Appeal) -> bool:
    """Whether this appeal is one of them."""
    query = _decidable(of).with_only_columns(Appeal.id).where(Appeal.id == appeal.id)
    return session.scalar(query) is not None


def appeals_beside(session: Session, of: Decidable, appeal: Appeal) -> tuple[str | None, str | None]:
    """The ids of those that come right before and right after this one in their list."""
    ids = _decidable(of).with_only_columns(Appeal.id)
    due, id_ = Appeal.due_at, Appeal.id
    before = or_(due < appeal.due_at, and_(due == appeal.due_at, id_ < appeal.id))
    after = or_(due > appeal.due_at, and_(due == appeal.due_at, id_ > appeal.id))
    return (
        session.scalar(ids.where(before).order_by(due.desc(), id_.desc()).limit(1)),
        session.scalar(ids.where(after).order_by(due, id_).limit(1)),
    )


def _open(scopes: Sequence[Scope]) -> Select[Any]:
    """Those that wait for somebody. One whose comment waits in the queue again is not among them."""
    return _lines(scopes).where(Appeal.decided_at.is_(None), Comment.status == Status.REJECTED)


def _decidable(of: Decidable) -> Select[Any]:
    others_refused = [~_refused_by([of.account_id])]
    for at, deciders in of.alone.items():
        there = and_(
            Appeal.site_id == at.site_id,
            _INDEX.section.is_not_distinct_from(at.section),
            _INDEX.escalated.is_(at.escalated),
        )
        others_refused.append(and_(there, _refused_by(deciders)))
    return _open(of.scopes).where(or_(*others_refused))


def _refused_by(account_ids: Collection[str | None]) -> ColumnElement[bool]:
    """That all of these accounts have ever refused the comment."""
    refusals = (
        select(func.count(DecisionRow.account_id.distinct()))
        .where(DecisionRow.comment_id == Appeal.comment_id, DecisionRow.status == Status.REJECTED)
        .where(DecisionRow.account_id.in_(sorted(filter(None, account_ids))))
    )
    return refusals.correlate(Appeal).scalar_subquery() == len(account_ids)


def _narrowed(query: Select[Any], wanted: AppealFilter) -> Select[Any]:
    if wanted.site:
        query = query.where(Appeal.site_id == wanted.site)
    if wanted.section:
        query = query.where(_INDEX.section == wanted.section)
    if wanted.reason:
        query = query.where(Appeal.reason_id == wanted.reason)
    return query


def decided_appeals(
    session: Session, scopes: Sequence[Scope], wanted: AppealFilter, *, before: Appeal | None = None, limit: int
) -> list[AppealLine]:
    """Those that were decided, the newest first; those ``before`` this one."""
    query = _narrowed(_lines(scopes).where(Appeal.decided_at.is_not(None)), wanted)
    if before is not None:
        same = and_(Appeal.decided_at == before.decided_at, Appeal.id < before.id)
        query = query.where(or_(Appeal.decided_at < before.decided_at, same))
    return _read(session, query.order_by(Appeal.decided_at.desc(), Appeal.id.desc()).limit(limit))


def line_about(session: Session, appeal: Appeal) -> AppealLine:
    """One appeal as a list has it."""
    (line,) = _read(session, _EVERY.where(Appeal.id == appeal.id))
    return line


def _lines(scopes: Sequence[Scope]) -> Select[Any]:
    return _EVERY.where(within_any(scopes, _INDEX.site_id, _INDEX.section, _INDEX.escalated))


_EVERY = (
    select(Appeal, Comment, Article.title, _INDEX.section, _INDEX.escalated)
    .join(Comment, Comment.id == Appeal.comment_id)
    .join(table_of(QueueIndex), _INDEX.comment_id == Comment.id)
    .join(Article, Article.id == Comment.article_id)
)


def _read(session: Session, query: Select[Any]) -> list[AppealLine]:
    rows = session.execute(query).all()
    refused = refused_by(session, [row[1].id for row in rows]) if rows else {}
    return [
        AppealLine(
            appeal=appeal,
            comment=comment,
            article_title=title,
            at=Location(site_id=appeal.site_id, section=section, escalated=bool(escalated)),
            refused_by=refused[comment.id],
        )
        for appeal, comment, title, section, escalated in rows
    ]


_SETTLED = locked(select(Appeal).where(Appeal.comment_id == bindparam("of"), Appeal.decided_at.is_(None)))


def unsettled(session: Session, comment_id: str) -> Appeal | None:
    """The appeal about a comment that waits for somebody, if there is one; nobody else decides it meanwhile."""
    return session.scalar(_SETTLED, {"of": comment_id})


# --- figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealCount:
    """The appeals about refusals for one reason (None: the policy's own; "": none given): how many were asked for, what
    became of them, and the median time until they were decided (None: none was).
    """

    reason: str | None
    asked: int
    upheld: int
    partly_reversed: int
    reversed: int
    decided_in: timedelta | None


def appeal_counts(session: Session, site_ids: Collection[str], since: datetime) -> list[AppealCount]:
    """The appeals that were asked for on these sites since then, by the reason of the refusal, the most first."""
    columns = (Appeal.reason_id, Appeal.automated, Appeal.outcome, Appeal.asked_at, Appeal.decided_at)
    query = select(*columns).where(one_of(Appeal.site_id, "sites"), Appeal.asked_at >= since)
    outcomes: dict[str | None, Counter[str | None]] = defaultdict(Counter)
    seconds: dict[str | None, list[float]] = defaultdict(list)
    for row in session.execute(query, {"sites": list(site_ids)}):
        reason = None if row.automated else row.reason_id or ""
        outcomes[reason][row.outcome] += 1
        if row.decided_at is not None and row.outcome != AppealOutcome.DROPPED:
            seconds[reason].append((row.decided_at - row.asked_at).total_seconds())
    counts = [
        AppealCount(
            reason=reason,
            asked=found.total(),
            upheld=found[AppealOutcome.UPHELD],
            partly_reversed=found[AppealOutcome.PARTLY_REVERSED],
            reversed=found[AppealOutcome.REVERSED],
            decided_in=timedelta(seconds=median(seconds[reason])) if seconds[reason] else None,
        )
        for reason, found in outcomes.items()
    ]
    return sorted(counts, key=lambda count: (-count.asked, count.reason or ""))
