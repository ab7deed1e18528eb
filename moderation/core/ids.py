"""Identifiers: time-ordered, so that an index grows at its end, and random, so that they tell and guess nothing."""

from __future__ import annotations

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LONGEST = 64


def new_id(now: datetime) -> str:
    """A ULID in lower case: 26 characters, 48 bits of milliseconds and 80 random bits."""
    number = (int(now.timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def is_id(text: str) -> bool:
    """Whether this can be an identifier of ours. What can't be isn't looked for: no database sees it."""
    return len(text) <= _LONGEST and text.isascii() and text.isalnum()
