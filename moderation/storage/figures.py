"""Counts that administrators see of their sites: what waits, what arrives, what is decided, by whom and why.

Everything is counted from the queue index's indexes, one site at a time, and from the days that are asked for alone.
What was decided is counted by the decision that stands, on the day when it was made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, literal_column, select
from sqlalchemy.orm import Session

from moderation.core.actor import IMPORT
from moderation.core.comment import Status
from moderation.core.times import start_of_day
from moderation.storage.appeals import AppealCount, appeal_counts
from moderation.storage.base import table_of
from moderation.storage.comments import DecisionRow
from moderation.storage.queue_index import QueueIndex


class Range(StrEnum):
    """How far back figures go, and in which steps."""

    WEEK = "7"
    MONTH = "30"
    QUARTER = "91"
    YEAR = "364"

    @property
    def days(self) -> int:
        return int(self.value)

    @property
    def step(self) -> int:
        """Days in one column."""
        return 1 if self.days <= 30 else 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits now; ``oldest`` is when the comment that has waited longest arrived."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One day, or one week from ``first`` on, in the zone that was asked for: comments that arrived, and that were
    decided by people and by the policy alone.
    """

    first: date
    arrived: int
    approved: int
    rejected: int
    by_policy: int

    @property
    def decided(self) -> int:
        return self.approved + self.rejected + self.by_policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section or a moderator (by name or id; None: comments without one), and what was decided there."""

    name: str | None
    arrived: int
    approved: int
    rejected: int

    @property
    def decided(self) -> int:
        return self.approved + self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``reasons`` counts refusals by their reason, None for the policy's own. ``moderators`` is None where that isn't
    asked for.
    """

    columns: tuple[Column, ...]
    reasons: tuple[tuple[str | None, int], ...]
    sections: tuple[Part, ...]
    moderators: tuple[Part, ...] | None
    appeals: tuple[AppealCount, ...] = ()


_D, _DECISIONS = table_of(QueueIndex).c, table_of(DecisionRow).c
_WAITS: ColumnElement[bool] = literal_column(
    "queue_index.waiting IS TRUE"
)  # to the letter as the partial indexes have it


def waiting_now(session: Session, site_ids: Sequence[str]) -> Waiting:
    """How much waits on these sites, escalated comments included."""
    count, oldest = 0, None
    for site_id in site_ids:  # one at a time: an index holds each site's waiting comments, the oldest first
        here = (_D.site_id == site_id, _WAITS)
        count += session.scalar(select(func.count()).select_from(table_of(QueueIndex)).where(*here)) or 0
        first = session.scalar(select(func.min(_D.received_at)).where(*here))
        oldest = min(oldest, first) if oldest and first else oldest or first
    return Waiting(count=count, oldest=oldest)


_LATELY_DECIDED = 250
"""Decisions of each kind: enough for a median."""


def waits_of_decided(session: Session, site_id: str, *, since: datetime) -> list[timedelta]:
    """How long the comments waited that people decided last on this site since then, some hundreds at most. How long
    they waited elsewhere, before they came in from an archive, is nothing that they wait here.
    """
    elsewhere = exists().where(
        _DECISIONS.comment_id == _D.comment_id, _DECISIONS.actor == IMPORT, _DECISIONS.decided_at == _D.decided_at
    )
    waits: list[timedelta] = []
    for status in (Status.APPROVED, Status.REJECTED):
        query = select(_D.received_at, _D.decided_at).where(*_decided(site_id, status, since))
        query = query.where(_D.by_person.is_not(None), ~elsewhere).order_by(_D.decided_at.desc()).limit(_LATELY_DECIDED)
        waits += [decided_at - received_at for received_at, decided_at in session.execute(query)]
    return waits


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagOutcomes:
    """Comments that people decided about, by whether the policy had found something in them."""

    flagged_rejected: int = 0
    flagged_approved: int = 0
    unflagged_rejected: int = 0
    unflagged_approved: int = 0


def flag_outcomes(session: Session, site_id: str, *, limit: int) -> FlagOutcomes:
    """What became of the newest ``limit`` comments of a site that people decided about and the policy had before."""
    last = (
        select((_D.flags > 0).label("flagged"), _D.by_person)
        .where(_D.site_id == site_id, _D.by_person.is_not(None), _D.by_policy.is_not(None))
        .where(_D.by_person.in_((Status.APPROVED.value, Status.REJECTED.value)))
        .order_by(_D.number.desc())
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(last.c.flagged, last.c.by_person, func.count()).group_by(last.c.flagged, last.c.by_person)
    )
    counts = {(bool(flagged), person): count for flagged, person, count in rows}
    return FlagOutcomes(
        flagged_rejected=counts.get((True, Status.REJECTED), 0),
        flagged_approved=counts.get((True, Status.APPROVED), 0),
        unflagged_rejected=counts.get((False, Status.REJECTED), 0),
        unflagged_approved=counts.get((False, Status.APPROVED), 0),
    )


