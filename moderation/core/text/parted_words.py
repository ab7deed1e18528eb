"""Words of abuse in scripts other than Latin with signs set between their letters ("시1발", "傻*逼", "су.ка").

Which words, say the lists (``words.py``): between other words signs stay, for there they part clauses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from moderation.core.text.words import ABUSE

_BETWEEN = r"[ .*_~^!@1·•・/|+=\-]"
_NOT_LATIN = r"(?:[^\W\d_A-Za-zÀ-ɏ]|[\u0900-\u0963])"
_SIGN_OF_IT = re.compile(rf"{_NOT_LATIN}{_BETWEEN}{{1,3}}{_NOT_LATIN}")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_SHORTEST = 3
"""Letters of a word in a script that sets spaces between words; in the others two are enough."""
_WORDS = sorted(
    (word for word in ABUSE if re.match(_NOT_LATIN, word) and (_UNSPACED.match(word) or len(word) >= _SHORTEST)),
    key=lambda word: (-len(word), word),
)


def _with_signs(word: str) -> str:
    """The word's pattern. A vowel sign belongs to its letter; a space parts words where a script has spaces."""
    between = _BETWEEN if _UNSPACED.match(word) else _BETWEEN.replace(" ", "")
    return f"{between}{{0,3}}".join(regex.findall(r".\p{M}*+", word))


_PARTED = re.compile("|".join(map(_with_signs, _WORDS)), re.IGNORECASE)
_SIGNS = re.compile(rf"{_BETWEEN}+")
_LETTER = regex.compile(r"[\p{L}\p{M}]")


def parted_words(text: str) -> Iterator[tuple[int, int, str]]:
    """Edits that take the signs out of such words."""
    if not _SIGN_OF_IT.search(text):
        return
    for match in _PARTED.finditer(text):
        if _SIGNS.search(match[0]) and _stands_alone(text, match):
            for signs in _SIGNS.finditer(text, *match.span()):
                yield signs.start(), signs.end(), ""


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """Whether the letters around say that one word is meant: a space or full stop mostly parts two ("다시 발표")."""
    letter_before = _LETTER.match(text[match.start() - 1 : match.start()]) is not None
    letter_after = _LETTER.match(text[match.end() : match.end() + 1]) is not None
    if not _UNSPACED.match(match[0]) or " " in match[0]:
        return not (letter_before or letter_after)
    return not (letter_before and "." in match[0])
