"""Figures of merit, in numpy alone. Truth is boolean, scores are any floats; weights are optional."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def auc(truth: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Area under the ROC curve, ties counted half; nan where one class is missing."""
    positive, score, weight = _columns(truth, scores, weights)
    order = np.argsort(score, kind="stable")
    positive, score, weight = positive[order], score[order], weight[order]
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    above = np.add.reduceat(weight * positive, starts)
    below = np.add.reduceat(weight * ~positive, starts)
    total = above.sum() * below.sum()
    if total == 0:
        return float("nan")
    return float((above * (np.cumsum(below) - below / 2)).sum() / total)


def average_precision(truth: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean of precision over the recall gained at each distinct score, highest first; nan without positives."""
    positive, score, weight = _columns(truth, scores, weights)
    order = np.argsort(-score, kind="stable")
    positive, score, weight = positive[order], score[order], weight[order]
    ends = np.flatnonzero(np.r_[score[1:] != score[:-1], True])
    found = np.cumsum(weight * positive)[ends]
    seen = np.cumsum(weight)[ends]
    if found[-1] == 0:
        return float("nan")
    return float((np.diff(np.r_[0.0, found]) * found / seen).sum() / found[-1])


def calibration_error(
    truth: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None, bins: int = 10
) -> float:
    """ECE: mean distance of stated and true rate over equal-width bins of the stated one, by weight."""
    positive, stated, weight = _columns(truth, probabilities, weights)
    place = np.minimum((stated * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weight * (stated - positive), bins)
    return float(np.abs(gaps).sum() / weight.sum())


def at_rate(truth: ArrayLike, rate: float) -> Floats:
    """Weights that make the positives ``rate`` of the whole, mean 1."""
    positive = np.asarray(truth, dtype=bool)
    share = positive.mean()
    if not 0 < share < 1:
        raise ValueError("both classes are needed to weigh one against the other")
    return np.asarray(np.where(positive, rate / share, (1 - rate) / (1 - share)))


def _columns(
    truth: ArrayLike, scores: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    positive = np.asarray(truth, dtype=bool)
    score = np.asarray(scores, dtype=float)
    if positive.shape != score.shape or positive.ndim != 1:
        raise ValueError(f"truth and scores must be rows of one length, not {positive.shape} and {score.shape}")
    weight = np.ones(len(score)) if weights is None else np.asarray(weights, dtype=float)
    return positive, score, weight
