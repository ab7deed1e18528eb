"""Secrets that this service keeps for others, encrypted under a key of its ring."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from moderation.core.keyring import Keys


def sealed(keys: Keys, what: bytes, secret: str) -> str:
    """A secret as it is stored. ``what`` says what kind of secret it is: one of another kind opens nothing."""
    return _cipher(keys.newest.secret, what).encrypt(secret.encode()).decode()


def opened(keys: Keys, what: bytes, stored: str) -> str | None:
    """A stored secret; None where the key that it was kept under is retired."""
    try:
        return MultiFernet([_cipher(secret, what) for secret in keys.secrets]).decrypt(stored).decode()
    except InvalidToken:
        return None


def _cipher(secret: str, what: bytes) -> Fernet:
    return Fernet(urlsafe_b64encode(derived(secret, what)))


def derived(secret: str, what: bytes) -> bytes:
    """32 bytes that follow from a secret for this use."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=what).derive(secret.encode())
