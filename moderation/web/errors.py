"""Every refusal's answer, in one table: the named fact, its HTTP code and how it is shown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, g, json, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.core import errors as facts
from moderation.web.wording import iso

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
    facts.NotPossibleNow: 409,
    facts.CommentTooShort: 422,
    facts.CommentTooLong: 422,
    facts.InvalidField: 422,
    facts.IdempotencyMismatch: 422,
    facts.ScoringFailed: 503,
}

Fields = list[dict[str, str]]
Shown = Callable[[int, str, Fields, dict[str, str]], Response]
"""Makes an answer out of a status, a detail, fields and headers."""


class InvalidFields(facts.ModerationError):
    """Some fields can't be accepted; ``errors`` names each with what is wrong."""

    def __init__(self, errors: Fields) -> None:
        super().__init__()
        self.errors = errors

    @property
    def detail(self) -> str:
        return " ".join(f"{error['field']} {error['message']}" for error in self.errors)


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
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
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
        log.error("the database is out of reach: %s", type(error).__name__)
        return shown(
            503,
            "The database can't be reached right now. Nothing was stored; please try again soon.",
            None,
            {"Retry-After": "5"},
        )

    def bug(error: Exception) -> Response:
        log.exception("unexpected error", exc_info=error)
        return shown(500, "Something went wrong here; it is not your fault. Please try again.")

    app.register_error_handler(facts.ModerationError, fact)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(OperationalError, database)
    app.register_error_handler(InterfaceError, database)
    app.register_error_handler(PoolTimeout, database)
    app.register_error_handler(Exception, bug)


def _fields(error: facts.ModerationError) -> Fields:
    if isinstance(error, InvalidFields):
        return error.errors
    if isinstance(error, facts.InvalidField):
        return [{"field": error.field, "message": error.message}]
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
