"""How much one text is like another: pairs of neighbouring words, compared whole or by four numbers to be indexed.
Scripts without spaces are taken in overlapping pairs of characters, as if each were a word.

MinHash (Broder 1997): the share of equal numbers estimates the share of word pairs that two texts have in common.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import regex

from moderation.core.text.scripts import UNSPACED
from moderation.core.text.written import compatible

_WORD = regex.compile(rf"[{UNSPACED}]++|[\p{{L}}\p{{M}}\p{{N}}--[{UNSPACED}]]++", regex.V1)
_UNSPACED = regex.compile(f"[{UNSPACED}]")
_LARGEST = 0x7FFFFFFF
# Odd multipliers spread the pairs' checksums in four independent orders.
_ORDERS = ((0x9E3779B1, 0x85EBCA6B), (0xC2B2AE35, 0x27D4EB2F), (0x165667B1, 0xD3A2646C), (0xFD7046C5, 0xB55A4F09))
BUCKETS = len(_ORDERS)


def shingles(text: str) -> frozenset[str]:
    """The pairs of neighbouring words, case and spelling of characters folded; of a text of one word that word."""
    words: list[str] = []
    for word in _WORD.findall(compatible(text)):
        words += map("".join, pairwise(word)) if len(word) > 1 and _UNSPACED.match(word) else (word,)
    return frozenset(f"{a} {b}" for a, b in pairwise(words)) or frozenset(words)


@lru_cache(maxsize=64)  # asked twice of every comment that comes in
def buckets(text: str) -> tuple[int, ...] | None:
    """Four whole numbers from 0 to 2**31 - 1; texts that share half of their word pairs have one in common 94 times in
    a hundred. None for a text without words, which is like no other.
    """
    sums = [crc32(shingle.encode()) for shingle in shingles(text)]
    if not sums:
        return None
    return tuple(min((value * factor + step) % 0xFFFFFFFB for value in sums) & _LARGEST for factor, step in _ORDERS)


def likeness(one: str, other: str) -> float:
    """The share of word pairs that both texts have, of all that either has, 0..1."""
    return share_in_common(shingles(one), shingles(other))


def share_in_common(a: frozenset[str], b: frozenset[str]) -> float:
    """The same of two texts' ``shingles``, for one that is compared with several."""
    return len(a & b) / len(a | b) if a and b else 0.0
