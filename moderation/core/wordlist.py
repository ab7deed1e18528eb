"""Wordlists: words and phrases that hold a comment for a moderator, wherever they hide in it.

What is found, in every script:
- Whole words, letters folded as ``core.text.folding`` says: case (the four i's of Turkish are one), ß and ss, the
  points of Arabic; é and e are two letters.
- Chinese, Japanese, Thai and others set no spaces: a term is found between any characters, but none in katakana within
  a longer word in katakana.
- Arabic writes the article and short words together with a word, Korean its particles: a term is found with them.
- A star opens a term at that end: "*arsch*" is found within longer words, as German makes them, "kurw*" with every
  ending, as Polish, Russian or Turkish have it. Three letters at least, two where a script sets no spaces.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter

import regex

from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.core.text.attached import later_starts, only_particle_follows, takes_particles
from moderation.core.text.disguise import undisguise
from moderation.core.text.folding import folded
from moderation.core.text.scripts import UNSPACED
from moderation.core.text.written import as_written

SHORTEST, LONGEST = 2, 100
"""Characters of a term: a single letter would hold every comment."""

# An underscore joins no words here: "_Berger_" is how some write in italics.
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]")
_WORDS = regex.compile(rf"{_WORD.pattern}+")
# Scripts that set no spaces between words: there a term may stand right beside other letters.
_UNSPACED = regex.compile(f"[{UNSPACED}]")
_KATAKANA = regex.compile(r"[\p{Katakana}\u30fc]")
STAR = "*"
_SHORTEST_OPEN = 3
_SPACES = regex.compile(r"\s+")
_LETTER = regex.compile(r"\p{L}")
# Letters with digits or signs among them, four at least: "b3rger", but no "5am", and no "!" at the end of a sentence.
_SIGNED = regex.compile(
    r"(?<![\p{L}\p{M}\p{N}@$€])(?=[\p{L}\p{M}]*+[0-9@$€!|])(?:[\p{L}\p{M}0-9@$€]|[!|](?=\p{L})){4,}+"
)
_READ = str.maketrans("013456789@$€!|", "oieasgtbgaseii")
_MIN_APART = 4
"""Letters of a word that is looked for among letters that stand apart."""
_APART = regex.compile(r"(?<![\p{L}\p{N}])\p{L}(?:[\s.\-_*·•|/]{1,3}\p{L}(?![\p{L}\p{N}])){3,}+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or phrase of a wordlist, and why it holds a comment."""

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
    """A term as it is looked for: folded, with single spaces. ``at`` is where its first word begins; at an open end it
    may be part of a longer word.
    """

    text: str
    at: int
    term: Term
    open_start: bool
    open_end: bool

    def stands(self, text: str, start: int, *, begun: bool = False) -> bool:
        """Whether at this place no word is cut at an end that isn't open. ``begun``: a word is known to begin here."""
        end = start + len(self.text)
        return (begun or self.open_start or not _joined(text, start)) and (
            self.open_end or not _joined(text, end) or only_particle_follows(text, end)
        )


class TermList:
    """Terms, looked for by their first word: hundreds cost hardly more than a few. Whole words are found, case and
    disguise set aside; a space inside a phrase matches any white space. Where one term begins another, the longer one
    counts.

    A name is in no list of words by which its disguise could be recognised. Here the words are given: signs that stand
    for letters ("B3rger") and letters that stand apart ("B e r g e r") are read in whatever way makes a term of them.
    """

    def __init__(self, terms: Iterable[Term]) -> None:
        self.terms = tuple(terms)
        keys: dict[str, Term] = {}
        for term in self.terms:
            bare, _, _ = _bare(term.text)
            for text in (folded(bare), folded(undisguise(bare).text)):
                if _WORD.search(text):
                    keys.setdefault(text, term)
        self._keys = _Keys(keys)
        self._spelled = _Keys({_spelled(text)[0]: term for text, term in reversed(keys.items())})
        letters = {"".join(_LETTER.findall(text)): term for text, term in reversed(keys.items())}
        self._letters = {text: term for text, term in letters.items() if len(text) >= _MIN_APART}

    def found(self, text: str) -> tuple[Found, ...]:
        """Which terms the text holds, in the list's order: as it is written and as a reader sees it."""
        if not self.terms:
            return ()
        plain = folded(text)
        counts = self._keys.counted(plain)
        seen = undisguise(text).text
        if seen != text:
            counts |= self._keys.counted(folded(seen))  # the larger of both counts
        spelled, signed = _spelled(folded(seen))
        if signed:
            counts |= self._spelled.counted(spelled, signed)
        counts |= self._apart(plain)
        return tuple(Found(term, counts[term.id]) for term in self.terms if counts[term.id])

    def _apart(self, text: str) -> Counter[str]:
        """Terms in letters that all stand apart: where their words end can't be told."""
        counts: Counter[str] = Counter()
        runs = ["".join(_LETTER.findall(run[0])) for run in _APART.finditer(text)] if self._letters else []
        if not runs:
            return counts
        # One search for each term through all runs, however many there are of both.
        ends = list(accumulate(len(run) + 1 for run in runs))
        letters = "\n".join(runs)
        for key, term in self._letters.items():
            at = letters.find(key)
            while at >= 0:
                counts[term.id] += 1
                at = letters.find(key, ends[bisect_right(ends, at)])
        return counts


