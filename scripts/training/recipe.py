"""What is trained on, put together: the corpora's mix, written sentences, spam, and some of it disguised."""

from __future__ import annotations

import random
from pathlib import Path

from scripts.training.advertisements import advertisements
from scripts.training.corpora import training_examples
from scripts.training.disguise import disguised
from scripts.training.examples import Example
from scripts.training.sentences import in_company, written

WRITTEN, BESIDE, ADVERTISEMENTS = 34_000, 4_000, 2_000
DISGUISED, DISGUISED_WRITTEN = 0.05, 0.15
"""Shares of the corpora's and the written texts that get a light disguise: a clean text in capitals is clean still."""


def mixture(data: Path, seed: int, *, scale: float = 1.0) -> list[Example]:
    """Every example of one full run, in no particular order. ``scale`` makes a smaller mix of the same kinds."""
    rng = random.Random(seed)  # noqa: S311
    corpora = training_examples(data, rng, scale=scale)
    harmless = [example.text for example in corpora if _harmless(example)]
    beside = in_company(written(rng, int(BESIDE * scale)), harmless, rng)
    sentences = written(rng, int(WRITTEN * scale))
    adverts = advertisements(rng, int(ADVERTISEMENTS * scale), harmless)
    return [_perhaps_disguised(example, rng) for example in [*corpora, *sentences, *beside, *adverts]]


def _harmless(example: Example) -> bool:
    return example.source.startswith("news") and example.targets["toxicity"] < 0.05


def _perhaps_disguised(example: Example, rng: random.Random) -> Example:
    if rng.random() >= (DISGUISED_WRITTEN if example.source.startswith("written") else DISGUISED):
        return example
    text = disguised(example.text, rng)
    return Example(text=text, targets=example.targets, source=example.source, weight=example.weight)
