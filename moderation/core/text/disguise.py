"""Undoes the disguise of a text: what a reader sees, with the way back to what was written.

Readers hide abuse from machines with invisible characters, look-alikes of other alphabets, styled letters, letters of
flags, letters upside down, letters set apart, masked or swapped for digits, stretched, and run together in hashtags.
Each is undone by one pass; a pass touches only what shows its mark, so that plain text comes back as it is, and other
alphabets, emoji and numbers stay. Everything takes time in proportion to the text's length.
"""

from __future__ import annotations

import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from moderation.core.text.disguised_words import leet_words, masked_words, stretched_words
from moderation.core.text.hashtags import hashtag_words
from moderation.core.text.lookalikes import COUSINS, FLAGS, FULL_WIDTH_MARKS, REGIONAL, STYLED, TWINS
from moderation.core.text.parted_words import parted_words
from moderation.core.text.script_letters import (
    composed_hangul,
    cyrillic_again,
    is_cyrillic,
    usual_shapes,
    without_arabic_points,
)
from moderation.core.text.spaced_letters import spaced_letters, spaced_spaces
from moderation.core.text.turned_letters import turned_words

Edit = tuple[int, int, str]
"""``start`` to ``end`` of the text becomes these characters."""

Pass = Callable[[str], Iterable[Edit]]

ROUNDS = 4
"""One pass may uncover another's mark ("f.u.u.u.c.k"); more layers than this aren't worn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisguised:
    """``offsets[i]`` is where ``text[i]`` begins in the text as written, in code points; one more entry is its length.

    Offsets never decrease.
    """

    text: str
    offsets: Sequence[int]

    def seen(self, start: int, end: int) -> tuple[int, int]:
        """Where in ``text`` a reader sees ``start`` to ``end`` of the text as written."""
        return bisect_left(self.offsets, start), bisect_left(self.offsets, end)

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` lies in the text as written."""
        return self.offsets[start], self.offsets[end]


def undisguise(text: str) -> Undisguised:
    """The text as a reader sees it."""
    return _undone(text, ROUNDS, _OF_CHARACTERS, _OF_WORDS)


def undisguised_characters(text: str) -> Undisguised:
    """The text without invisible and look-alike characters, its words as they were written: in an address or a number
    "l33t" may be spelled just so.
    """
    return _undone(text, 1, _OF_CHARACTERS, ())


def _undone(text: str, rounds: int, of_characters: Sequence[Pass], of_words: Sequence[Pass]) -> Undisguised:
    seen: Sequence[int] = range(len(text) + 1)
    for _ in range(rounds):
        before = text
        plain = text.isascii() and not _CONTROL.search(text)
        for undo in of_words if plain else (*of_characters, *of_words):
            edits = list(undo(text))
            if edits:
                text, seen = _applied(text, seen, edits)
        if text == before:
            break
    return Undisguised(text=text, offsets=seen)


def edited(seen: Undisguised, edits: list[Edit]) -> Undisguised:
    """The same text with these edits, which lie one behind the other."""
    text, offsets = _applied(seen.text, seen.offsets, edits)
    return Undisguised(text=text, offsets=offsets)


def _applied(text: str, offsets: Sequence[int], edits: list[Edit]) -> tuple[str, Sequence[int]]:
    pieces: list[str] = []
    moved = array("Q")
    done = 0
    for start, end, new in edits:
        pieces += (text[done:start], new)
        moved.extend(offsets[done:start])
        moved.extend(offsets[min(start + i, end - 1)] for i in range(len(new)))
        done = end
    pieces.append(text[done:])
    moved.extend(offsets[done:])
    return "".join(pieces), moved


_REGIONAL_RUN = regex.compile("[\U0001f1e6-\U0001f1ff]++")
_BACKWARDS = regex.compile("\u202e([^\u202a-\u202e\u2066-\u2069\n]{2,})")
# Everything that Unicode says to leave out where it isn't understood, and what else leaves no mark.
_HIDDEN = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cs}\p{Co}\ufff9-\ufffb\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]+"
)
_CONTROL = regex.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BLANK_LETTERS = regex.compile("[\u115f\u1160\u3164\uffa0\u2800]")
_EMOJI_JOINTS = frozenset(("\u200d", "\ufe0f", "\ufe0e", "\ufe0f\u200d"))
_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Emoji_Modifier}]")
_JOINERS = frozenset(("\u200c", "\u200d"))
_JOINING_LETTER = regex.compile(
    r"[\p{L}\p{M}--[\p{Latin}\p{Cyrillic}\p{Greek}\p{Han}\p{Hangul}\p{Hiragana}\p{Katakana}\p{Inherited}\p{Common}]]",
    regex.V1,
)
_TAGS = regex.compile("[\U000e0020-\U000e007f]{1,8}")

