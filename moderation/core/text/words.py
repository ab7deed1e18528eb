"""Words by which a text is understood, by language: the common ones, the abusive ones, and what else a list holds.

They lie in ``word_lists``, a folder for each language, apart by white space; a line with ``#`` first is a remark.
What the lists are, and how to add a language, says ``word_lists/README.md``. A text doesn't say which language it is
in, and many mix several, so the lists are looked into together: English first, as it was before the others came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import regex

from moderation.core.text.scripts import UNSPACED

_LISTS = Path(__file__).parent / "word_lists"
LANGUAGES = tuple(sorted(folder.name for folder in _LISTS.iterdir() if folder.is_dir()))
"""ISO 639-1 codes of the languages that have lists."""


def word_list(language: str, name: str) -> tuple[str, ...]:
    """A list's words, in its order; none where the language has no such list."""
    path = _LISTS / language / f"{name}.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return tuple(word for line in lines if not line.startswith("#") for word in line.split())


def every_list(name: str) -> dict[str, tuple[str, ...]]:
    """The lists of that name, by language; of those that have one."""
    return {language: words for language in LANGUAGES if (words := word_list(language, name))}


def _with_endings(stem: str) -> Iterator[str]:
    """The English stem and what it becomes; some of it makes no word, which does no harm."""
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
_LATIN = regex.compile(r"\p{Latin}")
_SHORTEST_ABROAD = 4
"""Letters of an abusive word of another language in Latin letters: shorter ones are harmless words elsewhere."""


def _abroad() -> Iterator[str]:
    """Abusive words of other languages that are no common word of English ("die", "bite")."""
    english = frozenset(COMMON)
    for language, words in every_list("abuse").items():
        if language != "en":
            for word in words:
                if word not in english and len(word) >= (_SHORTEST_ABROAD if _LATIN.match(word) else 2):
                    yield word


ENGLISH_ABUSE = dict.fromkeys(
    word for stem in word_list("en", "abuse") for word in _with_endings(stem) if len(word) > 2
)
"""Abusive English stems with their endings, the usual first."""
ABUSE = ENGLISH_ABUSE | dict.fromkeys(_abroad())
"""Those, and the abusive words of other languages as they are listed."""

_FOREIGN_ABUSE = frozenset(_abroad()) - frozenset(ENGLISH_ABUSE) - frozenset(word_list("en", "harmless"))
_NAMESAKES = frozenset(word_list("en", "namesakes"))
"""Abuse, unless it is written as a name is: the city of Lund."""
_UNSPACED = regex.compile(f"[{UNSPACED}]")
_FOREIGN_UNSPACED = regex.compile("|".join(sorted(map(regex.escape, filter(_UNSPACED.match, _FOREIGN_ABUSE)))))
_WORDS = regex.compile(r"[\p{L}\p{M}]+")
_HYPHENED = regex.compile(r"(?<![\p{L}\p{M}])[\p{L}\p{M}]++(?:[-\u2010\u2011][\p{L}\p{M}]++)++")


def holds_foreign_abuse(text: str) -> bool:
    """Whether an abusive word of another language than English stands in a text, its disguise undone: also with a
    hyphen in it ("madar-chod"). Linear time.
    """
    found = _FOREIGN_ABUSE.intersection(_WORDS.findall(text.lower()))
    if found - _NAMESAKES:
        return True
    if found and any(word.lower() in found and not word.istitle() for word in _WORDS.findall(text)):
        return True
    if any(map(_is_abuse_with_hyphens, _HYPHENED.findall(text.lower()))):
        return True
    return not text.isascii() and _FOREIGN_UNSPACED.search(text) is not None


def _is_abuse_with_hyphens(word: str) -> bool:
    """Whether two parts are a word of abuse when they stand together, or with the hyphen that the list has."""
    pairs = list(pairwise(_WORDS.findall(word)))
    return any(one + other in _FOREIGN_ABUSE or f"{one}-{other}" in _FOREIGN_ABUSE for one, other in pairs)


RANK = {word: place for place, word in reversed(list(enumerate((*COMMON, *ABUSE))))}
"""English words and abusive ones of every language, with their place by frequency (0 the commonest)."""

COMMON_BY_LANGUAGE = {language: frozenset(words) for language, words in every_list("common").items()}

_ALL = [*RANK, *(word for language, words in every_list("common").items() if language != "en" for word in words)]
KNOWN = {word: place for place, word in reversed(list(enumerate(_ALL)))}
"""Every word of every list, English and abusive ones first: no disguise has to be undone to read one."""
