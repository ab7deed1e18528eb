"""Words as the search knows them: those of a text, those that somebody types into the search field, and where the one
stands in the other. Texts and queries are folded and cut by the same rules, so that both databases find the same.

Folded is what a reader takes for the same: case, ``ß`` and ``ss``, accents, wide and narrow forms, the points of Arabic
and Hebrew. Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese and Tibetan are cut into overlapping pairs of
characters, so that any piece of a text is found; other scripts into words.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice, pairwise
from typing import NamedTuple

import regex

from moderation.core.text.written import without_piled_marks

MAX_PIECES = 12
MAX_WORDS = 16_000
"""Of a text so many words are found: PostgreSQL counts places no further than 16,383."""
LONGEST_WORD = 64
"""Characters by which a word is known; what follows them tells it from no other."""
MAX_HITS = 1000
"""Places of one text that are shown."""
_PIECE = regex.compile(r'"([^"]*)"?|([^\s"]+)')
_SHORTEST_START = 3

_LONG = 1000
"""From so many characters on a heap of marks is cut before it is sorted; below, sorting it takes no time."""

# Scripts that set no space between words, or (Korean) hang endings on them.
_PAIRED_BLOCKS = (
    *((0xE00, 0xFFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x1950, 0x19DF), (0x1A20, 0x1AAF)),
    *((0x2E80, 0xA4CF), (0xA960, 0xA97F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF)),
    *((0x1B000, 0x1B16F), (0x20000, 0x3FFFF)),
)
_BEYOND = 0x10000
_OTHER_BEYOND = ((0x10000, 0x1AFFF), (0x1B170, 0x1CFFF), (0x1E000, 0x1EFFF))
"""Where characters that need more than sixteen bits make words; the few symbols there are taken for letters."""


def _class_of(blocks: Iterable[tuple[int, int]]) -> str:
    """The letters, numbers and marks of these blocks as ranges of a regular expression's class."""
    ranges: list[tuple[int, int]] = []
    category = unicodedata.category
    for first, last in blocks:
        begun = None if first < _BEYOND else first
        for code in range(first, min(last + 1, _BEYOND)):
            speaks = category(chr(code))[0] in "LNM"
            if speaks and begun is None:
                begun = code
            elif not speaks and begun is not None:
                ranges.append((begun, code - 1))
                begun = None
        if begun is not None:
            ranges.append((begun, last))
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


