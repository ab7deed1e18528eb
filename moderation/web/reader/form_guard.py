"""What tells a form that a reader filled in from one that a program did: a field that nobody sees, and the time.

Neither refuses anything: a comment that is caught waits for a moderator, since a browser's helper may have filled the
field in, and somebody may be very fast.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from moderation.core.signing import keyed

HONEYPOT = "homepage"
"""The name of a field that no reader sees: programs fill in whatever looks like something."""
OPENED = "opened"
"""The name of the field that says, signed, when the form was given out."""
SOONEST_SECONDS = 2
"""Nobody reads a form, writes a name and a comment and sends it within this."""


@dataclass(frozen=True, slots=True)
class FormGuard:
    """What a form came back with. ``opened`` may be old: pages are kept by browsers and gone back to."""

    honeypot: str = ""
    opened: str = ""

    def filled_by_program(self, secrets: Sequence[str], now: datetime) -> bool:
        at = opened_at(secrets, self.opened)
        return bool(self.honeypot.strip()) or at is None or now.timestamp() - at < SOONEST_SECONDS


def opened_token(secret: str, now: datetime) -> str:
    """What the form's field holds: seconds since 1970, and a signature."""
    seconds = str(int(now.timestamp()))
    return f"{seconds}.{_signature(secret, seconds)}"


def opened_at(secrets: Sequence[str], token: str) -> int | None:
    """When the form was given out, signed with one of these; None for what isn't ours."""
    seconds, _, signature = token[:100].partition(".")
    said = signature.encode("utf-8", "replace")
    ours = any(hmac.compare_digest(_signature(secret, seconds).encode(), said) for secret in secrets)
    return int(seconds) if ours else None


def _signature(secret: str, seconds: str) -> str:
    return keyed(secret, "form opened", seconds)[:32]
