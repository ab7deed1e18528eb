"""How two scorers of the same texts agree: in the order that they put them in, and in what they would hold."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two scorers on the same texts. Whatever scores the threshold or more is held; shares are of all texts.

    ``rank_agreement`` is Spearman's rho, None where one side says the same of every text. ``same_rate`` is the
    threshold at which ours holds as many texts as theirs does at ``threshold``, None where theirs holds none.
    ``held_by_both`` is the share of what theirs holds that ours holds too at ``same_rate``.
    """

    texts: int
    threshold: float
    rank_agreement: float | None
    held_by_them: float
    held_by_us: float
    same_rate: float | None
    held_by_both: float | None


def compare(theirs: Sequence[float], ours: Sequence[float], threshold: float) -> Comparison:
    """Compares two lists of scores (0..1) of the same texts, in the same order; at least one."""
    held = [score >= threshold for score in theirs]
    count = sum(held)
    same_rate = sorted(ours, reverse=True)[count - 1] if count else None
    both = None
    if same_rate is not None:
        both = sum(mine >= same_rate for mine, is_held in zip(ours, held, strict=True) if is_held) / count
    return Comparison(
        texts=len(theirs),
        threshold=threshold,
        rank_agreement=rank_agreement(theirs, ours),
        held_by_them=share_held(theirs, threshold),
        held_by_us=share_held(ours, threshold),
        same_rate=same_rate,
        held_by_both=both,
    )


def share_held(scores: Sequence[float], threshold: float) -> float:
    """The share of scores at the threshold or above."""
    return sum(score >= threshold for score in scores) / len(scores)


def shares_held(scores: Sequence[float], thresholds: Sequence[float]) -> list[float]:
    """The same at many thresholds."""
    ordered = sorted(scores)
    return [1 - bisect_left(ordered, threshold) / len(ordered) for threshold in thresholds]


def rank_agreement(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Spearman's rank correlation, ties at their mean rank; None where one list is constant."""
    ranks_a, ranks_b = _ranks(a), _ranks(b)
    mean = (len(a) + 1) / 2
    shared = sum((x - mean) * (y - mean) for x, y in zip(ranks_a, ranks_b, strict=True))
    spread = math.sqrt(sum((x - mean) ** 2 for x in ranks_a) * sum((y - mean) ** 2 for y in ranks_b))
    return shared / spread if spread else None


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            ranks[index] = (start + 1 + end) / 2
        start = end
    return ranks
