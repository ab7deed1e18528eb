"""Both scales of the pack "world", fitted on what training held back.

Toxicity on all languages together, each counting alike and half of each toxic, so that no set's habits decide; then
for each language by itself, as far as it has comments: with ``ENOUGH`` of either class its own curve stands, with fewer
it is drawn to that of all by as much as is missing, with fewer than ``FEWEST`` that of all stands. The natural scale is
the same curve at 7% toxic, which is what news comments were found to be in English: elsewhere nobody has counted. The
other labels and spam as in the English pack, on English comments: no other language has enough that raters called so.

``python -m scripts.training.world.scales --pack FOLDER --data DIR`` does it again for a pack that was trained before.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.core.scores import LABELS
from scripts.training import scales as in_english
from scripts.training.calibration import Curve, fit
from scripts.training.corpora import held_back_rows
from scripts.training.manifest import Calibrated, recalibrate
from scripts.training.metrics import Floats, at_rate
from scripts.training.scales import TOXIC_NEWS, Answers, Raw
from scripts.training.world.languages import SOURCES, taken

TOXICITY = LABELS.index("toxicity")
TRUSTED = 0.8
"""Rows that teach with less weight than this don't calibrate."""
FEWEST, ENOUGH = 20, 150
"""Of either class, for a language to count, and for its curve to be its own."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What the pack says of a language's held-back texts (logits of toxicity), and what raters did."""

    logits: Floats
    toxic: NDArray[np.bool_]

    @property
    def fewer(self) -> int:
        """Texts of the rarer class."""
        return int(min(self.toxic.sum(), (~self.toxic).sum()))

    @property
    def weights(self) -> Floats:
        """Half of them toxic, one language like another."""
        return at_rate(self.toxic, 0.5) / len(self.toxic)


class _Remembering:
    """A pack that reads no text twice: English news serve several curves."""

    def __init__(self, pack: Answers) -> None:
        self._pack = pack
        self._known: dict[str, tuple[Floats, float]] = {}

    def score(self, texts: Sequence[str]) -> Raw:
        if new := [text for text in dict.fromkeys(texts) if text not in self._known]:
            found = self._pack.score(new)
            self._known.update(zip(new, zip(found.logits, found.spam, strict=True), strict=True))
        logits, spam = zip(*(self._known[text] for text in texts), strict=True)
        return Raw(np.array(logits), np.array(spam))


def calibrate(pack: Answers, data: Path) -> Calibrated:
    """The curves of every label for all languages, of toxicity for those that have comments (printed), and spam's."""
    pack = _Remembering(pack)
    scales, spam = in_english.calibrate(pack, data)
    told = {}
    for language, texts in held_back_texts(data).items():
        found = _Told(np.array([]), np.array([is_toxic for _, is_toxic in texts]))
        if share_of_own(found.fewer):
            told[language] = _Told(pack.score([text for text, _ in texts]).logits[:, TOXICITY], found.toxic)
    every = zip(*((one.logits, one.toxic, one.weights) for one in told.values()), strict=True)
    balanced = fit(*map(np.concatenate, every))
    by_language = {}
    for language, one in sorted(told.items()):
        share = share_of_own(one.fewer)
        by_language[language] = _toxicity(fit(one.logits, one.toxic, one.weights).drawn_to(balanced, share))
        print(f"{language}: {len(one.toxic)} held back, {one.fewer} of the rarer class; {share:.0%} its own curve")
    for_all = {scale: {**curves, **_toxicity(balanced)[scale]} for scale, curves in scales.items()}
    return Calibrated(scales=for_all, spam=spam, by_language=by_language)


def share_of_own(fewer: int) -> float:
    """How much of its own curve a language keeps that has so many of the rarer class; nothing: it has none."""
    return min(1.0, fewer / ENOUGH) if fewer >= FEWEST else 0.0


def _toxicity(balanced: Curve) -> dict[str, dict[str, Curve]]:
    natural = balanced.moved(float(np.log(TOXIC_NEWS / (1 - TOXIC_NEWS))))
    return {"natural": {"toxicity": natural}, "balanced": {"toxicity": balanced}}


def held_back_texts(data: Path) -> dict[str, list[tuple[str, bool]]]:
    """By language what training never saw, and whether its raters' word leans to toxic."""
    found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    found["en"] = [(text, labels["toxicity"] >= 0.5) for text, labels in held_back_rows(data, "news")]
    for source in SOURCES:
        for row, targets, weight in taken(data, source, back=True):
            if weight >= TRUSTED:
                found[row.language].append((row.text, targets["toxicity"] >= 0.5))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts.training.world.scales", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pack", type=Path, required=True, help="folder of the trained pack, whose manifest is written"
    )
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/ with train/languages/")
    given = parser.parse_args()
    recalibrate(given.pack, given.data, calibrate)


if __name__ == "__main__":
    main()
