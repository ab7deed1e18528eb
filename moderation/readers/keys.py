"""What a site's tokens can be signed with: a secret, a public key, or a set of public keys; each for one algorithm."""

from __future__ import annotations

from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from moderation.core.errors import InvalidField
from moderation.core.keyring import Keys
from moderation.core.messages import Message
from moderation.core.sealing import Seal

SHORTEST_SECRET = 32
"""Bytes, as many as the hash of HS256 has: a shorter one can be guessed from a token (RFC 7518)."""
LONGEST_KEY = 10_000
SHORTEST_RSA, LONGEST_RSA = 2048, 8192
"""Bits. A longer one takes long to check."""


class Algorithm(StrEnum):
    """How tokens are signed. A site has one; what a token says of itself chooses nothing."""

    HS256 = "HS256"
    RS256 = "RS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"

    @property
    def names(self) -> tuple[str, ...]:
        """As a token may name it: Ed25519 is what EdDSA is called since RFC 9864."""
        return (self.value, "Ed25519") if self is Algorithm.EDDSA else (self.value,)


def seal(keys: Keys) -> Seal:
    """How shared secrets are stored."""
    return Seal("reader keys", keys.secrets)


def secret_checked(text: str) -> str:
    """A shared secret as it is kept. Raises ``InvalidField`` for one that is short, or that is no secret at all."""
    text = text.strip()
    if "-----BEGIN" in text or text.startswith(("ssh-", "{")) or "\n" in text:
        raise InvalidField("key", Message("reader_key_not_a_secret"))
    size = len(text.encode("utf-8", "replace"))
    if not SHORTEST_SECRET <= size <= LONGEST_KEY:
        raise InvalidField("key", Message("reader_key_secret_length", {"minimum": SHORTEST_SECRET, "length": size}))
    return text


def public_checked(text: str, algorithm: Algorithm) -> str:
    """A public key as it is kept, PEM. Raises ``InvalidField`` for what is none, or none of this algorithm."""
    text = text.strip()
    if "PRIVATE KEY-----" in text:
        raise InvalidField("key", Message("reader_key_private"))
    try:
        found = load_pem_public_key(text.encode("utf-8", "replace")) if len(text) <= LONGEST_KEY else None
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if found is None:
        raise InvalidField("key", Message("reader_key_no_pem", {"algorithm": algorithm.value}))
    if algorithm is Algorithm.RS256:
        fits = isinstance(found, RSAPublicKey) and SHORTEST_RSA <= found.key_size <= LONGEST_RSA
    elif algorithm is Algorithm.ES256:
        fits = isinstance(found, EllipticCurvePublicKey) and isinstance(found.curve, SECP256R1)
    else:
        fits = algorithm is Algorithm.EDDSA and isinstance(found, Ed25519PublicKey)
    if not fits:
        raise InvalidField("key", Message("reader_key_other_algorithm", {"algorithm": algorithm.value}))
    return found.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
