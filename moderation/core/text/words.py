"""Words that a disguised word is recognised by: those of a language, the commonest first, and abusive ones.

They lie in ``word_lists``, a folder for each language, apart by white space; a line that begins with ``#`` is a remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_LISTS = Path(__file__).parent / "word_lists"


def word_list(language: str, name: str) -> tuple[str, ...]:
    """A list's words, in its order."""
    lines = (_LISTS / language / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


def _with_endings(stem: str) -> Iterator[str]:
    """The stem and what it becomes; some of it makes no word, which does no harm."""
    yield stem
    yield stem + ("es" if stem.endswith(("s", "sh", "ch", "x")) else "s")
    short = stem.removesuffix("e")
    doubled = stem + stem[-1] if re.search(r"[^aeiou][aeiou][bdgmnpt]$", stem) else short
    for ending in ("er", "ers", "ed", "ing", "in", "y"):
        yield doubled + ending
        yield short + ending
    for ending in ("head", "heads", "ty"):
        yield stem + ending


COMMON = word_list("en", "common")
_STEMS = (*word_list("en", "abuse"), *word_list("hi", "abuse"))
ABUSE = dict.fromkeys(word for stem in _STEMS for word in _with_endings(stem) if len(word) > 2)
"""Abusive stems with their endings, the usual first."""

RANK = {word: place for place, word in reversed(list(enumerate((*COMMON, *ABUSE))))}
"""Every known word, with its place by frequency (0 the commonest)."""
