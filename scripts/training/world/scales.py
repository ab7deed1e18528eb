"""Both scales of the pack "world", fitted on what training held back.

Toxicity on all languages together, each counting alike and half of each toxic, so that no set's habits decide; its
natural scale is the same curve at 7% toxic, which is what news comments were found to be in English: elsewhere nobody
has counted. The other labels and spam as in the English pack, on English comments: no other language has enough.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from moderation.core.scores import LABELS
from scripts.training import scales as in_english
from scripts.training.calibration import Curve, fit
from scripts.training.corpora import held_back_rows
from scripts.training.metrics import at_rate
from scripts.training.scales import TOXIC_NEWS, Answers
from scripts.training.world.languages import SOURCES, taken

TOXICITY = LABELS.index("toxicity")
TRUSTED = 0.8
"""Rows that teach with less weight than this don't calibrate."""
FEWEST = 20
"""Of either class, for a language to count."""


def calibrate(pack: Answers, data: Path) -> tuple[dict[str, dict[str, Curve]], Curve]:
    """The natural and the balanced curve of each label, and spam's (half and half)."""
    scales, spam = in_english.calibrate(pack, data)
    logits, truth, weights = [], [], []
    for texts in held_back_texts(data).values():
        toxic = np.array([is_toxic for _, is_toxic in texts])
        if FEWEST <= toxic.sum() <= len(toxic) - FEWEST:
            logits.append(pack.score([text for text, _ in texts]).logits[:, TOXICITY])
            truth.append(toxic)
            weights.append(at_rate(toxic, 0.5) / len(toxic))
    balanced = fit(np.concatenate(logits), np.concatenate(truth), np.concatenate(weights))
    scales["balanced"]["toxicity"] = balanced
    scales["natural"]["toxicity"] = balanced.moved(float(np.log(TOXIC_NEWS / (1 - TOXIC_NEWS))))
    return scales, spam


def held_back_texts(data: Path) -> dict[str, list[tuple[str, bool]]]:
    """By language what training never saw, and whether its raters' word leans to toxic."""
    found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    found["en"] = [(text, labels["toxicity"] >= 0.5) for text, labels in held_back_rows(data, "news")]
    for source in SOURCES:
        for row, targets, weight in taken(data, source, back=True):
            if weight >= TRUSTED:
                found[row.language].append((row.text, targets["toxicity"] >= 0.5))
    return found
