"""Every refusal's answer, in one table: the named fact, its HTTP code and how it is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, json, request
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.core import errors as facts
from moderation.core.messages import ENGLISH, Message, noted, plain, told, translated
from moderation.storage.room import is_full
from moderation.watching import counts
from moderation.watching.request import request_id
from moderation.web.shared.languages import in_its_language, language
from moderation.web.shared.wording import iso

log = logging.getLogger(__name__)

CODES: dict[type[facts.ModerationError], int] = {
    facts.CursorInvalid: 400,
    facts.KeyMissing: 401,
    facts.KeyInvalid: 401,
    facts.SignInRequired: 401,
    facts.ReaderTokenExpired: 401,
    facts.ReaderTokenRefused: 401,
    facts.RightMissing: 403,
    facts.OriginNotAllowed: 403,
    facts.DiscussionClosed: 403,
    facts.AuthorBanned: 403,
    facts.NotFound: 404,
    facts.InvitationEnded: 404,
    facts.DuplicateComment: 409,
    facts.DecidedMeanwhile: 409,
    facts.DecidedAlready: 409,
    facts.OpenWithColleague: 409,
    facts.NotPossibleNow: 409,
    facts.ErasureStopped: 409,
    facts.CommentTooShort: 422,
    facts.CommentTooLong: 422,
    facts.InvalidField: 422,
    facts.WordingToReconsider: 422,
    facts.IdempotencyMismatch: 422,
    facts.ScoringFailed: 503,
    facts.PasswordsBusy: 503,
}

_OF_READERS = (facts.SignInRequired, facts.ReaderTokenExpired, facts.ReaderTokenRefused)
"""What a reader's token would mend."""

Fields = list[dict[str, Any]]
"""Names of fields with what is wrong with each, as ``message``."""
Shown = Callable[[int, str, Fields, dict[str, str]], Response]
"""Makes an answer out of a status, a detail, fields and headers."""


MAX_PROBLEMS = 20
"""So many problems of one request are told: an answer is no place to give back what was sent."""


class InvalidFields(facts.ModerationError):
    """Some fields can't be accepted; ``errors`` names each with what is wrong, ``more`` counts those left out."""

    code = "invalid_fields"

    def __init__(self, errors: Fields, more: int = 0) -> None:
        super().__init__()
        self.errors = errors[:MAX_PROBLEMS]
        self.more = more + len(errors) - len(self.errors)

    @property
    def detail(self) -> str:
        return self.told(ENGLISH)

    def told(self, language: str) -> str:
        each = [_field_told(error["field"], error["message"], language) for error in self.errors]
        more = [Message("and_more", {"number": self.more}).told(language)] if self.more else []
        return " ".join((*each, *more))


def _field_told(field: str, message: str | Message, language: str) -> str:
    """English goes on from the field's name; elsewhere the message is a sentence of its own."""
    between = ": " if language != ENGLISH and isinstance(message, Message) else " "
    return f"{field}{between}{told(message, language)}"


class BodyNotJson(facts.ModerationError):
    """The body is not valid JSON."""

    code = noted("body_not_json")

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why

    @property
    def params(self) -> Mapping[str, Any]:
        return {"why": self.why}


class NotJsonType(facts.ModerationError):
    """The content type is not JSON."""

    code = noted("not_json_type")


@dataclass(eq=False, slots=True)
class _Trouble(facts.ModerationError):
    """What isn't a refusal of ours, told like one."""

    message: str | Message

    @property
    def sentences(self) -> tuple[str | Message, ...]:
        return (self.message,)


CODES |= {InvalidFields: 422, BodyNotJson: 400, NotJsonType: 415}


