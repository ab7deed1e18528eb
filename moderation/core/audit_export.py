"""Audit chains as JSON Lines, the same wherever they are asked for."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator

from moderation.core.audit_chain import AuditEvent


def exported(chains: Iterable[Iterable[AuditEvent]]) -> Iterator[bytes]:
    """A line for each event, its newline included, oldest first; within a chain always in its order."""
    for _, event in heapq.merge(*map(_timed, chains), key=lambda timed: timed[0]):
        line = json.dumps(_told(event), ensure_ascii=False) + "\n"
        # Bytes that somebody wrote there and that are no text go out as they stand.
        yield line.encode("utf-8", "surrogateescape")


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
        "payload": _payload(event.payload),
        "previous": event.previous,
        "hash": event.hash,
    }


def _payload(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text  # somebody changed it behind our back: shown as it stands; `audit verify` says so
