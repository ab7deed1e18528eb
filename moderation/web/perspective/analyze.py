"""The API of Google's Perspective, for clients that come from there: they change one address and keep working."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request
from prometheus_client import Counter

from moderation.core.errors import KeyInvalid, ModerationError, ScoringTooSlow
from moderation.perspective.analyze import analyze
from moderation.perspective.requests import LONGEST_REQUEST, read_analyze, read_json, read_suggestion
from moderation.perspective.suggestions import keep_suggestion
from moderation.perspective.wire import LanguageNotSupported, NotAnalyzed
from moderation.storage.sites import Right
from moderation.web.perspective.batch import answer_batch
from moderation.web.perspective.discovery import discovery_document
from moderation.web.shared.access import Caller, secret_caller, services
from moderation.web.shared.errors import Fields
from moderation.web.shared.limits import Limits

NAME = "perspective_api"
PATHS = ("/v1alpha1/", "/batch", "/$discovery/", "/discovery/v1/")
"""Where errors are told as Google tells them."""

QUEUED_SECONDS = 0.5
"""A request that has waited longer for its turn all the same is refused then: Coral hears nothing after 0.8 seconds,
and work that nobody waits for would make everybody later still.
"""

IMPATIENT = {"/v1alpha1/comments:analyze": (15, 0.6), "/batch": (3, 0.6)}
"""Who comes behind more of their kind than these, or behind what will take more seconds, is soon refused. So
of a crowd that asks for scores, those who get them mostly get them while Coral still listens, on a slow machine too,
and a reader's comment has at most sixteen such requests before it. A batch may work for as long as a hundred of them:
four at a time leave most threads to the others, though they still take their share of the processors.
"""

refused_for_load = Counter(
    "moderation_perspective_refused_for_load_total",
    "Requests of Perspective clients that were refused because their answer would have come too late.",
)
language_not_supported = Counter(
    "moderation_perspective_language_not_supported_total",
    "Texts that a Perspective client sent in a language that no installed pack reads, by language.",
    ["language"],
)

_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
"""Google's names for HTTP statuses."""
_JSON = "application/json; charset=UTF-8"
_REASON = {429: "RATE_LIMIT_EXCEEDED"}


def blueprint(limits: Limits) -> Blueprint:
    """``comments:analyze``, ``comments:suggestscore``, batches of them, and the discovery document."""
    api = Blueprint(NAME, __name__)

    @api.before_request
    def prepare() -> None:
        request.max_content_length = LONGEST_REQUEST
        if request.environ.get("moderation.waited_seconds", 0.0) > QUEUED_SECONDS:
            refused_for_load.inc()
            raise ScoringTooSlow

    @api.post("/v1alpha1/comments:analyze")
    def analyze_comment() -> Response:
        _caller(limits)
        return _private(analyze(services(), read_analyze(read_json(request.get_data()))))

    @api.post("/v1alpha1/comments:suggestscore")
    def suggest_score() -> Response:
        key = _caller(limits)
        suggestion = read_suggestion(read_json(request.get_data()))
        return _private(keep_suggestion(services(), key.site_id, key.reference, suggestion))

    @api.post("/batch")
    def batch() -> Response:
        return answer_batch()

    @api.get("/$discovery/rest")
    @api.get("/discovery/v1/apis/commentanalyzer/v1alpha1/rest")
    def discover() -> Response:
        return _private(discovery_document(request.url_root))

    @api.errorhandler(_KeyRefused)
    def refuse_key(error: _KeyRefused) -> Response:
        return _error(error.status, error.detail, [_info(error.reason)] if error.reason else [])

    @api.errorhandler(NotAnalyzed)
    def refuse(error: NotAnalyzed) -> Response:
        if isinstance(error, LanguageNotSupported):
            language_not_supported.labels(error.detected if len(error.detected) == 2 else "other").inc()
        return _error(400, error.detail, error.details)

    return api


def refuse_for_load() -> tuple[str, Sequence[tuple[str, str]], bytes]:
    """What the web server answers for us to who has too many ahead: status line, headers, body."""
    refused_for_load.inc()
    return "503 Service Unavailable", _REFUSED_HEADERS, _REFUSED


def google_error(status: int, detail: str, _fields: Fields, headers: dict[str, str]) -> Response:
    """What every other error looks like under ``PATHS``: an ``errors.Shown``."""
    reason = _REASON.get(status)
    answer = _error(status, detail, [_info(reason)] if reason else [])
    answer.headers.update(headers)
    if status == 503:
        answer.headers.setdefault("Retry-After", "1")
    return answer


@dataclass(eq=False, slots=True)
class _KeyRefused(ModerationError):
    """No key, or one that opens nothing here, in Google's words."""

    status: int
    message: str
    reason: str | None = None

    @property
    def detail(self) -> str:
        return self.message


def _caller(limits: Limits) -> Caller:
    """The site behind ``?key=``, counted against its limit. Raises ``_KeyRefused``, ``RightMissing`` or 429."""
    text = request.args.get("key") or request.headers.get("X-Goog-Api-Key")
    if not text:
        raise _KeyRefused(
            403,
            "Method doesn't allow unregistered callers (callers without established identity). "
            "Please use API Key or other form of API consumer identity to call this API.",
        )
    try:
        key = secret_caller(text.strip())
    except KeyInvalid as error:
        raise _KeyRefused(400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID") from error
    key.require(Right.ANALYZE)
    limits.count_site(key.site_id)
    return key


def _info(reason: str) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": "commentanalyzer.googleapis.com"},
    }


def _error(code: int, message: str, details: list[dict[str, Any]]) -> Response:
    response = Response(_body(code, message, details), status=code, content_type=_JSON)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _body(code: int, message: str, details: list[dict[str, Any]]) -> str:
    status = _STATUS.get(code, "INTERNAL" if code >= 500 else "INVALID_ARGUMENT")
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details:
        error["details"] = details
    return json.dumps({"error": error})


_REFUSED = _body(503, ScoringTooSlow().detail, []).encode()
_REFUSED_HEADERS = (("Content-Type", _JSON), ("Cache-Control", "private, no-store"), ("Retry-After", "5"))


def _private(content: dict[str, Any]) -> Response:
    answer = jsonify(content)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
