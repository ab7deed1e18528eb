"""What a site's tokens can be signed with: a secret, a public key, or a set of public keys; each for one algorithm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.core.strict_json import NotJson, parse_json

SHORTEST_SECRET = 32
"""Bytes, as many as the hash of HS256 has: a shorter one can be guessed from a token (RFC 7518)."""
LONGEST_KEY = 10_000
SHORTEST_RSA, LONGEST_RSA = 2048, 8192
"""Bits. A longer one takes long to check."""
MAX_KEYS = 50
"""Of a set. What comes after isn't looked at."""

AnyKey = OctKey | RSAKey | ECKey | OKPKey


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


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key of a set, with the name (``kid``) that it has there."""

    key: AnyKey
    name: str | None = None


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


@lru_cache(maxsize=256)
def secret_key(secret: str) -> NamedKey:
    return NamedKey(OctKey.import_key(secret))


@lru_cache(maxsize=256)
def public_key(pem: str, algorithm: Algorithm) -> NamedKey:
    kinds: dict[Algorithm, type[RSAKey | ECKey | OKPKey]] = {Algorithm.RS256: RSAKey, Algorithm.ES256: ECKey}
    return NamedKey(kinds.get(algorithm, OKPKey).import_key(pem))


def set_checked(body: bytes, algorithm: Algorithm) -> str:
    """A set of public keys (JWKS, RFC 7517) as it is kept: those that this algorithm can use. Raises ``ValueError``, in
    words, where none can be.
    """
    try:
        content = parse_json(body)
    except NotJson as error:
        raise ValueError(f"it is not JSON: {error}") from None
    listed = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise ValueError('it is no set of keys: {"keys": [...]} (RFC 7517)')
    usable = [kept for one in listed[:MAX_KEYS] if (kept := _kept(one, algorithm)) is not None]
    if not usable:
        raise ValueError(f"it holds no public key for {algorithm}")
    return json.dumps({"keys": usable})


@lru_cache(maxsize=256)
def keys_of_set(text: str, algorithm: Algorithm) -> tuple[NamedKey, ...]:
    """The keys of a set that ``set_checked`` has let through."""
    return tuple(_key_of(one, algorithm) for one in json.loads(text)["keys"])


_PARTS: Mapping[Algorithm, tuple[dict[str, str], tuple[str, ...]]] = {
    Algorithm.RS256: ({"kty": "RSA"}, ("n", "e")),
    Algorithm.ES256: ({"kty": "EC", "crv": "P-256"}, ("x", "y")),
    Algorithm.EDDSA: ({"kty": "OKP", "crv": "Ed25519"}, ("x",)),
}
"""What a key of an algorithm is called, and the parts that it is made of."""


def _kept(one: Any, algorithm: Algorithm) -> dict[str, str] | None:
    """A key's public parts and its name; None for one that isn't for this algorithm, or for no signatures."""
    fixed, parts = _PARTS[algorithm]
    if not isinstance(one, dict) or any(one.get(name) != value for name, value in fixed.items()):
        return None
    operations = one.get("key_ops", ["verify"])
    if one.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    if one.get("alg") not in (None, *algorithm.names):
        return None
    kept = dict(fixed)
    for name in (*parts, "kid"):
        value = one.get(name)
        if isinstance(value, str) and len(value) <= LONGEST_KEY:
            kept[name] = value
        elif name != "kid" or value is not None:
            return None
    try:
        found = _key_of(kept, algorithm).key
        size = found.raw_value.key_size if isinstance(found, RSAKey) else SHORTEST_RSA
    except (JoseError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return kept if SHORTEST_RSA <= size <= LONGEST_RSA else None


def _key_of(kept: Mapping[str, str], algorithm: Algorithm) -> NamedKey:
    parts: dict[str, Any] = {name: value for name, value in kept.items() if name != "kid"}
    kinds: dict[Algorithm, type[RSAKey | ECKey | OKPKey]] = {Algorithm.RS256: RSAKey, Algorithm.ES256: ECKey}
    return NamedKey(kinds.get(algorithm, OKPKey).import_key(parts), kept.get("kid"))
