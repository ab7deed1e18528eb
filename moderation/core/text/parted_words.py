"""Words of abuse in scripts other than Latin with signs set between their letters ("시1발", "傻*逼", "су.ка").

Which words, say the lists (``words.py``): between other words signs stay, for there they part clauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import regex

from moderation.core.text.scripts import UNSPACED
from moderation.core.text.words import ABUSE

Edit = tuple[int, int, str]

_BETWEEN = r"[.*_~^!@1·•・/|+=\-]"
_NOT_LATIN = r"(?:[^\W\d_A-Za-zÀ-ɏ]|[\u0900-\u0963])"
_RUN_TOGETHER = regex.compile(f"[{UNSPACED}\\p{{Hangul}}]")
_SHORTEST = 3
"""Letters of a word in a script that sets spaces between words; in the others two are enough."""


def _with_signs(word: str, between: str) -> str:
    """The word's pattern. A vowel sign belongs to its letter."""
    return between.join(regex.findall(r".\p{M}*+", word))


@cache  # compiled when a text first needs them, which few do: together they take as long as a small pack to load
def _signed() -> re.Pattern[str]:
    """Signs, in any word."""
    return re.compile("|".join(_with_signs(word, f"{_BETWEEN}{{0,3}}") for word in _words()))


@cache
def _spaced() -> re.Pattern[str]:
    """Spaces, in words of scripts where they part none."""
    return re.compile("|".join(_with_signs(word, " {0,3}") for word in _words() if _RUN_TOGETHER.match(word)))


def _words() -> list[str]:
    """Abusive words of these scripts, the longest first."""
    words = (word for word in ABUSE if re.match(_NOT_LATIN, word))
    long_enough = (word for word in words if _RUN_TOGETHER.match(word) or len(word) >= _SHORTEST)
    return sorted(long_enough, key=lambda word: (-len(word), word))


# Many times faster than the search that follows.
_HAS_SIGNS = re.compile(rf"{_NOT_LATIN}{_BETWEEN}{{1,3}}{_NOT_LATIN}")
_HAS_SPACES = regex.compile(rf"(?<![\p{{L}}\p{{M}}]){_RUN_TOGETHER.pattern} {{1,3}}{_RUN_TOGETHER.pattern}")
_INSIDE = re.compile(rf"{_BETWEEN}+| +")
_LETTER = regex.compile(r"[\p{L}\p{M}]")


def parted_words(text: str) -> Iterator[Edit]:
    """Edits that take the signs out of such words."""
    if text.isascii():
        return
    signed, spaced = _HAS_SIGNS.search(text) is not None, _HAS_SPACES.search(text) is not None
    if not (signed or spaced):
        return
    lower = text.lower()
    if len(lower) != len(text):  # of a Turkish capital two characters: elsewhere these words have no case
        lower = text
    edits = {*(_edits(lower, _signed()) if signed else ()), *(_edits(lower, _spaced()) if spaced else ())}
    yield from sorted(edits)


def _edits(text: str, pattern: re.Pattern[str]) -> Iterator[Edit]:
    for match in pattern.finditer(text):
        if _INSIDE.search(match[0]) and _stands_alone(text, match):
            for inside in _INSIDE.finditer(text, *match.span()):
                yield inside.start(), inside.end(), ""


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Whether the letters around say that one word is meant: a space or full stop mostly parts two ("다시 발표")."""
    letter_before = _LETTER.match(text[match.start() - 1 : match.start()]) is not None
    letter_after = _LETTER.match(text[match.end() : match.end() + 1]) is not None
    if not _RUN_TOGETHER.match(match[0]) or " " in match[0]:
        return not (letter_before or letter_after)
    return not (letter_before and "." in match[0])
