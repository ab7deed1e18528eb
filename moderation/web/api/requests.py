"""What may be sent to the API, as models: views read them (``wire``), and the API's document is made from them.

Once read, a text is canonical and trimmed (``core.text.written``). A field that is null is one that wasn't sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from moderation.core.addresses import LONGEST as LONGEST_ADDRESS
from moderation.core.comment import MARKS, Mode, Notice
from moderation.core.errors import InvalidField
from moderation.core.text.written import LONGEST, LONGEST_COMMENT, as_written, display_name
from moderation.core.times import parse_time

# --- kinds of fields --------------------------------------------------------------------------------------------------
# What they raise is told behind the field's name, so that it reads as a sentence: "title is empty."


def _canonical(text: str, longest: int = LONGEST) -> str:
    try:
        return as_written(text, "", longest=longest)
    except InvalidField as error:
        raise ValueError(error.message) from None


def _unbroken(value: Any) -> Any:
    """A text without halves of characters: a page may cut its long words through one."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "ignore") if isinstance(value, str) else value


def without_endless_query(value: Any) -> Any:
    """An address that only a campaign's parameters make too long for us, without them."""
    return value.partition("?")[0] if isinstance(value, str) and len(value) > LONGEST_ADDRESS else value


def _filled(text: str) -> str:
    if not text:
        raise ValueError("is empty.")
    return text


def _name(text: str) -> str:
    try:
        return display_name(text.strip())
    except InvalidField as error:
        raise ValueError(error.message) from None


def _web_address(text: str | None) -> str | None:
    if text is not None and not text.startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://.")
    return text


def _moment(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return parse_time(str(value).strip() if number or isinstance(value, str) else "")


def _chosen(value: Any) -> Any:
    return (value.strip() or None) if isinstance(value, str) else value


Canonical = AfterValidator(_canonical)
OrNone = AfterValidator(lambda text: text or None)
"""An empty text is none."""
Chosen = BeforeValidator(_chosen)
"""One of a few words; an empty one is none."""
Moment = Annotated[
    datetime | None, PlainValidator(_moment), WithJsonSchema({"type": ["string", "null"], "format": "date-time"})
]
"""A time such as ``2026-01-13T09:30:00Z``, in UTC. One without a zone is refused: nobody can tell when it was."""


class Sent(BaseModel):
    """An object that somebody sends; other fields than these are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# --- articles ---------------------------------------------------------------------------------------------------------


class NewArticle(Sent):
    """An article as a site describes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "Trams return to the harbour",
                    "text": "The city lays new rails.\n\nTrams will run from May.",
                    "url": "https://news.example/trams",
                    "section": "city",
                    "published_at": "2026-03-02T12:00:00Z",
                    "mode": "pre",
                }
            ]
        }
    )

    title: Annotated[str, Field(max_length=1000), Canonical, AfterValidator(_filled)]
    text: Annotated[str, Canonical] | None = Field(None, description="Plain text, paragraphs separated by empty lines.")
    html: Annotated[str, Canonical] | None = Field(
        None, description="Instead of text: a page from which the article is taken."
    )
    summary: Annotated[str, Field(max_length=5000), Canonical, OrNone] | None = None
    key_points: Annotated[
        tuple[Annotated[str, Field(max_length=1000), Canonical], ...],
        FailFast(),
        Field(max_length=50),
        BeforeValidator(lambda given: () if given is None else given),
    ] = ()
    url: Annotated[str, Field(max_length=2000), Canonical, OrNone, AfterValidator(_web_address)] | None = Field(
        None, json_schema_extra={"format": "uri"}
    )
    section: Annotated[str, Field(max_length=100), Canonical, OrNone] | None = None
    source: Annotated[str, Field(max_length=200), Canonical, OrNone] | None = None
    byline: Annotated[str, Field(max_length=300), Canonical, OrNone] | None = None
    published_at: Moment = None
    mode: Annotated[Mode | None, Chosen] = None
    aliases: Annotated[
        tuple[Annotated[str, Field(max_length=2000), Canonical, AfterValidator(_web_address)], ...],
        FailFast(),
        Field(max_length=20),
        BeforeValidator(lambda given: () if given is None else given),
    ] = Field((), description="Further addresses of the same article, such as the one that it has moved from.")

    @field_validator("html")
    @classmethod
    def _instead_of_text(cls, html: str | None, info: ValidationInfo) -> str | None:
        if html is not None and info.data.get("text") is not None:
            raise ValueError("can't be given together with text; send one of them.")
        return html


# --- comments ---------------------------------------------------------------------------------------------------------


_YesOrNo = Annotated[bool, Field(strict=True)] | None


