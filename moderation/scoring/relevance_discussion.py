"""How much a comment has to do with what people have approved under the same article.

A discussion moves on from its article: to a law, a price, a place nearby that the article never names. So a comment
that is near to what stands there is on-topic too, and one that is far from all of it less likely so. Nearness is told
in units of the pack's own background of comments in general, so that one set of weights serves every pack; they are
fitted by ``scripts/training/discussion.py`` on discussions under Korean news.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FEWEST = 5
"""So many approved comments, each by another author, make a discussion that tells something."""
MOST = 60
"""So many of the newest count."""
HALF = 6.0
"""Of this many, what a discussion says counts half as much as of very many."""
CENTRE, NEAR, BIAS = 1.8, 1.6, -4.3
"""Log-odds for each standard deviation that a comment lies nearer to the discussion's centre, and to the comments there
that it is nearest to, than comments in general do; and what both add to where it belongs as little as not.
"""
LARGEST = 4.0
"""Log-odds, either way."""
TIMES, PLUS = 2.0, 0.2
"""A discussion makes no relevance out of nothing: at most so many times what the article alone gives, and a little."""
NEAREST = 3

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """What stands under an article. ``vectors``: unit vectors [comments, dimensions]; ``direction``: where their centre
    lies, seen from that of comments in general. The pairs are mean and standard deviation of comments in general.
    """

    vectors: Vectors
    direction: Vectors
    to_centre: tuple[float, float]
    to_nearest: tuple[float, float]


class Discussions:
    """Reads discussions against a pack's background: unit vectors of comments in general [any, dimensions]."""

    def __init__(self, background: Vectors, *, kept: int = 256) -> None:
        self._background = background
        self._mean = background.mean(axis=0)
        self._kept = lru_cache(maxsize=kept)(self._read)

    def relevance(self, alone: float, vector: Vectors, discussion: Sequence[bytes]) -> float:
        """The relevance (0..1) of a comment whose unit vector this is, where it is ``alone`` by the article."""
        odds = np.log(max(alone, 1e-6) / max(1.0 - alone, 1e-6)) + self.log_odds(vector, discussion)
        told = 1.0 / (1.0 + float(np.exp(-odds)))
        return told if told <= alone else max(alone, min(told, TIMES * alone + PLUS))

    def log_odds(self, vector: Vectors, discussion: Sequence[bytes]) -> float:
        """What the discussion adds to the log-odds that the comment belongs; 0 where it is too small to tell."""
        if len(discussion) < FEWEST:
            return 0.0
        centre = self._kept(tuple(discussion[:MOST]))
        inner, near = _nearness(vector, centre)
        weight = len(centre.vectors) / (len(centre.vectors) + HALF)
        return max(-LARGEST, min(LARGEST, weight * (CENTRE * inner + NEAR * near + BIAS)))

    def nearness(self, vector: Vectors, discussion: Vectors) -> tuple[float, float]:
        """How near a unit vector is to the centre of these, and to the nearest of them, in standard deviations of
        comments in general.
        """
        return _nearness(vector, self._centre(discussion))

    def _read(self, discussion: tuple[bytes, ...]) -> Centre:
        return self._centre(np.stack([unpacked(row) for row in discussion]))

    def _centre(self, vectors: Vectors) -> Centre:
        direction = vectors.mean(axis=0) - self._mean
        direction /= max(float(np.linalg.norm(direction)), 1e-9)
        inner, near = self._background @ direction, nearest(vectors @ self._background.T)
        return Centre(vectors, direction, _spread(inner), _spread(near))


def packed(vector: Vectors) -> bytes:
    """A unit vector in one byte a dimension."""
    levels: NDArray[np.int8] = np.rint(vector * (127.0 / max(float(np.abs(vector).max()), 1e-9))).astype(np.int8)
    return levels.tobytes()


def unpacked(row: bytes) -> Vectors:
    """The unit vector that was packed."""
    vector = np.frombuffer(row, dtype=np.int8).astype(np.float32)
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-9))


def nearest(cosines: Vectors) -> Vectors:
    """The mean of the ``NEAREST`` greatest along the first axis."""
    return np.asarray(np.sort(cosines, axis=0)[-NEAREST:].mean(axis=0))


def _nearness(vector: Vectors, centre: Centre) -> tuple[float, float]:
    return (
        _in_units(float(vector @ centre.direction), centre.to_centre),
        _in_units(float(nearest(centre.vectors @ vector)), centre.to_nearest),
    )


def _spread(values: Vectors) -> tuple[float, float]:
    return float(values.mean()), max(float(values.std()), 1e-6)


def _in_units(value: float, spread: tuple[float, float]) -> float:
    return (value - spread[0]) / spread[1]
