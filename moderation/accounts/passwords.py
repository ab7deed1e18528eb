"""Passwords: how long they must be, and what is kept of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from moderation.core.errors import InvalidField, PasswordsBusy
from moderation.core.messages import Message
from moderation.core.write_transaction import outside_write_transactions

MINIMUM_PASSWORD = 12
MAXIMUM_PASSWORD = 512
NOT_CHOSEN = ""
"""Kept in place of a hash while nobody has chosen a password: it matches none."""


@cache
def _nobody(hasher: PasswordHasher) -> str:
    """Checked against when there is nothing to check, so that the answer takes as long."""
    return hasher.hash(secrets.token_urlsafe(16))


class _Turns:
    """A hash costs 64 MB and every core for a moment, by intention: few are made at once, a few more wait, and whoever
    comes then is refused, so that signing in never takes up every thread of the service.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._free = BoundedSemaphore(at_once)
        self._places = BoundedSemaphore(at_once + waiting)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises ``PasswordsBusy``."""
        outside_write_transactions("hashing a password")
        if not self._places.acquire(blocking=False):
            raise PasswordsBusy
        try:
            with self._free:
                yield
        finally:
            self._places.release()


_FOR_ALL = _Turns(at_once=2, waiting=6)
_FOR_KNOWN = _Turns(at_once=1, waiting=3)
"""Of whoever has signed in before: a crowd of strangers doesn't stand in their way."""


def check_password(password: str) -> None:
    """Raises ``InvalidField`` for a password that is too short or absurdly long."""
    if not MINIMUM_PASSWORD <= len(password) <= MAXIMUM_PASSWORD:
        raise InvalidField(
            "password", Message("password_length", {"minimum": MINIMUM_PASSWORD, "maximum": MAXIMUM_PASSWORD})
        )


def hash_of(hasher: PasswordHasher, password: str) -> str:
    """What is kept. Raises ``InvalidField`` for what no hash can be made of, and ``PasswordsBusy``."""
    try:
        with _FOR_KNOWN.one():
            return hasher.hash(password)
    except UnicodeEncodeError as error:
        raise InvalidField("password", Message("password_unusable")) from error


def matches(hasher: PasswordHasher, kept: str | None, password: str, *, known: bool = False) -> bool:
    """Whether this is the password; None, or a hash that isn't one, takes as long as a wrong password. ``known``:
    whoever asks has signed in before. Raises ``PasswordsBusy``.
    """
    try:
        with (_FOR_KNOWN if known else _FOR_ALL).one():
            nobody = _nobody(hasher)  # whether or not it is needed: the first answer too takes as long for everyone
            return hasher.verify(kept or nobody, password[: MAXIMUM_PASSWORD + 1])
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False
