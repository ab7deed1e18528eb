"""Reports on the desk: what stands beside a reported comment, who reports how well, and who is heard no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from moderation.accounts.reachable import reporter_reached, sites_reached
from moderation.comments.reports import MOST_OPEN, weight_of
from moderation.config.configuration import ReasonChoice
from moderation.core.messages import noted
from moderation.core.reach import MODERATE, READ, reachable, scopes, whole
from moderation.desk.reports import mute_reporter
from moderation.storage.reports import (
    Report,
    Reporter,
    ReportOutcome,
    newest_reporters,
    open_reports_of,
    reported_by,
    reported_reasons,
    reports_of,
)
from moderation.web.desk.blur import blurs_for
from moderation.web.desk.forms import done_here
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.languages import gettext, ngettext
from moderation.web.shared.rendering import known_id

REPORTERS = f"{QUEUE}/reporters"
SHOWN = 8
"""So many reports stand beside a comment."""
_OUTCOMES = {
    ReportOutcome.RIGHT: noted("right"),
    ReportOutcome.WRONG: noted("wrong"),
    ReportOutcome.SET_ASIDE: noted("set aside"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One report beside its comment. ``record`` tells what its reporter's others came to."""

    reporter_id: str
    record: str
    muted: bool
    reason: str
    text: str | None
    at: datetime
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsView:
    """The reports of a comment. ``full``: there may be more that weren't kept; ``reasons`` of the open ones."""

    open: int
    full: bool
    reasons: tuple[tuple[str, int], ...]
    lines: tuple[ReportLine, ...]


def reports_view(db: Session, comment_id: str, reasons: Sequence[ReasonChoice]) -> ReportsView:
    """What stands of reports beside a comment."""
    labels = {reason.id: reason.label for reason in reasons}
    found = reports_of(db, comment_id, limit=SHOWN)
    number = open_reports_of(db.connection(), comment_id) if found else 0
    counts = reported_reasons(db, comment_id) if number else []
    return ReportsView(
        open=number,
        full=number >= MOST_OPEN,
        reasons=tuple((reason_label(reason, labels), count) for reason, count in counts),
        lines=tuple(
            ReportLine(
                reporter_id=one.reporter.id,
                record=record_of(one.reporter),
                muted=one.reporter.muted,
                reason=labels.get(one.report.reason_id, one.report.reason_id) if one.report.reason_id else "",
                text=one.report.text,
                at=one.report.made_at,
                outcome=outcome_word(one.report),
            )
            for one in found
        ),
    )


def reason_label(reason_id: str | None, labels: dict[str, str]) -> str:
    """A reason's label; one that is no longer configured is told by its id."""
    return gettext("in words of their own") if reason_id is None else labels.get(reason_id, reason_id)


def outcome_word(report: Report) -> str | None:
    """What became of a report, in a word of the catalogues."""
    return _OUTCOMES[ReportOutcome(report.outcome)] if report.outcome else None


def record_of(reporter: Reporter) -> str:
    """How well somebody reports, such as ``12 reports: 7 right, 2 wrong``."""
    count = ngettext("%(num)d report", "%(num)d reports", reporter.reports)
    if not (reporter.rightly or reporter.wrongly):
        return count
    return gettext(
        "%(reports)s: %(right)s right, %(wrong)s wrong", reports=count, right=reporter.rightly, wrong=reporter.wrongly
    )


def blueprint() -> Blueprint:
    """The routes under ``/review/reporters``."""
    pages = Blueprint("reporter_pages", __name__, url_prefix=REPORTERS)

    @pages.get("")
    def reporters() -> Response:
        with services().database.reading() as db:
            sites = sites_reached(db, person(), READ)
            found = newest_reporters(db, [site.id for site in sites])
            return desk_page(
                "desk/reporters.html",
                here=QUEUE,
                db=db,
                reporters=[(one, record_of(one), weight_of(one)) for one in found],
                several_sites=len(sites) > 1,
            )

    @pages.get("/<reporter_id>")
    def reporter(reporter_id: str) -> Response:
        return _reporter_page(known_id(reporter_id))

    @pages.post("/<reporter_id>/<any(mute, unmute):verb>")
    def mute(reporter_id: str, verb: str) -> Response:
        action = mute_reporter(services(), person(), known_id(reporter_id), muted=verb == "mute")
        return redirect(f"{REPORTERS}/{known_id(reporter_id)}{f'?done={action}' if action else ''}", 303)

    return pages


def _reporter_page(reporter_id: str) -> Response:
    actor, configuration = person(), services().configuration.current()
    with services().database.reading() as db:
        found = reporter_reached(db, actor, READ, reporter_id)
        reports = reported_by(db, found.id, scopes(actor, READ, [found.site_id]))
        labels = {reason.id: reason.label for reason in configuration.reasons}
        return desk_page(
            "desk/reporter.html",
            here=QUEUE,
            db=db,
            reporter=found,
            record=record_of(found),
            weight=weight_of(found),
            reports=[
                (report, comment, labels.get(report.reason_id or "", report.reason_id), outcome_word(report))
                for report, comment in reports
            ],
            blurs=blurs_for(db, actor, [comment.id for _, comment in reports]),
            may_mute=reachable(actor, MODERATE, whole(found.site_id)),
            here_path=f"{REPORTERS}/{found.id}",
            done=done_here(db, actor),
        )
