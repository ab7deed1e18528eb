"""Figures as the admin page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.configuration import ReasonChoice
from moderation.storage.figures import Day, Figures
from moderation.web.wording import age, percent

STEP = 24
"""How wide a day is in the drawing; it is 100 high."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A day's two bars; lengths in the drawing's own units."""

    x: int
    arrived_y: float
    arrived_height: float
    decided_y: float
    decided_height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRow:
    label: str
    count: int
    percent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresView:
    waiting: int
    longest: str | None
    today: Day
    days: tuple[Day, ...]
    width: int
    tallest: int
    pairs: tuple[Pair, ...]
    reasons: tuple[ReasonRow, ...]


def figures_view(figures: Figures, reasons: Sequence[ReasonChoice], now: datetime) -> FiguresView:
    """Numbers, bars and the table behind them."""
    labels = {reason.id: reason.label for reason in reasons}
    tallest = max([1, *(max(day.arrived, day.approved + day.rejected) for day in figures.days)])
    most = max([1, *(count for _, count in figures.reasons)])
    return FiguresView(
        waiting=figures.waiting,
        longest=age(figures.oldest, now) if figures.oldest else None,
        today=figures.days[-1],
        days=figures.days,
        width=STEP * len(figures.days),
        tallest=tallest,
        pairs=tuple(_pair(number, day, tallest) for number, day in enumerate(figures.days)),
        reasons=tuple(
            ReasonRow(label=labels.get(reason, reason), count=count, percent=percent(count / most))
            for reason, count in figures.reasons
        ),
    )


def _pair(number: int, day: Day, tallest: int) -> Pair:
    arrived = round(96 * day.arrived / tallest, 2)
    decided = round(96 * (day.approved + day.rejected) / tallest, 2)
    return Pair(
        x=number * STEP + 3,
        arrived_y=round(99 - arrived, 2),
        arrived_height=arrived,
        decided_y=round(99 - decided, 2),
        decided_height=decided,
    )
