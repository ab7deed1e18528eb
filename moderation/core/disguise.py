"""Undoes the disguise of a text: what a reader sees, with the way back to what was written."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisguised:
    """``offsets[i]`` is where ``text[i]`` begins in the text as written, in code points; one more entry is its length.

    Offsets never decrease.
    """

    text: str
    offsets: Sequence[int]

    def between(self, start: int, end: int) -> str:
        """What a reader sees of ``start`` to ``end`` of the text as written."""
        return self.text[bisect_left(self.offsets, start) : bisect_left(self.offsets, end)]


def undisguise(text: str) -> Undisguised:
    """The text as a reader sees it."""
    return Undisguised(text=text, offsets=range(len(text) + 1))
