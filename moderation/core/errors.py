"""Named facts about what went wrong. Each says what is wrong and how to mend it. HTTP codes: web/shared/errors.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from moderation.core.messages import ENGLISH, Message, Moment, Style, Word, counted, noted, told

LONGEST_TOLD = 400
"""Characters of a sentence that its writer is asked about: a text without a full stop is one."""


def clipped(text: str, maximum: int = 80) -> str:
    """What somebody sent, as an error repeats it: enough to know it by, never all of it."""
    return text if len(text) <= maximum else f"{text[:maximum]}… ({len(text):,} characters)"


class ModerationError(Exception):
    """Anything this service refuses or fails at: a code, and what its sentence is filled in with. ``str(error)`` is the
    sentence in English. An error without a code of its own is told by its docstring, or by a ``detail`` of its own.
    """

    code: ClassVar[str] = ""

    def __str__(self) -> str:
        return self.detail

    @property
    def params(self) -> Mapping[str, Any]:
        """What the sentence is filled in with, by name."""
        return {}

    @property
    def sentences(self) -> tuple[str | Message, ...]:
        """What is wrong and how to mend it."""
        if "code" in vars(type(self)):
            return (Message(self.code, self.params),)
        return (" ".join((type(self).__doc__ or "").split()),)

    @property
    def detail(self) -> str:
        """What is wrong and how to mend it, in English."""
        return " ".join(map(str, self.sentences))

    def told(self, language: str) -> str:
        """The same in another language, where the error has a code."""
        if type(self).detail is not ModerationError.detail:
            return self.detail
        return " ".join(str(told(sentence, language)) for sentence in self.sentences)


@dataclass(eq=False, slots=True)
class InvalidField(ModerationError):
    """A field that can't be accepted. ``field`` is a dotted path such as ``author.name``. In English a message goes on
    from the field's name; in other languages it is a sentence of its own.
    """

    field: str
    message: str | Message
    code: ClassVar[str] = "invalid_field"

    @property
    def detail(self) -> str:
        return self.told(ENGLISH)

    def told(self, language: str) -> str:
        return f"{clipped(self.field, 400)}: {clipped(told(self.message, language), 2000)}"

    def sentence(self, language: str = ENGLISH) -> str:
        """The same for the page that the form stands on: ``The password was not the same both times.``"""
        if isinstance(self.message, Message) and language != ENGLISH:
            return self.message.told(language)
        return f"The {self.field} {self.message}"


class WrongCredential(InvalidField):
    """A password or a code that is wrong, which counts as an attempt."""


class PasswordsBusy(ModerationError):
    """So many are signing in at this moment that nothing was checked. Please try again in a few seconds."""

    code: ClassVar[str] = noted("passwords_busy")


@dataclass(eq=False, slots=True)
class CommentTooShort(ModerationError):
    """Fewer characters than a comment needs here, as a reader counts them."""

    length: int
    minimum: int
    code: ClassVar[str] = counted("comment_too_short")

    @property
    def params(self) -> Mapping[str, Any]:
        return {"count": self.length, "minimum": self.minimum}


@dataclass(eq=False, slots=True)
class CommentTooLong(ModerationError):
    """More characters than a comment may have here."""

    length: int
    maximum: int
    code: ClassVar[str] = counted("comment_too_long")

    @property
    def params(self) -> Mapping[str, Any]:
        return {"count": self.length, "maximum": self.maximum}


@dataclass(eq=False, slots=True)
class WordingToReconsider(ModerationError):
    """A comment that would be flagged for its tone: its writer is asked about the sentence first, once."""

    sentence: str
    code: ClassVar[str] = noted("wording_to_reconsider")

    @property
    def params(self) -> Mapping[str, Any]:
        told = self.sentence if len(self.sentence) <= LONGEST_TOLD else f"{self.sentence[:LONGEST_TOLD].rstrip()}…"
        return {"sentence": told}


@dataclass(eq=False, slots=True)
class DuplicateComment(ModerationError):
    """The same text by the same author on the same article within a day; or one that the site has sent before.
    ``to_site``: its own server asks, which is told which comment that is.
    """

    comment_id: str
    to_site: bool = False
    code: ClassVar[str] = noted("duplicate_comment")


@dataclass(eq=False, slots=True)
class DiscussionClosed(ModerationError):
    """The article takes no comments (any more); ``opens_at`` says when it does again, where that is known."""

    why: str | Message
    opens_at: datetime | None = None
    code: ClassVar[str] = "discussion_closed"

    @property
    def sentences(self) -> tuple[str | Message, ...]:
        return (self.why,)


@dataclass(eq=False, slots=True)
class AuthorBanned(ModerationError):
    """This author can't comment here: until then (None: until the newsroom lifts it), and why, in plain words.
    ``reference`` names the decision; ``statement`` is its statement of reasons.
    """

    until: datetime | None
    why: str | None
    reference: str | None
    statement: Mapping[str, Any] | None
    code: ClassVar[str] = "author_banned"

    @property
    def sentences(self) -> tuple[Message, ...]:
        until = Message("author_banned_until", {"until": Moment(self.until)}) if self.until else None
        why = Message("author_banned_because", {"why": Word(self.why)}) if self.why else None
        redress = Message("author_banned_redress")
        if self.reference:
            redress = Message("author_banned_redress_reference", {"reference": self.reference})
        said = (until or Message("author_banned_for_now"), why, Message("comment_not_stored"), redress)
        return tuple(sentence for sentence in said if sentence is not None)


class NotFound(ModerationError):
    """There is nothing of that name here, or nothing that this key or account reaches: the two are told alike."""

    code: ClassVar[str] = noted("not_found")


class ArticleNotFound(NotFound):
    """There is no such article on this site. Register it first: PUT /api/v1/articles/{article_id}."""

    code: ClassVar[str] = noted("article_not_found")


class AuthorNotFound(NotFound):
    """There is no such author here, or this account has nothing to do with their site."""

    code: ClassVar[str] = noted("author_not_found")


class SiteNotFound(NotFound):
    """There is no such site here, or this account has nothing to do with it."""

    code: ClassVar[str] = noted("site_not_found")


class CaseNotFound(NotFound):
    """There is no such legal case here, or this account has nothing to do with its site."""

    code: ClassVar[str] = noted("case_not_found")


class CommentNotFound(NotFound):
    """There is no such comment here, or this key or receipt doesn't open it."""

    code: ClassVar[str] = noted("comment_not_found")


