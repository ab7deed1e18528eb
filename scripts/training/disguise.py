"""Abuse as people write it to slip through, and as they write it in a hurry: a light touch on some training texts.

The service undoes disguise before it scores; this is for what it leaves.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

LOOK_ALIKES = str.maketrans("aceopxyi", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456")
"""Latin letters and the Cyrillic ones that look the same."""
LEET = {"a": "@4", "e": "3", "i": "1!", "o": "0", "s": "$5", "t": "7", "u": "v*"}


def disguised(text: str, rng: random.Random) -> str:
    """The text in one of several disguises, chosen at random; a reader still sees what it says."""
    way = rng.choice(
        (
            _capitals,
            _lower,
            _one_word_leet,
            _stretched,
            _spaced_word,
            _dotted_word,
            _masked,
            _unpunctuated,
            _swapped,
            _joined,
        )
    )
    return way(text, rng)


def _capitals(text: str, _: random.Random) -> str:
    return text.upper()


def _lower(text: str, _: random.Random) -> str:
    return text.lower()


def _unpunctuated(text: str, _: random.Random) -> str:
    return re.sub(r"[^\w\s]", "", text)


def _one_word_leet(text: str, rng: random.Random) -> str:
    return _some_words(
        text,
        rng,
        lambda word: "".join(
            rng.choice(LEET[letter]) if letter in LEET and rng.random() < 0.5 else letter for letter in word.lower()
        ),
    )


def _stretched(text: str, rng: random.Random) -> str:
    def stretch(word: str) -> str:
        place = rng.randrange(len(word))
        return word[:place] + word[place] * rng.randint(2, 5) + word[place + 1 :]

    return _some_words(text, rng, stretch)


def _spaced_word(text: str, rng: random.Random) -> str:
    return _some_words(text, rng, " ".join)


def _dotted_word(text: str, rng: random.Random) -> str:
    mark = rng.choice(".-*_")
    return _some_words(text, rng, mark.join)


def _masked(text: str, rng: random.Random) -> str:
    return _some_words(text, rng, lambda word: word[0] + "*" * (len(word) - 2) + word[-1])


def _swapped(text: str, rng: random.Random) -> str:
    def swap(word: str) -> str:
        place = rng.randrange(1, len(word) - 1)
        if rng.random() < 0.5:
            return word[:place] + word[place + 1 :]
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]

    return _some_words(text, rng, swap)


def _joined(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    if len(words) < 6:
        return "".join(words)
    place = rng.randrange(len(words) - 1)
    return " ".join([*words[:place], words[place] + words[place + 1], *words[place + 2 :]])


def _some_words(text: str, rng: random.Random, change: Callable[[str], str]) -> str:
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) >= 4 and word.isalpha()]
    for place in rng.sample(long, min(len(long), 1 + len(long) // 4)):
        words[place] = change(words[place])
    return " ".join(words)


def _every_word(change: Callable[[str, random.Random], str]) -> Callable[[str, random.Random], str]:
    return lambda text, rng: " ".join(change(word, rng) if word.isalpha() else word for word in text.split(" "))


def _leet(word: str, _: random.Random) -> str:
    return "".join(LEET[letter][0] if letter in LEET else letter for letter in word.lower())


def _stretched_word(word: str, rng: random.Random) -> str:
    place = rng.randrange(len(word))
    return word[:place] + word[place] * 4 + word[place + 1 :]


UPSIDE_DOWN = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥıɾʞlɯuodbɹsʇnʌʍxʎz")


def _upside_down(text: str, _: random.Random) -> str:
    return text.lower().translate(UPSIDE_DOWN)[::-1]


def _flag_letters(word: str, _: random.Random) -> str:
    return "".join(chr(0x1F1E6 + ord(c) - ord("a")) if "a" <= c <= "z" else c for c in word.lower())


WHOLE_TEXT: dict[str, Callable[[str, random.Random], str]] = {
    "leetspeak": _every_word(_leet),
    "spaced": _every_word(lambda word, _: " ".join(word)),
    "dotted": _every_word(lambda word, _: ".".join(word)),
    "zero_width": _every_word(lambda word, _: "\u200b".join(word)),
    "look_alikes": _every_word(lambda word, _: word.translate(LOOK_ALIKES)),
    "repeated": _every_word(_stretched_word),
    "capitals": _capitals,
    "upside_down": _upside_down,
    "flag_letters": _every_word(_flag_letters),
}
"""Disguises of every word of a text, by name: for measuring, heavier than what training sees."""
