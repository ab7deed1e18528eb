"""Readers' reports of published comments: who reported what and why, how often they were right, and what is open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    Integer,
    UniqueConstraint,
    bindparam,
    case,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.reach import Scope
from moderation.storage.base import Base, locked, table_of
from moderation.storage.comments import Comment
from moderation.storage.holds import HELD
from moderation.storage.queue_index import QueueIndex
from moderation.storage.reach import within_any

OPEN_REPORTS = "reported_comments.open_reports > 0"
"""Written as the partial index has it: SQLite takes it for nothing else."""
_SAID = "text IS NOT NULL"
_OPEN = text(OPEN_REPORTS.replace("reported_comments.", ""))


class ReportOutcome(StrEnum):
    """What became of a report. One that nobody has decided about has none."""

    RIGHT = "right"
    """The comment was removed."""
    WRONG = "wrong"
    """A moderator kept the comment."""
    SET_ASIDE = "set aside"
    """A moderator set it aside, or the comment went for another reason: it counts for nobody and against nobody."""


class Reporter(Base):
    """Somebody who reports, known by a keyed hash alone (``key``). ``reports`` counts all of theirs, ``rightly`` and
    ``wrongly`` what came of them. One who is muted until then is heard no more, and isn't told.
    """

    __tablename__ = "reporters"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        Index("ix_reporters_newest", "site_id", "newest_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    key: Mapped[str]
    reports: Mapped[int]
    rightly: Mapped[int]
    wrongly: Mapped[int]
    muted: Mapped[bool]
    created_at: Mapped[datetime]
    newest_at: Mapped[datetime]


class Report(Base):
    """One reporter's word on one comment. ``weight`` is what the reporter weighed then, in hundredths; ``reason_id`` is
    that of a configured reason, ``text`` the reporter's own words. ``outcome`` and ``settled_at``: None while it is
    open; ``settled_at_revision`` is the comment's revision that settling left.
    """

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_reporter", "reporter_id", "made_at"),
        Index("ix_reports_site", "site_id", "made_at"),
        Index("ix_reports_texts", "made_at", sqlite_where=text(_SAID), postgresql_where=text(_SAID)),
    )

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    reporter_id: Mapped[str] = mapped_column(ForeignKey("reporters.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    reason_id: Mapped[str | None]
    text: Mapped[str | None]
    weight: Mapped[int]
    made_at: Mapped[datetime]
    outcome: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    settled_at_revision: Mapped[int | None]


class ReportedComment(Base):
    """How many reports of a comment there are, and how many are open."""

    __tablename__ = "reported_comments"
    __table_args__ = (
        Index("ix_reported_comments_open", "site_id", "newest_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    reports: Mapped[int]
    open_reports: Mapped[int]
    first_at: Mapped[datetime]
    newest_at: Mapped[datetime]


_REPORT, _REPORTER = table_of(Report).c, table_of(Reporter).c


def find_reporter(session: Session, site_id: str, keys: Sequence[str], *, lock: bool = False) -> Reporter | None:
    """The reporter whom one of these keys stands for."""
    query = select(Reporter).where(Reporter.site_id == site_id, Reporter.key.in_(keys)).order_by(Reporter.id).limit(1)
    return session.scalar(locked(query) if lock else query)


def weights(connection: Connection, comment_id: str) -> int:
    """What the reports of a comment weigh together, in hundredths: those that were found wrong or set aside aside."""
    return weights_among(connection, [comment_id]).get(comment_id, 0)


def weights_among(connection: Connection, comment_ids: Collection[str]) -> dict[str, int]:
    """The same of each of these comments that has any, by their ids."""
    counts = _REPORT.outcome.is_(None) | (_REPORT.outcome == ReportOutcome.RIGHT)
    query = select(_REPORT.comment_id, func.sum(_REPORT.weight)).where(_REPORT.comment_id.in_(comment_ids), counts)
    return {comment_id: int(total) for comment_id, total in connection.execute(query.group_by(_REPORT.comment_id))}


def open_reports_of(connection: Connection, comment_id: str) -> int:
    """How many reports of a comment nobody has decided about."""
    return connection.scalar(_OPEN_OF, {"of": comment_id}) or 0


_OPEN_OF = select(ReportedComment.open_reports).where(ReportedComment.comment_id == bindparam("of"))


def settle_open(connection: Connection, comment_id: str, outcome: ReportOutcome, *, at: datetime, revision: int) -> int:
    """All open reports of a comment have this outcome, which counts for or against their reporters. Returns how many
    there were.
    """
    theirs = select(_REPORT.reporter_id).where(_REPORT.comment_id == comment_id, _REPORT.outcome.is_(None))
    _count_for_reporters(connection, theirs, {outcome: 1})
    settled = connection.execute(
        update(table_of(Report))
        .where(_REPORT.comment_id == comment_id, _REPORT.outcome.is_(None))
        .values(outcome=outcome.value, settled_at=at, settled_at_revision=revision)
    ).rowcount
    _count_open(connection, comment_id)
    return settled


def settle_otherwise(
    connection: Connection,
    comment_id: str,
    before: ReportOutcome,
    outcome: ReportOutcome,
    *,
    at: datetime,
    revision: int,
) -> int:
    """All reports of a comment that had one outcome have another, for their reporters too. Returns how many."""
    these = (_REPORT.comment_id == comment_id, _REPORT.outcome == before.value)
    _count_for_reporters(connection, select(_REPORT.reporter_id).where(*these), {before: -1, outcome: 1})
    return connection.execute(
        update(table_of(Report))
        .where(*these)
        .values(outcome=outcome.value, settled_at=at, settled_at_revision=revision)
    ).rowcount


def reopen_settled(connection: Connection, comment_id: str, *, after_revision: int | None, at: datetime | None) -> int:
    """What was settled with a later revision of the comment, or at this moment, is open again. Returns how many."""
    settled = _REPORT.settled_at == at if after_revision is None else _REPORT.settled_at_revision > after_revision
    these = (_REPORT.comment_id == comment_id, _REPORT.outcome.is_not(None), settled)
    for outcome in (ReportOutcome.RIGHT, ReportOutcome.WRONG):
        theirs = select(_REPORT.reporter_id).where(*these, _REPORT.outcome == outcome)
        _count_for_reporters(connection, theirs, {outcome: -1})
    reopened = connection.execute(
        update(table_of(Report)).where(*these).values(outcome=None, settled_at=None, settled_at_revision=None)
    ).rowcount
    _count_open(connection, comment_id)
    return reopened


def erase_texts(connection: Connection, comment_id: str) -> None:
    """What reporters wrote of a comment is gone."""
    connection.execute(update(table_of(Report)).where(_REPORT.comment_id == comment_id).values(text=None))


_OUTDATED = (
    select(_REPORT.comment_id, _REPORT.reporter_id)
    .join(table_of(Comment), table_of(Comment).c.id == _REPORT.comment_id)
    .where(text(f"reports.{_SAID}"), _REPORT.made_at < bindparam("before"), ~HELD)
)
_FORGET = (
    update(table_of(Report))
    .where(_REPORT.comment_id == bindparam("of"), _REPORT.reporter_id == bindparam("by"))
    .values(text=None)
)


def texts_from_before(session: Session, before: datetime, *, limit: int) -> list[dict[str, str]]:
    """Some of the reports from before then that still have their reporters' own words, for ``forget_these``; none of
    what stands under a legal hold.
    """
    rows = session.execute(_OUTDATED.limit(limit), {"before": before})
    return [{"of": comment_id, "by": reporter_id} for comment_id, reporter_id in rows]


def forget_these(session: Session, reports: Sequence[Mapping[str, str]]) -> None:
    """These reports keep no words of their reporters."""
    session.connection().execute(_FORGET, list(reports))


def _count_for_reporters(connection: Connection, reporters: Any, steps: Mapping[ReportOutcome, int]) -> None:
    values = {
        "rightly": _REPORTER.rightly + steps.get(ReportOutcome.RIGHT, 0),
        "wrongly": _REPORTER.wrongly + steps.get(ReportOutcome.WRONG, 0),
    }
    connection.execute(update(table_of(Reporter)).where(_REPORTER.id.in_(reporters)).values(values))


def _count_open(connection: Connection, comment_id: str) -> None:
    still = (
        select(func.count())
        .select_from(table_of(Report))
        .where(_REPORT.comment_id == comment_id, _REPORT.outcome.is_(None))
    )
    here = table_of(ReportedComment)
    connection.execute(update(here).where(here.c.comment_id == comment_id).values(open_reports=still.scalar_subquery()))


# --- for the desk -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One report as a moderator sees it, with what its reporter's others came to."""

    report: Report
    reporter: Reporter


