"""Why nobody was signed in by an OpenID provider."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LONGEST_SUBJECT = 255
"""Characters of a subject, as the standard has it."""


class Trouble(StrEnum):
    """In a word, as the audit log keeps it."""

    AWAY = "away"
    """The provider gives no answer."""
    ANSWER = "answer"
    """What it answers can't be used."""
    DENIED = "denied"
    """It signed nobody in: somebody turned back, or may not use this service."""
    STALE = "stale"
    """Nothing of this browser's goes with it: it was begun elsewhere, too long ago, or is over already."""
    UNBELIEVED = "not believed"
    """It vouches for nobody that can be believed."""
    NO_ROLE = "no role"
    UNKNOWN = "unknown"
    """They have no account, and get none by themselves."""
    DISABLED = "disabled"
    TAKEN = "taken"
    """They have an account already, and were invited to another."""


@dataclass(eq=False)
class OidcTrouble(Exception):
    """Nobody was signed in. ``detail`` is for the log: it holds no name, token or code."""

    trouble: Trouble
    detail: str = ""
