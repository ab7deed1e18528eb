"""What the API answers, as models: views fill them, and the API's document is made from them.

A field without a default is always there. One that is ``left_out`` stands in an answer only where it was given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from moderation.core import scores as core
from moderation.core.audit_chain import AuditEvent, read_payload
from moderation.core.comment import MESSAGES, Mode, Status
from moderation.core.private_data import Place
from moderation.core.severity import MOST
from moderation.storage.articles import Article as StoredArticle
from moderation.storage.comments import Comment as StoredComment
from moderation.storage.comments import DecisionRow
from moderation.storage.discussion import Entry, is_gone
from moderation.storage.moderator_workspace import MarkKind
from moderation.storage.queue_items import QueueItem

# Bounds stand in the document alone: what is stored is answered as it is.
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_Share = Annotated[float, WithJsonSchema(_SHARE)]
_ByLabel = Annotated[
    dict[str, float], WithJsonSchema({"type": "object", "properties": dict.fromkeys(core.LABELS, _SHARE)})
]
_Moment = Annotated[datetime, AfterValidator(lambda time: time.astimezone(UTC))]
"""A time as the API writes it: ``2026-01-13T09:30:00.123456Z``."""


def left_out(description: str) -> Any:
    """A field that is left out where there is nothing to say."""
    return Field(default=None, description=description)


def _given(**values: Any) -> dict[str, Any]:
    """The fields that aren't left out."""
    return {name: value for name, value in values.items() if value is not None}


class Answer(BaseModel):
    """An object in an answer. More may stand in it one day: a program passes over what it doesn't know."""

    model_config = ConfigDict(frozen=True)


# --- scores -----------------------------------------------------------------------------------------------------------


class Sentence(Answer):
    """A part of the body, in code points, and how much of the whole's toxicity lies there."""

    start: int
    end: int
    toxicity: _Share


class Language(Answer):
    """ISO 639-1, or `und` if in doubt; whether the pack can read it."""

    code: str
    supported: bool


class Pack(Answer):
    """Which model said it, and how it was run."""

    name: str
    version: str
    runtime: str
    precision: str


class Scores(Answer):
    """Scores as ``moderation score`` prints them."""

    toxicity: _ByLabel
    relevance: _Share | None
    passage: str | None = Field(description="The article's closest passage.")
    spam: _Share | None = Field(description="How much the text reads like advertising.")
    name: _ByLabel | None = left_out("What the author's name scores alone; null where the pack can't read it.")
    sentences: list[Sentence]
    language: Language
    pack: Pack

    @classmethod
    def of(cls, scores: core.Scores) -> Scores:
        # Where no name was asked about, as of a comment from before they were scored, nothing is said of it.
        name = {} if scores.name == {} else {"name": None if scores.name is None else dict(scores.name)}
        pack = scores.pack
        return cls(
            toxicity=dict(scores.toxicity),
            relevance=scores.relevance,
            passage=scores.passage,
            spam=scores.spam,
            sentences=[Sentence(start=s.start, end=s.end, toxicity=s.toxicity) for s in scores.sentences],
            language=Language(code=scores.language.code, supported=scores.language.supported),
            pack=Pack(name=pack.name, version=pack.version, runtime=pack.runtime, precision=pack.precision),
            **name,
        )

    @classmethod
    def of_any(cls, scores: core.Scores | None) -> Scores | None:
        """None where the comment isn't scored."""
        return None if scores is None else cls.of(scores)


# --- articles ---------------------------------------------------------------------------------------------------------


class Article(Answer):
    """An article as it is registered."""

    id: str = Field(description="The site's own name for it.")
    title: str
    section: str | None
    mode: Mode | None
    version: int = Field(description="Counts up with every change of what readers read.")
    paragraphs: int = Field(description="How many were found.")
    published_at: _Moment | None

    @classmethod
    def of(cls, article: StoredArticle) -> Article:
        return cls(
            id=article.external_id,
            title=article.title,
            section=article.section,
            mode=None if article.mode is None else Mode(article.mode),
            version=article.version,
            paragraphs=len(article.paragraphs),
            published_at=article.published_at,
        )


# --- comments as anybody may see them ---------------------------------------------------------------------------------


class Arrival(Answer):
    """What became of a comment that was sent."""

    id: str
    status: Status
    message: str = Field(description="What the reader can be told.")
    receipt: str = Field(description="Lets whoever wrote the comment see and withdraw it.")
    created_at: _Moment
    scores: Scores | None = left_out("To the secret key alone; null where it isn't scored yet.")
    reasons: list[str] = left_out("To the secret key alone: why it waits or was refused.")


