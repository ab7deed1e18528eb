"""A reader's token: a JWT that the site has signed (RFC 7519). It is read as what the site's key says it is, never as
what it says of itself; addresses and keys in it count for nothing.
"""

from __future__ import annotations

import math
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.core.comment import MARKS
from moderation.core.errors import InvalidField, ReaderTokenExpired, ReaderTokenRefused, clipped
from moderation.core.messages import ENGLISH, told
from moderation.core.strict_json import NotJson, parse_json
from moderation.core.text.written import as_written, display_name
from moderation.readers.key_sets import KeySets
from moderation.readers.keys import Algorithm, seal
from moderation.readers.signatures import LONGEST_TOKEN, NamedKey, is_signed, keys_of_set, public_key, secret_key
from moderation.services import Services
from moderation.storage.reader_keys import ReaderKey, ReaderKeyKind, reader_keys_of

SKEW = 60
"""Seconds that the site's clock and ours may be apart."""
LONGEST_ID = 200
MAX_BADGES, LONGEST_BADGE = 5, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Whom a token names. ``marks`` are what the site vouches for: that they have signed in (``verified``), and what
    else the token says.
    """

    id: str
    name: str
    trusted: bool
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """A token taken apart, before anything in it is believed."""

    text: str
    algorithm: str
    key_name: str | None
    payload: bytes


def reader_named(services: Services, sets: KeySets, site_id: str, token: str) -> Reader:
    """Whom a token names on a site. Raises ``ReaderTokenExpired``, and ``ReaderTokenRefused`` with what is wrong."""
    parts = _taken_apart(token)
    with services.database.reading() as session:
        rows = reader_keys_of(session, site_id)
    if not rows:
        raise ReaderTokenRefused("this site takes none yet; its key is set by `moderation sites reader-key`")
    fitting = [row for row in rows if parts.algorithm in Algorithm(row.algorithm).names]
    if not fitting:
        wanted = " or ".join(dict.fromkeys(row.algorithm for row in rows))
        raise ReaderTokenRefused(f"it is signed by {clipped(parts.algorithm)!r}, and this site's key is for {wanted}")
    if not any(is_signed(parts.text, parts.algorithm, key) for key in _keys_for(services, sets, fitting, parts)):
        raise ReaderTokenRefused("its signature isn't by this site's key")
    return _reader_in(parts.payload, site_id, services.clock().timestamp())


# --- signed by whom ---------------------------------------------------------------------------------------------------


def _taken_apart(token: str) -> _Parts:
    if len(token) > LONGEST_TOKEN:
        raise ReaderTokenRefused(f"it has {len(token)} characters; at most {LONGEST_TOKEN} are possible")
    segments = token.split(".")
    if len(segments) != 3 or not all(segments) or not token.isascii():
        raise ReaderTokenRefused("it is no signed token: three parts, with a dot between them")
    try:
        header = parse_json(_decoded(segments[0]), unique=True)
        payload = _decoded(segments[1])
        _decoded(segments[2])
    except (Base64Error, NotJson) as error:
        raise ReaderTokenRefused(f"its parts can't be read: {error}") from None
    algorithm = header.get("alg") if isinstance(header, dict) else None
    if not isinstance(algorithm, str):
        raise ReaderTokenRefused("its header doesn't say how it is signed (alg)")
    if "crit" in header or "b64" in header:
        raise ReaderTokenRefused("its header asks for extensions (crit, b64) that aren't known here")
    name = header.get("kid")
    if name is not None and not isinstance(name, str):
        raise ReaderTokenRefused("the name of its key (kid) must be a text")
    return _Parts(text=token, algorithm=algorithm, key_name=name, payload=payload)


def _decoded(segment: str) -> bytes:
    """Base64 for addresses (RFC 4648), without what fills it up."""
    if "=" in segment or "+" in segment or "/" in segment:
        raise Base64Error("they are not base64url")
    return b64decode(segment + "=" * (-len(segment) % 4), altchars=b"-_", validate=True)


def _keys_for(services: Services, sets: KeySets, rows: Sequence[ReaderKey], parts: _Parts) -> Iterator[NamedKey]:
    """The keys that a token may be signed by. A set that lacks the key that it names is fetched again."""
    lacking, any_found = [], False
    for row in rows:
        if row.kind == ReaderKeyKind.ADDRESS:
            sets.freshen(services, row)
        found = _keys_in(services, row, parts)
        if not found and row.kind == ReaderKeyKind.ADDRESS:
            lacking.append(row)
        any_found = any_found or bool(found)
        yield from found
    came = [row.id for row in lacking if sets.look_again(services, row)]
    if came:
        with services.database.reading() as session:
            fresh = [row for row in reader_keys_of(session, lacking[0].site_id) if row.id in came]
        found = [key for row in fresh for key in _keys_in(services, row, parts)]
        any_found = any_found or bool(found)
        yield from found
    if lacking and not any_found:
        name = clipped(parts.key_name or "")
        raise ReaderTokenRefused(f"it is signed by a key ({name!r}) that the site's set doesn't hold")


def _keys_in(services: Services, row: ReaderKey, parts: _Parts) -> list[NamedKey]:
    algorithm = Algorithm(row.algorithm)
    if row.kind == ReaderKeyKind.SECRET:
        secret = seal(services.keys.reader_keys).opened(row.key)
        return [secret_key(secret)] if secret is not None else []
    if row.kind == ReaderKeyKind.PUBLIC:
        return [public_key(row.key, algorithm)]
    keys = keys_of_set(row.key, algorithm)
    return [key for key in keys if parts.key_name is None or key.name in (None, parts.key_name)]


# --- what it says -----------------------------------------------------------------------------------------------------


def _reader_in(payload: bytes, site_id: str, now: float) -> Reader:
    try:
        claims = parse_json(payload, unique=True)
    except NotJson as error:
        raise ReaderTokenRefused(f"its claims can't be read: {error}") from None
    if not isinstance(claims, dict):
        raise ReaderTokenRefused("its claims must be an object")
    _check_audience(claims.get("aud"), site_id)
    _check_times(claims, now)
    says = {mark: _yes_or_no(claims, mark) for mark in ("staff", "subscriber", "trusted")}
    marks = tuple(mark for mark in MARKS if mark == "verified" or says[mark])
    return Reader(
        id=_text(claims, "sub", _id_checked),
        name=_text(claims, "name", lambda text: display_name(text, "name")),
        trusted=says["trusted"],
        marks=tuple(dict.fromkeys((*marks, *_badges(claims.get("badges"))))),
    )


def _check_audience(audience: Any, site_id: str) -> None:
    named = audience if isinstance(audience, list) else [audience]
    if not all(isinstance(one, str) for one in named):
        raise ReaderTokenRefused(f"its claim aud is missing or no text; it must be {site_id!r}")
    if site_id not in named:
        told = ", ".join(repr(clipped(one)) for one in named[:3]) or "nobody"
        raise ReaderTokenRefused(f"its claim aud says that it is for {told}; here it must be {site_id!r}")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    if "exp" not in claims:
        raise ReaderTokenRefused("its claim exp is missing: until when it counts, in seconds since 1970")
    times = {name: _seconds(claims[name], name) for name in ("exp", "nbf", "iat") if claims.get(name) is not None}
    if "exp" not in times:
        raise ReaderTokenRefused("its claim exp must be a number: seconds since 1970")
    for name in ("nbf", "iat"):
        if times.get(name, now) > now + SKEW:
            raise ReaderTokenRefused(f"it doesn't count yet: its claim {name} lies in the future")
    if times["exp"] <= now - SKEW:
        raise ReaderTokenExpired


def _seconds(value: Any, name: str) -> float | int:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or (isinstance(value, float) and not math.isfinite(value)):
        raise ReaderTokenRefused(f"its claim {name} must be a number: seconds since 1970")
    found: float | int = value
    return found


def _yes_or_no(claims: Mapping[str, Any], name: str) -> bool:
    value = claims.get(name)
    if value is not None and not isinstance(value, bool):
        raise ReaderTokenRefused(f"its claim {name} must be true or false")
    return bool(value)


def _text(claims: Mapping[str, Any], name: str, checked: Callable[[str], str]) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise ReaderTokenRefused(f"its claim {name} is missing or no text")
    return _checked(value, f"claim {name}", checked)


def _checked(value: str, what: str, checked: Callable[[str], str]) -> str:
    try:
        return checked(value)
    except InvalidField as error:
        raise ReaderTokenRefused(f"its {what} {told(error.message, ENGLISH).rstrip('.')}") from None


def _id_checked(text: str) -> str:
    text = as_written(text, "sub")
    if not 1 <= len(text) <= LONGEST_ID:
        raise InvalidField("sub", f"must have 1 to {LONGEST_ID} characters")
    return text


def _badges(value: Any) -> list[str]:
    badges = [] if value is None else value
    if not isinstance(badges, list) or len(badges) > MAX_BADGES or not all(isinstance(one, str) for one in badges):
        raise ReaderTokenRefused(f"its claim badges must be a list of at most {MAX_BADGES} texts")
    found = [_checked(one, "claim badges", lambda text: display_name(text, "badges", LONGEST_BADGE)) for one in badges]
    if taken := set(found) & set(MARKS):
        raise ReaderTokenRefused(f"its claim badges holds {min(taken)!r}, which is a claim of its own")
    return found