def problem(status: int, detail: str, fields: Fields, headers: dict[str, str]) -> Response:
    """An answer of type ``application/problem+json`` (RFC 9457)."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if status >= 500:  # only the log says more: by this id
        content["request_id"] = request_id()
    if fields:
        content["errors"] = [_entry(field) for field in fields]
    extra = getattr(g, "problem_extra", None)
    if extra:
        content |= extra
    response = Response(json.dumps(content), status=status, content_type="application/problem+json")
    response.headers.update(headers)
    response.headers.setdefault("Cache-Control", "no-store")
    return in_its_language(response)


def _entry(field: Mapping[str, Any]) -> dict[str, Any]:
    message = field["message"]
    if not isinstance(message, Message):
        return dict(field)
    params = {name: plain(value) for name, value in message.params.items()}
    return {**field, "message": message.told(language()), "code": message.code, "params": params}


def install(app: Flask, *, styles: dict[str, Shown], page: Shown, english: Collection[str] = ()) -> None:
    """Answers every error. ``styles`` maps a path's prefix to how errors are shown there; elsewhere it is ``page``.
    ``english`` are the prefixes of those that are told in English to everybody.
    """

    def shown(
        status: int,
        error: facts.ModerationError,
        fields: Fields | None = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> Response:
        style = next((style for prefix, style in styles.items() if request.path.startswith(prefix)), page)
        g.problem_extra = {**_code_and_params(error, status), **extra}
        told_in = ENGLISH if request.path.startswith(tuple(english)) else language()
        return style(status, error.told(told_in), fields or [], headers or {})

    def fact(error: facts.ModerationError) -> Response:
        status = next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
        if status is None:
            return bug(error)
        scheme = "Reader" if isinstance(error, _OF_READERS) else "Bearer"
        headers = {401: {"WWW-Authenticate": scheme}, 503: {"Retry-After": "5"}}.get(status, {})
        return shown(status, error, _fields(error), headers, **_extra(error))

    def http(error: HTTPException) -> WerkzeugResponse:
        status = error.code or 500
        headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "Location")}
        if status < 400:
            return error.get_response()
        return shown(status, _Trouble(_detail(error, status)), None, headers)

    def database(error: Exception) -> Response:
        full = isinstance(error, DBAPIError) and is_full(error)
        counts.database_errors("full" if full else "away")
        log.error("the database %s: %s", "has no room left" if full else "is out of reach", type(error).__name__)
        trouble = Message("database_full") if full else Message("database_away")
        return shown(503, _Trouble(trouble), None, {"Retry-After": "30" if full else "5"})

    def about_a_value(error: Exception) -> Response:
        log.warning("a value that no database can look for got as far as the database: %s", type(error).__name__)
        return shown(400, _Trouble(Message("value_not_searchable")))

    def any_database_error(error: DBAPIError) -> Response:
        if _is_about_a_value(error.orig):
            return about_a_value(error)
        # A connection that was cut, or a file that is damaged, comes as any kind of error.
        return database(error) if error.connection_invalidated or type(error) is DatabaseError else bug(error)

    def bug(error: Exception) -> Response:
        if isinstance(error, OverflowError | UnicodeEncodeError) and _is_about_a_value(error):
            return about_a_value(error)
        log.exception("unexpected error", exc_info=error)
        return shown(500, _Trouble(Message("something_broke")))

    app.register_error_handler(facts.ModerationError, fact)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(DBAPIError, any_database_error)
    app.register_error_handler(OperationalError, database)
    app.register_error_handler(InterfaceError, database)
    app.register_error_handler(PoolTimeout, database)
    app.register_error_handler(Exception, bug)


UNSTORABLE = ("22003", "22021", "22P05", "22008")
"""PostgreSQL's names for a number out of range, characters that are none in UTF-8 or JSON, a time out of range."""


def _is_about_a_value(error: BaseException | None) -> bool:
    """Whether somebody sent what no text or number column can hold; what is stored is checked before."""
    if getattr(error, "sqlstate", None) in UNSTORABLE:
        return True
    words = str(error)
    return "NUL (0x00)" in words or "too large to convert to SQLite" in words or "surrogates not allowed" in words


def _fields(error: facts.ModerationError) -> Fields:
    if isinstance(error, InvalidFields):
        return error.errors
    if isinstance(error, facts.InvalidField):
        message = error.message if isinstance(error.message, Message) else facts.clipped(error.message, 2000)
        return [{"field": facts.clipped(error.field, 400), "message": message}]
    if isinstance(error, facts.CommentTooShort | facts.CommentTooLong):
        return [{"field": "body", "message": Message(error.code, error.params)}]
    return []


def _code_and_params(error: facts.ModerationError, status: int) -> dict[str, Any]:
    """What names the error to a program, and what its sentence is filled in with."""
    message: str | Message | None = None
    if isinstance(error, _Trouble | facts.NotPossibleNow):
        message = error.sentences[0]
    elif isinstance(error, facts.InvalidField):
        message = error.message
    if isinstance(message, Message):
        code, params = message.code, message.params
    else:
        code, params = error.code or HTTPStatus(status).name.lower(), error.params
    filled_in = {name: plain(value) for name, value in params.items()}
    return {"code": code, "params": filled_in} if filled_in else {"code": code}


def _extra(error: facts.ModerationError) -> dict[str, Any]:
    """What else programs are told of a refusal."""
    if isinstance(error, facts.DuplicateComment) and error.to_site:
        return {"comment_id": error.comment_id}
    if isinstance(error, facts.DecidedMeanwhile | facts.DecidedAlready):
        return {"current": {"status": error.status, "revision": error.revision, "by": error.by}}
    if isinstance(error, facts.DiscussionClosed) and error.opens_at is not None:
        return {"opens_at": iso(error.opens_at)}
    if isinstance(error, facts.AuthorBanned):
        until = iso(error.until) if error.until else None
        return {"until": until, "reason": error.why, "statement": error.statement}
    return {}


def _detail(error: HTTPException, status: int) -> str | Message:
    if isinstance(error, RequestEntityTooLarge):
        return Message("request_too_large", {"limit": request.max_content_length})
    if status == 429:
        return Message("too_many_requests", {"limit": error.description})
    if error.description and error.description != type(error).description:
        return translated(error.description, language())  # somebody here said what is wrong
    known = {
        400: Message("request_not_understood"),
        404: Message("nothing_at_address"),
        405: Message("method_not_possible", {"method": request.method}),
    }
    return known.get(status, error.description or HTTPStatus(status).phrase)
