"""The one step that writes: a change of status, its audit event, its statement of reasons and its outgoing notice
commit together or not at all.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, insert, null, update
from sqlalchemy.orm import Session

from moderation.core.actor import POLICY
from moderation.core.audit_chain import SYSTEM, UnchainedEvent, body_fingerprint
from moderation.core.comment import Status
from moderation.core.decision import Decision, Outcome, Statement
from moderation.core.ids import new_id
from moderation.core.policy import Signals
from moderation.core.scores import Scores
from moderation.core.severity import severity_version
from moderation.services import Clock
from moderation.storage import queue_index
from moderation.storage.articles import Place
from moderation.storage.audit import append
from moderation.storage.authors import Author
from moderation.storage.base import table_of
from moderation.storage.comments import Comment, DecisionRow, ScoreRow, score_values
from moderation.storage.database import Database
from moderation.storage.discussion import count_answer, keep_place
from moderation.storage.outbox import Notice
from moderation.storage.queue_index import Weight
from moderation.storage.search_index import enter_new, insert_comment

log = logging.getLogger(__name__)
T = TypeVar("T")

# Built once: these run with every comment, and building a statement takes as long as running it.
_INSERT_SCORES = insert(table_of(ScoreRow))
_INSERT_DECISION = insert(table_of(DecisionRow))
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


class WriteContext(Protocol):
    """Where a record is kept and what time it is. ``Services`` are one."""

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> Clock: ...


def recorded(context: WriteContext, work: Callable[[UnitOfWork], T]) -> T:
    """Runs ``work`` in one transaction and appends its audit events as the last thing before the commit. On a conflict
    everything is rolled back and ``work`` runs again.
    """
    unit: UnitOfWork
    heads = []

    def transaction(session: Session) -> T:
        nonlocal unit, heads
        unit = UnitOfWork(session, context.clock())
        result = work(unit)
        session.flush()
        heads = append(session, unit.unchained_events, context.clock()) if unit.unchained_events else []
        return result

    result = context.database.writing(transaction)
    for head in heads:
        # Logged outside the database, so that a tail cut off there shows: audit verify --expect-head.
        log.info("audit head", extra={"chain": head.chain, "sequence": head.sequence, "hash": head.hash})
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the policy made of a comment, with everything it was made from. ``severity`` is its place in the queue."""

    decision: Decision
    signals: Signals
    severity: int
    scores: Scores | None
    configuration_hash: str

    @property
    def weight(self) -> Weight:
        return Weight(self.severity, severity_version(self.decision.policy_version))

    @property
    def basis(self) -> dict[str, Any]:
        """What the decision keeps, so that it can be explained and replayed years later."""
        basis: dict[str, Any] = {"signals": dict(self.signals.values), "configuration": self.configuration_hash}
        if self.signals.holds:
            basis["holds"] = list(self.signals.holds)
        if self.scores is not None:
            pack = self.scores.pack
            basis["pack"] = {
                "name": pack.name,
                "version": pack.version,
                "runtime": pack.runtime,
                "precision": pack.precision,
            }
            basis["language"] = {"code": self.scores.language.code, "supported": self.scores.language.supported}
        return basis


STATUS_OF = {
    Outcome.APPROVED: Status.APPROVED,
    Outcome.PENDING: Status.PENDING,
    Outcome.REJECTED: Status.REJECTED,
}


def comment_arrived(
    unit: UnitOfWork, comment: Mapping[str, Any], article: Place, judgement: Judgement, *, actor: str
) -> None:
    """A comment is stored. ``comment`` holds the columns of ``Comment``, but for those that say what readers see;
    ``judgement`` is what the policy makes of it, or would make of it without scores.
    """
    shown = comment["status"] == Status.APPROVED
    under = count_answer(unit.connection, comment["parent_id"], 1) if shown else False
    place = {"shown": shown, "opening": shown and not under, "replies_shown": 0}
    insert_comment(unit.connection, {**comment, **place})
    judged = None if comment["status"] == Status.RECEIVED else STATUS_OF[judgement.decision.outcome]
    row = queue_index.queue_index_row(comment, article, judgement.signals, judgement.weight, by_policy=judged)
    (number,) = unit.connection.execute(queue_index.INSERT, row).inserted_primary_key or (0,)
    enter_new(unit.connection, number, comment)
    unit.event(
        comment["site_id"],
        actor,
        "comment.submitted",
        comment["id"],
        {
            "article": comment["article_id"],
            "author": comment["author_id"],
            "parent": comment["in_reply_to"] or comment["parent_id"],
            "status": comment["status"],
            "body": body_fingerprint(comment["body"], comment["salt"]),
        },
    )
    unit.notice(comment["site_id"], "comment.accepted", comment["id"], {"status": comment["status"]})
    if comment["status"] in (Status.APPROVED, Status.REJECTED):
        site_told(unit, comment["site_id"], comment["id"], Status(comment["status"]))


