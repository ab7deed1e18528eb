"""How sure a figure is: 95% intervals, and words that say so. Under ``ENOUGH`` a share is too few to say."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

ENOUGH = 30
"""So few comments say nothing of a share; for how two kinds are told apart, of the rarer kind."""
TOO_FEW = "too few to say"
_Z = NormalDist().inv_cdf(0.975)

Interval = tuple[float, float]
"""The lowest and the highest value that go with what was counted, 95 times in 100."""


def share_interval(part: int, whole: int) -> Interval:
    """Wilson's interval of a share, 0..1; ``whole`` is at least 1. It stays sound near 0 and 1 (Newcombe 1998)."""
    share, z2 = part / whole, _Z * _Z
    middle = share + z2 / (2 * whole)
    spread = _Z * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole * whole))
    scale = 1 + z2 / whole
    low = 0.0 if part == 0 else (middle - spread) / scale
    return low, 1.0 if part == whole else (middle + spread) / scale


def ranked_interval(ranked: float, ones: int, others: int) -> Interval:
    """The interval of how often one of ``ones`` is ranked over one of ``others`` (the area under the ROC curve, 0..1):
    Newcombe's method 5 of 2006, Wilson's idea with Hanley and McNeil's variance. Both kinds are there.
    """
    return _ranked_edge(ranked, 0.0, ones, others), _ranked_edge(ranked, 1.0, ones, others)


def _ranked_edge(ranked: float, outermost: float, ones: int, others: int) -> float:
    """The value nearest to ``outermost`` from which ``ranked`` is not too far to be chance."""
    outside, inside = outermost, ranked
    for _ in range(50):
        middle = (outside + inside) / 2
        if abs(middle - ranked) > _Z * math.sqrt(_ranked_variance(middle, ones, others)):
            outside = middle
        else:
            inside = middle
    return inside


def _ranked_variance(area: float, ones: int, others: int) -> float:
    more = (ones + others) / 2 - 1
    return area * (1 - area) * (1 + more * (1 - area) / (2 - area) + more * area / (1 + area)) / (ones * others)


def rank_correlation_interval(rho: float, count: int) -> Interval:
    """The interval of Spearman's rho over so many pairs, at least 4: Fisher's, with Bonett and Wright's variance."""
    if abs(rho) >= 1:
        return rho, rho
    spread = _Z * math.sqrt((1 + rho * rho / 2) / (count - 3))
    middle = math.atanh(rho)
    return math.tanh(middle - spread), math.tanh(middle + spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of 100 and its interval, rounded and written out. ``nearly``: it is under ``number``, which is next to
    nothing, or over it, which is nearly all; only what is nothing or all is called 0 or 100.
    """

    number: str
    low: str
    high: str
    nearly: Literal["under", "over"] | None = None


def share_of(part: int, whole: int, *, digits: int = 0) -> Share | None:
    """None of fewer than ``ENOUGH``, of which nothing can be said."""
    if whole < ENOUGH:
        return None
    low, high = share_interval(part, whole)
    steps, share, smallest = 100 * 10**digits, part / whole, 10.0**-digits
    exactly = Share(
        number=f"{100 * share:.{digits}f}",
        low=f"{math.floor(low * steps) / 10**digits:.{digits}f}",  # edges are rounded outwards
        high=f"{math.ceil(high * steps) / 10**digits:.{digits}f}",
    )
    if share > 0 and 100 * share < smallest / 2:
        return replace(exactly, nearly="under", number=f"{smallest:g}")
    if share < 1 and 100 * share >= 100 - smallest / 2:
        return replace(exactly, nearly="over", number=f"{100 - smallest:g}")
    return exactly


def share_words(part: int, whole: int, *, digits: int = 0) -> str:
    """``12% (9 to 16%)``, in English; "–" of nothing."""
    if not whole:
        return "–"
    share = share_of(part, whole, digits=digits)
    if share is None:
        return TOO_FEW
    nearly = f"{share.nearly} " if share.nearly else ""
    return f"{nearly}{share.number}% ({share.low} to {share.high}%)"
