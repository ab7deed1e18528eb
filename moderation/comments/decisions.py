"""What is decided about a comment, and the scores that it is decided from, are stored for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, null

from moderation.comments.evaluation import STATUS_OF, Judgement, statement_for
from moderation.core.actor import POLICY
from moderation.core.audit_chain import SYSTEM
from moderation.core.comment import Status
from moderation.core.decision import Reason, Statement
from moderation.core.ids import new_id
from moderation.core.scores import Scores
from moderation.storage.base import table_of
from moderation.storage.comments import DecisionRow, ScoreRow, score_values
from moderation.storage.row_insert import RowInsert
from moderation.unit_of_work import UnitOfWork

_insert_scores = RowInsert(table_of(ScoreRow))
_insert_decision = RowInsert(table_of(DecisionRow))
_DROP_SCORES = delete(table_of(ScoreRow)).where(table_of(ScoreRow).c.comment_id == bindparam("of"))


def replace_scores(unit: UnitOfWork, site_id: str, comment_id: str, scores: Scores) -> None:
    """A pack's scores stand in place of those that another gave. What was decided keeps what it was decided from."""
    unit.connection.execute(_DROP_SCORES, {"of": comment_id})
    store_scores(unit, site_id, comment_id, scores)


def store_scores(unit: UnitOfWork, site_id: str, comment_id: str, scores: Scores) -> None:
    """A pack's scores are stored with the pack that gave them."""
    store_scores_of(unit, [(site_id, comment_id, scores)])


def store_scores_of(unit: UnitOfWork, scored: Sequence[tuple[str, str, Scores]]) -> None:
    """The same of several comments at once, each by its site's id and its own."""
    if not scored:
        return
    _insert_scores(unit.connection, *(score_values(comment_id, scores, unit.now) for _, comment_id, scores in scored))
    for site_id, comment_id, scores in scored:
        _note_scores(unit, site_id, comment_id, scores)


def _note_scores(unit: UnitOfWork, site_id: str, comment_id: str, scores: Scores) -> None:
    payload: dict[str, Any] = {
        "toxicity": {label: round(value, 6) for label, value in scores.toxicity.items()},
        "relevance": _rounded(scores.relevance),
        "spam": _rounded(scores.spam),
        "name": {label: round(value, 6) for label, value in (scores.name or {}).items()},
        "language": scores.language.code,
        "pack": f"{scores.pack.name} {scores.pack.version}",
        "runtime": f"{scores.pack.runtime} {scores.pack.precision}",
    }
    if scores.discussed:
        payload["discussion"] = scores.discussed
    unit.event(site_id, SYSTEM, "comment.scored", comment_id, payload)


def store_policy_decision(
    unit: UnitOfWork, site_id: str, comment_id: str, judgement: Judgement, *, revision: int
) -> Statement | None:
    """The policy's decision is stored, and why it refuses the comment if it does: that is returned."""
    (statement,) = store_policy_decisions(unit, [Decided(site_id, comment_id, judgement, revision)])
    return statement


class Decided(NamedTuple):
    """What the policy made of a comment, and the revision that the comment has with that."""

    site_id: str
    comment_id: str
    judgement: Judgement
    revision: int


def store_policy_decisions(unit: UnitOfWork, decided: Sequence[Decided]) -> list[Statement | None]:
    """The same of several comments at once."""
    rows, statements = [], []
    for one in decided:
        decision = one.judgement.decision
        status = STATUS_OF[decision.outcome]
        statement = statement_for(decision) if status is Status.REJECTED else None
        row = {
            "comment_id": one.comment_id,
            "revision": one.revision,
            "status": status,
            "actor": POLICY,
            "automated": True,
            "reasons": [_reason_row(reason) for reason in decision.reasons],
            "basis": one.judgement.basis,
            "policy_version": decision.policy_version,
        }
        rows.append(_NOBODYS | row | _told(statement, unit.now))
        statements.append(statement)
        _note_decision(unit, one, status)
    if rows:
        _insert_decision(unit.connection, *rows)
    return statements


def _note_decision(unit: UnitOfWork, decided: Decided, status: Status) -> None:
    judgement, decision = decided.judgement, decided.judgement.decision
    payload = {
        "status": status.value,
        "revision": decided.revision,
        "policy": decision.policy_version,
        "configuration": judgement.configuration_hash,
        "reasons": [{"code": r.code, "value": _rounded(r.value), "threshold": r.threshold} for r in decision.reasons],
    }
    unit.event(decided.site_id, POLICY, "comment.decided", decided.comment_id, payload)


def store_decisions(unit: UnitOfWork, rows: Sequence[dict[str, Any]]) -> None:
    """Decisions from elsewhere are stored, with the times at which they were made: all columns of ``DecisionRow`` but
    ``id``, ``reader_sentence``, and ``statement``, which is a ``Statement`` or None.
    """
    if not rows:
        return
    _insert_decision(unit.connection, *(row | _told(row["statement"], row["decided_at"]) for row in rows))


def _told(statement: Statement | None, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(at),
        "decided_at": at,
        "reader_sentence": statement.why if statement else None,
        "statement": statement.as_dict() if statement else null(),
    }


def store_decision(unit: UnitOfWork, *, statement: Statement | None, **values: Any) -> None:
    """A decision is stored: ``values`` are columns of ``DecisionRow``."""
    _insert_decision(unit.connection, _NOBODYS | values | _told(statement, unit.now))


_NOBODYS = {"account_id": None, "reason_id": None, "note": None}


def _reason_row(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "words": reason.words, "value": reason.value, "threshold": reason.threshold}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
