"""Named facts about what went wrong. Each says what is wrong and how to mend it. HTTP codes: web/shared/errors.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


def clipped(text: str, maximum: int = 80) -> str:
    """What somebody sent, as an error repeats it: enough to know it by, never all of it."""
    return text if len(text) <= maximum else f"{text[:maximum]}… ({len(text):,} characters)"


class ModerationError(Exception):
    """Anything this service refuses or fails at, in one plain sentence (``str(error)``)."""

    def __str__(self) -> str:
        return self.detail

    @property
    def detail(self) -> str:
        """What is wrong and how to mend it, for the person who asked."""
        return " ".join((self.__class__.__doc__ or "").split())


@dataclass(eq=False, slots=True)
class InvalidField(ModerationError):
    """A field that can't be accepted. ``field`` is a dotted path such as ``author.name``."""

    field: str
    message: str

    @property
    def detail(self) -> str:
        return f"{clipped(self.field, 400)}: {clipped(self.message, 2000)}"

    @property
    def sentence(self) -> str:
        """The same for the page that the form stands on: ``The password was not the same both times.``"""
        return f"The {self.field} {self.message}"


class WrongCredential(InvalidField):
    """A password or a code that is wrong, which counts as an attempt."""


class PasswordsBusy(ModerationError):
    """So many are signing in at this moment that nothing was checked. Please try again in a few seconds."""


@dataclass(eq=False, slots=True)
class CommentTooShort(ModerationError):
    """Fewer characters than a comment needs here, as a reader counts them."""

    length: int
    minimum: int

    @property
    def detail(self) -> str:
        has = "1 character" if self.length == 1 else f"{self.length} characters"
        return (
            f"The comment has {has}; at least {self.minimum} are needed here. "
            "Spaces at either end and invisible characters don't count. Please say a little more."
        )


@dataclass(eq=False, slots=True)
class CommentTooLong(ModerationError):
    """More characters than a comment may have here."""

    length: int
    maximum: int

    @property
    def detail(self) -> str:
        return f"The comment has {self.length} characters; at most {self.maximum} are possible here. Please shorten it."


@dataclass(eq=False, slots=True)
class DuplicateComment(ModerationError):
    """The same text by the same author on the same article within a day."""

    comment_id: str

    @property
    def detail(self) -> str:
        return "This comment has already arrived here; there is no need to send it again."


@dataclass(eq=False, slots=True)
class DiscussionClosed(ModerationError):
    """The article takes no comments (any more); ``opens_at`` says when it does again, where that is known."""

    why: str
    opens_at: datetime | None = None

    @property
    def detail(self) -> str:
        return self.why


@dataclass(eq=False, slots=True)
class AuthorBanned(ModerationError):
    """This author can't comment here: until then (None: until the newsroom lifts it), and why, in plain words.
    ``reference`` names the decision; ``statement`` is its statement of reasons.
    """

    until: datetime | None
    why: str | None
    reference: str | None
    statement: Mapping[str, Any] | None

    @property
    def detail(self) -> str:
        until = f"until {self.until.day} {self.until:%B %Y, %H:%M} UTC" if self.until else "at the moment"
        why = f" The reason: {self.why}" if self.why else ""
        name = f" and name the reference {self.reference}" if self.reference else ""
        return (
            f"You can’t comment here {until}.{why} Your comment was not stored. "
            f"If you think this is a mistake, please write to the newsroom{name}."
        )


class NotFound(ModerationError):
    """There is nothing of that name here, or nothing that this key or account reaches: the two are told alike."""


class ArticleNotFound(NotFound):
    """There is no such article on this site. Register it first: PUT /api/v1/articles/{article_id}."""


class AuthorNotFound(NotFound):
    """There is no such author here, or this account has nothing to do with their site."""


class SiteNotFound(NotFound):
    """There is no such site here, or this account has nothing to do with it."""


class CaseNotFound(NotFound):
    """There is no such legal case here, or this account has nothing to do with its site."""


class CommentNotFound(NotFound):
    """There is no such comment here, or this key or receipt doesn't open it."""


class TermNotFound(NotFound):
    """There is no such term here, or this account has nothing to do with its list."""


class NoteNotFound(NotFound):
    """There is no such note here, or this account has nothing to do with what it is about."""


class ActionNotFound(NotFound):
    """There is nothing of yours to undo here."""