class AppealNotFound(NotFound):
    """There is no such appeal here, or this account has nothing to do with its comment."""

    code: ClassVar[str] = noted("appeal_not_found")


class ReporterNotFound(NotFound):
    """There is no such reporter here, or this account has nothing to do with their site."""

    code: ClassVar[str] = noted("reporter_not_found")


class NoticeNotFound(NotFound):
    """There is no such notice here, or this receipt isn't its own. Check the whole address that you were given."""

    code: ClassVar[str] = noted("notice_not_found")


class TermNotFound(NotFound):
    """There is no such term here, or this account has nothing to do with its list."""

    code: ClassVar[str] = noted("term_not_found")


class NoteNotFound(NotFound):
    """There is no such note here, or this account has nothing to do with what it is about."""

    code: ClassVar[str] = noted("note_not_found")


class WebhookNotFound(NotFound):
    """There is no such webhook endpoint or delivery here, or this account has nothing to do with its site."""

    code: ClassVar[str] = noted("webhook_not_found")


class ActionNotFound(NotFound):
    """There is nothing of yours to undo here."""

    code: ClassVar[str] = noted("action_not_found")


@dataclass(eq=False, slots=True)
class OpenWithColleague(ModerationError):
    """A colleague has the comment open, and whoever wants to change it hasn't said that they know. ``by`` is the
    colleague's name.
    """

    by: str
    code: ClassVar[str] = noted("open_with_colleague")

    @property
    def params(self) -> Mapping[str, Any]:
        return {"by": self.by}


@dataclass(eq=False, slots=True)
class DecidedMeanwhile(ModerationError):
    """Somebody decided first; nothing was overwritten. ``reason_id`` is a refusal's reason."""

    revision: int
    status: str
    by: str
    at: datetime | None
    reason_id: str | None = None
    code: ClassVar[str] = "decided_meanwhile"

    @property
    def params(self) -> Mapping[str, Any]:
        when = Moment(self.at, Style.CLOCK) if self.at else None
        return {"status": Word(self.status), "by": self.by, "revision": self.revision, "at": when}

    @property
    def sentences(self) -> tuple[Message, ...]:
        at = Message("decided_meanwhile_at", self.params)
        return (Message("decided_meanwhile", self.params) if self.at is None else at,)


class EditedMeanwhile(DecidedMeanwhile):
    """Its writer edited it first: whoever decides has read another text. Nothing was changed."""

    code: ClassVar[str] = "edited_meanwhile"

    @property
    def sentences(self) -> tuple[Message, ...]:
        return (Message("edited_meanwhile", self.params),)


@dataclass(eq=False, slots=True)
class DecidedAlready(ModerationError):
    """A reader's step came too late: what became of their comment meanwhile, and what kind of somebody did it (``by``).
    Nobody's name is told.
    """

    status: str
    revision: int
    by: str
    code: ClassVar[str] = noted("decided_already")

    @property
    def params(self) -> Mapping[str, Any]:
        return {"status": Word(self.status)}


