"""From a model's logits to calibrated probabilities: one increasing curve per label and scale."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import exp

from moderation.core.scores import Scale
from moderation.scoring.packs import Curve


class Calibration:
    """Turns logits into probabilities on a scale. Order within a label is kept."""

    def __init__(self, labels: Sequence[str], curves: Mapping[Scale, Mapping[str, Curve]]) -> None:
        self._curves = {scale: [(label, by_label[label]) for label in labels] for scale, by_label in curves.items()}

    def probabilities(self, logits: Sequence[float], scale: Scale) -> dict[str, float]:
        """A probability for each label, from a logit for each in the labels' order."""
        curves = self._curves[scale]
        return {label: probability(logit, curve) for logit, (label, curve) in zip(logits, curves, strict=True)}


def probability(logit: float, curve: Curve | None) -> float:
    """A probability from a logit; without a curve the logit is taken as it is.

    Between the knots linear; beyond them with slope 1, so that the order of scores is kept at both ends.
    """
    if curve is not None:
        x, y = curve.x, curve.y
        if logit <= x[0]:
            logit = y[0] + logit - x[0]
        elif logit >= x[-1]:
            logit = y[-1] + logit - x[-1]
        else:
            knot = bisect_right(x, logit)
            share = (logit - x[knot - 1]) / (x[knot] - x[knot - 1])
            logit = y[knot - 1] + share * (y[knot] - y[knot - 1])
    return 1.0 / (1.0 + exp(-max(-60.0, min(60.0, logit))))
