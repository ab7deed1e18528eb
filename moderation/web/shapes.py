"""What the JSON of the API looks like, one function per thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import json

from moderation.core.audit_chain import AuditEvent
from moderation.core.comment import MESSAGES, Status
from moderation.core.scores import Scores
from moderation.storage.comments import Comment, DecisionRow
from moderation.storage.discussion import is_gone


def when(time: datetime | None) -> str | None:
    """A time as the API writes it: ``2026-01-13T09:30:00.123456Z``."""
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def scores_shape(scores: Scores | None) -> dict[str, Any] | None:
    """Scores as ``moderation score`` prints them; None where the comment isn't scored."""
    if scores is None:
        return None
    return {
        "toxicity": dict(scores.toxicity),
        "relevance": scores.relevance,
        "passage": scores.passage,
        "spam": scores.spam,
        # Where no name was asked about, as of a comment from before they were scored, nothing is said of it.
        **({} if scores.name == {} else {"name": None if scores.name is None else dict(scores.name)}),
        "sentences": [{"start": s.start, "end": s.end, "toxicity": s.toxicity} for s in scores.sentences],
        "language": {"code": scores.language.code, "supported": scores.language.supported},
        "pack": {
            "name": scores.pack.name,
            "version": scores.pack.version,
            "runtime": scores.pack.runtime,
            "precision": scores.pack.precision,
        },
    }


def comment_public(comment: Comment) -> dict[str, Any]:
    """A comment as anybody may see it. One that is gone, but has published answers, leaves its place: ``removed``."""
    if is_gone(comment):
        return {
            "id": comment.id,
            "author": {"name": "", "initial": ""},
            "body": "",
            "parent_id": comment.parent_id,
            "created_at": when(comment.created_at),
            "removed": True,
        }
    return {
        "id": comment.id,
        "author": {"name": comment.author_name, "initial": initial_of(comment.author_name)},
        "body": comment.body,
        "parent_id": comment.parent_id,
        "created_at": when(comment.created_at),
    }


def initial_of(name: str) -> str:
    """The letter that stands before a name on the page."""
    return next((letter.upper() for letter in name if letter.isalnum()), "·")


def comment_status(comment: Comment, sentence: str | None) -> dict[str, Any]:
    """What a receipt opens: where the comment stands, in plain words."""
    status = Status(comment.status)
    message = MESSAGES[status]
    if status is Status.REJECTED and sentence:
        message = f"{message} {sentence}"
    return {"id": comment.id, "status": status.value, "message": message}


def comment_whole(
    comment: Comment, scores: Scores | None, decisions: Sequence[DecisionRow], receipt: str
) -> dict[str, Any]:
    """A comment as its site's server may see it."""
    newest = decisions[-1] if decisions else None
    judged = next((d for d in reversed(decisions) if d.automated), None)
    return {
        **comment_status(comment, newest.reader_sentence if newest else None),
        "revision": comment.revision,
        "author": {"name": comment.author_name},
        "body": comment.body,
        "parent_id": comment.parent_id,
        "external_id": comment.external_id,
        "created_at": when(comment.created_at),
        "received_at": when(comment.received_at),
        "published_at": when(comment.published_at),
        "receipt": receipt,
        "scores": scores_shape(scores),
        "reasons": [reason["words"] for reason in judged.reasons] if judged else [],
        "decision": decision_shape(newest) if newest else None,
    }


def decision_shape(decision: DecisionRow) -> dict[str, Any]:
    return {
        "status": decision.status,
        "by": decision.actor,
        "automated": decision.automated,
        "at": when(decision.decided_at),
        "reason": decision.reason_id,
        "policy": decision.policy_version,
        "basis": decision.basis,
        "statement": decision.statement,
    }


def event_shape(event: AuditEvent) -> dict[str, Any]:
    """An audit event as ``moderation audit export`` prints it."""
    return {
        "chain": event.chain,
        "sequence": event.sequence,
        "time": event.time,
        "actor": event.actor,
        "event": event.event,
        "subject": event.subject,
        "payload": json.loads(event.payload),
        "previous": event.previous,
        "hash": event.hash,
    }
