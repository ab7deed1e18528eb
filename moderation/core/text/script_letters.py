"""Letters of Arabic, Korean, Japanese and Cyrillic in other shapes than readers' keyboards write them.

Taken back are: the stroke and the short vowels of Arabic, its letters as printers set them, half-width kana, Hangul
spelled out letter by letter, and Latin letters inside Cyrillic words. None of them changes what a reader reads.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import zip_longest

import regex

from moderation.core.text.lookalikes import CYRILLIC, CYRILLIC_TWINS, TWINS
from moderation.core.text.words import ABUSE

Edit = tuple[int, int, str]

# The stroke (tatweel) and vowel points; not hamza and madda above or below, which make other letters.
_POINTS = regex.compile(
    r"(?<=\p{Arabic})[\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]++"
    r"|(?<!\u0640)\u0640++(?=\p{Arabic})"
)
_ADVERB, _ALEF = "\u064b", "ا"
# Letters by their place in a word, kana and Hangul of half width; no ligatures of whole words ("ﷺ"), no loose points.
_SHAPED = regex.compile(r"[\ufb50-\ufbb1\ufbd3-\ufd3d\ufe80-\ufefc\uff66-\uff9f\uffa1-\uffdc]++")

_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_TAILS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_FIRST_VOWEL, _VOWELS = "ㅏ", 21
_SYLLABLE = rf"[{_LEADS}][ㅏ-ㅣ](?:[{_TAILS}](?![ㅏ-ㅣ]))?+"
# Two syllables at least, or one beside a written one: faces are made of such letters too ("ㅇㅡㅇ").
_SPELLED = regex.compile(rf"(?:{_SYLLABLE}){{2,}}+|(?<=[가-힣]){_SYLLABLE}|{_SYLLABLE}(?=[가-힣])")
_ONE = regex.compile(_SYLLABLE)

_WORD = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{M}]++")
_CYRILLIC = regex.compile(r"\p{Cyrillic}")
_LATIN = regex.compile(r"\p{Latin}")


def without_arabic_points(text: str) -> Iterator[Edit]:
    """Arabic as most write it: without the stroke that draws words out, and without points for short vowels; with those
    that an adverb ends in ("شكراً").
    """
    for match in _POINTS.finditer(text):
        start, end = match.span()
        if match[0] != _ADVERB or _ALEF not in (text[start - 1 : start], text[end : end + 1]):
            yield start, end, ""


def usual_shapes(text: str) -> Iterator[Edit]:
    """Letters that Unicode has once more for how they are printed become the usual ones."""
    for match in _SHAPED.finditer(text):
        yield match.start(), match.end(), unicodedata.normalize("NFKC", match[0])


def composed_hangul(text: str) -> Iterator[Edit]:
    """Hangul that was spelled out ("ㅅㅣㅂㅏㄹ") in syllables; abbreviations ("ㅋㅋ") have no vowels, and stay."""
    for match in _SPELLED.finditer(text):
        for one in _ONE.finditer(text, *match.span()):
            yield one.start(), one.end(), _syllable(one[0])


def _syllable(letters: str) -> str:
    lead, vowel, tail = (letter for letter, _ in zip_longest(letters, range(3), fillvalue=""))
    place = _LEADS.index(lead) * _VOWELS + ord(vowel) - ord(_FIRST_VOWEL)
    return chr(0xAC00 + place * (len(_TAILS) + 1) + (_TAILS.index(tail) + 1 if tail else 0))


def cyrillic_again(text: str) -> Iterator[Edit]:
    """Latin letters in Cyrillic words become the Cyrillic ones that they pass for: "дypак", "xyй".

    A word that mixes both is Cyrillic where the text is, or where a letter shows it that no Latin one looks like; but
    not one with Latin letters that look like none ("VPNы"). A whole word in Latin ("cyka") is Cyrillic in a Cyrillic
    text if that makes a word of abuse.
    """
    if not (_CYRILLIC.search(text) and _LATIN.search(text)):
        return
    cyrillic_text = is_cyrillic(text)
    for match in _WORD.finditer(text):
        word = match[0]
        latin = [letter for letter in word if letter in CYRILLIC or _LATIN.match(letter)]
        if not latin or not all(letter in CYRILLIC for letter in latin):
            continue
        if len(latin) == len(word):
            meant = cyrillic_text and word.translate(_TO_CYRILLIC).lower() in ABUSE
        elif cyrillic_text:
            meant = True
        else:
            shown = any(letter not in CYRILLIC and letter not in TWINS for letter in word.lower())
            meant = shown and all(letter in CYRILLIC_TWINS for letter in latin)
        if meant:
            for place, letter in enumerate(word, match.start()):
                if letter in CYRILLIC:
                    yield place, place + 1, CYRILLIC[letter]


def is_cyrillic(text: str) -> bool:
    """Whether the text is in Cyrillic letters rather than in Latin ones with look-alikes among them."""
    own = sum(letter not in TWINS for letter in _CYRILLIC.findall(text))
    return 2 * own > len(_LATIN.findall(text))


_TO_CYRILLIC = str.maketrans(CYRILLIC)
