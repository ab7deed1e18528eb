"""From a model's logits to calibrated probabilities: one increasing curve per label and scale, or per language too."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import exp

from moderation.core.scores import Scale
from moderation.scoring.manifest import Curve, Manifest


class Calibration:
    """Turns logits into probabilities on a scale. Order within a label is kept, among texts of a language."""

    def __init__(self, manifest: Manifest) -> None:
        self._for_all = {
            scale: [(label, curves[label]) for label in manifest.labels]
            for scale, curves in manifest.calibration.items()
        }
        self._by_language = {
            (code, scale): [(label, scales.get(scale, {}).get(label, curve)) for label, curve in for_all]
            for code, scales in manifest.calibration_by_language.items()
            for scale, for_all in self._for_all.items()
        }

    def probabilities(self, logits: Sequence[float], scale: Scale, language: str | None = None) -> dict[str, float]:
        """A probability for each label, from a logit for each in the labels' order. A language without curves of its
        own has those for all.
        """
        curves = self._by_language.get((language or "", scale), self._for_all[scale])
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