def comment_scored(unit: UnitOfWork, site_id: str, comment_id: str, scores: Scores) -> None:
    """A pack's scores are stored with the pack that gave them."""
    unit.connection.execute(_INSERT_SCORES, score_values(comment_id, scores, unit.now))
    unit.event(
        site_id,
        SYSTEM,
        "comment.scored",
        comment_id,
        {
            "toxicity": {label: round(value, 6) for label, value in scores.toxicity.items()},
            "relevance": None if scores.relevance is None else round(scores.relevance, 6),
            "spam": _rounded(scores.spam),
            "name": {label: round(value, 6) for label, value in (scores.name or {}).items()},
            "language": scores.language.code,
            "pack": f"{scores.pack.name} {scores.pack.version}",
            "runtime": f"{scores.pack.runtime} {scores.pack.precision}",
        },
    )


def policy_decided(
    unit: UnitOfWork, site_id: str, comment_id: str, judgement: Judgement, *, revision: int, statement: Statement | None
) -> None:
    """The policy's decision, its reasons and, where it restricts, its statement are stored."""
    decision = judgement.decision
    status = STATUS_OF[decision.outcome]
    _store_decision(
        unit,
        comment_id=comment_id,
        revision=revision,
        status=status,
        actor=POLICY,
        automated=True,
        reasons=[_reason_row(reason) for reason in decision.reasons],
        basis=judgement.basis,
        policy_version=decision.policy_version,
        reader_sentence=statement.why if statement else None,
        statement=statement,
    )
    unit.event(
        site_id,
        POLICY,
        "comment.decided",
        comment_id,
        {
            "status": status.value,
            "revision": revision,
            "policy": decision.policy_version,
            "configuration": judgement.configuration_hash,
            "reasons": [
                {"code": r.code, "value": _rounded(r.value), "threshold": r.threshold} for r in decision.reasons
            ],
        },
    )


def status_changed(
    unit: UnitOfWork,
    comment: Comment,
    status: Status,
    *,
    event: str,
    actor: str,
    account_id: str | None = None,
    reason_id: str | None = None,
    reader_sentence: str | None = None,
    note: str | None = None,
    statement: Statement | None = None,
    policy_version: str,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """A person's decision: the comment's new status, the decision itself, its audit event and its notice."""
    before = Status(comment.status)
    comment.status = status
    comment.revision += 1
    comment.decided_at = None if status is Status.PENDING else unit.now
    queue_index.change(unit.connection, comment.id, queue_index.moved(status, decided_at=comment.decided_at))
    if status is Status.APPROVED:
        comment.published_at = unit.now
    place_kept(unit, comment.id)
    count_author(unit, comment.author_id, before, status)
    _store_decision(
        unit,
        comment_id=comment.id,
        revision=comment.revision,
        status=status,
        actor=actor,
        account_id=account_id,
        automated=False,
        reasons=[],
        basis={},
        policy_version=policy_version,
        reason_id=reason_id,
        reader_sentence=reader_sentence,
        note=note,
        statement=statement,
    )
    unit.event(
        comment.site_id,
        actor,
        event,
        comment.id,
        {
            "from": before.value,
            "to": status.value,
            "revision": comment.revision,
            "reason": reason_id,
            **(payload or {}),
        },
    )
    site_told(unit, comment.site_id, comment.id, status)


_NOTICES = {Status.APPROVED: "comment.published", Status.PENDING: "comment.reopened"}


def site_told(unit: UnitOfWork, site_id: str, comment_id: str, status: Status) -> None:
    """Notes that the site will be told of a comment's new status: of the same status in the same words, whoever brought
    it about and however soon.
    """
    unit.notice(site_id, _NOTICES.get(status, f"comment.{status.value}"), comment_id, {"status": status.value})


def place_kept(unit: UnitOfWork, comment_id: str) -> None:
    """What readers see of a comment whose status, or time of publication, has just been set."""
    unit.session.flush()
    keep_place(unit.connection, comment_id)


def count_author(unit: UnitOfWork, author_id: str, before: Status | None, after: Status) -> None:
    """Keeps the author's record of approved and rejected comments."""
    change: dict[str, Any] = {}
    for status, column in ((Status.APPROVED, Author.approved), (Status.REJECTED, Author.rejected)):
        step = (after is status) - (before is status)
        if step:
            change[column.key] = column + step
    if change:
        unit.session.execute(
            update(Author).where(Author.id == author_id).values(change),
            execution_options={"synchronize_session": False},
        )


def _store_decision(unit: UnitOfWork, *, statement: Statement | None, **values: Any) -> None:
    row = {"account_id": None, "reason_id": None, "reader_sentence": None, "note": None} | values
    row |= {
        "id": new_id(unit.now),
        "decided_at": unit.now,
        "statement": statement.as_dict() if statement else null(),
    }
    unit.connection.execute(_INSERT_DECISION, row)


def _reason_row(reason: Any) -> dict[str, Any]:
    return {"code": reason.code, "words": reason.words, "value": reason.value, "threshold": reason.threshold}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
