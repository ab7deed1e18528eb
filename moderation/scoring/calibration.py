"""From a model's logits to calibrated probabilities: one increasing curve per label and scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.core.scores import Scale
from moderation.scoring.packs import Curve


class Calibration:
    """Turns logits [texts, labels] into probabilities [texts, labels] on a scale. Order within a label is kept."""

    def __init__(self, labels: Sequence[str], curves: Mapping[Scale, Mapping[str, Curve]]) -> None:
        self._curves = {
            scale: [(np.array(by_label[label].x), np.array(by_label[label].y)) for label in labels]
            for scale, by_label in curves.items()
        }

    def probabilities(self, logits: NDArray[np.float32], scale: Scale) -> NDArray[np.float64]:
        values = logits.astype(np.float64)
        mapped = np.empty_like(values)
        for column, (x, y) in enumerate(self._curves[scale]):
            mapped[:, column] = _along(values[:, column], x, y)
        return 1.0 / (1.0 + np.exp(-np.clip(mapped, -60.0, 60.0)))


def _along(values: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Between the knots linear; beyond them with slope 1, so that the order of scores is kept at both ends."""
    inside = np.interp(values, x, y)
    return np.asarray(inside + np.minimum(values - x[0], 0.0) + np.maximum(values - x[-1], 0.0))
