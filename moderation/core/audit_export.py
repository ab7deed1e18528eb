"""Audit chains as JSON Lines, the same wherever they are asked for."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator

from moderation.core.audit_chain import AuditEvent, read_payload


def exported(chains: Iterable[Iterable[AuditEvent]]) -> Iterator[bytes]:
    """A line for each event, its newline included, oldest first; within a chain always in its order."""
    for _, event in heapq.merge(*map(_timed, chains), key=lambda timed: timed[0]):
        yield _line(_told(event))


def _line(told: dict[str, object]) -> bytes:
    try:
        # Bytes that somebody wrote there and that are no text go out as they stand.
        return (json.dumps(told, ensure_ascii=False) + "\n").encode("utf-8", "surrogateescape")
    except (UnicodeEncodeError, RecursionError):
        return (json.dumps(told | {"payload": str(told["payload"])}) + "\n").encode()


def _timed(events: Iterable[AuditEvent]) -> Iterator[tuple[str, AuditEvent]]:
    """Each event with the latest time seen in its chain so far: merging by it never leaves a chain's own order, even
    where a clock was set back.
    """
    latest = ""
    for event in events:
        latest = max(latest, event.time)
        yield latest, event


def _told(event: AuditEvent) -> dict[str, object]:
    return {
        "chain": event.chain,
        "sequence": event.sequence,
        "time": event.time,
        "actor": event.actor,
        "event": event.event,
        "subject": event.subject,
        "payload": read_payload(event.payload),
        "previous": event.previous,
        "hash": event.hash,
    }