@dataclass(eq=False, slots=True)
class NotPossibleNow(ModerationError):
    """The comment's status doesn't allow this step."""

    why: str | Message
    code: ClassVar[str] = "not_possible_now"

    @property
    def sentences(self) -> tuple[str | Message, ...]:
        return (self.why,)


@dataclass(eq=False, slots=True, kw_only=True)
class ErasureStopped(ModerationError):
    """Something of what is to be erased must stay. ``holds``: id, what it is about, and reason of each legal hold that
    stands in the way; ``cases``: the references of the open legal cases that do.
    """

    holds: tuple[tuple[str, str, str], ...] = ()
    cases: tuple[str, ...] = ()
    code: ClassVar[str] = noted("erasure_stopped")

    @property
    def params(self) -> Mapping[str, Any]:
        named = [*(hold for hold, _, _ in self.holds), *self.cases]
        more = ", …" if len(named) > _TOLD_AT_ONCE else ""
        return {"references": ", ".join(named[:_TOLD_AT_ONCE]) + more}


class IllegalTransition(NotPossibleNow):
    """The comment's status can't become that, or not in this way."""


class KeyMissing(ModerationError):
    """A key is needed: `Authorization: Bearer <secret key>` from a server, or `X-Site-Key` from a browser."""

    code: ClassVar[str] = noted("key_missing")


class ReceiptMissing(KeyMissing):
    """The comment's receipt is needed (`?receipt=`), or its site's secret key (`Authorization: Bearer <key>`)."""

    code: ClassVar[str] = noted("receipt_missing")


class KeyInvalid(ModerationError):
    """This key is not known here, or it was revoked. Check that it was copied whole: a secret key belongs into
    `Authorization: Bearer <secret key>`, a publishable one into `X-Site-Key`.
    """

    code: ClassVar[str] = noted("key_invalid")


class SignInRequired(ModerationError):
    """Please sign in to write a comment: this site takes none of guests. (`Authorization: Reader <token>`)"""

    code: ClassVar[str] = noted("sign_in_required")


class ReaderTokenExpired(ModerationError):
    """The reader's token is over. A fresh one does: nothing was stored."""

    code: ClassVar[str] = noted("reader_token_expired")


@dataclass(eq=False, slots=True)
class ReaderTokenRefused(ModerationError):
    """A reader's token doesn't count; ``why`` says in English what is wrong with it."""

    why: str
    code: ClassVar[str] = noted("reader_token_refused")

    @property
    def params(self) -> Mapping[str, Any]:
        return {"why": self.why}


class SignatureInvalid(KeyInvalid):
    """The request isn't signed with a secret that is kept here. Give it to `moderation sites coral SITE`."""

    code: ClassVar[str] = noted("signature_invalid")


@dataclass(eq=False, slots=True)
class RightMissing(ModerationError):
    """The key, token or account is good, but doesn't allow this."""

    right: str
    code: ClassVar[str] = noted("right_missing")

    @property
    def params(self) -> Mapping[str, Any]:
        return {"right": self.right}


@dataclass(eq=False, slots=True)
class OriginNotAllowed(ModerationError):
    """A browser sent a publishable key from an origin that the site doesn't allow."""

    origin: str | None
    code: ClassVar[str] = "origin_not_allowed"

    @property
    def params(self) -> Mapping[str, Any]:
        return {"origin": repr(clipped(self.origin))} if self.origin else {}

    @property
    def sentences(self) -> tuple[Message, ...]:
        sent = Message("origin_not_allowed", self.params)
        return (sent if self.origin else Message("origin_missing"),)


class InvitationEnded(ModerationError):
    """This invitation is not open (any more): it was used, or its days are over, or a newer one was made. Ask an
    administrator for a new link.
    """

    code: ClassVar[str] = noted("invitation_ended")


class CursorInvalid(ModerationError):
    """The cursor was changed or comes from elsewhere. Start again without one, or use `next` as it was given."""

    code: ClassVar[str] = noted("cursor_invalid")


class IdempotencyMismatch(ModerationError):
    """This Idempotency-Key was used within a day for another request. Use a new key for a new comment."""

    code: ClassVar[str] = noted("idempotency_mismatch")


class ScoringFailed(ModerationError):
    """The scoring pack couldn't answer."""

    code: ClassVar[str] = noted("scoring_failed")


class ScoringTooSlow(ScoringFailed):
    """The scoring pack didn't answer in time."""

    code: ClassVar[str] = noted("scoring_too_slow")


class ScoringNotBegun(ScoringTooSlow):
    """The scoring pack was busy with others all the time, which says nothing of this comment."""


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
