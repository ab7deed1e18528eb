"""The one step that writes: a change of status, its audit event, its statement of reasons and its outgoing notice
commit together or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, insert
from sqlalchemy.orm import Session

from moderation.core.audit_chain import UnchainedEvent
from moderation.core.ids import new_id
from moderation.services import Clock
from moderation.storage.audit import append
from moderation.storage.base import table_of
from moderation.storage.database import Database
from moderation.storage.outbox import Notice

log = logging.getLogger(__name__)
T = TypeVar("T")

_INSERT_NOTICE = insert(table_of(Notice))


@dataclass(slots=True)
class UnitOfWork:
    """One transaction under way: a session, the time, and the audit events that will close it."""

    session: Session
    now: datetime
    unchained_events: list[UnchainedEvent] = field(default_factory=list)
    connection: Connection = field(init=False)
    """The session's connection. What needs no mapper takes half as long on it, and intake can't afford the rest."""

    def __post_init__(self) -> None:
        self.connection = self.session.connection()  # asked for once: the session takes a while to tell

    def event(self, chain: str, actor: str, event: str, subject: str, payload: Mapping[str, Any]) -> None:
        """Notes an audit event; it enters its chain right before the commit."""
        self.unchained_events.append(
            UnchainedEvent(chain=chain, actor=actor, event=event, subject=subject, payload=payload)
        )

    def notice(self, site_id: str, kind: str, subject: str, payload: Mapping[str, Any]) -> None:
        """Notes something that the site will be told."""
        row = {
            "id": new_id(self.now),
            "site_id": site_id,
            "kind": kind,
            "subject": subject,
            "payload": dict(payload),
            "created_at": self.now,
            "delivered_at": None,
        }
        self.connection.execute(_INSERT_NOTICE, row)


class Books(Protocol):
    """Where a record is kept and what time it is. ``Services`` are books."""

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> Clock: ...


def recorded(books: Books, work: Callable[[UnitOfWork], T]) -> T:
    """Runs ``work`` in one transaction and appends its audit events as the last thing before the commit. On a conflict
    everything is rolled back and ``work`` runs again.
    """
    unit: UnitOfWork
    heads = []

    def transaction(session: Session) -> T:
        nonlocal unit, heads
        unit = UnitOfWork(session, books.clock())
        result = work(unit)
        session.flush()
        heads = append(session, unit.unchained_events, books.clock()) if unit.unchained_events else []
        return result

    result = books.database.writing(transaction)
    for head in heads:
        # Logged outside the database, so that a tail cut off there shows: audit verify --expect-head.
        log.info("audit head", extra={"chain": head.chain, "sequence": head.sequence, "hash": head.hash})
    return result
