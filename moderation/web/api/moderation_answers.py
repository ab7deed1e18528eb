"""What a site's server and its moderators are answered about a comment: all of it, and what happened to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from moderation.core import scores as core
from moderation.core.audit_chain import AuditEvent, read_payload
from moderation.core.comment import Status
from moderation.core.private_data import Place
from moderation.core.severity import MAX_SEVERITY
from moderation.storage.comments import Comment, DecisionRow
from moderation.storage.moderator_workspace import FlagKind
from moderation.storage.queue_items import QueueItem
from moderation.web.api.answers import Answer, Language, Moment, Scores, Standing, given, left_out


class Author(Answer):
    """Who wrote it."""

    name: str


class PrivateData(Answer):
    """Where the body holds somebody's address, number or e-mail; in code points."""

    start: int
    end: int
    kind: str


class Decision(Answer):
    """A decision, with its statement of reasons."""

    status: Status
    by: str = Field(description="Who or what decided.")
    automated: bool
    at: Moment
    reason: str | None = Field(description="The id of the configured reason that was given.")
    policy: str = Field(description="The policy's version.")
    basis: dict[str, Any] = Field(description="What it was made from.")
    statement: dict[str, Any] | None = Field(description="What its writer is told, where it restricts anything.")

    @classmethod
    def of(cls, decision: DecisionRow) -> Decision:
        return cls(
            status=Status(decision.status),
            by=decision.actor,
            automated=decision.automated,
            at=decision.decided_at,
            reason=decision.reason_id,
            policy=decision.policy_version,
            basis=decision.basis,
            statement=decision.statement,
        )


_Reasons = Annotated[list[str], Field(description="The policy's, in words.")]
_Marks = Annotated[
    list[FlagKind],
    Field(description="What moderators marked it as: featured, sent to the newsroom, or left to a senior moderator."),
]


class Whole(Answer):
    """A comment as its site's server may see it, or without its receipt a moderator."""

    id: str
    status: Status
    message: str
    revision: int = Field(description="Counts up with every decision.")
    author: Author
    body: str
    parent_id: str | None
    in_reply_to: str | None = Field(description="Whom it answers; parent_id is whom it stands under.")
    external_id: str | None
    created_at: Moment
    received_at: Moment
    published_at: Moment | None
    receipt: str = left_out("To the site's own key alone.")
    scores: Scores | None
    reasons: _Reasons
    marks: _Marks
    private_data: list[PrivateData]
    decision: Decision | None = Field(description="The newest one.")

    @classmethod
    def of(
        cls,
        comment: Comment,
        scores: core.Scores | None,
        decisions: Sequence[DecisionRow],
        receipt: str | None,
        private: Sequence[Place],
        marks: Sequence[str],
    ) -> Whole:
        """``private`` are the places in its body that hold private data; ``marks`` are ``FlagKind``, in words."""
        newest = decisions[-1] if decisions else None
        judged = next((d for d in reversed(decisions) if d.automated), None)
        standing = Standing.of(comment, newest)
        return cls(
            id=comment.id,
            status=standing.status,
            message=standing.message,
            revision=comment.revision,
            author=Author(name=comment.author_name),
            body=comment.body,
            parent_id=comment.parent_id,
            in_reply_to=comment.in_reply_to or comment.parent_id,
            external_id=comment.external_id,
            created_at=comment.created_at,
            received_at=comment.received_at,
            published_at=comment.published_at,
            scores=Scores.of(scores),
            reasons=_words_of(judged),
            marks=[FlagKind(mark) for mark in marks],
            private_data=[PrivateData(start=p.start, end=p.end, kind=p.kind.value) for p in private],
            decision=Decision.of(newest) if newest else None,
            **given(receipt=receipt),
        )


class Waiting(Answer):
    """A waiting comment as whoever may decide about it sees it."""

    id: str
    article_id: str = Field(description="The site's own name for the article.")
    author: Author
    body: str
    status: Annotated[Status, WithJsonSchema({"type": "string", "enum": [Status.PENDING, Status.RECEIVED]})] = Field(
        description="`received`: not scored yet."
    )
    created_at: Moment
    revision: int
    scores: Scores | None
    reasons: _Reasons
    flags: int = Field(description="How many reasons ask for a closer look.")
    severity: int = Field(
        description="What the queue is sorted by: by what the reasons mean, and by how far each lies past its "
        "threshold.",
        json_schema_extra={"minimum": 0, "maximum": MAX_SEVERITY},
    )
    marks: _Marks
    language: Language | None

    @classmethod
    def of(cls, item: QueueItem) -> Waiting:
        comment, scores = item.comment, Scores.of(item.scores)
        return cls(
            id=comment.id,
            article_id=item.article_id,
            author=Author(name=comment.author_name),
            body=comment.body,
            status=Status(comment.status),
            created_at=comment.created_at,
            revision=comment.revision,
            scores=scores,
            reasons=_words_of(item.judged),
            flags=item.flags,
            severity=item.severity,
            marks=[FlagKind(kind) for kind in item.flag_kinds],
            language=scores.language if scores else None,
        )


class Queue(Answer):
    """A page of what waits."""

    comments: list[Waiting]
    next: str | None = Field(description="The cursor of the next page.")


class Ruled(Answer):
    """Where a comment stands after a decision."""

    id: str
    status: Status
    revision: int


def _words_of(judged: DecisionRow | None) -> list[str]:
    return [reason["words"] for reason in judged.reasons] if judged else []


# --- what happened ----------------------------------------------------------------------------------------------------


class Event(Answer):
    """An audit event as ``moderation audit export`` prints it."""

    chain: str
    sequence: int
    time: str
    actor: str
    event: str
    subject: str
    payload: Any
    previous: str
    hash: str

    @classmethod
    def of(cls, event: AuditEvent) -> Event:
        return cls(
            chain=event.chain,
            sequence=event.sequence,
            time=event.time,
            actor=event.actor,
            event=event.event,
            subject=event.subject,
            payload=read_payload(event.payload),
            previous=event.previous,
            hash=event.hash,
        )


class Events(Answer):
    """What happened to a comment, oldest first."""

    events: list[Event]
