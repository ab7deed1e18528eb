"""Scripts by how they part words: with spaces, or not at all."""

from __future__ import annotations

import regex

UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\u3005\u30fc\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
"""What a character class holds of the scripts that set no spaces between words."""
_UNSPACED = regex.compile(f"[{UNSPACED}]")
CHARACTERS_OF_A_WORD = 2
"""How many characters of such scripts make about one word."""


def word_count(text: str) -> int:
    """About how many words a text has: what stands between spaces, and in scripts without them every two characters.

    Linear time.
    """
    if text.isascii():
        return len(text.split())
    spaced, characters = _UNSPACED.subn(" ", text)
    return len(spaced.split()) + characters // CHARACTERS_OF_A_WORD


def room(text: str) -> int:
    """How long a text is, as Latin letters would say it: an ideograph says about what two and a half letters do."""
    return len(text) if text.isascii() else len(text) + len(_UNSPACED.findall(text)) * 3 // 2
