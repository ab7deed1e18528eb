"""Listed terms: words and phrases that hold a comment for a moderator, wherever they hide in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from moderation.core.disguise import undisguise
from moderation.core.errors import InvalidField
from moderation.core.text import as_written

SHORTEST, LONGEST = 2, 100
"""Characters of a term: a single letter would hold every comment."""

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_]")
_WORDS = regex.compile(rf"{_WORD.pattern}+")
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


@dataclass(frozen=True, slots=True)
class _Key:
    """A term as it is looked for: folded, with single spaces. ``at`` is where its first word begins."""

    text: str
    at: int
    term: Term


class TermList:
    """Terms, looked for by their first word: hundreds cost hardly more than a few. Whole words are found, case and
    disguise set aside; a space inside a phrase matches any white space. Where one term begins another, the longer one
    counts.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        keys: dict[str, Term] = {}
        for term in self.terms:
            for text in (folded(term.text), folded(undisguise(term.text).text)):
                if _WORD.search(text):
                    keys.setdefault(text, term)
        self._by_word: dict[str, list[_Key]] = defaultdict(list)
        self._unspaced: list[_Key] = []
        for text in sorted(keys, key=len, reverse=True):
            word = _WORDS.search(text)
            assert word is not None
            key = _Key(text, word.start(), keys[text])
            if _UNSPACED.search(text[0] + text[-1]):
                self._unspaced.append(key)
            else:
                self._by_word[word[0]].append(key)

    def found(self, text: str) -> tuple[Found, ...]:
        """Which terms the text holds, in the list's order: as it is written and as a reader sees it."""
        if not self.terms:
            return ()
        counts = self._counted(folded(text))
        seen = undisguise(text).text
        if seen != text:
            counts |= self._counted(folded(seen))  # the larger of both counts
        return tuple(Found(term, counts[term.id]) for term in self.terms if counts[term.id])

    def _counted(self, text: str) -> Counter[str]:
        counts: Counter[str] = Counter()
        done = 0
        for word in _WORDS.finditer(text):
            if word.start() < done or word[0] not in self._by_word:
                continue
            for key in self._by_word[word[0]]:
                start, end = word.start() - key.at, word.start() - key.at + len(key.text)
                if start >= 0 and text.startswith(key.text, start) and _ends(text, start, end):
                    counts[key.term.id] += 1
                    done = end
                    break
        for key in self._unspaced:
            start = text.find(key.text)
            while start >= 0:
                counts[key.term.id] += _ends(text, start, start + len(key.text))
                start = text.find(key.text, start + len(key.text))
        return counts


def _ends(text: str, start: int, end: int) -> bool:
    """Whether no word is cut at either end."""
    return not (_joined(text, start) or _joined(text, end))


def _joined(text: str, at: int) -> bool:
    around = text[at - 1 : at + 1] if at else ""
    return len(around) == 2 and all(map(_WORD.match, around)) and not _UNSPACED.search(around)


NO_TERMS = TermList(())


def folded(text: str) -> str:
    """A text as terms are compared: without case, with single spaces, plain apostrophes and hyphens."""
    return _SPACES.sub(" ", text.casefold().translate(_TYPED))


def term_text(text: str) -> str:
    """A term as it is kept: canonical, on one line. Raises ``InvalidField`` for what can't be a term."""
    if len(text) > LONGEST * 4:
        raise InvalidField("terms", f"hold one of {len(text)} characters; at most {LONGEST} are possible.")
    tidy = _SPACES.sub(" ", as_written(text, "terms"))
    if not SHORTEST <= len(tidy) <= LONGEST:
        raise InvalidField(
            "terms", f"hold “{tidy[:20]}”, of {len(tidy)} characters; a term has {SHORTEST} to {LONGEST}."
        )
    if not _WORD.search(tidy):
        raise InvalidField("terms", f"hold “{tidy[:20]}”, which has neither letter nor digit.")
    return tidy
