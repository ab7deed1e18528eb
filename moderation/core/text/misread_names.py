"""Names that hold letters of abuse, and mean none of it: Penistone, Nishit, Cockburn.

A pack reads a word in pieces, and what a piece means elsewhere rubs off on the name. So what a pack of one language
reads has another name in its place, which means nothing: the pack sees that somebody is named, and not how. Which
names those are is told by ``misread.txt`` of the language's word lists, where they are written as names are; those of
``misread_beside.txt`` are abuse as well, and names beside another name alone ("Dick Van Dyke").
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import regex

from moderation.core.text.disguise import Edit, Undisguised, edited
from moderation.core.text.words import ABUSE, COMMON, word_list

STAND_IN = "Morgan"
_NAME = regex.compile(r"(?<![\p{L}\p{M}])\p{Lu}[\p{L}\p{M}]*\p{Ll}[\p{L}\p{M}]*+")
"""A word that begins with a capital and has a small letter: in capitals alone nothing tells a name."""
_COMMON = frozenset(COMMON[:4000])
"""Beside these words nothing is a name: "Dick Head". Behind them come first names that many have."""


def names_understood(seen: Undisguised, language: str) -> Undisguised:
    """A text with a name that means nothing in the place of those that a pack of this language misreads."""
    edits = list(_misread(seen.text, language))
    return edited(seen, edits) if edits else seen


def _misread(text: str, language: str) -> Iterator[Edit]:
    anywhere, beside = _listed(language)
    if not anywhere and not beside:
        return
    words = list(_NAME.finditer(text))
    for place, word in enumerate(words):
        folded = word[0].casefold()
        if folded in anywhere or (folded in beside and _has_neighbour(text, words, place)):
            yield word.start(), word.end(), STAND_IN


def _has_neighbour(text: str, words: list[regex.Match[str]], place: int) -> bool:
    """Whether another name stands right before this one, or right behind it."""
    for before, behind in ((place - 1, place), (place, place + 1)):
        if before < 0 or behind >= len(words):
            continue
        other = words[before if behind == place else behind][0].casefold()
        between = text[words[before].end() : words[behind].start()]
        if between in _JOINED and other not in _COMMON and other not in ABUSE:
            return True
    return False


_JOINED = frozenset((" ", "-", ". "))


@cache
def _listed(language: str) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(word_list(language, "misread")), frozenset(word_list(language, "misread_beside"))
