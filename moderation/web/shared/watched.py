"""Every request has an id, and one line in the log: what was asked for in general, by which site, and how it went.

An id is taken over from a trusted proxy alone. Of a request the line has no path (ids of articles may be addresses), no
query, no header and no address; the route stands for the path.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from moderation.watching.request import HEADER, answering, is_request_id, new_request_id
from moderation.watching.tracing import span

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("moderation.requests")

_ABOUT = "moderation.about"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
"""Asked for every few seconds, or with every page."""


class Watched:
    """Wraps an application. ``trusted``: a proxy in front may name the request (``X-Request-ID``)."""

    def __init__(self, app: WSGIApplication, *, trusted: bool) -> None:
        self._app, self._trusted = app, trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        named = environ.get("HTTP_X_REQUEST_ID", "") if self._trusted else ""
        id_ = named if is_request_id(named) else new_request_id()
        about: dict[str, Any] = {}
        environ[_ABOUT] = about

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            about["status"] = int(status[:3])
            return start_response(status, [*headers, (HEADER, id_)], exc_info)

        came_with = _trace(environ) if self._trusted else {}
        with answering(id_), span("request", {"moderation.request_id": id_}, headers=came_with) as told:
            try:
                return self._app(environ, start)
            finally:
                fields = _fields(environ, about)
                told(
                    f"{fields['method']} {fields['route']}",
                    {
                        "http.request.method": fields["method"],
                        "http.route": fields["route"],
                        "http.response.status_code": fields["status"],
                    },
                )
                _log(fields, time.perf_counter() - began)


def _trace(environ: WSGIEnvironment) -> dict[str, str]:
    """Which trace a request belongs to, as the proxy says (W3C Trace Context)."""
    names = {"HTTP_TRACEPARENT": "traceparent", "HTTP_TRACESTATE": "tracestate"}
    return {header: environ[name] for name, header in names.items() if name in environ}


def _fields(environ: WSGIEnvironment, about: dict[str, Any]) -> dict[str, Any]:
    method = environ.get("REQUEST_METHOD", "")
    fields = {
        "method": method if method in _METHODS else "other",
        "route": about.get("route", "none"),
        "status": about.get("status", 0),
    }
    site = about.get("site")
    return fields if site is None else {**fields, "site": site}


def _log(fields: dict[str, Any], seconds: float) -> None:
    level = logging.DEBUG if fields["route"].startswith(_QUIET) else logging.INFO
    log.log(level, "request", extra={**fields, "seconds": round(seconds, 4)})


def install(app: Flask) -> None:
    """Has the application say which route it took, and which site's key was sent."""

    @app.after_request
    def tell(answer: Response) -> Response:
        about = request.environ.get(_ABOUT)
        if about is not None:
            about["route"] = request.url_rule.rule if request.url_rule is not None else "none"
            about["site"] = g.get("site_id")
        return answer