def figures(
    session: Session,
    site_ids: Sequence[str],
    *,
    now: datetime,
    over: Range,
    zone: tzinfo = UTC,
    by_moderator: bool = False,
) -> Figures:
    """The figures of these sites over the last days of this zone, today's included."""
    today = now.astimezone(zone).date()
    firsts = [today - timedelta(days=back - 1) for back in range(over.days, 0, -over.step)]
    since = start_of_day(firsts[0], zone)
    return Figures(
        columns=tuple(_columns(session, site_ids, firsts, over.step, zone)),
        reasons=tuple(_reasons(session, site_ids, since)),
        sections=tuple(_sections(session, site_ids, since)),
        moderators=tuple(_moderators(session, site_ids, since)) if by_moderator else None,
        appeals=tuple(appeal_counts(session, site_ids, since)),
    )


def _columns(
    session: Session, site_ids: Sequence[str], firsts: Sequence[date], step: int, zone: tzinfo
) -> list[Column]:
    found = []
    for first in firsts:
        start, end = start_of_day(first, zone), start_of_day(first + timedelta(days=step), zone)
        # A range of an index for each count: adding up columns of one long scan takes ten times as long.
        arrived: list[ScalarSelect[Any]] = []
        people: dict[Status, list[ScalarSelect[Any]]] = {Status.APPROVED: [], Status.REJECTED: []}
        decided: list[ScalarSelect[Any]] = []
        for site_id in site_ids:
            arrived.append(_counted(_D.site_id == site_id, _D.received_at >= start, _D.received_at < end))
            for status, counts in people.items():
                then = (_D.site_id == site_id, _D.status == status, _D.decided_at >= start, _D.decided_at < end)
                counts.append(_counted(*then, what=func.count(_D.by_person)))
                decided.append(_counted(*then))
        asked = [_sum(counts) for counts in (arrived, people[Status.APPROVED], people[Status.REJECTED], decided)]
        row = session.execute(select(*asked)).one()
        found.append(
            Column(first=first, arrived=row[0], approved=row[1], rejected=row[2], by_policy=row[3] - row[1] - row[2])
        )
    return found


def _counted(*conditions: ColumnElement[bool], what: ColumnElement[int] | None = None) -> ScalarSelect[Any]:
    counted = func.count() if what is None else what
    return select(counted).select_from(table_of(QueueIndex)).where(*conditions).scalar_subquery()


def _sum(counts: Sequence[ScalarSelect[Any]]) -> Any:
    total: Any = 0
    for count in counts:
        total = count + total
    return total


def _decided(site_id: str, status: Status, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_D.site_id == site_id, _D.status == status, _D.decided_at >= since)


def _standing(status: Status) -> ColumnElement[bool]:
    """Joins a comment to the decision that stands."""
    return and_(
        _DECISIONS.comment_id == _D.comment_id, _DECISIONS.status == status, _DECISIONS.decided_at == _D.decided_at
    )


def _reasons(session: Session, site_ids: Sequence[str], since: datetime) -> list[tuple[str | None, int]]:
    counted: Counter[str | None] = Counter()
    for site_id in site_ids:
        query = (
            select(_DECISIONS.reason_id, _DECISIONS.automated, func.count())
            .select_from(table_of(QueueIndex).join(table_of(DecisionRow), _standing(Status.REJECTED)))
            .where(*_decided(site_id, Status.REJECTED, since))
            .group_by(_DECISIONS.reason_id, _DECISIONS.automated)
        )
        for reason, automated, count in session.execute(query):
            counted[None if automated else reason or ""] += count
    return sorted(counted.items(), key=lambda item: (-item[1], item[0] or ""))


def _sections(session: Session, site_ids: Sequence[str], since: datetime) -> list[Part]:
    arrived: Counter[str | None] = Counter()
    decided: Counter[tuple[str | None, Status]] = Counter()
    for site_id in site_ids:
        here = select(_D.section, func.count()).group_by(_D.section)
        for section, count in session.execute(here.where(_D.site_id == site_id, _D.received_at >= since)):
            arrived[section] += count
        for status in (Status.APPROVED, Status.REJECTED):
            for section, count in session.execute(here.where(*_decided(site_id, status, since))):
                decided[section, status] += count
    return _parts({*arrived, *(name for name, _ in decided)}, arrived, decided)


def _moderators(session: Session, site_ids: Sequence[str], since: datetime) -> list[Part]:
    decided: Counter[tuple[str | None, Status]] = Counter()
    for site_id in site_ids:
        for status in (Status.APPROVED, Status.REJECTED):
            query = (
                select(_DECISIONS.account_id, func.count())
                .select_from(table_of(QueueIndex).join(table_of(DecisionRow), _standing(status)))
                .where(*_decided(site_id, status, since), _DECISIONS.automated.is_(False))
                .group_by(_DECISIONS.account_id)
            )
            for account, count in session.execute(query):
                decided[account, status] += count
    return _parts({name for name, _ in decided}, Counter(), decided)


def _parts(
    names: set[str | None], arrived: Counter[str | None], decided: Counter[tuple[str | None, Status]]
) -> list[Part]:
    parts = [
        Part(
            name=name,
            arrived=arrived[name],
            approved=decided[name, Status.APPROVED],
            rejected=decided[name, Status.REJECTED],
        )
        for name in names
    ]
    return sorted(parts, key=lambda part: (-part.arrived, -part.decided, part.name or ""))
