"""Plots as the templates draw them: lengths across in per cent, so that a plot fits any width and its letters keep
their size; lengths down in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.web.shared.wording import number

HEIGHT = 200
TOP = 8
_STEPS = (1, 1.2, 1.6, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A tick of the vertical axis."""

    y: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands under the horizontal axis."""

    x: str
    anchor: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """One bar, or a piece of one; ``words`` are told where the pointer rests on it."""

    kind: str
    x: str
    width: str
    y: str
    height: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    height: int
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    rects: tuple[Rect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a bar before it is drawn."""

    kind: str
    value: float
    words: str


Group = Sequence[Sequence[Piece]]
"""The bars that stand side by side at one place; each is a stack of pieces, the lowest first."""


def column_plot(groups: Sequence[Group], names: Sequence[str], *, maximum: float | None = None, unit: str = "") -> Plot:
    """Groups of stacked bars from left to right. ``names`` stand under some of them, as many as have room on a phone;
    ``maximum`` is the axis's end, or else what the tallest bar needs.
    """
    top = maximum or _round_up(max((sum(piece.value for piece in bar) for group in groups for bar in group), default=0))
    wide = 100 / max(len(groups), 1)
    rects = []
    for at, group in enumerate(groups):
        each = wide * 0.8 / len(group)
        for place, bar in enumerate(group):
            rects += _stack(bar, at * wide + wide * 0.1 + place * each, each * 0.92, top)
    return Plot(
        height=HEIGHT,
        ticks=tuple(_ticks(top, unit)),
        labels=tuple(_labels(names, wide)),
        rects=tuple(rects),
    )


def _stack(bar: Sequence[Piece], x: float, width: float, top: float) -> list[Rect]:
    found, base = [], float(HEIGHT)
    for piece in bar:
        height = (HEIGHT - TOP) * piece.value / top
        base -= height
        if piece.value:
            found.append(
                Rect(
                    kind=piece.kind,
                    x=f"{x:.3f}",
                    width=f"{width:.3f}",
                    y=f"{base:.1f}",
                    height=f"{height:.1f}",
                    words=piece.words,
                )
            )
    return found


def _round_up(value: float) -> float:
    """The next number that an axis may end with; at least 4, so that there are four whole steps."""
    scale = 1.0
    while scale * 10 < value:
        scale *= 10
    return max(next(step * scale for step in _STEPS if step * scale >= value), 4.0)


def _ticks(top: float, unit: str) -> list[Tick]:
    parts = next((parts for parts in (4, 5, 3) if unit or (top / parts).is_integer()), 2)
    return [
        Tick(y=f"{HEIGHT - (HEIGHT - TOP) * n / parts:.1f}", words=f"{number(round(top * n / parts))}{unit}")
        for n in range(parts + 1)
    ]


def _labels(names: Sequence[str], wide: float) -> list[Label]:
    every = max(1, -(-len(names) // 6))
    chosen = range(0, len(names), every)
    return [Label(x=f"{(at + 0.5) * wide:.3f}", anchor="middle", words=names[at]) for at in chosen]
