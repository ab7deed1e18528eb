"""Figures as the page draws them, each beside its table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from moderation.config.configuration import ReasonChoice
from moderation.core.intervals import ENOUGH, TOO_FEW, share_interval, share_words
from moderation.policy_lab.agreement import SPEAKS_FOR, Bin, LabelAgreement
from moderation.storage.figures import Column, Figures, Part, Range
from moderation.storage.reports import ReportFigures
from moderation.web.shared.plots import Piece, Plot, column_plot
from moderation.web.shared.wording import age, percent

RANGE_WORDS = {
    Range.WEEK: "7 days",
    Range.MONTH: "30 days",
    Range.QUARTER: "13 weeks",
    Range.YEAR: "52 weeks",
}
A_LITTLE = 0.6
FEW = "few"
"""The kind of what is drawn of too few comments to say."""
POLICY_REASON = "the policy, by itself"
NO_REASON = "no reason given"


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
        arrived = [Piece(kind="arrived", value=column.arrived, words=f"{when}: {column.arrived:,} arrived")]
        decided = [
            Piece(kind="approved", value=column.approved, words=f"{when}: {column.approved:,} approved by people"),
            Piece(kind="rejected", value=column.rejected, words=f"{when}: {column.rejected:,} rejected by people"),
            Piece(kind="policy", value=column.by_policy, words=f"{when}: {column.by_policy:,} decided by the policy"),
        ]
        groups.append((arrived, decided))
    return column_plot(groups, [short_day(column.first) for column in columns])


def time_table(columns: Sequence[Column], over: Range) -> Table:
    return Table(
        heads=("Week from" if over.step > 1 else "Day", "Arrived", "Approved", "Rejected", "By the policy alone"),
        rows=tuple(
            (
                column.first.isoformat(),
                *(f"{count:,}" for count in (column.arrived, column.approved, column.rejected, column.by_policy)),
            )
            for column in columns
        ),
    )


def column_name(first: date, over: Range) -> str:
    if over.step == 1:
        return short_day(first)
    return f"{short_day(first)} to {short_day(first + timedelta(days=over.step - 1))}"


def short_day(day: date) -> str:
    return f"{day.day} {day:%b}"


# --- by reason, section, moderator ------------------------------------------------------------------------------------


def reason_name(reason: str | None, reasons: Sequence[ReasonChoice]) -> str:
    labels = {choice.id: choice.label for choice in reasons}
    return POLICY_REASON if reason is None else labels.get(reason, reason) or NO_REASON


def reason_lines(figures: Figures, reasons: Sequence[ReasonChoice]) -> Lines:
    """Refusals by their reason, the most frequent first."""
    maximum, total = max((count for _, count in figures.reasons), default=1), sum(n for _, n in figures.reasons)
    return Lines(
        heads=("Reason", "Refused", "Share"),
        lines=tuple(
            Line(
                name=reason_name(reason, reasons),
                pieces=(("policy" if reason is None else "rejected", "0", percent(count / maximum)),),
                cells=(f"{count:,}", share_words(count, total)),
            )
            for reason, count in figures.reasons
        ),
    )


def report_reason(reason: str | None, reasons: Sequence[ReasonChoice]) -> str:
    return "In words of their own" if reason is None else reason_name(reason, reasons)


def report_lines(reports: ReportFigures, reasons: Sequence[ReasonChoice]) -> Lines:
    """Readers' reports by their reason, the most frequent first."""
    maximum = max((count for _, count, _ in reports.reasons), default=1)
    return Lines(
        heads=("Reason", "Reported", "Rightly"),
        lines=tuple(
            Line(
                name=report_reason(reason, reasons),
                pieces=(("rejected", "0", percent(count / maximum)),),
                cells=(f"{count:,}", share_words(right, count)),
            )
            for reason, count, right in reports.reasons
        ),
    )


def section_lines(sections: Sequence[Part]) -> Lines:
    """What arrived in each section, and what was approved and rejected there."""
    maximum = max((max(part.arrived, part.decided) for part in sections), default=1) or 1
    return Lines(
        heads=("Section", "Arrived", "Approved", "Rejected", "Share rejected"),
        lines=tuple(
            Line(
                name=part.name or "no section",
                pieces=tuple(_pieces(part, maximum)),
                cells=(
                    f"{part.arrived:,}",
                    f"{part.approved:,}",
                    f"{part.rejected:,}",
                    share_words(part.rejected, part.decided),
                ),
            )
            for part in sections
        ),
    )


def moderator_lines(moderators: Sequence[Part], names: Mapping[str, str]) -> Lines:
    """How much each moderator decided."""
    maximum = max((part.decided for part in moderators), default=1) or 1
    return Lines(
        heads=("Moderator", "Decided", "Approved", "Rejected", "Share rejected"),
        lines=tuple(
            Line(
                name=moderator_name(part.name, names),
                pieces=tuple(_pieces(part, maximum)),
                cells=(
                    f"{part.decided:,}",
                    f"{part.approved:,}",
                    f"{part.rejected:,}",
                    share_words(part.rejected, part.decided),
                ),
            )
            for part in moderators
        ),
    )


