"""A comment and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderation.core.messages import Message, noted, translated


class Status(StrEnum):
    """Where a comment stands."""

    RECEIVED = "received"
    """Not scored yet (worker mode only)."""
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    """The discussion ended before anyone decided."""
    ERASED = "erased"


WAITING = (Status.RECEIVED, Status.PENDING)
DEEPEST = 5
"""How many comments a reply stands under at most. What answers one down there stands beside it, and says whom it
answers."""


MARKS = ("staff", "subscriber", "verified")
"""What an author can be marked as, beside a site's own badges."""
_STRENGTHS = {"staff": 3, "verified": 2}


class Notice(StrEnum):
    """What the newsroom puts above a discussion."""

    QUESTION = "question"
    ANNOUNCEMENT = "announcement"


class Mode(StrEnum):
    """How a discussion takes comments."""

    PRE = "pre"
    """Everything waits unless the policy approves it."""
    POST = "post"
    """Everything that is not flagged or rejected is published."""
    CLOSED = "closed"
    """Published comments are shown, new ones refused."""
    HIDDEN = "hidden"
    """No comments are shown or taken."""


def strength_of(marks: Iterable[str]) -> int:
    """How much the strongest of an author's marks says of who they are, from 0 (none of them) on: nobody with less
    passes for them.
    """
    return max((_STRENGTHS.get(mark, 1) for mark in marks), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who says they wrote it. ``id`` and ``address`` are known only where the site vouches for them, by its server or
    by a token that it has signed, or the address from the connection itself. ``marks`` are what the site vouches for
    beside: ``MARKS``, and badges in its own words; ``trusted``: that they are to be trusted.
    """

    name: str
    id: str | None = None
    address: str | None = None
    marks: tuple[str, ...] = ()
    trusted: bool = False

    @property
    def account_id(self) -> str | None:
        """The site's own id for them. A guest has none, also one whom an e-mail address tells apart (``mailto:…``):
        they can name another each time.
        """
        return None if self.id is None or self.id.startswith("mailto:") else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWish:
    """Where a comment's writer wants to be told of it, of what (``outcome``, ``reply``), and in which language."""

    email: str
    events: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A comment as it comes in, its text already canonical (``core.text.as_written``). ``form_filled``: its form was
    filled in as a program does it. ``mends``: the refused comment in whose place its writer sends it. ``ask_first``:
    its writer is there to be asked about a sentence, where a newsroom wants that.
    """

    article_id: str
    author: Author
    body: str
    parent_id: str | None = None
    external_id: str | None = None
    created_at: datetime | None = None
    form_filled: bool = False
    mends: str | None = None
    ask_first: bool = False
    notify: MailWish | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRules:
    """What ``[comments]`` asks of a comment in one place."""

    minimum_length: int
    maximum_length: int
    mode: Mode
    close_after_days: int


SAID_OF_STATUS = (noted("new"), noted("received"), noted("pending"), noted("approved"))
"""What refusals call a status, beside the words that pages have for it."""
MESSAGES: Mapping[Status, Message] = {
    Status.RECEIVED: Message("comment_received"),
    Status.PENDING: Message("comment_waits"),
    Status.APPROVED: Message("comment_published"),
    Status.REJECTED: Message("comment_not_published"),
    Status.WITHDRAWN: Message("comment_withdrawn"),
    Status.EXPIRED: Message("comment_expired"),
    Status.ERASED: Message("comment_erased"),
}
"""What the reader is told of each status, when there is nothing more particular to say."""


def standing_told(status: Status, why: str | None, language: str) -> str:
    """What the reader is told of where a comment stands, and why."""
    message = MESSAGES[status].told(language)
    return f"{message} {translated(why, language)}" if why else message
