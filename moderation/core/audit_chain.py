"""The audit chain: each event names the one before it by hash, so that none can change unseen."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

import rfc8785

from moderation.core.errors import ChainBroken

SYSTEM = "system"
"""The chain of what belongs to no site: policy, accounts, sign-ins."""
GENESIS = "0" * 64
"""What a chain's first event names as its previous hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchainedEvent:
    """Something worth an audit event, before it has its place in a chain.

    ``payload`` holds random references and numbers, never names, author ids, notes, addresses or bodies.
    """

    chain: str
    actor: str
    event: str
    subject: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """One line of a chain. ``text`` is the exact text that was hashed; ``payload`` canonical JSON."""

    chain: str
    sequence: int
    time: str
    actor: str
    event: str
    subject: str
    payload: str
    previous: str
    hash: str
    text: str


def link(unchained_event: UnchainedEvent, *, sequence: int, previous: str, at: datetime) -> AuditEvent:
    """The next event of a chain, after the one numbered ``sequence - 1`` whose hash is ``previous``."""
    time = _told(at)
    payload = canonical(dict(unchained_event.payload))
    text = hashed_text(
        chain=unchained_event.chain,
        sequence=sequence,
        time=time,
        actor=unchained_event.actor,
        event=unchained_event.event,
        subject=unchained_event.subject,
        payload=payload,
        previous=previous,
    )
    return AuditEvent(
        chain=unchained_event.chain,
        sequence=sequence,
        time=time,
        actor=unchained_event.actor,
        event=unchained_event.event,
        subject=unchained_event.subject,
        payload=payload,
        previous=previous,
        hash=sha256(text.encode()).hexdigest(),
        text=text,
    )


@lru_cache(maxsize=8)
def _told(at: datetime) -> str:
    """One moment for all events of a transaction."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_plain = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_MAY_DIFFER = re.compile(r"\.0(?![0-9])|[0-9]e[+-]?[0-9]|NaN|Infinity|[0-9]{16}")
"""Numbers that Python writes otherwise than RFC 8785, or that it refuses: whole ones with a point, those with an
exponent, those of many digits. The same within a text costs time, nothing else.
"""


_HOLD_OTHERS = (dict, list, tuple)


def canonical(payload: dict[str, Any]) -> str:
    """The payload as RFC 8785 writes it. The standard library writes the same, many times faster, but for some numbers
    and for the order of keys beyond ASCII. Raises ``rfc8785.CanonicalizationError`` for numbers that JSON doesn't hold,
    and for keys that are no strings.
    """
    if _is_flat(payload):
        text = _plain(payload)
        if text.isascii():
            return text
    elif _has_text_keys(payload):
        text = _plain(payload)
        if text.isascii() and not _MAY_DIFFER.search(text):
            return text
    canonical_text: str = rfc8785.dumps(payload).decode()
    return canonical_text


_EXACT = 2**53
"""Whole numbers up to here are the same to everybody."""


def _is_flat(payload: dict[Any, Any]) -> bool:
    """Whether this holds texts and small whole numbers alone, under texts: both write these in one way, whatever the
    texts look like.
    """
    for key, value in payload.items():
        kind = type(value)
        if type(key) is not str or not (
            kind is str or value is None or kind is bool or (kind is int and -_EXACT < value < _EXACT)
        ):
            return False
    return True


def _has_text_keys(value: dict[Any, Any] | list[Any] | tuple[Any, ...]) -> bool:
    """Whether every key at every depth is a string: of a number the standard library makes one without a word."""
    inner: Iterable[Any] = value
    if isinstance(value, dict):
        if any([not isinstance(key, str) for key in value]):  # noqa: C419  # twice as fast as a generator
            return False
        inner = value.values()
    return all([_has_text_keys(one) for one in inner if isinstance(one, _HOLD_OTHERS)])  # noqa: C419


def hashed_text(
    *, chain: str, sequence: int, time: str, actor: str, event: str, subject: str, payload: str, previous: str
) -> str:
    """The text whose SHA-256 is the event's hash: RFC 8785 JSON of every column but ``hash`` and ``text``."""
    # The payload is hashed as the string it is stored as: no reparsing stands between the column and the hash.
    # Of strings and a whole number, ASCII keys in their order, the standard library's JSON is RFC 8785's, many times
    # faster; a test holds them against each other.
    return (
        f'{{"actor":{_quoted(actor)},"chain":{_quoted(chain)},"event":{_quoted(event)},"payload":{_quoted(payload)},'
        f'"previous":{_quoted(previous)},"sequence":{sequence},"subject":{_quoted(subject)},"time":{_quoted(time)}}}'
    )


_quoted = json.encoder.encode_basestring


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The newest event of a chain: what ``verify --expect-head`` compares."""

    chain: str
    sequence: int
    hash: str


def fault_in(event: AuditEvent) -> str | None:
    """What an event's own columns show of somebody having changed them; None where they agree with its hash."""
    text = hashed_text(
        chain=event.chain,
        sequence=event.sequence,
        time=event.time,
        actor=event.actor,
        event=event.event,
        subject=event.subject,
        payload=event.payload,
        previous=event.previous,
    )
    if text != event.text:
        return "a column was changed: it differs from the text that was hashed"
    # Somebody may have written bytes that are no text: they come here as halves of surrogate pairs.
    if sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != event.hash:
        return "its hash is not that of its text"
    return None


def read_payload(text: str) -> Any:
    """What a payload's JSON says; where somebody has changed it and it is none, the text as it stands."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def read_time(text: str) -> datetime | None:
    """An event's time in UTC; None where somebody has changed it into something else."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo is not None else None
    except (ValueError, OverflowError):  # in UTC it may lie before all years, or after them
        return None


def legible(text: str) -> str:
    """A stored text for whoever reads it: bytes and halves of characters that are no text are written out."""
    return text.encode("utf-8", "surrogateescape" if _only_bytes(text) else "surrogatepass").decode(
        "utf-8", "backslashreplace"
    )


def _only_bytes(text: str) -> bool:
    """Whether every half of a pair in it stands for a byte that was no text."""
    return all(not "\ud800" <= character <= "\udfff" or "\udc80" <= character <= "\udcff" for character in text)


def verify(chain: str, events: Iterable[AuditEvent], *, after: ChainHead | None = None) -> ChainHead:
    """Recomputes a chain from its first event on, or ``after`` one that held. Raises ``ChainBroken`` at the first event
    that doesn't hold.
    """
    sequence, previous = (after.sequence, after.hash) if after else (0, GENESIS)
    for event in events:
        sequence += 1
        if event.sequence != sequence:
            raise ChainBroken(chain, sequence, f"missing; the next one stored is {event.sequence}")
        if event.chain != chain:
            raise ChainBroken(chain, sequence, f"says that it belongs to the chain {event.chain!r}")
        if event.previous != previous:
            raise ChainBroken(chain, sequence, "doesn't follow from the event before it")
        fault = fault_in(event)
        if fault is not None:
            raise ChainBroken(chain, sequence, fault)
        previous = event.hash
    return ChainHead(chain=chain, sequence=sequence, hash=previous)


def body_fingerprint(body: str, salt: bytes) -> str:
    """The body as it enters an event: an HMAC under the comment's own salt. Without the salt it tells nothing."""
    return hmac.digest(salt, body.encode(), "sha256").hex()
