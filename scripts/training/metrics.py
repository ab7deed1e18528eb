"""What scikit-learn has no name for; areas and precision are its ``roc_auc_score`` and ``average_precision_score``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def calibration_error(
    truth: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None, bins: int = 10
) -> float:
    """ECE: mean distance of stated and true rate over equal-width bins of the stated one, by weight.

    scikit-learn's ``calibration_curve`` takes no weights, and doesn't say how much lies in each bin.
    """
    positive, stated = np.asarray(truth, dtype=bool), np.asarray(probabilities, dtype=float)
    weight = np.ones(len(stated)) if weights is None else np.asarray(weights, dtype=float)
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
