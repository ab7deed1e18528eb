"""Splits a text, as its writer wrote it, into sentences whose offsets cover it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import regex

from moderation.core.text.words import word_list

LONGEST = 400
"""Code points: a longer sentence, or a text without any punctuation, is cut at a comma or space before this."""

FEW = 100
SHORT = 60
"""Code points under which a sentence joins the next one in a text of more than ``FEW``: each is scored by itself, and
thousands of lines of one letter would cost ten times what prose of their length does.
"""

# A run of closing marks, quotes and brackets after it, then white space; or the marks of scripts that are written
# without spaces; or the end of a line. A run is looked at once, from its beginning: thousands of "!" are one run.
_END = regex.compile(
    r"""(?<![.!?…‽])[.!?…‽]++["'”’»)\]]*+(?=\s)|[。！？]++[”」』）]*+|(?<![।॥؟۔])[।॥؟۔]++(?=\s)|\n++"""
)
_BLANK = regex.compile(r"\s*+")
_VISIBLE = regex.compile(r"[\p{L}\p{N}\p{So}]")
_CUT = regex.compile(r"[,;:–—]\s|\s")
_LAST_WORD = regex.compile(r"([\p{L}.]+)\.$")
_ABBREVIATIONS = frozenset(word_list("en", "abbreviations"))


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence in code points, end exclusive: in order, no gaps, none over ``LONGEST``.

    White space belongs to the sentence before it. A piece with neither letter, digit nor symbol joins its neighbour. An
    empty text has no sentence. Time and memory grow with the text's length.
    """
    starts = [0]
    at = 0
    while match := _END.search(text, at):
        at = match.end()
        if not _abbreviated(text, starts[-1], at):
            at = _BLANK.match(text, at).end()  # type: ignore[union-attr]  # matches the empty string too
            starts.append(at)
    pieces: list[tuple[int, int]] = []
    for start, end in pairwise((*starts, len(text))):
        if pieces and not _VISIBLE.search(text, start, end):
            pieces[-1] = (pieces[-1][0], end)
        elif start < end:
            pieces.append((start, end))
    if len(pieces) > 1 and not _VISIBLE.search(text, *pieces[0]):
        pieces[:2] = [(0, pieces[1][1])]
    return [cut for piece in pieces for cut in _bounded(text, *piece)]


def not_too_many(spans: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The sentences, the short ones of a text of more than ``FEW`` joined with what follows, up to ``LONGEST``."""
    if len(spans) <= FEW:
        return spans
    joined = [spans[0]]
    for start, end in spans[1:]:
        first, last = joined[-1]
        if last - first < SHORT and end - first <= LONGEST:
            joined[-1] = (first, end)
        else:
            joined.append((start, end))
    return joined


def _abbreviated(text: str, start: int, end: int) -> bool:
    """Whether the full stop right before ``end`` belongs to an abbreviation or an initial."""
    word = _LAST_WORD.search(text[max(start, end - 12) : end])
    if word is None:
        return False
    before = word[1].lower()
    return (len(before) == 1 and before != "i" and text[end - 2].isupper()) or before in _ABBREVIATIONS


def _bounded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    while end - start > LONGEST:
        places = [m.end() for m in _CUT.finditer(text, start + LONGEST // 2, start + LONGEST)]
        marks = [p for p in places if not text[p - 2].isalnum()]
        cut = (marks or places or [start + LONGEST])[-1]
        found.append((start, cut))
        start = cut
    return [*found, (start, end)]
