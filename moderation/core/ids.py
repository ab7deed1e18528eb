"""Identifiers: time-ordered, so that an index grows at its end, and random, so that they tell and guess nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime

import regex

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
_LONGEST = 64
_WITHIN = regex.compile(rf"[{_ALPHABET}]{{26}}")


def new_id(now: datetime) -> str:
    """A ULID in lower case: 26 characters, 48 bits of milliseconds and 80 random bits."""
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


def is_id(text: str) -> bool:
    """Whether this can be an identifier of ours. What can't be isn't looked for: no database sees it."""
    return len(text) <= _LONGEST and text.isascii() and text.isalnum()


def ids_in(text: str) -> Iterator[str]:
    """What can be an identifier of ours within a text such as an address, in either case; each once, in order."""
    return iter(dict.fromkeys(_WITHIN.findall(text.lower())))
