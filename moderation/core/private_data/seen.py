"""The text as a reader sees it, with plain digits, spaces, hyphens and marks, and the way back to what was written."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

import regex

from moderation.core.text.disguise import Undisguised, undisguised_characters

_CONTROL = regex.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LINK = regex.compile(r"(?i)\b(?:https?://|www\.)[^\s<>]{1,2000}|\b[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}+/[^\s<>]{0,2000}")
_TELLS_A_NUMBER = regex.compile(r"(?i)wa\.me/|t\.me/|whatsapp|phone=|tel[:=]")
_BARE_LINK = regex.compile(r"(?i)^(?:https?://|www\.)?[\d\W]")
_LETTERS_AS_DIGITS = regex.compile(r"(?<![^\W_])(?=[OoIl]{0,12}\d)[\dOoIl]{1,20}+(?![^\W_])")
_AS_DIGIT = str.maketrans("OoIl", "0011")


class _Plain(dict[int, str]):
    """One character for one, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        found = character
        if code > 127:
            category = unicodedata.category(character)
            digit = unicodedata.digit(character, None)
            if digit is not None:
                found = str(digit)
            elif category == "Pd" or character == "\u2212":
                found = "-"
            elif category == "Zs":
                found = " "
            elif category[0] in "PS":
                composed = unicodedata.normalize("NFKC", character)
                found = composed if len(composed) == 1 else character
        self[code] = found
        return found


_PLAIN = _Plain()  # as large as the characters of the world at most


@dataclass(frozen=True)
class Seen:
    """``text`` is what the finders read; ``undisguised`` leads from its offsets to those of the text as written."""

    text: str
    undisguised: Undisguised

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` lies in the text as written; never empty."""
        first, last = self.undisguised.written(start, end)
        return first, max(last, first + 1)

    @cached_property
    def numbers(self) -> str:
        """As ``text``, of the same length, for whoever looks for numbers: links are blanked, for what they hold is
        no telephone number, and letters that stand for digits are digits.
        """
        text = _LINK.sub(_blank, self.text) if "/" in self.text or "www." in self.text else self.text
        return _LETTERS_AS_DIGITS.sub(lambda match: match[0].translate(_AS_DIGIT), text)


def _blank(match: regex.Match[str]) -> str:
    if _TELLS_A_NUMBER.search(match[0]) or _BARE_LINK.match(match[0]):
        return match[0]
    return "\n" * len(match[0])


def as_seen(text: str) -> Seen:
    """The text as a reader sees it."""
    if text.isascii() and not _CONTROL.search(text):
        return Seen(text, Undisguised(text=text, offsets=range(len(text) + 1)))
    undisguised = undisguised_characters(text)
    return Seen(undisguised.text.translate(_PLAIN), undisguised)
