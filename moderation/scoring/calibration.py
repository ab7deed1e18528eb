"""From a model's logits to calibrated probabilities: one increasing curve per label and scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.core.scores import Scale
from moderation.scoring.packs import Curve

Logits = NDArray[np.float32]


class Calibration:
    """Turns logits [texts, labels] into probabilities [texts, labels] on a scale. Order within a label is kept."""

    def __init__(self, labels: Sequence[str], curves: Mapping[Scale, Mapping[str, Curve]]) -> None:
        self._curves = {scale: [by_label[label] for label in labels] for scale, by_label in curves.items()}

    def probabilities(self, logits: Logits, scale: Scale) -> NDArray[np.float64]:
        columns = [probabilities(logits[:, i], curve) for i, curve in enumerate(self._curves[scale])]
        return np.stack(columns, axis=1)


def probabilities(logits: Logits, curve: Curve | None) -> NDArray[np.float64]:
    """Probabilities [texts] from logits [texts]; without a curve the logits are taken as they are."""
    values = logits.astype(np.float64)
    if curve is not None:
        x, y = curve.x, curve.y
        # Between the knots linear; beyond them with slope 1, so that the order of scores is kept at both ends.
        beyond = np.minimum(values - x[0], 0.0) + np.maximum(values - x[-1], 0.0)
        values = np.interp(values, x, y) + beyond
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -60.0, 60.0))))
