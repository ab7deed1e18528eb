"""What the comment section is answered, as models (see ``answers``)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from moderation.core.comment import Notice
from moderation.storage.section import Shown, Thread
from moderation.web.api.answers import Answer, Moment, initial_of

State = Literal["open", "closed", "hidden"]
Follows = Literal["after_review", "some_at_once", "at_once"]


class SectionAuthor(Answer):
    """Who wrote it; all of it empty where the comment is gone."""

    name: str
    initials: str = Field(description="What stands before the name.")
    marks: list[str] = Field(
        description="`staff`, `subscriber`, `verified`, and the site's own badges as it words them."
    )
    first: bool = Field(description="Whether it is the first comment of an author whom the site knows by an id.")


class InReplyTo(Answer):
    """The reply that a reply answers."""

    id: str
    name: str


class SectionComment(Answer):
    """A published comment, or the place of one that is gone but was answered."""

    id: str
    author: SectionAuthor
    body: str
    created_at: Moment
    edited: bool
    featured: bool
    removed: bool
    url: str = Field(description="Its own page, for good.")


class SectionReply(SectionComment):
    """A reply in a thread, however deep; null where it answers the thread's first comment."""

    in_reply_to: InReplyTo | None


class SectionReplies(Answer):
    """The first replies of a thread."""

    count: int = Field(description="How many the thread has in all.")
    comments: list[SectionReply]
    next: str | None = Field(description="The cursor of the further ones.")


class SectionThread(SectionComment):
    """A comment that stands under no other, and the replies below it."""

    replies: SectionReplies


class SectionSite(Answer):
    """Whose section it is."""

    name: str


class SectionArticle(Answer):
    """What is discussed, and whether one may write."""

    id: str = Field(description="The name under which comments are sent, also where it isn't known yet.")
    title: str | None
    url: str | None
    known: bool
    state: State
    closed_because: str | None
    opens_at: Moment | None
    closes_at: Moment | None
    count: int = Field(description="Published comments, replies included.")


class SectionRules(Answer):
    """What a comment must keep to, in characters as a reader counts them."""

    minimum_length: int
    reply_minimum_length: int
    maximum_length: int
    name_maximum: int


class SectionNotice(Answer):
    """The newsroom's word above the discussion."""

    kind: Notice
    text: str
    until: Moment | None


class SectionHead(Answer):
    """What stands above the comments."""

    site: SectionSite
    sign_in: bool = Field(description="Whether a reader's token is needed to write.")
    article: SectionArticle
    rules: SectionRules
    what_follows: Follows = Field(description="What becomes of a comment that is sent.")
    announcement: SectionNotice | None


class SectionPage(Answer):
    """A page of threads."""

    comments: list[SectionThread]
    next: str | None = Field(description="The cursor of the next page.")
    newest: str = Field(description="To be given to `news` as `since`.")


class Section(SectionHead, SectionPage):
    """All that the comment section shows first."""


class FurtherReplies(Answer):
    """Further replies of one thread, oldest first."""

    comments: list[SectionReply]
    next: str | None


class News(Answer):
    """How many comments were published since."""

    new: int
    newest: str


class Counts(Answer):
    """How many comments are published under each article, by what was asked for."""

    counts: dict[str, int]
    refused: dict[str, str] = Field(description="What of it can be no article, and why: it is left out of `counts`.")


def reply_of(shown: Shown, base: str) -> SectionReply:
    """``base`` is this service's own address, with a slash at its end."""
    other = shown.answers
    gone = other is not None and other.status != "approved"
    in_reply_to = InReplyTo(id=other.id, name="" if gone else other.author_name) if other is not None else None
    return SectionReply(**_comment(shown, base), in_reply_to=in_reply_to)


def thread_of(thread: Thread, base: str, following: str | None) -> SectionThread:
    """``following`` is the cursor of the replies that are left out."""
    replies = SectionReplies(
        count=thread.count, comments=[reply_of(reply, base) for reply in thread.replies], next=following
    )
    return SectionThread(**_comment(thread.opening, base), replies=replies)


def replies_of(shown: Iterable[Shown], base: str, following: str | None) -> FurtherReplies:
    return FurtherReplies(comments=[reply_of(reply, base) for reply in shown], next=following)


def comment_url(base: str, comment_id: str) -> str:
    """The comment's own page."""
    return f"{base}comments/{comment_id}"


def _comment(shown: Shown, base: str) -> dict[str, Any]:
    comment, gone = shown.comment, shown.gone
    author = SectionAuthor(
        name="" if gone else comment.author_name,
        initials="" if gone else initial_of(comment.author_name),
        marks=[] if gone else comment.marks,
        first=comment.first and not gone,
    )
    return {
        "id": comment.id,
        "author": author,
        "body": "" if gone else comment.body,
        "created_at": comment.created_at,
        "edited": False,  # a published comment is never edited
        "featured": shown.featured and not gone,
        "removed": gone,
        "url": comment_url(base, comment.id),
    }
