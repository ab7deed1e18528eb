"""One transaction: its changes, its audit events and its outgoing events commit together or not at all."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Update, bindparam, update
from sqlalchemy.orm import Session

from moderation.core.audit_chain import ChainHead, UnchainedEvent
from moderation.core.ids import new_id
from moderation.services import Clock, Piece, Waker
from moderation.storage.audit import append
from moderation.storage.base import Base, table_of
from moderation.storage.database import Database, session_on
from moderation.storage.outbox import insert_outbox_events

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(slots=True)
class UnitOfWork:
    """One transaction under way: its connection, the time, and the events that are stored right before its commit."""

    connection: Connection
    now: datetime
    unchained_events: list[UnchainedEvent] = field(default_factory=list)
    outbox_events: list[dict[str, Any]] = field(default_factory=list)
    leaves_work: set[Piece] = field(default_factory=set)
    """What workers find to do once this is committed, and are woken for."""
    increments: dict[tuple[type[Base], str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    """What is counted for those who watch, once this has happened."""
    _session: Session | None = field(init=False, default=None)

    @property
    def session(self) -> Session:
        """For what needs the mapper; made when it is first asked for, as intake can't afford one for nothing."""
        if self._session is None:
            self._session = session_on(self.connection)
        return self._session

    def event(self, chain: str, actor: str, event: str, subject: str, payload: Mapping[str, Any]) -> None:
        """Notes an audit event."""
        self.unchained_events.append(
            UnchainedEvent(chain=chain, actor=actor, event=event, subject=subject, payload=payload)
        )

    def outbox_event(self, site_id: str, kind: str, subject: str, payload: Mapping[str, Any]) -> None:
        """Notes an outgoing event, such as ``comment.published`` about a comment's id: what the site will be told."""
        self.outbox_events.append({"site_id": site_id, "kind": kind, "subject": subject, "payload": dict(payload)})
        self.leaves_work.add(Piece.WEBHOOKS)

    def increment(self, counting: type[Base], id_: str, **steps: int) -> None:
        """Counts columns of a row up or down right before the events are stored, together. Counted earlier, somebody
        who counts there too, and holds what this transaction asks for next, would wait for it, and it for them.
        """
        for column, step in steps.items():
            self.increments[counting, id_][column] += step

    def store_increments(self) -> None:
        """Counts what was noted, in an order that every transaction keeps."""
        rows = [
            (counting, tuple(sorted(steps)), {"of": id_, **{f"{column}_step": step for column, step in steps.items()}})
            for (counting, id_), steps in sorted(
                self.increments.items(), key=lambda one: (one[0][0].__tablename__, one[0][1])
            )
            if any(steps.values())
        ]
        for (counting, columns), same in groupby(rows, key=lambda row: row[:2]):
            self.connection.execute(_incrementing(counting, columns), [values for *_, values in same])

    def store_events(self, at: datetime) -> list[ChainHead]:
        """Stores what was noted, the audit events at the very end: they lock their chains. Returns these chains' heads
        as they are now.
        """
        if self.outbox_events:
            # Delivered by their ids: in the order in which they were noted.
            ids = sorted(new_id(self.now) for _ in self.outbox_events)
            common = {"created_at": self.now, "delivered_at": None}
            rows = [{"id": id_, **event, **common} for id_, event in zip(ids, self.outbox_events, strict=True)]
            insert_outbox_events(self.connection, rows)
        return append(self.connection, self.unchained_events, at) if self.unchained_events else []

    def flush(self) -> None:
        """Sends what the session has noted to the database."""
        if self._session is not None:
            self._session.flush()

    def close(self) -> None:
        """Lets go of what the session follows; its objects keep what they know."""
        if self._session is not None:
            self._session.close()


class WriteContext(Protocol):
    """Where a unit of work is stored, and what time it is. ``Services`` are one."""

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def waker(self) -> Waker: ...


def run_in_unit_of_work(context: WriteContext, work: Callable[[UnitOfWork], T]) -> T:
    """Runs ``work`` in one transaction and stores its events as the last thing before the commit. On a conflict
    everything is rolled back and ``work`` runs again. Whoever finds something to do in it is woken after the commit.
    """
    heads: list[ChainHead] = []
    after_commit: list[Callable[[], None]] = []
    leaves_work: set[Piece] = set()

    def transaction(connection: Connection) -> T:
        nonlocal heads, after_commit, leaves_work
        with closing(UnitOfWork(connection, context.clock())) as unit:
            result = work(unit)
            unit.flush()
            unit.store_increments()
            heads = unit.store_events(context.clock())
            after_commit, leaves_work = unit.after_commit, unit.leaves_work
            return result

    result = context.database.changing(transaction)
    if leaves_work:
        context.waker.wake(leaves_work)
    for count in after_commit:
        try:
            count()
        except Exception:  # it is stored: whoever asked must hear so
            log.exception("what happened could not be counted")
    for head in heads:
        # Logged outside the database, so that a tail cut off there shows: audit verify --expect-head.
        log.info("audit head", extra={"chain": head.chain, "sequence": head.sequence, "hash": head.hash})
    return result


@lru_cache(maxsize=64)
def _incrementing(counting: type[Base], columns: tuple[str, ...]) -> Update:
    row = table_of(counting).c
    steps = {column: row[column] + bindparam(f"{column}_step") for column in columns}
    return update(table_of(counting)).where(row.id == bindparam("of")).values(steps)
