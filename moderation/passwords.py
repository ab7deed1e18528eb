"""Passwords: how long they must be, and what is kept of them."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from moderation.core.errors import InvalidField

MINIMUM_PASSWORD = 12
MAXIMUM_PASSWORD = 512
NOT_CHOSEN = ""
"""Kept in place of a hash while nobody has chosen a password: it matches none."""

_hasher = PasswordHasher()
# Checked against when there is nothing to check, so that the answer takes as long.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


def check_password(password: str) -> None:
    """Raises ``InvalidField`` for a password that is too short or absurdly long."""
    if not MINIMUM_PASSWORD <= len(password) <= MAXIMUM_PASSWORD:
        raise InvalidField("password", f"needs {MINIMUM_PASSWORD} to {MAXIMUM_PASSWORD} characters.")


def hash_of(password: str) -> str:
    """What is kept. Raises ``InvalidField`` for what no hash can be made of."""
    try:
        return _hasher.hash(password)
    except UnicodeEncodeError as error:
        raise InvalidField("password", "holds characters that can't be used.") from error


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password; None, or a hash that isn't one, takes as long as a wrong password."""
    try:
        return _hasher.verify(kept or _NOBODY, password[: MAXIMUM_PASSWORD + 1])
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False