def reports_of(session: Session, comment_id: str, *, limit: int = 50) -> list[Reported]:
    """The reports of a comment: the open ones first, of these the newest."""
    found = session.execute(_REPORTS_OF, {"of": comment_id, "limit": limit})
    return [Reported(report=report, reporter=reporter) for report, reporter in found]


_REPORTS_OF = (
    select(Report, Reporter)
    .join(Reporter, Reporter.id == Report.reporter_id)
    .where(Report.comment_id == bindparam("of"))
    .order_by(case((Report.outcome.is_(None), 0), else_=1), Report.made_at.desc(), Report.reporter_id)
    .limit(bindparam("limit", type_=Integer))
)


def reported_reasons(session: Session, comment_id: str) -> list[tuple[str | None, int]]:
    """How many open reports of a comment name which reason, None for words of their own; the most first."""
    count = func.count()
    query = (
        select(Report.reason_id, count)
        .where(Report.comment_id == comment_id, Report.outcome.is_(None))
        .group_by(Report.reason_id)
    )
    return sorted(((row[0], row[1]) for row in session.execute(query)), key=lambda row: (-row[1], row[0] or ""))


def reported_by(
    session: Session, reporter_id: str, scopes: Sequence[Scope], *, limit: int = 50
) -> list[tuple[Report, Comment]]:
    """What somebody reported, the newest first, within these scopes."""
    index = table_of(QueueIndex).c
    query = (
        select(Report, Comment)
        .join(Comment, Comment.id == Report.comment_id)
        .join(QueueIndex, QueueIndex.comment_id == Comment.id)
        .where(Report.reporter_id == reporter_id, within_any(scopes, index.site_id, index.section, index.escalated))
        .order_by(Report.made_at.desc(), Report.comment_id)
        .limit(limit)
    )
    return [(report, comment) for report, comment in session.execute(query)]