class PublicAuthor(Answer):
    """Who wrote it; empty where the comment is gone."""

    name: str
    initial: str = Field(description="The letter that stands before the name.")


class Comment(Answer):
    """A published comment. One that is gone, but has published answers, leaves its place."""

    id: str
    author: PublicAuthor
    body: str
    parent_id: str | None = Field(
        description="The comment that this one stands under; null where readers never saw that one."
    )
    created_at: _Moment
    in_reply_to: str = left_out("Whom a reply answers that is too deep down to stand under it. Left out otherwise.")
    featured: bool = left_out("True where the newsroom features it. Left out otherwise.")
    removed: bool = left_out(
        "True for the place of a comment that is gone but was answered: its name and text are empty. Left out "
        "otherwise."
    )

    @classmethod
    def of(cls, entry: Entry) -> Comment:
        comment, gone = entry.comment, is_gone(entry.comment)
        name = "" if gone else comment.author_name
        return cls(
            id=comment.id,
            author=PublicAuthor(name=name, initial="" if gone else initial_of(name)),
            body="" if gone else comment.body,
            parent_id=entry.parent_id,
            created_at=comment.created_at,
            **_given(in_reply_to=entry.in_reply_to, featured=entry.featured or None, removed=gone or None),
        )


def initial_of(name: str) -> str:
    """The letter that stands before a name on the page."""
    return next((letter.upper() for letter in name if letter.isalnum()), "·")


class Comments(Answer):
    """A page of published comments, oldest first."""

    comments: list[Comment]
    next: str | None = Field(description="The cursor of the next page.")


class Standing(Answer):
    """What a receipt opens: where the comment stands, in plain words."""

    status: Status
    message: str

    @classmethod
    def of(cls, comment: StoredComment, decision: DecisionRow | None) -> Standing:
        """``decision`` is the newest one."""
        status = Status(comment.status)
        message = MESSAGES[status]
        if status is Status.REJECTED and decision is not None and decision.reader_sentence:
            message = f"{message} {decision.reader_sentence}"
        return cls(status=status, message=message)


# --- comments as a site's server and its moderators see them ----------------------------------------------------------


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
    at: _Moment
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
    list[MarkKind],
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
    created_at: _Moment
    received_at: _Moment
    published_at: _Moment | None
    receipt: str = left_out("To the site's own key alone.")
    scores: Scores | None
    reasons: _Reasons
    marks: _Marks
    private_data: list[PrivateData]
    decision: Decision | None = Field(description="The newest one.")

    @classmethod
    def of(
        cls,
        comment: StoredComment,
        scores: core.Scores | None,
        decisions: Sequence[DecisionRow],
        receipt: str | None,
        private: Sequence[Place],
        marks: Sequence[str],
    ) -> Whole:
        """``private`` are the places in its body that hold private data; ``marks`` are ``MarkKind``, in words."""
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
            scores=Scores.of_any(scores),
            reasons=_words_of(judged),
            marks=[MarkKind(mark) for mark in marks],
            private_data=[PrivateData(start=p.start, end=p.end, kind=p.kind.value) for p in private],
            decision=Decision.of(newest) if newest else None,
            **_given(receipt=receipt),
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
    created_at: _Moment
    revision: int
    scores: Scores | None
    reasons: _Reasons
    flags: int = Field(description="How many reasons ask for a closer look.")
    severity: int = Field(
        description="What the queue is sorted by: by what the reasons mean, and by how far each lies past its "
        "threshold.",
        json_schema_extra={"minimum": 0, "maximum": MOST},
    )
    marks: _Marks
    language: Language | None

    @classmethod
    def of(cls, item: QueueItem) -> Waiting:
        comment, scores = item.comment, Scores.of_any(item.scores)
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
            marks=[MarkKind(mark) for mark in item.marks],
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


# --- refusals ---------------------------------------------------------------------------------------------------------


class FieldProblem(Answer):
    """A field that can't be accepted: its dotted path, and what is wrong with it."""

    field: str
    message: str


class Current(Answer):
    """What somebody else has made of the comment meanwhile."""

    status: Status
    revision: int
    by: str


# ``web.shared.errors`` writes it, for pages too and with whatever somebody sent: here stands only what it looks like.
class Problem(Answer):
    """A refusal (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What is wrong and how to mend it.")
    errors: list[FieldProblem] = left_out("The fields that can't be accepted, the first twenty.")
    current: Current = left_out("Where a comment stands that somebody decided first.")
    opens_at: _Moment = left_out("When a closed discussion opens again, if known.")
    until: _Moment | None = left_out("Until when an author is shut out.")
    reason: str | None = left_out("Why an author is shut out, in plain words.")
    statement: dict[str, Any] | None = left_out("The statement of reasons of an author's ban.")
