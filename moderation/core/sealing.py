"""What is kept encrypted: under a secret, and under the ones before it still readable."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """Encrypts texts for one ``use`` and opens them again: what one use has sealed, another can't open. ``secrets``:
    newest first, at least one; the newest seals, each opens.
    """

    def __init__(self, use: str, secrets: Sequence[str]) -> None:
        self._newest = _cipher(use, secrets[0])
        self._any = MultiFernet([_cipher(use, secret) for secret in secrets])

    def sealed(self, text: str) -> str:
        """A text as it is stored."""
        return self._newest.encrypt(text.encode()).decode()

    def opened(self, stored: str) -> str | None:
        """A stored text; None where no secret at hand opens it."""
        return _opened(self._any, stored)

    def is_fresh(self, stored: str) -> bool:
        """Whether the newest secret opens it."""
        return _opened(self._newest, stored) is not None


def _opened(cipher: Fernet | MultiFernet, stored: str) -> str | None:
    try:
        return cipher.decrypt(stored).decode()
    except InvalidToken:
        return None


@lru_cache(maxsize=64)
def _cipher(use: str, secret: str) -> Fernet:
    return Fernet(urlsafe_b64encode(derived(use, secret)))


def derived(use: str, secret: str) -> bytes:
    """32 bytes that follow from a secret for this use, and tell nothing of it."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"moderation {use}".encode()).derive(secret.encode())
