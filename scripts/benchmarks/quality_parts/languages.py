"""What open data say of the scores language by language, through the packs that the service would choose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.special import logit

from moderation.core.scores import LABELS, Scale, Scorer, ScoreRequest
from scripts.benchmarks.common import Row
from scripts.training.calibration import Curve
from scripts.training.scales import Raw
from scripts.training.world.measured import figures

CHUNK = 256
AS_IT_IS = Curve(np.array([-1.0, 1.0]), np.array([-1.0, 1.0]))


class Served:
    """``scales.Answers`` of the service: its scores on the balanced scale, as logits. Counts which pack gave them."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self.packs: Counter[str] = Counter()

    def score(self, texts: Sequence[str]) -> Raw:
        found = []
        for start in range(0, len(texts), CHUNK):
            asked = [ScoreRequest(text=text, explain=False) for text in texts[start : start + CHUNK]]
            found += self._scorer.score(asked, scale=Scale.BALANCED)
        self.packs.update(one.pack.name if one.language.supported else "nobody, for its language" for one in found)
        probabilities = np.array([[one.toxicity[label] for label in LABELS] for one in found])
        spam = np.array([np.nan if one.spam is None else one.spam for one in found])
        return Raw(logit(np.clip(probabilities, 1e-12, 1 - 1e-12)), spam)


def by_language(scorer: Scorer, data: Path, maximum: int) -> Iterator[Row | str]:
    """A row for each figure, of ``maximum`` texts a set, and a note on which packs read them."""
    served = Served(scorer)
    for one in figures(served, dict.fromkeys(LABELS, AS_IT_IS), data, maximum):
        yield Row(measure=f"{one.language}: {one.name}", ours=one.value, unit=f"{one.unit}, of {one.rows}")
    yield "by language, read by: " + ", ".join(f"{name} {count:,}" for name, count in served.packs.most_common())