def newest_reporters(session: Session, site_ids: Sequence[str], *, limit: int = 100) -> Sequence[Reporter]:
    """Who has reported last on these sites."""
    query = select(Reporter).where(Reporter.site_id.in_(site_ids))
    return session.scalars(query.order_by(Reporter.newest_at.desc(), Reporter.id).limit(limit)).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigures:
    """Reports of some sites: how many came, and what became of them; by reason, None for words of their own."""

    reports: int
    right: int
    wrong: int
    open: int
    reasons: tuple[tuple[str | None, int, int], ...]
    """Reason, reports, and how many of them were right."""


def report_figures(session: Session, site_ids: Sequence[str], since: datetime) -> ReportFigures:
    """The figures of what was reported since then."""
    query = (
        select(Report.reason_id, Report.outcome, func.count())
        .where(Report.site_id.in_(site_ids), Report.made_at >= since)
        .group_by(Report.reason_id, Report.outcome)
    )
    by_reason: dict[str | None, list[int]] = {}
    outcomes: dict[str | None, int] = {}
    for reason, outcome, count in session.execute(query):
        counted = by_reason.setdefault(reason, [0, 0])
        counted[0] += count
        counted[1] += count if outcome == ReportOutcome.RIGHT else 0
        outcomes[outcome] = outcomes.get(outcome, 0) + count
    return ReportFigures(
        reports=sum(outcomes.values()),
        right=outcomes.get(ReportOutcome.RIGHT, 0),
        wrong=outcomes.get(ReportOutcome.WRONG, 0),
        open=outcomes.get(None, 0),
        reasons=tuple(
            (reason, counted[0], counted[1])
            for reason, counted in sorted(by_reason.items(), key=lambda item: (-item[1][0], item[0] or ""))
        ),
    )
