"""Every refusal's answer, in one table: the named fact, its HTTP code and how it is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, g, json, request
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.core import errors as facts
from moderation.storage.room import is_full
from moderation.web.shared.wording import iso

log = logging.getLogger(__name__)

CODES: dict[type[facts.ModerationError], int] = {
    facts.CursorInvalid: 400,
    facts.KeyMissing: 401,
    facts.KeyInvalid: 401,
    facts.RightMissing: 403,
    facts.OriginNotAllowed: 403,
    facts.DiscussionClosed: 403,
    facts.AuthorBanned: 403,
    facts.NotFound: 404,
    facts.InvitationEnded: 404,
    facts.DuplicateComment: 409,
    facts.DecidedMeanwhile: 409,
    facts.OpenWithColleague: 409,
    facts.NotPossibleNow: 409,
    facts.CommentTooShort: 422,
    facts.CommentTooLong: 422,
    facts.InvalidField: 422,
    facts.IdempotencyMismatch: 422,
    facts.ScoringFailed: 503,
    facts.PasswordsBusy: 503,
}

Fields = list[dict[str, str]]
Shown = Callable[[int, str, Fields, dict[str, str]], Response]
"""Makes an answer out of a status, a detail, fields and headers."""


MAX_PROBLEMS = 20
"""So many problems of one request are told: an answer is no place to give back what was sent."""


class InvalidFields(facts.ModerationError):
    """Some fields can't be accepted; ``errors`` names each with what is wrong, ``more`` counts those left out."""

    def __init__(self, errors: Fields, more: int = 0) -> None:
        super().__init__()
        self.errors = errors[:MAX_PROBLEMS]
        self.more = more + len(errors) - len(self.errors)

    @property
    def detail(self) -> str:
        told = " ".join(f"{error['field']} {error['message']}" for error in self.errors)
        return f"{told} And {self.more} more." if self.more else told


class BodyNotJson(facts.ModerationError):
    """The body is not valid JSON."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why

    @property
    def detail(self) -> str:
        return f"The body is not valid JSON: {self.why}"


class NotJsonType(facts.ModerationError):
    """The content type is not JSON. Send `Content-Type: application/json`."""


CODES |= {InvalidFields: 422, BodyNotJson: 400, NotJsonType: 415}


def problem(status: int, detail: str, fields: Fields, headers: dict[str, str]) -> Response:
    """An answer of type ``application/problem+json`` (RFC 9457)."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if fields:
        content["errors"] = fields
    extra = getattr(g, "problem_extra", None)
    if extra:
        content |= extra
    response = Response(json.dumps(content), status=status, content_type="application/problem+json")
    response.headers.update(headers)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def install(app: Flask, *, styles: dict[str, Shown], page: Shown) -> None:
    """Answers every error. ``styles`` maps a path's prefix to how errors are shown there; elsewhere it is ``page``."""

    def shown(
        status: int, detail: str, fields: Fields | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        style = next((style for prefix, style in styles.items() if request.path.startswith(prefix)), page)
        return style(status, detail, fields or [], headers or {})

    def fact(error: facts.ModerationError) -> Response:
        status = next((code for kind, code in CODES.items() if isinstance(error, kind)), None)
        if status is None:
            return bug(error)
        headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(status, {})
        if isinstance(error, facts.DecidedMeanwhile):
            g.problem_extra = {"current": {"status": error.status, "revision": error.revision, "by": error.by}}
        elif isinstance(error, facts.DiscussionClosed) and error.opens_at is not None:
            g.problem_extra = {"opens_at": iso(error.opens_at)}
        elif isinstance(error, facts.AuthorBanned):
            until = iso(error.until) if error.until else None
            g.problem_extra = {"until": until, "reason": error.why, "statement": error.statement}
        return shown(status, error.detail, _fields(error), headers)

    def http(error: HTTPException) -> WerkzeugResponse:
        status = error.code or 500
        headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "Location")}
        if status < 400:
            return error.get_response()
        return shown(status, _detail(error, status), None, headers)

    def database(error: Exception) -> Response:
        full = isinstance(error, DBAPIError) and is_full(error)
        log.error("the database %s: %s", "has no room left" if full else "is out of reach", type(error).__name__)
        what = "has no room left to store anything" if full else "can't be reached right now"
        again = "Please try again soon; what is sent twice is stored once."
        return shown(503, f"The database {what}. {again}", None, {"Retry-After": "30" if full else "5"})

    def about_a_value(error: Exception) -> Response:
        log.warning("a value that no database can look for got as far as the database: %s", type(error).__name__)
        return shown(400, "This holds a character or a number that can't be looked for here.")

    def any_database_error(error: DBAPIError) -> Response:
        if _is_about_a_value(error.orig):
            return about_a_value(error)
        # A connection that was cut, or a file that is damaged, comes as any kind of error.
        return database(error) if error.connection_invalidated or type(error) is DatabaseError else bug(error)

    def bug(error: Exception) -> Response:
        if isinstance(error, OverflowError | UnicodeEncodeError) and _is_about_a_value(error):
            return about_a_value(error)
        log.exception("unexpected error", exc_info=error)
        return shown(500, "Something went wrong here; it is not your fault. Please try again.")

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
        return [{"field": facts.clipped(error.field, 400), "message": facts.clipped(error.message, 2000)}]
    if isinstance(error, facts.CommentTooShort | facts.CommentTooLong):
        return [{"field": "body", "message": error.detail}]
    return []


def _detail(error: HTTPException, status: int) -> str:
    if isinstance(error, RequestEntityTooLarge):
        limit = request.max_content_length
        return f"The request is larger than the {limit} bytes that are possible here."
    if status == 429:
        return f"Too many requests; the limit is {error.description}. Please wait a little and try again."
    if error.description and error.description != type(error).description:
        return error.description  # somebody here said what is wrong
    known = {
        400: "This request can't be understood. Check its address, headers and body.",
        404: "There is nothing at this address.",
        405: f"{request.method} is not possible at this address.",
    }
    return known.get(status, error.description or HTTPStatus(status).phrase)
