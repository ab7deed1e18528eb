"""Talk that fits any article, and signs of advertising, in languages other than English: data, in ``relevance_words``.

Phrases are looked for together, for a text doesn't say which language it is in. Where a script has spaces, whole words
are found; where it hasn't, and in Korean, which hangs endings on words, a phrase is found inside others.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path

import regex

from moderation.core.text.folding import folded
from moderation.core.text.scripts import UNSPACED

_FOLDER = Path(__file__).parent / "relevance_words"
_TOKEN = regex.compile(r"[\p{L}\p{M}]+|\p{N}[\p{N}.,]*+")
_ASCII_TOKEN = re.compile(r"[a-z]+|[0-9][0-9.,]*+")
_INSIDE_OTHERS = regex.compile(rf"[{UNSPACED}\p{{Hangul}}]")
NUMBER = "#"


def _tokens(text: str) -> list[str]:
    """The words of a folded text; each number is the same."""
    if text.isascii():
        return [token if token[0] >= "a" else NUMBER for token in _ASCII_TOKEN.findall(text)]
    return [NUMBER if token[0].isnumeric() else token for token in _TOKEN.findall(text)]


class Phrases:
    """Phrases by kind, looked for in time that grows with the text's length."""

    def __init__(self, kinds: Mapping[str, Iterable[str]]) -> None:
        self._by_word: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        inside: dict[str, list[str]] = defaultdict(list)
        for kind, phrases in kinds.items():
            for phrase in map(folded, phrases):
                if _INSIDE_OTHERS.search(phrase):
                    inside[kind].append(re.escape(phrase))
                else:
                    words = tuple(_tokens(phrase.replace(NUMBER, "0")))
                    self._by_word[words[0]].append((words, kind))
        self._inside = {kind: re.compile("|".join(phrases)) for kind, phrases in inside.items()}

    def kinds_in(self, text: str) -> frozenset[str]:
        """The kinds of which the text has a phrase."""
        text = folded(text)
        words = _tokens(text)
        found: set[str] = set()
        for place in [place for place, word in enumerate(words) if word in self._by_word]:
            for phrase, kind in self._by_word[words[place]]:
                if len(phrase) == 1 or tuple(words[place : place + len(phrase)]) == phrase:
                    found.add(kind)
        if _INSIDE_OTHERS.search(text):
            found |= {kind for kind, pattern in self._inside.items() if pattern.search(text)}
        return frozenset(found)


@cache  # read when a text is first looked at
def _all_phrases() -> Phrases:
    kinds: dict[str, list[str]] = defaultdict(list)
    for path in sorted(_FOLDER.glob("*.toml")):
        for section in tomllib.loads(path.read_text(encoding="utf-8")).values():
            for kind, listed in section.items():
                kinds[kind] += listed
    return Phrases(kinds)


@lru_cache(maxsize=16)  # asked for talk and for signs, one after the other
def kinds_in(text: str) -> frozenset[str]:
    """The kinds of talk and of advertising of which the text has a phrase in some language. Linear time."""
    return _all_phrases().kinds_in(text)
