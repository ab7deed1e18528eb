"""Splits a text, as its writer wrote it, into sentences whose offsets cover it: in any of the languages that are read.

Which language a text is in isn't asked: it is known too late and often wrongly. The marks of all scripts end sentences
wherever they stand, and the abbreviations of all languages (``word_lists``) end none. Where a mark could go both ways,
two sentences too many do less harm than one that is cut within a clause.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import regex

from moderation.core.text.words import COMMON, every_list

LONGEST = 400
"""Code points: a longer sentence, or a text without any punctuation, is cut at a comma or space before this."""

FEW = 100
SHORT = 60
"""Code points under which a sentence joins the next one in a text of more than ``FEW``: each is scored by itself, and
thousands of lines of one letter would cost ten times what prose of their length does.
"""

# Marks that close a quotation or a bracket behind the mark of an end; in German and Swedish “ ” « close too, and
# French sets a space before ».
_CLOSED = r"""(?:["'”’“‘»«›)\]*_]++|[ \u00a0\u202f][»›])*+"""
# Thai and its neighbours aren't among them: there a dot between letters is an abbreviation's ("พ.ศ.").
_EAST_ASIAN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\u30fc\u3005]"
# A run of marks, what closes after it, and white space; the marks of scripts that are written without spaces, and those
# of Indic and Arabic scripts, wherever they stand; common marks between letters of such scripts ("했다.그리고"); an end
# of line. A run is looked at once, from its beginning: thousands of "!" are one run.
_END = regex.compile(
    rf"""(?<![.!?…‽])[.!?…‽]++{_CLOSED}(?=\s)
    |(?:[。！？｡︒]++|．(?!\p{{N}}))[.!?…。！？｡”」』）】》〉〕’"]*+(?!(?<=[」』])(?:と|って))
    |(?<![।॥؟۔])[।॥؟۔]++[!?.।॥؟۔]*+{_CLOSED}
    |(?<={_EAST_ASIAN})[.!?]++(?={_EAST_ASIAN})
    |\n++""",
    regex.VERBOSE,
)
_BLANK = regex.compile(r"\s*+")
_VISIBLE = regex.compile(r"[\p{L}\p{N}\p{So}]")
_CUT = regex.compile(r"[,;:–—]\s|[،؛，、；：]\s?|\s")
_CLUSTER_INSIDE = regex.compile(r"[\p{M}\u200c\u200d]")
_LAST_WORD = regex.compile(r"([\p{L}\p{M}.'’\-]+)\.$")
_ORDINAL = regex.compile(r"(?<![\p{N}.,:])(?:[1-9]|[12][0-9]|3[01])\.\s+(?<next>\p{L}++)")
_ABBREVIATIONS = frozenset(word for words in every_list("abbreviations").values() for word in words)
_ENGLISH = frozenset(COMMON)
_AFTER_ORDINALS = frozenset(word for words in every_list("after_ordinals").values() for word in words)


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence in code points, end exclusive: in order, no gaps, none over ``LONGEST``.

    White space belongs to the sentence before it. A piece with neither letter, digit nor symbol joins its neighbour. An
    empty text has no sentence. Time and memory grow with the text's length.
    """
    starts = [0]
    at = 0
    while match := _END.search(text, at):
        at = match.end()
        if not _goes_on(text, starts[-1], match):
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


def _goes_on(text: str, start: int, mark: regex.Match[str]) -> bool:
    """Whether a lone full stop belongs to an abbreviation, an initial or an ordinal ("am 3. Mai", "3. maja")."""
    if mark[0] != ".":
        return False
    if text[mark.start() - 1 : mark.start()].isdecimal():
        ordinal = _ORDINAL.match(text, max(start, mark.start() - 2)) or _ORDINAL.match(text, mark.start() - 1)
        return ordinal is not None and _has_ordinals(ordinal["next"])
    word = _LAST_WORD.search(text[max(start, mark.end() - 12) : mark.end()])
    if word is None:
        return False
    before = word[1].lower()
    initial = len(before) == 1 and before != "i" and text[mark.start() - 1].isupper()
    return initial or before in _ABBREVIATIONS


def _has_ordinals(word: str) -> bool:
    """Whether the word behind "3." can belong to it. English writes "3rd": there the number ends its sentence."""
    return word.lower() in _AFTER_ORDINALS if word[0].isupper() else word not in _ENGLISH


def _bounded(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Pieces of at most ``LONGEST``, cut behind a comma, else at a space, else between two characters."""
    found = []
    while end - start > LONGEST:
        places = [m.end() for m in _CUT.finditer(text, start + LONGEST // 2, start + LONGEST)]
        marks = [p for p in places if not (text[p - 2].isalnum() and text[p - 1].isspace())]
        cut = (marks or places or [_between_characters(text, start + LONGEST)])[-1]
        found.append((start, cut))
        start = cut
    return [*found, (start, end)]


def _between_characters(text: str, at: int) -> int:
    """The last place at or before ``at`` where no vowel sign or accent is cut off; ``at`` where there is a heap."""
    for place in range(at, at - 8, -1):
        if not (_CLUSTER_INSIDE.match(text, place) or text[place - 1] == "\u200d"):
            return place
    return at
