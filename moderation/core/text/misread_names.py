"""Names that hold letters of abuse, and mean none of it: Penistone, Shital, Cockermouth.

A pack reads a word in pieces, and what a piece means elsewhere rubs off on the name. So what a pack of one language
judges has another name in its place, which means nothing: the pack sees that somebody is named, and not how. Which
names those are is told by ``misread.txt`` of the language's word lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import regex

from moderation.core.text.disguise import Edit, Undisguised, edited
from moderation.core.text.words import word_list

STAND_IN = "Morgan"
_NAME = regex.compile(r"(?<![\p{L}\p{M}])\p{Lu}\p{Ll}++(?![\p{L}\p{M}])")
"""A word that begins with a capital and goes on in small letters: in others nothing tells a name."""


def names_understood(seen: Undisguised, language: str) -> Undisguised:
    """A text with a name that means nothing in the place of those that a pack of this language misreads; the text
    itself where there are none.
    """
    listed = _listed(language)
    edits = list(_misread(seen.text, listed)) if listed else []
    return edited(seen, edits) if edits else seen


def _misread(text: str, listed: frozenset[str]) -> Iterator[Edit]:
    for word in _NAME.finditer(text):
        if word[0].casefold() in listed:
            yield word.start(), word.end(), STAND_IN


@cache
def _listed(language: str) -> frozenset[str]:
    return frozenset(word_list(language, "misread"))
