"""Figures as the page draws them, each beside its table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_skeleton

from moderation.config.configuration import ReasonChoice
from moderation.core.intervals import ENOUGH, share_interval
from moderation.core.messages import ENGLISH, noted
from moderation.policy_lab.agreement import SPEAKS_FOR, Bin, LabelAgreement
from moderation.storage.figures import Column, Figures, Part, Range
from moderation.storage.reports import ReportFigures
from moderation.web.admin.shares import few_told, share_told
from moderation.web.shared.languages import gettext, language, said
from moderation.web.shared.plots import Piece, Plot, column_plot
from moderation.web.shared.signals import signal_name
from moderation.web.shared.wording import duration, number, percent

RANGE_WORDS = {
    Range.WEEK: noted("7 days"),
    Range.MONTH: noted("30 days"),
    Range.QUARTER: noted("13 weeks"),
    Range.YEAR: noted("52 weeks"),
}
A_LITTLE = 0.6
FEW = "few"
"""The kind of what is drawn of too few comments to say."""
POLICY_REASON = noted("the policy, by itself")
NO_REASON = noted("no reason given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a plot shows, in numbers; the first cell of a row names it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row with a bar of its own: pieces from left to right, each as its kind, begin and length in per cent."""

    name: str
    pieces: tuple[tuple[str, str, str], ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Rows with bars: plot and table in one."""

    heads: tuple[str, ...]
    lines: tuple[Line, ...]


# --- over time --------------------------------------------------------------------------------------------------------


def time_plot(columns: Sequence[Column], over: Range) -> Plot:
    """What arrived, beside what was decided: by people, approved and rejected, and by the policy alone."""
    groups = []
    for column in columns:
        when = column_name(column.first, over)
        arrived = [
            Piece(
                kind="arrived",
                value=column.arrived,
                words=gettext("%(when)s: %(count)s arrived", when=when, count=number(column.arrived)),
            )
        ]
        decided = [
            Piece(
                kind="approved",
                value=column.approved,
                words=gettext("%(when)s: %(count)s approved by people", when=when, count=number(column.approved)),
            ),
            Piece(
                kind="rejected",
                value=column.rejected,
                words=gettext("%(when)s: %(count)s rejected by people", when=when, count=number(column.rejected)),
            ),
            Piece(
                kind="policy",
                value=column.by_policy,
                words=gettext("%(when)s: %(count)s decided by the policy", when=when, count=number(column.by_policy)),
            ),
        ]
        groups.append((arrived, decided))
    return column_plot(groups, [short_day(column.first) for column in columns])


def time_table(columns: Sequence[Column], over: Range) -> Table:
    return Table(
        heads=(
            gettext("Week from") if over.step > 1 else gettext("Day"),
            *(gettext("Arrived"), gettext("Approved"), gettext("Rejected"), gettext("By the policy alone")),
        ),
        rows=tuple(
            (
                column.first.isoformat(),
                *(number(count) for count in (column.arrived, column.approved, column.rejected, column.by_policy)),
            )
            for column in columns
        ),
    )


def column_name(first: date, over: Range) -> str:
    if over.step == 1:
        return short_day(first)
    last = first + timedelta(days=over.step - 1)
    return gettext("%(low)s to %(high)s", low=short_day(first), high=short_day(last))


def short_day(day: date) -> str:
    return f"{day.day} {day:%b}" if language() == ENGLISH else format_skeleton("Md", day, locale=language())


# --- by reason, section, moderator ------------------------------------------------------------------------------------


def reason_name(reason: str | None, reasons: Sequence[ReasonChoice]) -> str:
    labels = {choice.id: choice.label for choice in reasons}
    if reason is None:
        return gettext(POLICY_REASON)
    return str(said(labels.get(reason, reason))) or gettext(NO_REASON)


def reason_lines(figures: Figures, reasons: Sequence[ReasonChoice]) -> Lines:
    """Refusals by their reason, the most frequent first."""
    maximum, total = max((count for _, count in figures.reasons), default=1), sum(n for _, n in figures.reasons)
    return Lines(
        heads=(gettext("Reason"), gettext("Refused"), gettext("Share")),
        lines=tuple(
            Line(
                name=reason_name(reason, reasons),
                pieces=(("policy" if reason is None else "rejected", "0", percent(count / maximum)),),
                cells=(number(count), share_told(count, total)),
            )
            for reason, count in figures.reasons
        ),
    )


def report_reason(reason: str | None, reasons: Sequence[ReasonChoice]) -> str:
    return gettext("In words of their own") if reason is None else reason_name(reason, reasons)


def report_lines(reports: ReportFigures, reasons: Sequence[ReasonChoice]) -> Lines:
    """Readers' reports by their reason, the most frequent first."""
    maximum = max((count for _, count, _ in reports.reasons), default=1)
    return Lines(
        heads=(gettext("Reason"), gettext("Reported"), gettext("Rightly")),
        lines=tuple(
            Line(
                name=report_reason(reason, reasons),
                pieces=(("rejected", "0", percent(count / maximum)),),
                cells=(number(count), share_told(right, count)),
            )
            for reason, count, right in reports.reasons
        ),
    )


def section_lines(sections: Sequence[Part]) -> Lines:
    """What arrived in each section, and what was approved and rejected there."""
    maximum = max((max(part.arrived, part.decided) for part in sections), default=1) or 1
    return Lines(
        heads=(
            gettext("Section"),
            gettext("Arrived"),
            gettext("Approved"),
            gettext("Rejected"),
            gettext("Share rejected"),
        ),
        lines=tuple(
            Line(
                name=part.name or gettext("no section"),
                pieces=tuple(_pieces(part, maximum)),
                cells=(
                    number(part.arrived),
                    number(part.approved),
                    number(part.rejected),
                    share_told(part.rejected, part.decided),
                ),
            )
            for part in sections
        ),
    )


def moderator_lines(moderators: Sequence[Part], names: Mapping[str, str]) -> Lines:
    """How much each moderator decided."""
    maximum = max((part.decided for part in moderators), default=1) or 1
    return Lines(
        heads=(
            gettext("Moderator"),
            gettext("Decided"),
            gettext("Approved"),
            gettext("Rejected"),
            gettext("Share rejected"),
        ),
        lines=tuple(
            Line(
                name=moderator_name(part.name, names),
                pieces=tuple(_pieces(part, maximum)),
                cells=(
                    number(part.decided),
                    number(part.approved),
                    number(part.rejected),
                    share_told(part.rejected, part.decided),
                ),
            )
            for part in moderators
        ),
    )


def moderator_name(account_id: str | None, names: Mapping[str, str]) -> str:
    if account_id is None:
        return gettext("a site’s own key")
    return names.get(account_id) or gettext("an account that is gone")


def _pieces(part: Part, maximum: int) -> Iterator[tuple[str, str, str]]:
    before = 0
    for kind, count in (("approved", part.approved), ("rejected", part.rejected)):
        yield kind, percent(before / maximum), percent(count / maximum)
        before += count


def appeal_table(figures: Figures, reasons: Sequence[ReasonChoice]) -> Table:
    """Other looks that were asked for, by the reason of the refusal, and what became of them."""
    return Table(
        heads=(
            gettext("Reason"),
            gettext("Asked"),
            gettext("Upheld"),
            gettext("Partly reversed"),
            gettext("Reversed"),
            gettext("Share reversed"),
            gettext("Usual time to answer"),
        ),
        rows=tuple(
            (
                reason_name(count.reason, reasons),
                *map(number, (count.asked, count.upheld, count.partly_reversed, count.reversed)),
                share_told(count.reversed, count.upheld + count.partly_reversed + count.reversed),
                duration(count.decided_in) if count.decided_in is not None else "–",
            )
            for count in figures.appeals
        ),
    )


# --- scores and people ------------------------------------------------------------------------------------------------


def label_lines(labels: Iterable[LabelAgreement]) -> Lines:
    """How often each score puts a rejected comment on its bad side: drawn from 50, which a coin reaches, to 100."""
    return Lines(
        heads=(gettext("Score"), gettext("Right, of 100 pairs"), gettext("In words")),
        lines=tuple(
            Line(
                name=signal_name(one.label),
                pieces=(("arrived" if one.ranked_between else FEW, "0", percent(((one.ranked or 0.5) - 0.5) * 2)),),
                cells=_ranked_cells(one),
            )
            for one in labels
        ),
    )


def _ranked_cells(one: LabelAgreement) -> tuple[str, str]:
    if one.ranked is None:
        return "–", gettext("nothing to compare: only one kind was decided")
    if one.ranked_between is None:
        return "–", gettext("too few to say: %(number)s of each kind are needed", number=ENOUGH)
    low, high = one.ranked_between
    words = rank_words(one.ranked)
    if low <= 0.5 <= high and one.ranked >= A_LITTLE:
        words = gettext("%(agrees)s, which may be chance", agrees=words)
    edges = {"low": f"{100 * low:.0f}", "high": f"{100 * high:.0f}"}
    return gettext("%(share)s (%(low)s to %(high)s)", share=f"{100 * one.ranked:.0f}", **edges), words


def rank_words(ranked: float) -> str:
    """What a share of pairs means."""
    if ranked >= 0.9:
        return gettext("agrees very well")
    if ranked >= 0.8:
        return gettext("agrees well")
    if ranked >= 0.7:
        return gettext("agrees fairly")
    return gettext("agrees a little") if ranked >= A_LITTLE else gettext("tells nothing")


def bin_plot(label: LabelAgreement) -> Plot:
    """The share that moderators rejected, by score."""
    groups = [
        ([Piece(kind=_kind(found), value=_rejected(found) or 0, words=bin_words(label.label, found))],)
        for found in label.bins
    ]
    return column_plot(groups, [_from(found) for found in label.bins], maximum=100, unit="%")


def bin_table(label: LabelAgreement) -> Table:
    return Table(
        heads=(gettext("Score"), gettext("Comments"), gettext("Rejected"), gettext("Share")),
        rows=tuple(
            (
                _bounds(found),
                number(found.comments),
                number(found.rejected),
                share_told(found.rejected, found.comments),
            )
            for found in label.bins
        ),
    )


def bin_words(label: str, found: Bin) -> str:
    words = gettext(
        "%(score)s %(between)s: %(rejected)s of %(comments)s rejected",
        score=signal_name(label),
        between=_bounds(found),
        rejected=number(found.rejected),
        comments=number(found.comments),
    )
    return words if found.comments >= ENOUGH else f"{words}, {few_told()}"


def _bounds(found: Bin) -> str:
    return gettext("%(low)s to %(high)s", low=f"{found.low:.1f}", high=f"{found.high:.1f}")


def _kind(found: Bin) -> str:
    return "rejected" if found.comments >= ENOUGH else FEW


def reading_words(label: LabelAgreement) -> str:
    """What the plot tells, in a sentence."""
    told = [found for found in label.bins if found.comments >= ENOUGH]
    if len(told) < 2:
        return gettext("The comments decided so far are too few to say how this score and the moderators go together.")
    low, high = told[0], told[-1]
    words = gettext(
        "Of comments with a %(score)s from %(from1)s to %(to1)s, moderators rejected %(share1)s; of those from "
        "%(from2)s to %(to2)s, %(share2)s.",
        score=signal_name(label.label),
        from1=f"{low.low:.1f}",
        to1=f"{low.high:.1f}",
        share1=share_told(low.rejected, low.comments),
        from2=f"{high.low:.1f}",
        to2=f"{high.high:.1f}",
        share2=share_told(high.rejected, high.comments),
    )
    worse, better = (low, high) if label.label == SPEAKS_FOR else (high, low)
    if share_interval(worse.rejected, worse.comments)[0] > share_interval(better.rejected, better.comments)[1]:
        return words
    rises = worse.rejected / worse.comments > better.rejected / better.comments
    more = gettext("The difference may be chance.") if rises else gettext("The score doesn’t tell them apart here.")
    return f"{words} {more}"


def _rejected(found: Bin) -> float | None:
    return 100 * found.rejected / found.comments if found.comments else None


def _from(found: Bin) -> str:
    return f"{found.low:.1f}"
