"""Letters set apart ("i d i o t", "i.d.i.o.t") are put together again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import log

import regex

from moderation.core.text.words import RANK

_SIGNS = r".\-_*·•|/~+=,:\\"
_SEPARATOR = rf"[ {_SIGNS}]"
# Alone, and not the first of letters that are set apart by another sign ("I h.a.v.e").
_LETTER = rf"[\p{{L}}\p{{M}}@$!013457](?![\p{{L}}\p{{N}}])(?!(?!(?P=sep))[{_SIGNS}]\p{{L}}(?![\p{{L}}\p{{N}}]))"
_RUN = regex.compile(rf"(?<![\p{{L}}\p{{N}}])(?<letters>\p{{L}}(?<sep>{_SEPARATOR}){_LETTER}(?:(?P=sep){_LETTER})*+)")
_SIGN_OF_IT = re.compile(r"(?<![^\W_])[^\W_][ .\-_*·•|/~+=,:\\][^\W_](?![^\W_])")
_LONGEST_WORD = 14
_UNKNOWN, _UNKNOWN_LETTER = 6.0, 2.6
"""What a word outside the list costs, and each of its letters; a known word costs more the rarer it is."""


_SPACE_SET_APART = regex.compile(rf"(?<=[\p{{L}}\p{{N}}])([{_SIGNS}])\s+\1(?=[\p{{L}}\p{{N}}])")


def spaced_spaces(text: str) -> Iterator[tuple[int, int, str]]:
    """Where every character is set apart by a sign, the spaces are too ("y.o.u. .a.r.e"): they lose it."""
    for match in _SPACE_SET_APART.finditer(text):
        yield match.start(), match.end(), " "


def spaced_letters(text: str) -> Iterator[tuple[int, int, str]]:
    """Edits that put such words together. Two letters are only joined beside others; initials stay as they are."""
    if not _SIGN_OF_IT.search(text):  # many times faster than the search that follows
        return
    previous_end = -10
    waiting: regex.Match[str] | None = None
    for match in _RUN.finditer(text):
        near = match.start() - previous_end <= 4
        letters = _letters(match)
        if _is_spaced(match, letters) or (near and len(letters) > 1):
            if waiting is not None and match.start() - waiting.end() <= 4:
                yield from _joined(waiting)
            yield from _joined(match)
            previous_end, waiting = match.end(), None
        else:
            waiting = match if len(letters) == 2 else None


def _letters(match: regex.Match[str]) -> str:
    return str(match["letters"][::2])


def _is_spaced(match: regex.Match[str], letters: str) -> bool:
    word = letters.lower()
    if sum(map(str.isalpha, letters)) * 3 < len(letters) * 2:
        return False
    if len(letters) == 2 or (len(letters) == 3 and word not in RANK and (match["sep"] == " " or letters != word)):
        return False
    initials = match["sep"] == "." and letters.isupper() and len(letters) < 6
    return not initials or (word in RANK and word not in ("usa",))


def _joined(match: regex.Match[str]) -> Iterator[tuple[int, int, str]]:
    start, end = match.span("letters")
    # Letters set apart by spaces may hide where words end too; other signs leave the words' own spaces.
    breaks = _breaks(_letters(match).lower()) if match["sep"] == " " else frozenset[int]()
    for number, place in enumerate(range(start + 1, end, 2), 1):
        if number not in breaks:
            yield place, place + 1, ""
        elif match.string[place] != " ":
            yield place, place + 1, " "


def _breaks(letters: str) -> frozenset[int]:
    """Where words begin in letters that were all set apart alike; empty where they are one word, or none are known."""
    if len(letters) < 6 or letters in RANK:
        return frozenset()
    cost, begins = [0.0], [0]
    for end in range(1, len(letters) + 1):
        options = []
        for start in range(max(0, end - _LONGEST_WORD), end):
            word = letters[start:end]
            known = word in RANK or word in ("a", "i", "u")
            price = 3.0 + log(RANK.get(word, 10) + 2) if known else _UNKNOWN + _UNKNOWN_LETTER * len(word)
            options.append((cost[start] + price, start))
        best, start = min(options)
        cost.append(best)
        begins.append(start)
    found, end = [], len(letters)
    while end:
        end = begins[end]
        found.append(end)
    return frozenset(found) - {0}
