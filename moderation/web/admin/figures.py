"""Figures of the service: what waits, arrives and is decided, and how well scores and people agree."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO

from flask import Blueprint, Response, abort
from sqlalchemy.orm import Session

from moderation.accounts.reachable import sites_reached
from moderation.core.intervals import ENOUGH, Interval, share_interval
from moderation.core.reach import ADMIN
from moderation.policy_lab.agreement import LabelAgreement, label_agreement
from moderation.storage.desk import account_names
from moderation.storage.figures import Figures, Range, figures, waiting_now
from moderation.storage.replay import decided_by_people
from moderation.storage.reports import ReportFigures, report_figures
from moderation.web.admin.figures_view import (
    RANGE_WORDS,
    appeal_table,
    bin_plot,
    bin_table,
    label_lines,
    moderator_lines,
    moderator_name,
    reading_words,
    reason_lines,
    reason_name,
    report_lines,
    report_reason,
    section_lines,
    time_plot,
    time_table,
)
from moderation.web.admin.frame import admin_blueprint, admin_page
from moderation.web.shared.access import person, services
from moderation.web.shared.cache import recently
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import argument, tell_times_of, time_zone
from moderation.web.shared.signals import signal_name
from moderation.web.shared.wording import age

HERE = "/admin/figures"
KEPT_FOR = timedelta(seconds=30)
LONG_KEPT_FOR = timedelta(minutes=5)
"""For what goes back further than a month: it takes a second or more to count, and changes little in minutes."""
COMPARED = 20_000
"""How many decisions, the newest, the scores are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Of which site (None: all that this person administers), how far back, and which score in detail."""

    site: str | None
    sites: tuple[str, ...]
    over: Range

    @property
    def chosen(self) -> tuple[str, ...]:
        return self.sites if self.site is None else (self.site,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    figures: Figures
    reports: ReportFigures
    labels: tuple[LabelAgreement, ...]


def blueprint() -> Blueprint:
    """The routes under ``/admin/figures``."""
    pages = admin_blueprint("figures_pages")

    @pages.get("/figures")
    def page() -> Response:
        with services().database.reading() as db:
            asked = _asked(db)
            return _page(db, asked, _counted(db, asked))

    @pages.get("/figures/<name>.csv")
    def as_csv(name: str) -> Response:
        if name not in _HEADS:
            abort(404, gettext("There is no such table."))
        with services().database.reading() as db:
            asked = _asked(db)
            rows = list(_rows(name, _counted(db, asked), account_names(db)))
        return _csv(name, asked, rows)

    return pages


def _asked(db: Session) -> Asked:
    sites = tuple(site.id for site in sites_reached(db, person(), ADMIN))
    site, over = argument("site"), argument("range", 4)
    if site in sites:
        tell_times_of(site)
    return Asked(
        site=site if site in sites else None,
        sites=sites,
        over=Range(over) if over in list(Range) else Range.MONTH,
    )


def _counted(db: Session, asked: Asked) -> Counted:
    now, by_moderator = services().clock(), services().configuration.current().figures.by_moderator
    zone = time_zone()

    def count() -> Counted:
        return Counted(
            figures=figures(db, asked.chosen, now=now, over=asked.over, zone=zone, by_moderator=by_moderator),
            reports=report_figures(db, asked.chosen, now - timedelta(days=asked.over.days)),
            labels=label_agreement(decided_by_people(db, asked.chosen, None, limit=COMPARED)),
        )

    kept_for = KEPT_FOR if asked.over.step == 1 else LONG_KEPT_FOR
    key = (asked.chosen, asked.over, by_moderator, zone.key, now.astimezone(zone).date())
    found: Counted = recently(f"figures {asked.over.step}", kept_for, maximum=20).get(key, count)
    return found


def _page(db: Session, asked: Asked, counted: Counted) -> Response:
    now, reasons = services().clock(), services().configuration.current().reasons
    found, waiting = counted.figures, waiting_now(db, asked.chosen)
    label = next((one for one in counted.labels if one.label == argument("label")), next(iter(counted.labels), None))
    return admin_page(
        "admin/figures.html",
        here=HERE,
        asked=asked,
        ranges={over.value: gettext(words) for over, words in RANGE_WORDS.items()},
        over=gettext(RANGE_WORDS[asked.over]),
        waiting=waiting.count,
        oldest=waiting.oldest,
        longest=age(waiting.oldest, now) if waiting.oldest else None,
        arrived=sum(column.arrived for column in found.columns),
        decided=sum(column.approved + column.rejected for column in found.columns),
        by_policy=sum(column.by_policy for column in found.columns),
        time_plot=time_plot(found.columns, asked.over),
        time_table=time_table(found.columns, asked.over),
        reasons=reason_lines(found, reasons),
        appeals=appeal_table(found, reasons),
        sections=section_lines(found.sections),
        reports=counted.reports,
        report_lines=report_lines(counted.reports, reasons),
        moderators=None if found.moderators is None else moderator_lines(found.moderators, account_names(db)),
        labels=label_lines(counted.labels),
        choices={one.label: signal_name(one.label) for one in counted.labels},
        label=label,
        label_words=signal_name(label.label) if label else "",
        bin_plot=bin_plot(label) if label else None,
        bin_table=bin_table(label) if label else None,
        reading=reading_words(label) if label else "",
    )


_HEADS = {
    "time": ("first_day", "arrived", "approved_by_people", "rejected_by_people", "by_policy"),
    "reasons": ("reason", "refused"),
    "appeals": ("reason", "asked", "upheld", "partly_reversed", "reversed", "median_hours_to_answer"),
    "reports": ("reason", "reported", "rightly"),
    "sections": ("section", "arrived", "approved", "rejected"),
    "moderators": ("moderator", "approved", "rejected"),
    "agreement": (
        *("score", "from", "to", "comments", "rejected", "right_of_100_pairs"),
        *("rejected_of_100_low", "rejected_of_100_high", "right_low", "right_high"),
    ),
}
"""The tables, and the heads of their columns."""


def _rows(name: str, counted: Counted, names: dict[str, str]) -> Iterator[Sequence[object]]:
    found = counted.figures
    if name == "time":
        for column in found.columns:
            yield column.first, column.arrived, column.approved, column.rejected, column.by_policy
    elif name == "reasons":
        reasons = services().configuration.current().reasons
        yield from ((reason_name(reason, reasons), count) for reason, count in found.reasons)
    elif name == "appeals":
        reasons = services().configuration.current().reasons
        for count in found.appeals:
            hours = "" if count.decided_in is None else f"{count.decided_in.total_seconds() / 3600:.1f}"
            numbers = (count.asked, count.upheld, count.partly_reversed, count.reversed)
            yield reason_name(count.reason, reasons), *numbers, hours
    elif name == "reports":
        reasons = services().configuration.current().reasons
        yield from ((report_reason(reason, reasons), count, right) for reason, count, right in counted.reports.reasons)
    elif name == "sections":
        yield from ((part.name or "", part.arrived, part.approved, part.rejected) for part in found.sections)
    elif name == "moderators":
        if found.moderators is None:
            abort(404, gettext("Figures by moderator are switched off: figures.by_moderator in the configuration."))
        yield from ((moderator_name(part.name, names), part.approved, part.rejected) for part in found.moderators)
    else:
        for one in counted.labels:
            ranked = "" if one.ranked is None else f"{100 * one.ranked:.1f}"
            for piece in one.bins:
                sure = piece.comments >= ENOUGH
                between = share_interval(piece.rejected, piece.comments) if sure else None
                counts = (piece.low, piece.high, piece.comments, piece.rejected)
                yield one.label, *counts, ranked, *_of_100(between), *_of_100(one.ranked_between)


def _of_100(between: Interval | None) -> tuple[str, str]:
    """An interval's edges; empty where there are too few to say."""
    return ("", "") if between is None else (f"{100 * between[0]:.1f}", f"{100 * between[1]:.1f}")


def _csv(name: str, asked: Asked, rows: Sequence[Sequence[object]]) -> Response:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(_HEADS[name])
    writer.writerows([_cell(value) for value in row] for row in rows)
    answer = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    site = asked.site or "all"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{site}-{asked.over}-days.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe, as sections are named by others."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
