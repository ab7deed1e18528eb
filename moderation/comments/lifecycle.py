"""A comment's life: every change of its status, and all that is written with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, null, update

from moderation.comments.evaluation import Judgement
from moderation.core.actor import POLICY
from moderation.core.audit_chain import SYSTEM, body_fingerprint
from moderation.core.comment import Status
from moderation.core.decision import Outcome, Statement
from moderation.core.ids import new_id
from moderation.core.scores import Scores
from moderation.storage import queue_index
from moderation.storage.articles import Place
from moderation.storage.authors import Author
from moderation.storage.base import table_of
from moderation.storage.comments import Comment, DecisionRow, ScoreRow, score_values
from moderation.storage.discussion import count_answer, keep_place
from moderation.storage.search_index import enter_new, insert_comment
from moderation.unit_of_work import UnitOfWork

# Built once: these run with every comment, and building a statement takes as long as running it.
_INSERT_SCORES = insert(table_of(ScoreRow))
_INSERT_DECISION = insert(table_of(DecisionRow))

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
