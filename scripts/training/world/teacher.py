"""What the pack that reads English says of English texts: the teacher of the pack that reads all languages.

So an English comment scores alike in both, and what only English data tells (threats, obscenity, how raters of news
comments draw the line) is learnt from a model that has seen all of it, not from the few of its texts that fit in.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from scripts.training.corpora import training_examples
from scripts.training.examples import OUTPUTS, Example
from scripts.training.metrics import Floats

LONGEST = 330
"""Characters. A longer text is cut there, and then its raters, who saw all of it, aren't asked."""
SHARE = 0.55
"""What the teacher's answer counts beside the raters'."""
COPIES = {
    "news": 0.3,
    "news_others": 0.3,
    "wikipedia_talk": 0.12,
    "contextual_abuse_reddit": 0.1,
    "explainable_sexism": 0.08,
    "gab_hate": 0.25,
    "stormfront": 0.15,
    "hatemoji_build": 0.2,
    "identity_negatives": 0.3,
    "wikipedia_rater_fractions": 0.3,
    "youtube_spam": 0.4,
}
"""How much of each corpus' part in the English pack's own mix is seen here."""


def english(data: Path, rng: random.Random, *, scale: float = 1.0) -> list[Example]:
    """English texts with what raters said, none longer than a window."""
    return [
        shortened(example)
        for example in training_examples(data, rng, scale=1.0)
        if rng.random() < scale * COPIES[example.source]
    ]


def shortened(example: Example) -> Example:
    """A long text cut at a word; then nothing is known of it."""
    if len(example.text) <= LONGEST:
        return example
    return replace(example, text=example.text[:LONGEST].rpartition(" ")[0] or example.text[:LONGEST], targets={})


def taught(examples: Sequence[Example], logits: Floats, share: float = SHARE) -> list[Example]:
    """The examples with targets for every output: the teacher's, moved towards the raters' where they said something.

    ``logits`` (examples, outputs) are the teacher's answers, which count ``share`` beside the raters'.
    """
    shares = 1 / (1 + np.exp(-logits))
    return [
        replace(
            one,
            targets={
                name: float(said) if (rated := one.targets.get(name)) is None else share * said + (1 - share) * rated
                for name, said in zip(OUTPUTS, row.tolist(), strict=True)
            },
        )
        for one, row in zip(examples, shares, strict=True)
    ]
