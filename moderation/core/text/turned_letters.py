"""Words written upside down ("noʎ ʞɔnɟ"): a reader turns the page, and reads them from their end."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from moderation.core.text.words import ABUSE, KNOWN

Edit = tuple[int, int, str]

_TURNED = dict(zip("ɐɔǝɟƃɓɥıᴉɾʞʃɯɹʇʌʍʎ", "acefgghiijklmrtvwy", strict=True)) | dict(
    zip("∀ƆƎℲ⅁ſ⅂Ԁᴚ⊥∩Λ⅄Ɐ", "ACEFGJLPRTUVYA", strict=True)
)
"""Letters that are others turned over."""
_AT_HOME = "ıɔǝɓʃ"
"""Those of them that Turkish, Akan, Kanuri and others write with."""
_EITHER_WAY = dict(zip("bdlnopqsuxzHINOSXZMW", "qpluodbsnxzHINOSXZWM", strict=True))
"""Letters that are letters upside down too, and which."""
_MARKS = {"˙": ".", "'": ",", ",": "'", "¡": "!", "¿": "?", "‾": "_", "„": '"'}
_TURNING = _TURNED | _EITHER_WAY
_SIGN = regex.compile("[" + "".join(_TURNED.keys() - {"ı"}) + "]")
_SURE_SIGN = regex.compile("[" + "".join(_TURNED.keys() - set(_AT_HOME)) + "]")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}∀⅁⊥∩⅂Ⅎ]++")
_FEWEST = 2
"""Turned letters that a run of words must have, a sure one among them: one alone is a look-alike, or a sound's sign."""
_FARTHEST = 3
"""Marks and spaces between two words of a run."""


def turned_words(text: str) -> Iterator[Edit]:
    """Runs of turned words become what they say, where that is words: half of them known, or one of them abuse.

    Signs of sounds ("/ɹʌn/") aren't words when they are turned, and stay.
    """
    if not _SURE_SIGN.search(text):
        return
    for start, end in _runs(text):
        if not _SURE_SIGN.search(text, start, end):
            continue
        turned = "".join(_TURNING.get(letter) or _MARKS.get(letter, letter) for letter in reversed(text[start:end]))
        words = [word.lower() for word in _WORD.findall(turned)]
        known = sum(word in KNOWN for word in words)
        if 2 * known >= len(words) or any(word in ABUSE for word in words):
            yield start, end, turned


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Where words stand that can all be turned, the first and the last of which must be; each on one line."""
    start = end = -1
    before = signs = 0
    for match in _WORD.finditer(text):
        turns = all(letter in _TURNING for letter in match[0])
        if start >= 0 and not (turns and _close(text, before, match.start())):
            if signs >= _FEWEST:
                yield start, end
            start, signs = -1, 0
        before = match.end()
        found = len(_SIGN.findall(match[0])) if turns else 0
        if found:
            start, end, signs = _begin(text, match.start()) if start < 0 else start, match.end(), signs + found
    if start >= 0 and signs >= _FEWEST:
        yield start, end


def _begin(text: str, at: int) -> int:
    """The last mark of a sentence stands before its last word."""
    return at - 1 if text[at - 1 : at] in {"¡", "¿", "˙"} else at


def _close(text: str, before: int, after: int) -> bool:
    """Whether only a space and marks part two words."""
    return after - before <= _FARTHEST and "\n" not in text[before:after]
