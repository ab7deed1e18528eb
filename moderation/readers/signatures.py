"""Signatures of readers' tokens, and keys as joserfc has them. Loaded with the first token, or the first set of keys:
that library takes some 50 ms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from moderation.core.strict_json import NotJson, parse_json
from moderation.readers.keys import LONGEST_KEY, LONGEST_RSA, SHORTEST_RSA, Algorithm

LONGEST_TOKEN = 8192
"""Characters."""

MAX_KEYS = 50
"""Of a set. What comes after isn't looked at."""

AnyKey = OctKey | RSAKey | ECKey | OKPKey


@dataclass(frozen=True, slots=True)
class NamedKey:
    """A key of a set, with the name (``kid``) that it has there."""

    key: AnyKey
    name: str | None = None


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
    return kept if _is_usable(kept, algorithm) else None


def _is_usable(kept: Mapping[str, str], algorithm: Algorithm) -> bool:
    """Whether these parts make a key for this algorithm, of a length that can be checked in time."""
    try:
        found = _key_of(kept, algorithm).key
        return not isinstance(found, RSAKey) or SHORTEST_RSA <= found.raw_value.key_size <= LONGEST_RSA
    except (JoseError, ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _key_of(kept: Mapping[str, str], algorithm: Algorithm) -> NamedKey:
    parts: dict[str, Any] = {name: value for name, value in kept.items() if name != "kid"}
    kinds: dict[Algorithm, type[RSAKey | ECKey | OKPKey]] = {Algorithm.RS256: RSAKey, Algorithm.ES256: ECKey}
    return NamedKey(kinds.get(algorithm, OKPKey).import_key(parts), kept.get("kid"))


class _Registry(jws.JWSRegistry):
    """The library's, without its warning that EdDSA has a new name (the site's setting has decided on it), and with our
    own bounds: whole tokens are short.
    """

    max_header_length = max_payload_length = max_signature_length = LONGEST_TOKEN

    def get_alg(self, name: str) -> Any:
        assert self.allowed is not None and name in self.allowed  # noqa: PT018
        return self.algorithms[name]


def is_signed(token: str, algorithm: str, key: NamedKey) -> bool:
    """Whether this key has signed a token by this algorithm."""
    registry = _Registry(algorithms=[algorithm], strict_check_header=False)
    try:
        jws.deserialize_compact(token, key.key, registry=registry)
    except (JoseError, ValueError, TypeError):
        return False
    return True