def moderator_name(account_id: str | None, names: Mapping[str, str]) -> str:
    return "a site’s own key" if account_id is None else names.get(account_id, "an account that is gone")


def _pieces(part: Part, maximum: int) -> Iterator[tuple[str, str, str]]:
    before = 0
    for kind, count in (("approved", part.approved), ("rejected", part.rejected)):
        yield kind, percent(before / maximum), percent(count / maximum)
        before += count


def appeal_table(figures: Figures, reasons: Sequence[ReasonChoice]) -> Table:
    """Other looks that were asked for, by the reason of the refusal, and what became of them."""
    return Table(
        heads=("Reason", "Asked", "Upheld", "Partly reversed", "Reversed", "Share reversed", "Usual time to answer"),
        rows=tuple(
            (
                reason_name(count.reason, reasons),
                *(f"{number:,}" for number in (count.asked, count.upheld, count.partly_reversed, count.reversed)),
                share_words(count.reversed, count.upheld + count.partly_reversed + count.reversed),
                age(_EPOCH, _EPOCH + count.answered_in) if count.answered_in is not None else "–",
            )
            for count in figures.appeals
        ),
    )


_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


# --- scores and people ------------------------------------------------------------------------------------------------


def label_name(label: str) -> str:
    return label.replace("_", " ")


def label_lines(labels: Iterable[LabelAgreement]) -> Lines:
    """How often each score puts a rejected comment on its bad side: drawn from 50, which a coin reaches, to 100."""
    return Lines(
        heads=("Score", "Right, of 100 pairs", "In words"),
        lines=tuple(
            Line(
                name=label_name(one.label),
                pieces=(("arrived" if one.ranked_between else FEW, "0", percent(((one.ranked or 0.5) - 0.5) * 2)),),
                cells=_ranked_cells(one),
            )
            for one in labels
        ),
    )


def _ranked_cells(one: LabelAgreement) -> tuple[str, str]:
    if one.ranked is None:
        return "–", "nothing to compare: only one kind was decided"
    if one.ranked_between is None:
        return "–", f"{TOO_FEW}: {ENOUGH} of each kind are needed"
    low, high = one.ranked_between
    chance = ", which may be chance" if low <= 0.5 <= high and one.ranked >= A_LITTLE else ""
    return f"{100 * one.ranked:.0f} ({100 * low:.0f} to {100 * high:.0f})", rank_words(one.ranked) + chance


def rank_words(ranked: float) -> str:
    """What a share of pairs means."""
    if ranked >= 0.9:
        return "agrees very well"
    if ranked >= 0.8:
        return "agrees well"
    if ranked >= 0.7:
        return "agrees fairly"
    return "agrees a little" if ranked >= A_LITTLE else "tells nothing"


def bin_plot(label: LabelAgreement) -> Plot:
    """The share that moderators rejected, by score."""
    groups = [
        ([Piece(kind=_kind(found), value=_rejected(found) or 0, words=bin_words(label.label, found))],)
        for found in label.bins
    ]
    return column_plot(groups, [_from(found) for found in label.bins], maximum=100, unit="%")


def bin_table(label: LabelAgreement) -> Table:
    return Table(
        heads=("Score", "Comments", "Rejected", "Share"),
        rows=tuple(
            (
                f"{found.low:.1f} to {found.high:.1f}",
                f"{found.comments:,}",
                f"{found.rejected:,}",
                share_words(found.rejected, found.comments),
            )
            for found in label.bins
        ),
    )


def bin_words(label: str, found: Bin) -> str:
    between = f"{label_name(label)} {found.low:.1f} to {found.high:.1f}"
    few = f", {TOO_FEW}" if found.comments < ENOUGH else ""
    return f"{between}: {found.rejected:,} of {found.comments:,} rejected{few}"


def _kind(found: Bin) -> str:
    return "rejected" if found.comments >= ENOUGH else FEW


def reading_words(label: LabelAgreement) -> str:
    """What the plot tells, in a sentence."""
    told = [found for found in label.bins if found.comments >= ENOUGH]
    if len(told) < 2:
        return f"The comments decided so far are {TOO_FEW} how this score and the moderators go together."
    low, high = told[0], told[-1]
    name = label_name(label.label)
    words = (
        f"Of comments with a {name} from {low.low:.1f} to {low.high:.1f}, moderators rejected "
        f"{share_words(low.rejected, low.comments)}; of those from {high.low:.1f} to {high.high:.1f}, "
        f"{share_words(high.rejected, high.comments)}."
    )
    worse, better = (low, high) if label.label == SPEAKS_FOR else (high, low)
    if share_interval(worse.rejected, worse.comments)[0] > share_interval(better.rejected, better.comments)[1]:
        return words
    rises = worse.rejected / worse.comments > better.rejected / better.comments
    return f"{words} {'The difference may be chance.' if rises else 'The score doesn’t tell them apart here.'}"


def _rejected(found: Bin) -> float | None:
    return 100 * found.rejected / found.comments if found.comments else None


def _from(found: Bin) -> str:
    return f"{found.low:.1f}"