def _between(blocks: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """The blocks between these, from behind ASCII on."""
    at = 0x80
    for first, last in blocks:
        if first >= _BEYOND:
            break
        yield at, first - 1
        at = last + 1
    yield at, _BEYOND - 1


_PAIRED = _class_of(_PAIRED_BLOCKS)
_OTHER = "a-z0-9" + _class_of((*_between(_PAIRED_BLOCKS), *_OTHER_BEYOND))
_WORD = re.compile(f"[{_OTHER}]+|[{_PAIRED}]+")
_IS_PAIRED = re.compile(f"[{_PAIRED}]").match
_HAS_PAIRED = re.compile(f"[{_PAIRED}]").search
_FIRST_PAIRED = chr(_PAIRED_BLOCKS[0][0])
_NO_WORD = str.maketrans({chr(code): " " for code in range(128) if not chr(code).isalnum()})

# What isn't seen, and marks that a reader takes for no letter of its own: not the breve on \u0438, which makes another
# letter of it, nor marks of scripts that write vowels or tones with them.
_LEFT_OUT = re.compile(
    "[\u00ad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    "|(?<!\u0438)\u0306|[\u0300-\u0305\u0307-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08ff"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_ALIKE = str.maketrans(
    {
        **{"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ł": "l", "ı": "i", "þ": "th"},
        # Arabic letters that are typed for one another, Persian and Urdu ones among them.
        **{"ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه"},
        # Hebrew letters as they stand at a word's end.
        **{"ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ"},
        # Digits of every script; those of mathematics and the wide ones are plain by then.
        **{
            chr(zero + n): str(n)
            for zero in (0x660, 0x6F0, *range(0x966, 0xDE7, 0x80), 0xE50, 0xED0)
            for n in range(10)
        },
    }
)
_HAS_ALIKE = re.compile("[" + "".join(map(chr, _ALIKE)) + "]").search
_CLUSTER = regex.compile(
    r"[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]++"
    r"|.[\p{M}\uff9e\uff9f\p{Default_Ignorable_Code_Point}]*+",
    regex.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A word as the search knows it, or several in this order (``"the old bridge"``). With ``start`` the last one also
    finds longer words (``bridg*``).
    """

    words: tuple[str, ...]
    start: bool = False


class _Word(NamedTuple):
    """A word at a place of a folded text. ``paired``: one of overlapping pairs, or the one character that ends them."""

    text: str
    start: int
    end: int
    paired: bool


def words_in(text: str) -> list[str]:
    """The words that find a text, in order: at most ``MAX_WORDS``. Linear time."""
    folded = _folded(text)
    if folded.isascii():
        words = folded.translate(_NO_WORD).split()
    elif not _HAS_PAIRED(folded):
        words = _WORD.findall(folded)
    else:
        words = []
        for word in _WORD.findall(folded):
            if word[0] < _FIRST_PAIRED or not _IS_PAIRED(word):
                words.append(word)
            else:
                words += map("".join, pairwise(word))
                words.append(word[-1])
    return [word[:LONGEST_WORD] for word in words[:MAX_WORDS]]


def sought(typed: str) -> tuple[Sought, ...]:
    """What to look for: a text must have all of it. ``MAX_PIECES`` pieces at most, each with a letter or number."""
    found = []
    for quoted, word in _PIECE.findall(typed):
        text = (quoted or word).strip()
        bare = text if quoted else text.rstrip("*")
        piece = _sought(bare, start=bare != text and len(bare) >= _SHORTEST_START)
        if piece is not None:
            found.append(piece)
    return tuple(found[:MAX_PIECES])


def _sought(text: str, *, start: bool) -> Sought | None:
    words = list(_cut(_folded(text)))
    if not words:
        return None
    last = words[-1]
    if last.paired and len(last.text) == 1:
        # In a text another character may follow: then this one begins a pair.
        behind_a_pair = len(words) > 1 and words[-2].paired and words[-2].end == last.end
        if behind_a_pair:
            words.pop()
        start = not behind_a_pair
    return Sought(words=tuple(word.text for word in words), start=start)


def hits(text: str, find: Iterable[Sought]) -> list[tuple[int, int]]:
    """Where a text has what is looked for: places in it, in order, without overlap, at most ``MAX_HITS``. Linear."""
    folded, origins = (text.lower(), None) if text.isascii() else _traced(text)
    # Cutting takes the longest, and most names have nothing of it.
    find = [piece for piece in find if all(word in folded for word in piece.words)]
    if not find:
        return []
    if origins is None and len(text) <= MAX_WORDS and all(_is_short_word(piece) for piece in find):
        return _merged([place for piece in find for place in _words_like(folded, piece)])
    if origins is None:  # as below, several times as fast
        spans = [run.span() for run in islice(_WORD.finditer(folded), MAX_WORDS)]
        words = [folded[start : min(end, start + LONGEST_WORD)] for start, end in spans]
    else:
        cut = list(islice(_cut(folded), MAX_WORDS))
        spans = [(word.start, word.end) for word in cut]
        words = [word.text for word in cut]
    line = "\n" + "\n".join(words) + "\n"
    begins = list(accumulate([len(word) + 1 for word in words], initial=0))
    found = [place for piece in find for place in _places(folded, line, begins, spans, piece)]
    if origins is not None:
        found = [(origins[start][0], origins[end - 1][1]) for start, end in found]
    return _merged(found)


def _is_short_word(piece: Sought) -> bool:
    """Whether a piece is one word, known by all of its characters."""
    return len(piece.words) == 1 and len(piece.words[0]) < LONGEST_WORD


def _words_like(folded: str, piece: Sought) -> Iterator[tuple[int, int]]:
    """The places of one word in a folded text of ASCII alone, as most are: no need to cut it."""
    end = "[a-z0-9]*" if piece.start else "(?![a-z0-9])"
    found = re.finditer(f"(?<![a-z0-9]){piece.words[0]}{end}", folded)
    return (hit.span() for hit in islice(found, MAX_HITS))


def _places(
    folded: str, line: str, begins: list[int], spans: list[tuple[int, int]], piece: Sought
) -> Iterator[tuple[int, int]]:
    """The places of a piece in the folded text. ``line`` has its words, each of which ``begins`` at a line end."""
    needle = "\n" + "\n".join(piece.words) + ("" if piece.start else "\n")
    at, count = line.find(needle), 0
    while at >= 0 and count < MAX_HITS:
        first = bisect_left(begins, at)
        start, end = spans[first + len(piece.words) - 1]
        yield spans[first][0], (start + len(piece.words[-1]) if _IS_PAIRED(folded, start) else end)
        at, count = line.find(needle, at + 1), count + 1


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged[:MAX_HITS]


def _cut(folded: str) -> Iterator[_Word]:
    for run in _WORD.finditer(folded):
        start, end = run.span()
        if _IS_PAIRED(folded, start):
            for at in range(start, end - 1):
                yield _Word(folded[at : at + 2], at, at + 2, True)
            yield _Word(folded[end - 1], end - 1, end, True)
        else:
            yield _Word(folded[start : min(end, start + LONGEST_WORD)], start, end, False)


def _folded(text: str) -> str:
    """The text as the search compares it. Linear time."""
    if text.isascii():
        return text.lower()
    text = text if len(text) < _LONG else without_piled_marks(text)
    bare = _LEFT_OUT.sub("", unicodedata.normalize("NFKD", text).casefold())
    # Translating takes longer than all the rest, and is seldom needed.
    return unicodedata.normalize("NFKC", bare.translate(_ALIKE) if _HAS_ALIKE(bare) else bare)


_folded_cluster = lru_cache(maxsize=4096)(_folded)


def _traced(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and of each of its characters from where to where the text has it."""
    pieces, origins = [], []
    for cluster in _CLUSTER.finditer(text):
        folded = _folded_cluster(cluster[0])
        pieces.append(folded)
        origins += [cluster.span()] * len(folded)
    return "".join(pieces), origins
