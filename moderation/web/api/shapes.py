"""What the JSON of the API looks like, one function per thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from moderation.core.audit_chain import AuditEvent, read_payload
from moderation.core.comment import MESSAGES, Status
from moderation.core.private_data import Place
from moderation.core.scores import Scores, scores_shape
from moderation.storage.comments import Comment, DecisionRow
from moderation.storage.discussion import Entry, is_gone
from moderation.storage.queue_items import QueueItem


def when(time: datetime | None) -> str | None:
    """A time as the API writes it: ``2026-01-13T09:30:00.123456Z``."""
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def comment_public(entry: Entry) -> dict[str, Any]:
    """A comment as anybody may see it. One that is gone, but has published answers, leaves its place: ``removed``.
    ``in_reply_to`` is there where it answers another comment than the one that it stands under, ``featured`` where the
    newsroom has marked it so.
    """
    comment, gone = entry.comment, is_gone(entry.comment)
    shape: dict[str, Any] = {
        "id": comment.id,
        "author": {"name": "", "initial": ""}
        if gone
        else {"name": comment.author_name, "initial": initial_of(comment.author_name)},
        "body": "" if gone else comment.body,
        "parent_id": entry.parent_id,
        "created_at": when(comment.created_at),
    }
    if entry.in_reply_to is not None:
        shape["in_reply_to"] = entry.in_reply_to
    if entry.featured:
        shape["featured"] = True
    return shape | {"removed": True} if gone else shape


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
    comment: Comment,
    scores: Scores | None,
    decisions: Sequence[DecisionRow],
    receipt: str | None,
    private: Sequence[Place],
    marks: Sequence[str],
) -> dict[str, Any]:
    """A comment as its site's server may see it, or without its ``receipt`` a moderator; ``private`` are the places in
    its body that hold private data; ``marks`` are ``MarkKind``, in words.
    """
    newest = decisions[-1] if decisions else None
    judged = next((d for d in reversed(decisions) if d.automated), None)
    return {
        **comment_status(comment, newest.reader_sentence if newest else None),
        "revision": comment.revision,
        "author": {"name": comment.author_name},
        "body": comment.body,
        "parent_id": comment.parent_id,
        "in_reply_to": comment.in_reply_to or comment.parent_id,
        "external_id": comment.external_id,
        "created_at": when(comment.created_at),
        "received_at": when(comment.received_at),
        "published_at": when(comment.published_at),
        **({"receipt": receipt} if receipt else {}),
        "scores": scores_shape(scores),
        "reasons": [reason["words"] for reason in judged.reasons] if judged else [],
        "marks": list(marks),
        "private_data": [{"start": place.start, "end": place.end, "kind": place.kind.value} for place in private],
        "decision": decision_shape(newest) if newest else None,
    }


def queue_shape(item: QueueItem) -> dict[str, Any]:
    """A waiting comment as whoever may decide about it sees it."""
    comment, scores = item.comment, item.scores
    return {
        "id": comment.id,
        "article_id": item.article_id,
        "author": {"name": comment.author_name},
        "body": comment.body,
        "status": comment.status,
        "created_at": when(comment.created_at),
        "revision": comment.revision,
        "scores": scores_shape(scores),
        "reasons": [reason["words"] for reason in item.judged.reasons] if item.judged else [],
        "flags": item.flags,
        "severity": item.severity,
        "marks": list(item.marks),
        "language": {"code": scores.language.code, "supported": scores.language.supported} if scores else None,
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
        "payload": read_payload(event.payload),
        "previous": event.previous,
        "hash": event.hash,
    }
