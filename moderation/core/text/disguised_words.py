"""Words with letters masked ("f*ck"), swapped for digits and signs ("1d10t") or stretched ("stuuupid")."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterator
from itertools import islice, product
from math import gcd

import regex

from moderation.core.text.words import ABUSE, COMMON, ENGLISH_ABUSE, KNOWN, RANK, word_list

Edit = tuple[int, int, str]

# Addresses, mentions and cashtags are names, whatever their letters spell.
_LINK, _MENTION = r"(?:https?://|www\.)\S++", r"(?<!\w)(?:@[A-Z_]\w*+|\$[A-Z]++(?!\w))"
_MAIL = r"[^\s@]++@[^\s@]+\.\w++"
_NAME_HERE = re.compile(rf"{_LINK}|{_MAIL}|{_MENTION}")
# What is no mail address from its beginning is none from any letter within: asking at each would take time that grows
# with the square of a word's length.
_NAME = re.compile(rf"{_LINK}|(?<![^\s@]){_MAIL}|{_MENTION}")
_NAME_SIGN = re.compile(r"[@$]|://|www\.")

_A_LETTER = r"[^\W\d_]"
_MASKED = re.compile(rf"(?<![\w*#%@$!•]){_A_LETTER}++[*#%@$!_•]++(?:{_A_LETTER}|[*#%@$!_•])*+")
_MASK = re.compile(r"[*#%@$!_•]")
_USUAL_MASKS = {"f***": "fuck", "s***": "shit", "c***": "cunt", "b****": "bitch", "a**": "ass", "f*****": "fucker"}

_LEET = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "6": "g", "@": "a", "$": "s",
    "!": "i", "|": "il", "+": "t", "€": "e", "£": "l",
}  # fmt: skip
_OFTEN_FOR = {"v": "vu"}
"""Letters that may stand for another beside digits and signs."""
_LEET_SIGN = re.compile(r"[0-9@$!|+€£]")
_LEET_TOKEN = re.compile(r"(?<![\w@$!|+€£])[^\W0-9_]*+[0-9@$!|+€£](?:[^\W_]|[@$!|+€£])*+")
_V_FOR_U = re.compile(r"(?<![\w@$!|+€£])(?=[A-Za-z]*[Vv])[A-Za-z]++(?![\w@$!|+€£])")
_V_AMONG_CONSONANTS = re.compile(r"[b-df-hj-np-tw-z]v[b-df-hj-np-tw-z]", re.IGNORECASE)
_V_MEANS_U = re.compile(r"v(?=[b-df-hj-np-tw-z])|(?<=q)v")
"""In English hardly a v stands before a consonant or after a q."""
_MEASURE = re.compile(r"[0-9]+(?:st|nd|rd|th|s|am|pm|a|p|k|m|b|bn|g|x|d|h|hr|hrs|min|mins|ft|in|cm|mm|km|kg|lbs?|mph)")
_CODE = re.compile(r"[0-9]+[^\W0-9_]{1,2}|[^\W0-9_]{1,2}[0-9]+")
_SURE_OF_LEET, _ALL_LEET = 2, 4
"""So many recognised words, and words that aren't known are spelled out too; and then even what looks like a code."""
_NUMBERS_READ = {
    "1": "I", "@": "a", "17": "it", "70": "to", "700": "too", "15": "is", "45": "as", "50": "so", "47": "at"
}  # fmt: skip
"""What is a number elsewhere, in a text all in leet."""

