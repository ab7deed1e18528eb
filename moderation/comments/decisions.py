"""What is decided about a comment, and the scores that it is decided from, are stored for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

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
    _insert_scores(unit.connection, score_values(comment_id, scores, unit.now))
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
    decision = judgement.decision
    status = STATUS_OF[decision.outcome]
    statement = statement_for(decision) if status is Status.REJECTED else None
    store_decision(
        unit,
        comment_id=comment_id,
        revision=revision,
        status=status,
        actor=POLICY,
        automated=True,
        reasons=[_reason_row(reason) for reason in decision.reasons],
        basis=judgement.basis,
        policy_version=decision.policy_version,
        statement=statement,
    )
    payload = {
        "status": status.value,
        "revision": revision,
        "policy": decision.policy_version,
        "configuration": judgement.configuration_hash,
        "reasons": [{"code": r.code, "value": _rounded(r.value), "threshold": r.threshold} for r in decision.reasons],
    }
    unit.event(site_id, POLICY, "comment.decided", comment_id, payload)
    return statement


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
    row = {"account_id": None, "reason_id": None, "note": None} | values
    _insert_decision(unit.connection, row | _told(statement, unit.now))


def _reason_row(reason: Reason) -> dict[str, Any]:
    return {"code": reason.code, "words": reason.words, "value": reason.value, "threshold": reason.threshold}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
