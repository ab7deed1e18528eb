"""Listed terms: words and phrases that hold a comment for a moderator, wherever they hide in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import regex

from moderation.core.disguise import undisguise
from moderation.core.errors import InvalidField
from moderation.core.text import as_written

SHORTEST, LONGEST = 2, 100
"""Characters of a term: a single letter would hold every comment."""

_WORD = r"[\p{L}\p{M}\p{N}_]"
_BOUND = regex.compile(rf"{_WORD}")
# Scripts that set no spaces between words: there a term may stand right beside other letters.
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_SPACES = regex.compile(r"\s+")
_TYPED = str.maketrans("’‘ʼ‐‑–—", "'''----")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A listed word or phrase, and why it holds a comment."""

    id: str
    text: str
    why: str
    of_article: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A term and how often a text holds it."""

    term: Term
    count: int


class TermList:
    """Terms as one pattern, compiled once. Whole words are found, case and disguise set aside; spaces inside a phrase
    match any white space. Where one term begins another, the longer one counts.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        self._by_key: dict[str, Term] = {}
        for term in self.terms:
            for key in (folded(term.text), folded(undisguise(term.text).text)):
                if key:
                    self._by_key.setdefault(_SPACES.sub(" ", key), term)
        self._pattern = regex.compile(_pattern(self._by_key)) if self._by_key else None

    def found(self, text: str) -> tuple[Found, ...]:
        """Which terms the text holds, in the list's order: as it is written and as a reader sees it."""
        if self._pattern is None:
            return ()
        counts = self._counted(text)
        seen = undisguise(text).text
        if seen != text:
            counts |= self._counted(seen)  # the larger of both counts
        return tuple(Found(term, counts[term.id]) for term in self.terms if counts[term.id])

    def _counted(self, text: str) -> Counter[str]:
        assert self._pattern is not None
        matches = self._pattern.finditer(folded(text))
        return Counter(self._by_key[_SPACES.sub(" ", match[0])].id for match in matches)


NO_TERMS = TermList(())


def folded(text: str) -> str:
    """A text as terms are compared: without case, with plain apostrophes and hyphens."""
    return text.casefold().translate(_TYPED)


def term_text(text: str) -> str:
    """A term as it is kept: canonical, on one line. Raises ``InvalidField`` for what can't be a term."""
    if len(text) > LONGEST * 4:
        raise InvalidField("terms", f"hold one of {len(text)} characters; at most {LONGEST} are possible.")
    tidy = _SPACES.sub(" ", as_written(text, "terms"))
    if not SHORTEST <= len(tidy) <= LONGEST:
        raise InvalidField(
            "terms", f"hold “{tidy[:20]}”, of {len(tidy)} characters; a term has {SHORTEST} to {LONGEST}."
        )
    if not _BOUND.search(tidy):
        raise InvalidField("terms", f"hold “{tidy[:20]}”, which has neither letter nor digit.")
    return tidy


def _pattern(keys: Iterable[str]) -> str:
    """Shared beginnings are tried once, so that hundreds of terms cost hardly more than a few."""
    after_word: dict[str, Any] = {}
    anywhere: dict[str, Any] = {}
    for key in keys:
        node = after_word if _bounded(key[0]) else anywhere
        for character in key:
            node = node.setdefault(character, {})
        node[""] = rf"(?!{_WORD})" if _bounded(key[-1]) else ""
    options = []
    if after_word:
        options.append(rf"(?<!{_WORD}){_branches(after_word)}")
    if anywhere:
        options.append(_branches(anywhere))
    return "|".join(options)


def _bounded(edge: str) -> bool:
    return bool(_BOUND.match(edge)) and not _UNSPACED.match(edge)


def _branches(node: dict[str, Any]) -> str:
    """What may follow, longer terms first."""
    options = [f"{literal}{_branches(rest)}" for literal, rest in _grown(node)]
    if "" in node:
        options.append(node[""])
    return options[0] if len(options) == 1 else f"(?:{'|'.join(options)})"


def _grown(node: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each way on, as far as it doesn't fork."""
    for character, following in node.items():
        if character == "":
            continue
        literal, rest = [character], following
        while len(rest) == 1 and "" not in rest:
            ((character_on, rest),) = rest.items()
            literal.append(character_on)
        yield "".join(r"\s+" if c == " " else regex.escape(c) for c in literal), rest
