"""Toxic sentences beside neutral ones that say the same: ParaDetox (CC0), as far as it is in ``train/languages/``."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

from scripts.training.examples import SPAM, Example

TOXIC = {"toxicity": 0.92, SPAM: 0.02}
NEUTRAL = {"toxicity": 0.06, "obscene": 0.03, "insult": 0.05, "threat": 0.02, SPAM: 0.02}
WEIGHT = 0.5
"""A crowd wrote the neutral ones: some still sting."""


def rewritten(data: Path, rng: random.Random, count: int) -> list[Example]:
    """``count`` sentences, half of each kind; none where the file isn't there."""
    path = data / "train" / "languages" / "paradetox_en.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    found = []
    for toxic, targets in ((True, TOXIC), (False, NEUTRAL)):
        texts = [row["text"] for row in rows if (row["labels"]["toxicity"] >= 0.5) is toxic]
        for text in rng.sample(texts, min(len(texts), count // 2)):
            found.append(Example(text=text, targets=targets, source="rewritten", weight=WEIGHT))
    return found