@dataclass(eq=False, slots=True)
class OpenWithColleague(ModerationError):
    """A colleague has the comment open, and whoever wants to change it hasn't said that they know. ``by`` is the
    colleague's name.
    """

    by: str

    @property
    def detail(self) -> str:
        return f"{self.by} has this comment open. Nothing was changed; press once more to go ahead all the same."


@dataclass(eq=False, slots=True)
class DecidedMeanwhile(ModerationError):
    """Somebody decided first; nothing was overwritten. ``reason_id`` is a refusal's reason."""

    revision: int
    status: str
    by: str
    at: datetime | None
    reason_id: str | None = None

    @property
    def detail(self) -> str:
        when = f" at {self.at:%H:%M} UTC on {self.at:%d %B %Y}" if self.at else ""
        return (
            f"This comment changed meanwhile: it is {self.status} now, decided by {self.by}{when} "
            f"(revision {self.revision}). Nothing was overwritten; look at it again before you decide."
        )


@dataclass(eq=False, slots=True)
class NotPossibleNow(ModerationError):
    """The comment's status doesn't allow this step."""

    why: str

    @property
    def detail(self) -> str:
        return self.why


class IllegalTransition(NotPossibleNow):
    """The comment's status can't become that, or not in this way."""


class KeyMissing(ModerationError):
    """A key is needed: `Authorization: Bearer <secret key>` from a server, or `X-Site-Key` from a browser."""


class ReceiptMissing(KeyMissing):
    """The comment's receipt is needed (`?receipt=`), or its site's secret key (`Authorization: Bearer <key>`)."""


class KeyInvalid(ModerationError):
    """This key is not known here, or it was revoked. Check that it was copied whole: a secret key belongs into
    `Authorization: Bearer <secret key>`, a publishable one into `X-Site-Key`.
    """


@dataclass(eq=False, slots=True)
class RightMissing(ModerationError):
    """The key, token or account is good, but doesn't allow this."""

    right: str

    @property
    def detail(self) -> str:
        return f"This needs the right '{self.right}', which this key or account doesn't have here."


@dataclass(eq=False, slots=True)
class OriginNotAllowed(ModerationError):
    """A browser sent a publishable key from an origin that the site doesn't allow."""

    origin: str | None

    @property
    def detail(self) -> str:
        sent = f"the origin {clipped(self.origin)!r}" if self.origin else "no Origin header"
        return f"A publishable key works only from the site's own allowed origins; this request has {sent}."


class InvitationEnded(ModerationError):
    """This invitation is not open (any more): it was used, or its days are over, or a newer one was made. Ask an
    administrator for a new link.
    """


class CursorInvalid(ModerationError):
    """The cursor was changed or comes from elsewhere. Start again without one, or use `next` as it was given."""


class IdempotencyMismatch(ModerationError):
    """This Idempotency-Key was used within a day for another request. Use a new key for a new comment."""


class ScoringFailed(ModerationError):
    """The scoring pack couldn't answer."""


class ScoringTooSlow(ScoringFailed):
    """The scoring pack didn't answer in time."""


_TOLD_AT_ONCE = 10


@dataclass(eq=False, slots=True)
class ConfigurationError(ModerationError):
    """The configuration can't be used. ``key`` is the dotted name of what is wrong, or the file. ``others`` are further
    things that are wrong with it.
    """

    key: str
    problem: str
    others: tuple[ConfigurationError, ...] = ()

    @property
    def details(self) -> tuple[str, ...]:
        """What is wrong, each by itself."""
        return (f"{clipped(self.key, 400)}: {clipped(self.problem, 2000)}", *(other.detail for other in self.others))

    @property
    def detail(self) -> str:
        more = len(self.details) - _TOLD_AT_ONCE
        return " ".join((*self.details[:_TOLD_AT_ONCE], *([f"And {more} more."] if more > 0 else ())))


def configuration_error(problems: Iterable[tuple[str, str]]) -> ConfigurationError:
    """One error of several keys with their problems, one at least."""
    first, *others = (ConfigurationError(key, problem) for key, problem in problems)
    first.others = tuple(others)
    return first


@dataclass(eq=False, slots=True)
class ChainBroken(ModerationError):
    """An audit chain that doesn't verify, and its first broken event."""

    chain: str
    sequence: int
    why: str

    @property
    def detail(self) -> str:
        return f"chain {self.chain}, event {self.sequence}: {self.why}"
