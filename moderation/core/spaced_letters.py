"""Letters set apart ("i d i o t", "i.d.i.o.t") are put together again."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from moderation.core.words import RANK

_SEPARATOR = r"[ .\-_*·•|/~+=,:\\]"
_LETTER = r"[\p{L}\p{M}@$!013457](?![\p{L}\p{N}])"
_RUN = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}])(?<gap>(?<=\s){_SEPARATOR})?+"
    rf"(?<letters>\p{{L}}(?<sep>{_SEPARATOR}){_LETTER}(?:(?P=sep){_LETTER})*+)"
)
_SIGN_OF_IT = re.compile(r"(?<![^\W_])[^\W_][ .\-_*·•|/~+=,:\\][^\W_](?![^\W_])")
_LONGEST_WORD = 14
_UNKNOWN = 12.0
"""What a letter outside every known word costs; a known word costs about the logarithm of its rank."""


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
    if len(letters) == 2 or (len(letters) == 3 and word not in RANK):
        return False
    initials = match["sep"] == "." and letters.isupper() and len(letters) < 6
    return not initials or (word in RANK and word not in ("usa",))


def _joined(match: regex.Match[str]) -> Iterator[tuple[int, int, str]]:
    start, end = match.span("letters")
    if match["gap"] and match["gap"] == match["sep"]:
        yield match.start("gap"), match.end("gap"), ""
    breaks = _breaks(_letters(match).lower())
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
        options = [(cost[end - 1] + _UNKNOWN, end - 1)]
        for start in range(max(0, end - _LONGEST_WORD), end):
            word = letters[start:end]
            if word in RANK or word in ("a", "i", "u"):
                options.append((cost[start] + 4.0 + RANK.get(word, 20) ** 0.25, start))
        best, start = min(options)
        cost.append(best)
        begins.append(start)
    if cost[-1] >= _UNKNOWN * len(letters) / 3:
        return frozenset()
    found, end = [], len(letters)
    while end:
        end = begins[end]
        found.append(end)
    return frozenset(found) - {0}
