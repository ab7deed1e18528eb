"""The second factor's codes: six digits that change every half minute (TOTP, RFC 6238), and codes for the day the phone
is gone.

The secret that an authenticator app holds is derived from a key of the key ring and a random salt. The salt alone is
stored, after the number of its key, so whoever reads the database can't make a code.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from pyotp import TOTP

from moderation.core.keyring import Keys
from moderation.core.signing import keyed

ISSUER = "Comment moderation"
STEP_SECONDS = 30
RECOVERY_CODES = 10


def new_salt(keys: Keys) -> str:
    return f"{keys.newest.id}.{secrets.token_urlsafe(24)}"


def secret_of(keys: Keys, salt: str) -> str | None:
    """What the authenticator app is given: 160 bits in base 32. None where the key that it hangs on is retired."""
    return next(iter(secrets_of(keys, salt)), None)


def secrets_of(keys: Keys, salt: str) -> list[str]:
    """What the app may have been given: one secret, or none where its key is retired; for a salt of before the ring,
    which names no key, one for each.
    """
    key_id, named, _ = salt.partition(".")
    # One key per salt, not whichever fits: else a key that has leaked would make codes for everybody.
    possible = (keys.named(key_id),) if named else reversed(keys.all)
    made = (keyed(key.secret, "second factor", salt) for key in possible if key is not None)
    return [b32encode(bytes.fromhex(digest)[:20]).decode() for digest in made]


def app_address(secret: str, account: str) -> str:
    """The address that the app reads from the QR code."""
    return f"otpauth://totp/{quote(ISSUER)}:{quote(account)}?secret={secret}&issuer={quote(ISSUER)}"


def step_of(secrets: Sequence[str], code: str, now: datetime) -> int | None:
    """The half minute whose code this is, by one of these secrets: the present one, or the one before or after, as
    clocks differ; else None.
    """
    present = int(now.timestamp()) // STEP_SECONDS
    for made in map(TOTP, secrets):
        for step in (present, present - 1, present + 1):
            if hmac.compare_digest(made.generate_otp(step).encode(), code.encode("utf-8", "replace")):
                return step
    return None


def new_recovery_codes() -> list[str]:
    """Codes that each work once in place of the app's."""
    alphabet = "23456789abcdefghjkmnpqrstuvwxyz"
    drawn = ["".join(secrets.choice(alphabet) for _ in range(12)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in drawn]


def recovery_digests(keys: Keys, account_id: str, code: str) -> list[str]:
    """What is kept of a recovery code, however it is typed: as new ones are kept first, then as earlier ones were."""
    plain = "".join(character for character in code.lower() if character.isalnum())
    return [keyed(secret, "recovery code", account_id, plain) for secret in keys.secrets]