_MARKS = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]"
_MARKED = regex.compile(rf"([^\p{{M}}]?){_MARKS}+")
_MARK = regex.compile(_MARKS)
_DRESSED = regex.compile("[" + "".join((*STYLED, *FULL_WIDTH_MARKS)) + "]")
_FULL_WIDTH = regex.compile("[Ａ-Ｚａ-ｚ]")
_IDEOGRAPHIC = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}'’]+")
_LATIN = regex.compile(r"\p{Latin}")
_GREEK = regex.compile(r"\p{Greek}")
_LATIN_OF_SOME = "ıøəșțŋƒþɛɔɖɓɗłđħŧǝʋɣ"
"""Letters of living languages (Turkish, Danish, Polish, Hausa): no sign of disguise in a word that is all Latin."""
_TURKISH = regex.compile("[çÇğĞşŞİ]")
_CYRILLIC = regex.compile(r"\p{Cyrillic}")
_OTHER_ALPHABET = regex.compile(r"[\p{Cyrillic}\p{Greek}\p{Armenian}\p{Cherokee}]")


def _turned_back(text: str) -> Iterator[Edit]:
    """A right-to-left override shows its letters backwards."""
    for match in _BACKWARDS.finditer(text):
        yield match.start(), match.end(), match[1][::-1]


def _without_flags(text: str) -> Iterator[Edit]:
    """Letters that flags are made of ("🇫🇺🇨🇰") become plain ones, but where every two of them are a flag."""
    for match in _REGIONAL_RUN.finditer(text):
        letters = "".join(map(REGIONAL.__getitem__, match[0]))
        pairs = [letters[place : place + 2] for place in range(0, len(letters), 2)]
        if not all(pair in FLAGS for pair in pairs):
            yield match.start(), match.end(), letters


def _without_hidden(text: str) -> Iterator[Edit]:
    """Invisible characters go, but for the joints of emoji and of scripts whose letters join."""
    for match in _HIDDEN.finditer(text):
        if not _holds_together(text, match.start(), match.end()):
            yield match.start(), match.end(), " " if _BLANK_LETTERS.search(match[0]) else ""


def _holds_together(text: str, start: int, end: int) -> bool:
    hidden = text[start:end] if end - start <= 8 else ""
    before, after = text[start - 1 : start], text[end : end + 1]
    if hidden in _EMOJI_JOINTS and _EMOJI.match(before):
        return hidden[-1] != "\u200d" or bool(_EMOJI.match(after))
    if hidden in _JOINERS:
        return bool(_JOINING_LETTER.match(before))
    return before == "\U0001f3f4" and bool(_TAGS.fullmatch(hidden))


def _without_marks(text: str) -> Iterator[Edit]:
    """A letter keeps the accent that makes it another letter; what is piled on it goes."""
    if not _MARK.search(text):
        return
    for match in _MARKED.finditer(text):
        base = match[1]
        composed = unicodedata.normalize("NFC", match[0][: len(base) + 2])
        kept = base if len(composed) != 1 or not base else composed
        if kept != match[0]:
            yield match.start(), match.end(), kept


def _undressed(text: str) -> Iterator[Edit]:
    """Styled letters (full width, mathematical, circled, small capitals) become plain ones."""
    if STYLED.keys().isdisjoint(text):
        return
    # Marks of full width are at home in Chinese and Japanese; in a text of Latin letters of full width they dress up.
    dressed = _FULL_WIDTH.search(text) and not _IDEOGRAPHIC.search(text)
    table = STYLED | FULL_WIDTH_MARKS if dressed else STYLED
    for match in _DRESSED.finditer(text):
        if match[0] in table:
            yield match.start(), match.end(), table[match[0]]


def _without_lookalikes(text: str) -> Iterator[Edit]:
    """Letters of other alphabets become Latin in words that mix both, and in whole words of twins in a Latin text."""
    if COUSINS.keys().isdisjoint(text):
        return
    latin_text: bool | None = None
    of_some = _LATIN_OF_SOME if _TURKISH.search(text) else ""
    cyrillic_text = is_cyrillic(text)
    for match in _WORD.finditer(text):
        word = match[0]
        if COUSINS.keys().isdisjoint(word):
            continue
        if _LATIN.search(word):
            if cyrillic_text and _CYRILLIC.search(word):
                continue  # "VPNы": what is Cyrillic of it is meant to be
            table = COUSINS
        elif len(word) > 1 or not _GREEK.search(word):  # one Greek letter alone is a symbol
            table = TWINS
            if latin_text is None:
                latin_text = _is_latin(text)
            if not latin_text or any(letter not in TWINS for letter in word):
                continue
        else:
            continue
        own = of_some if _OTHER_ALPHABET.search(word) else _LATIN_OF_SOME
        for place, letter in enumerate(word, match.start()):
            if letter in table and letter not in own:
                yield place, place + 1, table[letter]


def _is_latin(text: str) -> bool:
    """Whether the text is in Latin letters, but for twins."""
    others = _OTHER_ALPHABET.findall(text)
    return all(letter in TWINS for letter in others) and len(_LATIN.findall(text)) > len(others)


_OF_CHARACTERS: Sequence[Pass] = (
    _turned_back,
    _without_flags,
    _without_hidden,
    _without_marks,
    without_arabic_points,
    turned_words,
    _undressed,
    usual_shapes,
    composed_hangul,
    cyrillic_again,
    _without_lookalikes,
)
"""Those that undo characters: plain ASCII needs none of them."""
_OF_WORDS: Sequence[Pass] = (
    hashtag_words,
    spaced_spaces,
    spaced_letters,
    parted_words,
    masked_words,
    leet_words,
    stretched_words,
)