class NewAuthor(Sent):
    """Who says they wrote it."""

    name: Annotated[str, AfterValidator(_name)] = Field(
        description="What readers see: at most 80 characters.", json_schema_extra={"maxLength": 80}
    )
    id: Annotated[str, Field(max_length=200), Canonical, OrNone] | None = Field(
        None,
        description="Counts with the secret key only. Who has no account may be `mailto:` and an e-mail address in "
        "small letters: they are known by it, and it is not stored.",
    )
    address: Annotated[str, Field(max_length=200), Canonical, OrNone] | None = Field(
        None, description="The reader's IP address; counts with the secret key only."
    )
    staff: _YesOrNo = Field(None, description="Marks them as the newsroom's own; counts with the secret key only.")
    subscriber: _YesOrNo = Field(None, description="Marks them as a subscriber; counts with the secret key only.")
    verified: _YesOrNo = Field(
        None, description="Marks them as signed on at the site; counts with the secret key only."
    )
    badges: Annotated[
        tuple[Annotated[str, Field(max_length=40), AfterValidator(_name)], ...],
        FailFast(),
        Field(max_length=5),
        BeforeValidator(lambda given: () if given is None else given),
    ] = Field((), description="Further marks in the site's own words; counts with the secret key only.")

    @field_validator("badges")
    @classmethod
    def _no_marks(cls, badges: tuple[str, ...]) -> tuple[str, ...]:
        if taken := set(badges) & set(MARKS):
            raise ValueError(f"hold {min(taken)!r}, which is a field of its own.")
        return badges

    @property
    def marks(self) -> tuple[str, ...]:
        """What they are marked as, each once."""
        return tuple(dict.fromkeys((*(mark for mark in MARKS if getattr(self, mark)), *self.badges)))


class PageArticle(Sent):
    """What a reader's browser says of the page, for an article that its site hasn't sent."""

    url: Annotated[
        str,
        BeforeValidator(without_endless_query),
        Field(max_length=LONGEST_ADDRESS),
        Canonical,
        AfterValidator(_filled),
        AfterValidator(_web_address),
    ] = Field(description="Of an origin that the site allows.", json_schema_extra={"format": "uri"})
    title: Annotated[str, BeforeValidator(_unbroken), Field(max_length=1000), Canonical, AfterValidator(_filled)]
    text: Annotated[str, BeforeValidator(_unbroken), Field(max_length=200_000), Canonical] | None = Field(
        None, description="Taken for nothing certain: it approves no comment."
    )


class NewNotify(Sent):
    """Where its writer wants to be told of a comment."""

    email: Annotated[str, Field(max_length=254)] = Field(
        description="Kept encrypted, and erased as soon as there is nothing more to tell.",
        json_schema_extra={"format": "email"},
    )
    events: Annotated[tuple[Literal["outcome", "reply"], ...], FailFast(), Field(min_length=1, max_length=2)] = Field(
        ("outcome",), description="How it ends, where that isn’t decided at once; that somebody has answered."
    )


class NewComment(Sent):
    """A comment as a reader writes it, or as a site passes it on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "author": {"name": "Ada", "id": "reader-17", "address": "203.0.113.7"},
                    "body": "The old line took eleven minutes from the harbour; I doubt that the new one will.",
                }
            ]
        }
    )

    author: NewAuthor = Field(description="May be left out with a reader's token, which names them.")
    body: Annotated[str, AfterValidator(lambda text: _canonical(text, LONGEST_COMMENT))] = Field(
        description="How long it must be and may be is for the site's configuration to say."
    )
    parent_id: Annotated[str, Field(max_length=64), Canonical, OrNone] | None = Field(
        None, description="The comment that this one replies to."
    )
    external_id: Annotated[str, Field(max_length=200), Canonical, OrNone] | None = Field(
        None, description="Counts with the secret key only."
    )
    created_at: Moment = Field(None, description="Counts with the secret key only; with its zone.")
    article: PageArticle | None = Field(
        None,
        description="For an article that isn't registered: from an allowed origin only, so many an hour. Everything "
        "under it waits for a moderator, unless the policy approves it, until the site registers it.",
    )
    ask_first: _YesOrNo = Field(
        None,
        description="Where `[comments] nudge` is on and this would be flagged for its tone, it is refused once, with "
        "the code `wording_to_reconsider` and the sentence: ask its writer, and send it again without this field.",
    )
    notify: NewNotify | None = Field(
        None,
        description="A letter in the language of this request; every letter has a link that ends them. 422 where the "
        "service sends no mail.",
    )


class NewReadersComment(NewComment):
    """A comment with a reader's token, which says who writes."""

    author: NewAuthor | None = None  # type: ignore[assignment]  # nobody reads it


