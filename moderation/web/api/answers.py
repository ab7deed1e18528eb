"""What the API answers, as models: views fill them, and the API's document is made from them.

A field without a default is always there. One that is ``left_out`` stands in an answer only where it was given.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from moderation.core import scores as core
from moderation.core.comment import Mode, Status, standing_told
from moderation.storage.articles import Article as StoredArticle
from moderation.storage.comments import Comment as StoredComment
from moderation.storage.comments import DecisionRow
from moderation.storage.discussion import Entry, is_gone
from moderation.web.shared.languages import language

# Bounds stand in the document alone: what is stored is answered as it is.
SHARE = {"type": "number", "minimum": 0, "maximum": 1}
Share = Annotated[float, WithJsonSchema(SHARE)]
_OUTSIDE = {"type": "object", "additionalProperties": {"anyOf": [SHARE, {"type": "null"}]}}
ByLabel = Annotated[
    dict[str, float], WithJsonSchema({"type": "object", "properties": dict.fromkeys(core.LABELS, SHARE)})
]
Moment = Annotated[datetime, AfterValidator(lambda time: time.astimezone(UTC))]
"""A time as the API writes it: ``2026-01-13T09:30:00.123456Z``."""


def left_out(description: str) -> Any:
    """A field that is left out where there is nothing to say."""
    return Field(default=None, description=description)


def given(**values: Any) -> dict[str, Any]:
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
    toxicity: Share


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

    toxicity: ByLabel
    relevance: Share | None
    relevance_note: str | None = left_out("Why there is no relevance: `too_short`, a comment too short to tell.")
    passage: str | None = Field(description="The article's closest passage.")
    spam: Share | None = Field(description="How much the text reads like advertising.")
    name: ByLabel | None = left_out("What the author's name scores alone; null where the pack can't read it.")
    outside: Annotated[dict[str, float | None], WithJsonSchema(_OUTSIDE)] | None = left_out(
        "What other classifiers said, by the names in `[scoring.outside]`; null where one gave no answer."
    )
    sentences: list[Sentence]
    language: Language
    pack: Pack

    @classmethod
    def of(cls, scores: core.Scores | None) -> Scores | None:
        """None where the comment isn't scored."""
        return None if scores is None else cls.model_validate(core.scores_shape(scores))


# --- articles ---------------------------------------------------------------------------------------------------------


class Article(Answer):
    """An article as it is registered."""

    id: str = Field(description="The site's own name for it.")
    title: str
    section: str | None
    mode: Mode | None
    version: int = Field(description="Counts up with every change of what readers read.")
    paragraphs: int = Field(description="How many were found.")
    published_at: Moment | None

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
    created_at: Moment
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
    created_at: Moment
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
            **given(in_reply_to=entry.in_reply_to, featured=entry.featured or None, removed=gone or None),
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
        why = decision.reader_sentence if status is Status.REJECTED and decision is not None else None
        return cls(status=status, message=standing_told(status, why, language()))


class Edited(Standing):
    """Where a comment stands after its writer has edited it."""

    edits_left: int = Field(description="How often it can be edited again.")


class Appealed(Answer):
    """Another look was asked for."""

    id: str
    message: str = Field(description="What the reader can be told.")
    asked_at: Moment
    answer_by: Moment = Field(description="When an answer is due.")


# --- refusals ---------------------------------------------------------------------------------------------------------


class FieldProblem(Answer):
    """A field that can't be accepted: its dotted path, and what is wrong with it."""

    field: str
    message: str
    code: str = left_out("Names what is wrong, whatever the language of the message.")
    params: dict[str, Any] = left_out("What the message is filled in with.")


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
    code: str = Field(description="Names what is wrong, whatever the language of the sentence.")
    params: dict[str, Any] = left_out("What the sentence is filled in with.")
    errors: list[FieldProblem] = left_out("The fields that can't be accepted, the first twenty.")
    current: Current = left_out("Where a comment stands that somebody decided first.")
    comment_id: str = left_out("The comment that is there already; to the site's own key alone.")
    opens_at: Moment = left_out("When a closed discussion opens again, if known.")
    until: Moment | None = left_out("Until when an author is shut out.")
    reason: str | None = left_out("Why an author is shut out, in plain words.")
    statement: dict[str, Any] | None = left_out("The statement of reasons of an author's ban.")
