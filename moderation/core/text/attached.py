"""What some languages write together with a word: the article and short words of Arabic before it, particles of Korean
behind it ("والكتاب" is "and the book", "철수가" is "철수" as a subject).
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from moderation.core.text.words import word_list

_ARABIC = regex.compile(r"\p{Arabic}")
_BEFORE = tuple(sorted(word_list("ar", "attached"), key=len, reverse=True))
_SHORTEST = 3
"""Letters that stay of an Arabic word: fewer are mostly part of another one."""
_HANGUL_TO_ITS_END = regex.compile(r"\p{Hangul}+")
_PARTICLES = frozenset(word_list("ko", "attached"))


def later_starts(word: str) -> Iterator[int]:
    """Where else than at its first letter the word itself may begin."""
    if _ARABIC.match(word):
        for before in _BEFORE:
            if word.startswith(before) and len(word) - len(before) >= _SHORTEST:
                yield len(before)


def takes_particles(letter: str) -> bool:
    """Whether particles are written behind a word that ends so."""
    return _HANGUL_TO_ITS_END.match(letter) is not None


def only_particle_follows(text: str, at: int) -> bool:
    """Whether the Hangul that stands from ``at`` to its word's end is particles alone."""
    rest = _HANGUL_TO_ITS_END.match(text, at)
    return rest is not None and rest[0] in _PARTICLES