_TWICE = re.compile(r"([A-Za-z])\1", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w#])[A-Za-z]{3,}+(?!\w)")
# Of alphabets: what repeats in syllables and ideographs is laughter, or how the word is written.
_ALPHABETIC = "A-Za-zÀ-ÖØ-öø-ɏΆ-ϿЀ-ԯ\u0621-\u064aḀ-ỿ"
_TWICE_ABROAD = re.compile(rf"([{_ALPHABETIC}])\1", re.IGNORECASE)
_WORD_ABROAD = re.compile(rf"(?<![\w#])[{_ALPHABETIC}]{{3,}}+(?!\w)")
_RUN_OF_ONE = re.compile(r"(.)\1+")
_ALL_STRETCHED = 4
_LETTERS_ALIKE = re.compile(r"(.)\1*")
_LONG_RUN = re.compile(r"(.)\1\1")
_NUMERAL = re.compile(r"[IVXLCM]+(?:st|nd|rd|th)?|(?<![A-Z])[A-Z]{4,}+(?<=III)")
_DOUBLED_BY_GRAMMAR = re.compile(r"([b-df-hj-np-tv-z])\1(?:ers?|ing|ed|y|est?|al|als|ess|ies|ier)$|(?:ee|oo|ss)")
_SHORTEST_COMPOUND = 8
_VARIANTS = 64
_RARE = 3000
"""Rank from which a word is too rare to be what a sign hides, where abuse fits as well ("c@nt")."""


def masked_words(text: str) -> Iterator[Edit]:
    """A word of abuse with letters starred out gets them back where one is meant."""
    for start, token in outside_names(text, _MASKED):
        bare = token if token.lower() in _USUAL_MASKS else token.rstrip("!_*")
        if _MASK.search(bare) and (word := _unmasked(bare.lower())):
            yield start, start + len(bare), _like(bare, word)


def leet_words(text: str) -> Iterator[Edit]:
    """Digits and signs inside words become the letters that they stand for; numbers, measures and codes stay."""
    if not _LEET_SIGN.search(text):
        if _V_AMONG_CONSONANTS.search(text):
            yield from _u_for_v(text, ABUSE)
        return
    found: list[tuple[int, str, str | None]] = []
    bare_signs: list[tuple[int, str]] = []
    for start, token in outside_names(text, _LEET_TOKEN):
        bare = token.rstrip("!|+")
        if not any(map(str.isalpha, bare)):
            bare_signs.append((start, bare))
        elif _LEET_SIGN.search(bare):
            found.append((start, bare, None if _measures(bare) else _known_leet(bare.lower())))
    known = sum(word is not None for _, _, word in found)
    all_leet = known >= _ALL_LEET and 3 * known >= len(found)
    edits = [*_u_for_v(text, RANK if known >= _SURE_OF_LEET else ABUSE, every=all_leet)]
    for start, token, word in found:
        read = word
        if read is None and known >= _SURE_OF_LEET and (all_leet or token[0].isalpha()):
            read = _spelled(token.lower()) if all_leet or not _measures(token) else None
        if read is not None:
            edits.append((start, start + len(token), _like(token, read)))
    for start, token in bare_signs if all_leet else ():
        read = _NUMBERS_READ.get(token) or (None if token.isdigit() else _spelled(token))
        if read is not None and (read in RANK or token in _NUMBERS_READ):
            edits.append((start, start + len(token), read))
    yield from sorted(edits)


def _measures(token: str) -> bool:
    """Whether a token is a number with its unit: "5am", "$20k"."""
    return _MEASURE.fullmatch(token.lower().lstrip("$€£")) is not None


def _u_for_v(text: str, words: Container[str], *, every: bool = False) -> Iterator[Edit]:
    """Words that are none until their v is read as u ("fvck"); with ``every`` also those that aren't known at all."""
    for start, token in outside_names(text, _V_FOR_U):
        lower = token.lower()
        if lower in RANK:
            continue
        word = lower.replace("v", "u")
        if word not in words and every:
            word = _V_MEANS_U.sub("u", lower)
        elif word not in words:
            continue
        yield start, start + len(token), _like(token, word)


def stretched_words(text: str) -> Iterator[Edit]:
    """Letters repeated for emphasis or disguise are written as often as the word has them."""
    twice, word_ = (_TWICE, _WORD) if text.isascii() else (_TWICE_ABROAD, _WORD_ABROAD)
    if not twice.search(text):
        return
    tokens = [(start, token) for start, token in outside_names(text, word_) if twice.search(token)]
    # One stretched word may well be abuse; where all are stretched the commonest word is meant, abuse or not.
    suspicious = sum(_LONG_RUN.search(token) is not None for _, token in tokens) < _ALL_STRETCHED
    for start, token in tokens:
        if token.lower() not in KNOWN and (word := _unstretched(token, suspicious=suspicious)) is not None:
            yield start, start + len(token), word


def outside_names(text: str, pattern: re.Pattern[str] | regex.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Where the pattern occurs, but for inside addresses and mentions."""
    names = _names(text) if _NAME_SIGN.search(text) else iter(())
    name = next(names, None)
    for match in pattern.finditer(text):
        while name is not None and name.end() <= match.start():
            name = next(names, None)
        if name is None or match.end() <= name.start():
            yield match.start(), match[0]


def _names(text: str) -> Iterator[re.Match[str]]:
    name = _NAME.search(text)
    while name is not None:
        yield name
        at = name.end()
        name = _NAME_HERE.match(text, at) or _NAME.search(text, at)


_LONGEST_WORD = max(map(len, KNOWN))
"""Whatever is longer is no known word, however its signs are read."""
_SIGNS_AS_CYRILLIC = {"0": "о", "3": "зе", "4": "ч", "6": "б", "1": "и", "@": "а", "$": "с", "!": "и"}
_IS_CYRILLIC = re.compile("[а-яё]")
_DOUBLED_ABUSE = ENGLISH_ABUSE.keys() | (ABUSE.keys() & {*word_list("hi", "abuse")})
"""Words that are recognised by one doubled letter: in other languages it makes too many harmless ones ("volle")."""
_COLLAPSED_ABUSE = frozenset(_RUN_OF_ONE.sub(r"\1", word) for word in _DOUBLED_ABUSE)
_SIMILAR: dict[tuple[str, int], list[str]] = defaultdict(list)
for _word in dict.fromkeys((*ENGLISH_ABUSE, *COMMON, *ABUSE)):
    _SIMILAR[_word[0], len(_word)].append(_word)


def _unmasked(masked: str) -> str | None:
    """The word that fits, abuse before others and the commonest of those: every visible letter is in its place.

    Of abuse two letters must be visible, of another word three; or the mask is a usual one.
    """
    if masked in _USUAL_MASKS:
        return _USUAL_MASKS[masked]
    alike = _SIMILAR.get((masked[0], len(masked)), ())
    letters = len(_MASK.sub("", masked))
    if "*" not in masked and RANK.get(_known_leet(masked) or "", _RARE) < _RARE:
        return None  # "d@y" is a day: the pass for leet reads it
    if not alike or letters < 2 or (letters == 2 and len(masked) > 4):
        return None
    fits = re.compile(_MASK.sub(lambda _: _A_LETTER, masked))
    found = next((word for word in alike if fits.fullmatch(word)), None)
    plain = found not in ABUSE and (letters < 3 or "*" not in masked)
    return None if plain else found


def _known_leet(token: str) -> str | None:
    """The known word that a token spells with digits and signs; None where it may be a code ("g20", "archive5")."""
    if not 3 <= len(token) <= _LONGEST_WORD:
        return None
    code = _CODE.fullmatch(token) or token.rstrip("0123456789").isalpha()
    options = _letters(token)
    if not all(options):
        return None
    for letters in islice(product(*options), _VARIANTS):
        word = "".join(letters)
        if word in RANK and (not code or word in ABUSE):
            return word
    return None


def _spelled(token: str) -> str | None:
    """What the token spells: a known word if it can, however short; else the first letter that each sign stands for."""
    options = _letters(token)
    if not all(options):
        return None
    first = _V_MEANS_U.sub("u", "".join(option[0] for option in options))
    if len(token) > _LONGEST_WORD:
        return first
    words = ("".join(letters) for letters in islice(product(*options), _VARIANTS))
    return next((word for word in words if word in RANK), first)


def _letters(token: str) -> list[str]:
    """For each character the letters that it may stand for, the likeliest first; empty for a sign that means none."""
    signs = _SIGNS_AS_CYRILLIC if _IS_CYRILLIC.search(token) else _LEET
    return [signs.get(c, "") if _LEET_SIGN.match(c) else _OFTEN_FOR.get(c, c) for c in token]


def _unstretched(token: str, *, suspicious: bool) -> str | None:
    """The token with its runs of one letter as long as a known word has them; None to leave it.

    Runs of two are only touched where a word of abuse comes out that grammar wouldn't double.
    """
    lower = token.lower()
    collapsed = _RUN_OF_ONE.sub(r"\1", lower)
    stretched = _LONG_RUN.search(lower) is not None
    grammar = _DOUBLED_BY_GRAMMAR.search(lower) and len(_TWICE.findall(lower)) < 3
    hidden = collapsed in _COLLAPSED_ABUSE and not grammar
    if len(collapsed) == 1 or len(lower) != len(token) or _NUMERAL.fullmatch(token):
        return None
    if (evenly := _evenly_stretched(token, lower)) is not None:
        return evenly
    if not (stretched or hidden):
        return None
    runs = [(m.start(), m.end()) for m in _RUN_OF_ONE.finditer(lower)]
    choices = [(2, 1) if end - start > 2 or hidden else (2,) for start, end in runs]
    variants = islice(product(*choices), _VARIANTS if len(collapsed) <= _LONGEST_WORD else 0)
    words = [_shortened(token, runs, lengths) for lengths in variants]
    acronym = token.isupper() and len(token) < 6
    known = [word for word in words if word.lower() in ((RANK if acronym else KNOWN) if stretched else _DOUBLED_ABUSE)]
    if known:
        return min(known, key=lambda word: (suspicious and word.lower() not in ABUSE, KNOWN[word.lower()]))
    if not stretched or acronym or _is_compound(lower, runs):
        return None
    return _shortened(token, runs, tuple(_usual_length(lower[start], end - start) for start, end in runs))


def _is_compound(word: str, runs: list[tuple[int, int]]) -> bool:
    """Whether three of a letter may be where two parts of a long word meet, as German has it ("Schifffahrt")."""
    longest = max(end - start for start, end in runs)
    inside = all(start > 2 and end < len(word) - 1 for start, end in runs if end - start == longest)
    return longest == 3 and inside and len(word) >= _SHORTEST_COMPOUND


def _evenly_stretched(token: str, lower: str) -> str | None:
    """A word whose every letter is repeated as often ("hheelllloo")."""
    runs = [len(match[0]) for match in _LETTERS_ALIKE.finditer(lower)]
    times = gcd(*runs)
    word = token[::times]
    if times < 2:
        return None
    return word if len(runs) > 2 or (len(runs) == 2 and word.lower() in RANK) else None


def _usual_length(letter: str, run: int) -> int:
    """Three of a letter are mostly a slip for two; more are mostly one, drawn out. Other alphabets double few
    letters: there three are drawn out too.
    """
    return 2 if run == 2 or (run == 3 and letter not in "aiuy" and letter < "\u0370") else 1


def _shortened(token: str, runs: list[tuple[int, int]], lengths: tuple[int, ...]) -> str:
    pieces, done = [], 0
    for (start, _), length, (_, end) in zip(runs, lengths, runs, strict=True):
        pieces.append(token[done : start + length])
        done = end
    return "".join((*pieces, token[done:]))


def _like(token: str, word: str) -> str:
    """``word`` in the token's case."""
    if sum(map(str.isupper, token)) > 1 and not any(map(str.islower, token)):
        return word.upper()
    if len(token) == len(word):
        return "".join(new.upper() if old.isupper() else new for old, new in zip(token, word, strict=True))
    return word
