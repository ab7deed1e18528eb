"""The plot of `moderation perspective compare`: an SVG file with what each would hold, by threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from moderation.perspective.comparison import Comparison, shares_held

WIDTH, HEIGHT = 520, 260
LEFT, TOP, RIGHT, BOTTOM = 56, 34, 16, 44
THRESHOLDS = [step / 200 for step in range(201)]
_INSIDE = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
THEIRS, OURS, QUIET = "#b3541e", "#1d5fa8", "#666666"


def plot(series: Mapping[str, tuple[Sequence[float], Sequence[float]]], compared: Mapping[str, Comparison]) -> str:
    """An SVG document with a panel for each attribute: shares of texts held over thresholds, Perspective's and ours.

    A dashed line marks today's threshold, a dotted one that at which ours holds as many.
    """
    panels = [
        f'<g transform="translate(0,{index * HEIGHT})">{_panel(name, theirs, ours, compared[name])}</g>'
        for index, (name, (theirs, ours)) in enumerate(series.items())
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT * len(panels)}" width="{WIDTH}" '
        f'font-family="system-ui, sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"<title>Share of texts held by threshold: Perspective and ours</title>"
        f'<defs><clipPath id="inside"><rect {_INSIDE}/></clipPath></defs>{"".join(panels)}</svg>\n'
    )


def _panel(name: str, theirs: Sequence[float], ours: Sequence[float], one: Comparison) -> str:
    curves = [shares_held(theirs, THRESHOLDS), shares_held(ours, THRESHOLDS)]
    # The right half is what matters: nobody holds at 0.05, and there the share is near one.
    top = max(0.05, *(curve[100] for curve in curves)) * 1.1
    parts = [_axes(top), f'<text x="{LEFT}" y="20" font-weight="600">{escape(name)}: texts held, by threshold</text>']
    for curve, colour, words, row in zip(curves, (THEIRS, OURS), ("Perspective", "ours"), (0, 1), strict=True):
        points = " ".join(
            f"{_x(threshold):.1f},{_y(share, top):.1f}" for threshold, share in zip(THRESHOLDS, curve, strict=True)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" clip-path="url(#inside)"/>'
        )
        parts.append(f'<text x="{WIDTH - 130 + 80 * row}" y="20" fill="{colour}">{words}</text>')
    ours_right = one.same_rate is None or one.same_rate >= one.threshold
    parts.append(_line_at(one.threshold, "4 3", THEIRS, right=not ours_right))
    if one.same_rate is not None:
        parts.append(_line_at(one.same_rate, "1 3", OURS, right=ours_right))
    return "".join(parts)


def _axes(top: float) -> str:
    parts = [f'<rect {_INSIDE} fill="none" stroke="{QUIET}"/>']
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1):
        parts.append(
            f'<text x="{_x(tick):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="{QUIET}">{tick:g}</text>'
        )
    for part in (0, 0.5, 1):
        parts.append(
            f'<text x="{LEFT - 6}" y="{_y(part * top, top) + 4:.1f}" text-anchor="end" fill="{QUIET}">'
            f"{part * top:.1%}</text>"
        )
    return "".join(parts)


def _line_at(threshold: float, dashes: str, colour: str, *, right: bool) -> str:
    """A line at a threshold. Its number stands to its right or left, so that two never lie on each other."""
    x = f"{_x(threshold):.1f}"
    side, off = ("start", "-4") if right else ("end", "4")
    return (
        f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="{colour}" stroke-dasharray="{dashes}"/>'
        f'<text x="{x}" dx="{off}" y="{HEIGHT - 10}" text-anchor="{side}" fill="{colour}">{threshold:.3g}</text>'
    )


def _x(threshold: float) -> float:
    return LEFT + threshold * (WIDTH - LEFT - RIGHT)


def _y(share: float, top: float) -> float:
    return HEIGHT - BOTTOM - share / top * (HEIGHT - TOP - BOTTOM)
