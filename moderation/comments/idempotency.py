"""What is answered to whoever sends a comment, and the first answer again when the same request comes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Lock, RLock
from typing import Any
from weakref import WeakValueDictionary

from sqlalchemy import Connection

from moderation.core.comment import MESSAGES, Status, standing_told
from moderation.core.errors import IdempotencyMismatch
from moderation.core.scores import Scores
from moderation.core.times import DAY
from moderation.services import Services
from moderation.storage.comments import scores_of
from moderation.storage.database import lock, session_on
from moderation.storage.idempotency import keep_first_answer, kept_answer
from moderation.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sends a comment: a site, through one of its keys. ``vouches`` is True for a secret key, whose word on the
    author's id, address, external id and time counts.
    """

    site_id: str
    key_id: str | None
    reference: str
    vouches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """A request's Idempotency-Key and the digest of what was asked under it."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What became of a submission. ``replayed`` answers were given before and count against no limit."""

    comment_id: str
    status: Status
    message: str
    created_at: datetime
    reasons: tuple[str, ...] = ()
    scores: Scores | None = None
    replayed: bool = False

    def told(self, language: str) -> str:
        """What the reader can be told. ``message`` says it in English."""
        why = self.message.removeprefix(str(MESSAGES[self.status])).strip()
        return standing_told(self.status, why, language)


def earlier_answer(services: Services, sender: Sender, idempotency: Idempotency | None) -> Arrival | None:
    """The first answer to a request that comes again under its Idempotency-Key. Raises ``IdempotencyMismatch``."""
    if idempotency is None:
        return None
    with services.database.asking() as connection:
        return _replay(connection, services.clock(), sender, idempotency)


TURN_SECONDS = 5.0
_turns: WeakValueDictionary[tuple[str, str], Any] = WeakValueDictionary()
_looking = Lock()


@contextmanager
def one_at_a_time(sender: Sender, idempotency: Idempotency | None) -> Iterator[None]:
    """Lets one request at a time past this key in this process, for a few seconds. Where limits have room for one
    alone, its twin then finds the answer, and isn't told that it came too fast; between processes, or amid a database's
    trouble, that could happen, and ``Retry-After`` brings it here.
    """
    if idempotency is None:
        yield
        return
    with _looking:
        turn = _turns.setdefault((sender.key_id or "", idempotency.name), RLock())
    has_it = turn.acquire(timeout=TURN_SECONDS)
    try:
        yield
    finally:
        if has_it:
            turn.release()


def settled_answer(services: Services, sender: Sender, idempotency: Idempotency | None) -> Arrival | None:
    """As ``earlier_answer``, once whoever is storing one under the same key has finished."""
    if idempotency is None:
        return None

    def work(connection: Connection) -> Arrival | None:
        return only_one(connection, services.clock(), sender, idempotency)

    with one_at_a_time(sender, idempotency):
        return services.database.changing(work)


def only_one(connection: Connection, now: datetime, sender: Sender, idempotency: Idempotency) -> Arrival | None:
    """Lets one transaction at a time past this key, so that the second finds the first one's answer."""
    lock(connection, f"answer {sender.key_id} {idempotency.name}")
    return _replay(connection, now, sender, idempotency)


def _replay(connection: Connection, now: datetime, sender: Sender, idempotency: Idempotency) -> Arrival | None:
    if sender.key_id is None:
        return None
    kept = kept_answer(connection, sender.key_id, idempotency.name, now - DAY)
    if kept is None:
        return None
    if kept.digest != idempotency.digest:
        raise IdempotencyMismatch
    answer = dict(kept.answer)
    return Arrival(
        comment_id=answer["comment_id"],
        status=Status(answer["status"]),
        message=answer["message"],
        created_at=datetime.fromisoformat(answer["created_at"]),
        reasons=tuple(answer["reasons"]),
        scores=_scores(connection, answer["comment_id"]) if answer["scored"] else None,
        replayed=True,
    )


def _scores(connection: Connection, comment_id: str) -> Scores | None:
    with session_on(connection) as session:
        return scores_of(session, comment_id)


def keep_answer(unit: UnitOfWork, sender: Sender, idempotency: Idempotency, arrival: Arrival) -> None:
    if sender.key_id is None:
        return
    # One under the same name that is there is over a day old.
    keep_first_answer(
        unit.connection,
        sender.key_id,
        idempotency.name,
        digest=idempotency.digest,
        answer={
            "comment_id": arrival.comment_id,
            "status": arrival.status.value,
            "message": arrival.message,
            "created_at": arrival.created_at.isoformat(),
            "reasons": list(arrival.reasons),
            "scored": arrival.scores is not None,
        },
        at=unit.now,
    )
