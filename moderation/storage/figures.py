"""Counts that the desk shows of a site's comments: what waits, what arrives, what is decided and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation.core.comment import WAITING, Status
from moderation.storage.comments import Comment, DecisionRow
from moderation.storage.docket import Docket


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day, in UTC: comments that arrived and decisions that people made."""

    day: date
    arrived: int
    approved: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``oldest`` is when the comment that has waited longest arrived; ``reasons`` counts refusals by their reason."""

    waiting: int
    oldest: datetime | None
    days: tuple[Day, ...]
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits now; ``oldest`` is when the comment that has waited longest arrived."""

    count: int
    oldest: datetime | None


def waiting_now(session: Session, site_ids: Sequence[str]) -> Waiting:
    """How much waits on these sites, escalated comments included."""
    count, oldest = 0, None
    for site_id in site_ids:  # one at a time: an index holds each site's waiting comments, the oldest first
        here = (Docket.site_id == site_id, Docket.waiting.is_(True))
        count += session.scalar(select(func.count()).select_from(Docket).where(*here)) or 0
        first = session.scalar(select(func.min(Docket.received_at)).where(*here))
        oldest = min(oldest, first) if oldest and first else oldest or first
    return Waiting(count=count, oldest=oldest)


def figures(session: Session, site_ids: Sequence[str], *, now: datetime, days: int = 14) -> Figures:
    """The figures of these sites: what waits now, and the last ``days`` days, today's included."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(Comment.received_at)).where(
            Comment.site_id.in_(site_ids), Comment.status.in_(WAITING)
        )
    ).one()
    first = now.astimezone(UTC).date() - timedelta(days=days - 1)
    calendar = [first + timedelta(days=number) for number in range(days)]
    return Figures(
        waiting=waiting,
        oldest=oldest,
        days=tuple(_days(session, site_ids, calendar)),
        reasons=tuple(_reasons(session, site_ids, since=_midnight(first))),
    )


def _days(session: Session, site_ids: Sequence[str], calendar: Sequence[date]) -> list[Day]:
    start = _midnight(calendar[0])
    arrived = session.execute(
        select(*(_on(Comment.received_at, day) for day in calendar)).where(
            Comment.site_id.in_(site_ids), Comment.received_at >= start
        )
    ).one()
    decided = {
        status: session.execute(
            select(*(_on(DecisionRow.decided_at, day) for day in calendar))
            .join(Comment, Comment.id == DecisionRow.comment_id)
            .where(
                Comment.site_id.in_(site_ids),
                DecisionRow.decided_at >= start,
                DecisionRow.automated.is_(False),
                DecisionRow.status == status,
            )
        ).one()
        for status in (Status.APPROVED, Status.REJECTED)
    }
    return [
        Day(
            day=day,
            arrived=arrived[number],
            approved=decided[Status.APPROVED][number],
            rejected=decided[Status.REJECTED][number],
        )
        for number, day in enumerate(calendar)
    ]


def _reasons(session: Session, site_ids: Sequence[str], *, since: datetime) -> Sequence[tuple[str, int]]:
    count = func.count()
    rows = session.execute(
        select(DecisionRow.reason_id, count)
        .join(Comment, Comment.id == DecisionRow.comment_id)
        .where(
            Comment.site_id.in_(site_ids),
            DecisionRow.status == Status.REJECTED,
            DecisionRow.reason_id.is_not(None),
            DecisionRow.decided_at >= since,
        )
        .group_by(DecisionRow.reason_id)
        .order_by(count.desc(), DecisionRow.reason_id)
    )
    return [(reason or "", number) for reason, number in rows]


def _on(column: InstrumentedAttribute[Any], day: date) -> ColumnElement[int]:
    return func.count().filter(column >= _midnight(day), column < _midnight(day + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
