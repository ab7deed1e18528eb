"""The name that a site gives to its article: anything that a person could write down, an address too."""

from __future__ import annotations

import unicodedata

import regex

from moderation.core.errors import InvalidField
from moderation.core.messages import Message

LONGEST = 200
"""Characters."""

# Control characters, halves of surrogate pairs, what turns the direction of what follows, and what an address that
# wasn't UTF-8 became: two such names would be one. Joiners stay: words of Persian, Malayalam and Sinhala need them.
_UNTELLABLE = regex.compile(r"[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]")


def article_name(text: str) -> str:
    """The id under which an article is kept: in canonical Unicode (NFC), so that one that is written alike is the same.

    Raises ``InvalidField`` for what nobody could tell apart from another.
    """
    name = unicodedata.normalize("NFC", text) if len(text) <= LONGEST * 4 else text
    if not 1 <= len(name) <= LONGEST or _UNTELLABLE.search(name):
        raise InvalidField("article_id", Message("article_id_unusable", {"longest": LONGEST}))
    return name
