"""How well the scores agree with what moderators decided, label by label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.core.comment import Status
from moderation.core.intervals import ENOUGH, Interval, ranked_interval
from moderation.core.scores import LABELS
from moderation.storage.replay import STATUSES, Past

BINS = 10
SPEAKS_FOR = "relevance"
"""The score that is high for good comments; all others are high for bad ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Comments whose score lies from ``low`` up to ``high`` (1.0 in the last one), and how many were rejected."""

    low: float
    high: float
    comments: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelAgreement:
    """A score beside the moderators. ``ranked`` is how often, of a rejected and an approved comment drawn at random,
    the score puts the rejected one on its bad side (0.5: as a coin would; None: only one kind was decided);
    ``ranked_between`` how sure that is (None: too few to say).
    """

    label: str
    comments: int
    rejected: int
    ranked: float | None
    ranked_between: Interval | None
    bins: tuple[Bin, ...]


def label_agreement(past: Past) -> tuple[LabelAgreement, ...]:
    """Each label that these comments have, and relevance. What wasn't scored or couldn't be read isn't counted."""
    known = past.scored & past.readable
    found = []
    for label in (*LABELS, SPEAKS_FOR):
        where = known & ~np.isnan(past.values[label])
        if where.any():
            rejected = past.people[where] == STATUSES.index(Status.REJECTED)
            found.append(_agreement(label, past.values[label][where], rejected))
    return tuple(found)


def _agreement(label: str, scores: NDArray[np.float64], rejected: NDArray[np.bool_]) -> LabelAgreement:
    ones = int(rejected.sum())
    others = len(scores) - ones
    bad = 1 - scores if label == SPEAKS_FOR else scores
    position = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    comments = np.bincount(position, minlength=BINS)
    refused = np.bincount(position[rejected], minlength=BINS)
    ranked = _ranked(bad, rejected)
    sure = min(ones, others) >= ENOUGH
    return LabelAgreement(
        label=label,
        comments=len(scores),
        rejected=ones,
        ranked=ranked,
        ranked_between=ranked_interval(ranked, ones, others) if ranked is not None and sure else None,
        bins=tuple(
            Bin(low=n / BINS, high=(n + 1) / BINS, comments=int(comments[n]), rejected=int(refused[n]))
            for n in range(BINS)
        ),
    )


def _ranked(bad: NDArray[np.float64], rejected: NDArray[np.bool_]) -> float | None:
    """The area under the ROC curve, ties counted half."""
    ones, others = int(rejected.sum()), int((~rejected).sum())
    if not ones or not others:
        return None
    _, position, counts = np.unique(bad, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2)[position]
    return float((ranks[rejected].sum() - ones * (ones + 1) / 2) / (ones * others))