class EditedComment(Sent):
    """A comment's text as its writer wants it now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"body": "The old line took twelve minutes from the harbour, not eleven."}]}
    )

    body: Annotated[str, AfterValidator(lambda text: _canonical(text, LONGEST_COMMENT))] = Field(
        description="The whole text. How long it must be and may be is as for a new comment."
    )


class NewAppeal(Sent):
    """What a writer says who asks for another look."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "It quotes the mayor; the insult is his."}]})

    text: str = Field(description="At most 2000 characters as a reader counts them.")


class NewAnnouncement(Sent):
    """The newsroom's word above a discussion."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "question", "text": "Which stop do you miss?", "until": "2026-03-09T18:00:00Z"}]
        }
    )

    kind: Annotated[Notice, Chosen]
    text: Annotated[str, Field(max_length=5000), Canonical, AfterValidator(_filled)] = Field(
        description="At most 500 characters as a reader counts them."
    )
    until: Moment = Field(None, description="When it goes by itself; with its zone.")


class NewDecision(Sent):
    """What a moderator makes of a comment."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "reject", "reason": "personal-attack", "revision": 1}]}
    )

    outcome: Annotated[Literal["approve", "reject", "reopen"], Chosen] = Field(
        description="`reopen` puts a decided comment back into the queue."
    )
    reason: Annotated[str, Field(max_length=100), Canonical, OrNone] | None = Field(
        None, description="The id of a configured reason."
    )
    sentence: Annotated[str, Field(max_length=2000), Canonical, OrNone] | None = Field(
        None, description="What the writer is told, instead of the reason's own sentence."
    )
    note: Annotated[str, Field(max_length=2000), Canonical, OrNone] | None = Field(
        None, description="For moderators only."
    )
    revision: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = Field(
        None, description="The one you saw; an older one is refused with 409."
    )


# --- reports and notices ----------------------------------------------------------------------------------------------


class NewReporter(Sent):
    """Who reports, as the site knows them. Counts with the secret key only."""

    id: Annotated[str, Field(max_length=200), Canonical, OrNone] | None = None
    address: Annotated[str, Field(max_length=200), Canonical, OrNone] | None = Field(
        None, description="The reader's IP address."
    )


class NewReport(Sent):
    """Why somebody reports a comment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "threat", "text": "Names where she lives."}]})

    reason: Annotated[str, Field(max_length=500), Canonical, AfterValidator(_filled)] = Field(
        description="The id of a configured reason, or a few words."
    )
    text: Annotated[str, Field(max_length=1000), Canonical, OrNone] | None = Field(
        None, description="What moderators should know beside."
    )
    reporter: NewReporter | None = None


class NewNotice(Sent):
    """A notice of content that somebody holds to be illegal (article 16 of the Digital Services Act)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://comments.example/comments/01k0v6v1m3c7m5sq5n0p6q8r9t",
                    "explanation": "It says that I stole money, which is not true.",
                    "law": "Section 187 of the criminal code",
                    "name": "Ada Lovelace",
                    "email": "ada@example.com",
                    "good_faith": True,
                }
            ]
        }
    )

    comment_id: Annotated[str, Field(max_length=64), Canonical, OrNone] | None = Field(
        None, description="The comment's id; or send its `url`."
    )
    url: Annotated[str, Field(max_length=2000), Canonical, OrNone] | None = Field(
        None, description="The comment's own address here, or that of its place under the article."
    )
    explanation: Annotated[str, Field(max_length=10_000), Canonical, AfterValidator(_filled)] = Field(
        description="Why it is illegal."
    )
    law: Annotated[str, Field(max_length=500), Canonical, OrNone] | None = Field(
        None, description="The law that it breaks, where you know it."
    )
    name: Annotated[str, Field(max_length=200), Canonical, OrNone] | None = Field(
        None, description="May be left out with `child_abuse` alone."
    )
    email: Annotated[str, Field(max_length=254), Canonical, OrNone] | None = Field(
        None, description="May be left out with `child_abuse` alone."
    )
    good_faith: Annotated[bool, Field(strict=True)] = Field(
        description="Must be true: what you say is, as far as you know, right and complete."
    )
    kind: Annotated[Literal["child_abuse", "threat_to_life"] | None, Chosen] = None


# --- the queue --------------------------------------------------------------------------------------------------------

_Asked = Annotated[str, Field(max_length=200)]
_Several = Annotated[tuple[_Asked, ...], FailFast(), Field(max_length=20)]


class QueueQuery(Sent):
    """Which comments of the queue are asked for, in an address."""

    status: Literal["pending"] = Field("pending", description="What waits; there is no other yet.")
    order: Literal["severity", "oldest", "newest"] = Field(
        "severity", description="The most severe first unless said otherwise."
    )
    article: _Several = Field((), description="The site's own name for an article; may be given several times.")
    section: _Several = Field((), description="May be given several times.")
    language: _Asked | None = Field(None, description="ISO 639-1, such as `fr`.")
    cursor: str | None = Field(None, description="From `next` of the page before.")
