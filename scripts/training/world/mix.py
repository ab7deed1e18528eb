"""What teaches the pack "world": corpora of many languages, English as its teacher sees it, written sentences."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scripts.training.advertisements import advertisements
from scripts.training.disguise import disguised
from scripts.training.examples import Example
from scripts.training.sentences import in_company, written
from scripts.training.world import frames, languages

WRITTEN, WRITTEN_ENGLISH, BESIDE, ADVERTISEMENTS = 15_000, 6_000, 1_500, 600
DISGUISED = 0.03
"""Share of the texts in a light disguise: the service undoes most of it before it scores."""


def mixture(data: Path, english: Sequence[Example], seed: int, *, scale: float = 1.0) -> list[Example]:
    """Every example of one full run, in no particular order; ``english`` has its teacher's answers already."""
    rng = random.Random(seed)  # noqa: S311
    corpora = languages.examples(data, rng, scale=scale)
    sentences = frames.written(rng, int(WRITTEN * scale))
    harmless = [example.text for example in english if example.targets["toxicity"] < 0.05]
    own = [
        *written(rng, int(WRITTEN_ENGLISH * scale)),
        *in_company(written(rng, int(BESIDE * scale)), harmless, rng),
        *_beside_their_own(frames.written(rng, int(BESIDE * scale)), sentences, rng),
        *advertisements(rng, int(ADVERTISEMENTS * scale), harmless),
    ]
    return [_perhaps_disguised(example, rng) for example in [*corpora, *english, *sentences, *own]]


def _beside_their_own(examples: Sequence[Example], others: Sequence[Example], rng: random.Random) -> list[Example]:
    """Each before or after a harmless sentence of its language: what surrounds abuse doesn't take it back."""
    harmless = defaultdict(list)
    for example in others:
        _, language, family = example.source.split("/")
        if family == "plain":
            harmless[language].append(example.text)
    made = []
    for example in examples:
        if beside := harmless[example.source.split("/")[1]]:
            made += in_company([example], [rng.choice(beside)], rng)
    return made


def _perhaps_disguised(example: Example, rng: random.Random) -> Example:
    return example if rng.random() >= DISGUISED else replace(example, text=disguised(example.text, rng))
