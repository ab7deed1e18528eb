"""Made-up words in made-up comments: as many different ones, and as unequally often, as readers use.

The few commonest words are half of what is written and most words are rare (Zipf); half of the comments under news
articles have fewer than 36 words and one in twenty more than 155.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

_COMMON = """
the to and of a in is that it for you they are not on have be with this we as but if was at so what do will all can by
people or from who just about no would more has one their there like up get how when out an them our why know your time
think need should than only even because government been any now other some make money then were years over want good
its being us very does going many into never also those these after back right way most much where first could really
before city he she country every work year live pay take same well still law vote tax school town bus street council
water house price
""".split()  # noqa: SIM905
_STARTS = ("b", "br", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v")
_SYLLABLES = [start + vowel for start in _STARTS for vowel in "aeiou"]
_ENDINGS = ("", "n", "s", "t", "ing", "er", "ly", "tion")
KINDS = 30_000
_A_SENTENCE = 12
MEAN_WORDS = 53


class Words:
    """Draws texts, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self._all = _vocabulary(self._chance)
        self._ends = [f"{word}." for word in self._all]
        share = 1 / (np.arange(KINDS) + 2.7)
        self._upto = np.cumsum(share / share.sum())

    def texts(self, count: int) -> list[str]:
        """So many comments."""
        lengths = np.clip(self._chance.lognormal(math.log(36), 0.9, count).astype(int), 6, 600)
        ends = np.concatenate(([0], np.cumsum(lengths)))
        drawn = np.searchsorted(self._upto, self._chance.random(int(ends[-1]))).tolist()
        words = [self._ends[n] if at % _A_SENTENCE == 0 else self._all[n] for at, n in enumerate(drawn, start=1)]
        return [" ".join(words[a:b]) for a, b in pairwise(ends.tolist())]

    def held_by(self, share: float) -> str:
        """A word that about this share of all comments hold, 0..0.5."""
        often = np.diff(self._upto, prepend=0.0) * MEAN_WORDS
        return self._all[int(np.abs(often - share).argmin())]


def _vocabulary(chance: np.random.Generator) -> list[str]:
    words = dict.fromkeys(_COMMON)
    while len(words) < KINDS:
        parts = [_SYLLABLES[n] for n in chance.integers(len(_SYLLABLES), size=int(chance.integers(2, 5)))]
        words["".join(parts) + _ENDINGS[int(chance.integers(len(_ENDINGS)))]] = None
    return list(words)