class _Keys:
    """What is looked for, by its first word."""

    def __init__(self, keys: dict[str, Term]) -> None:
        self._by_word: dict[str, dict[tuple[int, int], dict[str, _Key]]] = defaultdict(lambda: defaultdict(dict))
        self._anywhere: list[_Key] = []
        for text in sorted(keys, key=len, reverse=True):
            word = _WORDS.search(text)
            assert word is not None
            _, open_start, open_end = _bare(keys[text].text)
            key = _Key(text, word.start(), keys[text], open_start, open_end)
            within = _UNSPACED.search(text[0] + text[-1]) or takes_particles(text[-1])
            if open_start or open_end or within:
                self._anywhere.append(key)
            else:
                self._by_word[word[0]][key.at, len(key.text)][key.text] = key

    def counted(self, text: str, touching: Sequence[tuple[int, int]] | None = None) -> Counter[str]:
        """How often each term stands in a folded text; with ``touching``, only where it meets one of these spans."""
        counts: Counter[str] = Counter()
        for term, start, end in self._places(text):
            if touching is None or _meets(touching, start, end):
                counts[term.id] += 1
        return counts

    def _places(self, text: str) -> Iterator[tuple[Term, int, int]]:
        done = 0
        for word in _WORDS.finditer(text):
            if word.start() < done:
                continue
            for found in self._beginning(text, word):
                yield found
                done = found[2]
                break
        for key in self._anywhere:
            start = text.find(key.text)
            while start >= 0:
                if key.stands(text, start):
                    yield key.term, start, start + len(key.text)
                start = text.find(key.text, start + len(key.text))

    def _beginning(self, text: str, word: regex.Match[str]) -> Iterator[tuple[Term, int, int]]:
        """The terms that begin in this word, the longest first; where its writing allows, behind its first letters."""
        for skipped in (0, *later_starts(word[0])):
            # Keys of one length are told apart by one look-up: a list may hold thousands that begin alike.
            for (at, length), keys in self._by_word.get(word[0][skipped:], {}).items():
                start = word.start() + skipped - at
                key = keys.get(text[start : start + length]) if start >= 0 else None
                if key is not None and key.stands(text, start, begun=skipped > 0):
                    yield key.term, start, start + length


def _meets(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of these spans, which lie apart and in order, has something of ``start`` to ``end``."""
    after = bisect_right(spans, start, key=itemgetter(1))  # the first that ends after the start
    return after < len(spans) and spans[after][0] < end


def _spelled(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A folded text with the signs among letters read as letters, and where those words are. A 1 may be an i or an l:
    both are written i.
    """
    signed = [found.span() for found in _SIGNED.finditer(text) if len(_LETTER.findall(found[0])) > 1]
    pieces: list[str] = []
    done = 0
    for start, end in signed:
        pieces += (text[done:start], text[start:end].translate(_READ))
        done = end
    return "".join((*pieces, text[done:])).replace("l", "i"), signed


def _joined(text: str, at: int) -> bool:
    around = text[at - 1 : at + 1] if at else ""
    if len(around) < 2 or not all(map(_WORD.match, around)):
        return False
    return not _UNSPACED.search(around) or all(map(_KATAKANA.match, around))


def _bare(term: str) -> tuple[str, bool, bool]:
    """(the term without stars at its ends, whether it is open at its start, at its end)."""
    bare = term.strip(STAR)
    letters = len(_WORD.findall(bare))
    if bare == term or letters < (SHORTEST if _UNSPACED.search(bare) else _SHORTEST_OPEN):
        return term, False, False
    return bare, term.startswith(STAR), term.endswith(STAR)


NO_TERMS = TermList(())


def term_text(text: str) -> str:
    """A term as it is kept: canonical, on one line. Raises ``InvalidField`` for what can't be a term."""
    if len(text) > LONGEST * 4:
        raise InvalidField("terms", Message("term_too_long", {"number": len(text), "maximum": LONGEST}))
    tidy = _SPACES.sub(" ", as_written(text, "terms"))
    if not SHORTEST <= len(tidy) <= LONGEST:
        raise InvalidField(
            "terms",
            Message("term_length", {"term": tidy[:20], "number": len(tidy), "minimum": SHORTEST, "maximum": LONGEST}),
        )
    if tidy.strip(STAR) != tidy and _bare(tidy)[0] == tidy:
        raise InvalidField("terms", Message("term_star_too_short", {"term": tidy[:20], "minimum": _SHORTEST_OPEN}))
    if not _WORD.search(tidy):
        raise InvalidField("terms", Message("term_without_letters", {"term": tidy[:20]}))
    return tidy
