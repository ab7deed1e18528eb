"""From logits to honest probabilities: one increasing, piecewise-linear map from logit to logit per label and scale.

The map is fitted on comments that training never saw, weighed to the rate that the natural scale claims: 7% of news
comments toxic, every other label at the rate that it then has among news comments. The balanced scale is the same curve
with the odds of half and half: Bayes' rule moves every logit by the difference of the two rates' logits.

The curve is fitted here: scikit-learn's isotonic regression has steps, on which nothing rises, and its logistic one no
bends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import expit

from scripts.training.metrics import Floats

KNOTS = 6
FLATTEST, STEEPEST = 0.15, 4.0
"""Bounds of a segment's slope: the map stays strictly increasing and no few comments bend it far."""

DIGITS = 4
"""With which the manifest keeps a knot."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Knots of the map: ``x`` logits and ``y`` calibrated logits, both strictly increasing."""

    x: Floats
    y: Floats

    def __call__(self, logits: ArrayLike) -> Floats:
        """Calibrated logits; beyond the knots with slope 1."""
        logits = np.asarray(logits, dtype=float)
        inside = np.interp(logits, self.x, self.y)
        return np.asarray(inside + np.minimum(logits - self.x[0], 0) + np.maximum(logits - self.x[-1], 0))

    def moved(self, by: float) -> Curve:
        """The same curve at other odds."""
        return Curve(self.x, self.y + by)

    def at_least(self, other: Curve) -> Curve:
        """The greater of the two at every logit."""
        x = np.union1d(self.x, other.x)
        ahead = self(x) - other(x)
        if (ahead >= 0).all():
            return self
        here, there = ahead[:-1], ahead[1:]
        crossed = np.flatnonzero(here * there < 0)
        crossings = x[crossed] + np.diff(x)[crossed] * here[crossed] / (here - there)[crossed]
        x = np.unique(np.round(np.r_[x, crossings], DIGITS))  # no two that the manifest would keep as one
        return Curve(x, np.maximum(self(x), other(x)))

    def drawn_to(self, other: Curve, share: float) -> Curve:
        """The curve that keeps this share of itself (0..1) at every logit, and the rest of the other."""
        x: Floats = np.unique(np.round(np.r_[self.x, other.x], DIGITS))
        return Curve(x, share * self(x) + (1 - share) * other(x))

    def as_json(self) -> dict[str, list[float]]:
        """As the manifest keeps it."""
        return {
            "x": [round(float(value), DIGITS) for value in self.x],
            "y": [round(float(value), DIGITS) for value in self.y],
        }


def fit(logits: ArrayLike, truth: ArrayLike, weights: ArrayLike, *, stiffness: float = 0.003) -> Curve:
    """The curve of least weighted log loss; ``stiffness`` holds neighbouring slopes together against chance.

    Raises ValueError where one class is missing: nothing can be calibrated then.
    """
    logit, positive = np.asarray(logits, dtype=float), np.asarray(truth, dtype=float)
    weight = np.asarray(weights, dtype=float) / np.sum(weights)
    if not 0 < positive.mean() < 1:
        raise ValueError("both classes are needed to calibrate a label")
    knots = _knots(logit, positive)
    # calibrated = first height + slopes along each segment + slope 1 beyond the ends
    beyond = np.minimum(logit - knots[0], 0) + np.maximum(logit - knots[-1], 0)
    along = np.clip(logit[:, None] - knots[:-1], 0, np.diff(knots))
    columns = np.column_stack((np.ones(len(logit)), along))
    bend = np.diff(np.eye(len(knots) - 1), axis=0)
    stiff = np.zeros((len(knots), len(knots)))
    stiff[1:, 1:] = 2 * stiffness * bend.T @ bend

    def loss(values: Floats) -> tuple[float, Floats]:
        """With its gradient."""
        calibrated = columns @ values + beyond
        errors = np.logaddexp(0, calibrated) - positive * calibrated
        gradient = columns.T @ (weight * (expit(calibrated) - positive)) + stiff @ values
        return float(weight @ errors + values @ stiff @ values / 2), gradient

    start = np.r_[0.4 * knots[0], np.full(len(knots) - 1, 0.4)]
    bounds = [(None, None), *[(FLATTEST, STEEPEST)] * (len(knots) - 1)]
    values = minimize(loss, start, jac=True, bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9}).x
    return Curve(knots, values[0] + np.r_[0.0, np.cumsum(values[1:] * np.diff(knots))])


def _knots(logit: Floats, positive: Floats) -> Floats:
    """Where both classes have comments: quantiles of each, together, at least 0.8 apart."""
    shares = np.linspace(0.02, 0.98, KNOTS)
    wanted = np.sort(np.r_[np.quantile(logit[positive == 0], shares), np.quantile(logit[positive == 1], shares)])
    knots = [float(wanted[0])]
    for value in wanted[1:]:
        if value - knots[-1] >= 0.8:
            knots.append(float(value))
    return np.asarray(knots if len(knots) > 1 else [knots[0], knots[0] + 1.0])
