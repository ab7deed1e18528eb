"""Several calls in one request, as Google's clients send them: ``multipart/mixed`` of ``application/http``.

Each part goes through the application as a request of its own, with its own key, limits and errors, and its answer
comes back in its place.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from math import inf

from flask import Flask, Response, current_app, request
from werkzeug.http import parse_options_header
from werkzeug.test import create_environ

from moderation.perspective.wire import invalid
from moderation.web.shared.addresses import below_root

MAX_PARTS = 100
ANSWER_WITHIN_SECONDS = 20.0
"""What hasn't begun by then is refused: the client may send it again."""
CALLS = frozenset({"/v1alpha1/comments:analyze", "/v1alpha1/comments:suggestscore"})
LONGEST_LINE = 8192
MAX_HEADERS = 100
"""Of a part, and of the request in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One call. ``content_id`` is how its client recognises the answer."""

    content_id: str | None
    path: str
    body: bytes


def answer_batch() -> Response:
    """Answers the request at hand. Raises ``NotAnalyzed`` for what is no batch."""
    kind, options = parse_options_header(request.content_type)
    boundary = options.get("boundary", "")
    if kind.lower() != "multipart/mixed" or not boundary.isascii() or not 1 <= len(boundary) <= 200:
        raise invalid("Failed to parse batch request: it must be multipart/mixed with a boundary.")
    parts = list(_parts(request.get_data(), boundary.encode()))
    if not parts:
        raise invalid("Failed to parse batch request: it holds no part.")
    if len(parts) > MAX_PARTS:
        raise invalid(f"The batch holds too many requests; at most {MAX_PARTS} are possible.")
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    until = time.monotonic() + ANSWER_WITHIN_SECONDS
    boundary = f"batch_{secrets.token_hex(16)}"
    said = b"".join(_written(boundary, part, _answer(app, part, until)) for part in parts)
    answer = Response(said + f"--{boundary}--\r\n".encode(), content_type=f"multipart/mixed; boundary={boundary}")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _parts(body: bytes, boundary: bytes) -> Iterator[_Part]:
    # What stands before the first, one more than are possible, and the end: further ones aren't looked at.
    pieces = (b"\n" + body).split(b"\n--" + boundary, MAX_PARTS + 1)
    for piece in pieces[1:]:
        if piece.startswith(b"--"):  # the end
            return
        _, _, content = piece.partition(b"\n")
        headers, inner = _head(content)
        call, _, rest = inner.partition(b"\n")
        words = call.decode("latin-1").split()
        if headers.get("content-type", "").partition(";")[0].lower() != "application/http" or len(words) < 2:
            raise invalid("Failed to parse batch request: each part must be application/http and hold a request.")
        method, path = words[0], words[1]
        # What was no POST reaches no call: the application says so of each by itself.
        path = path if method == "POST" and len(path) <= LONGEST_LINE else "/"
        yield _Part(content_id=headers.get("content-id"), path=path, body=_head(rest)[1])


def _head(content: bytes) -> tuple[dict[str, str], bytes]:
    """The header lines, and what follows the empty line after them. Raises ``NotAnalyzed`` for too many of them."""
    headers: dict[str, str] = {}
    start = 0
    for _ in range(MAX_HEADERS + 1):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        line, start = content[start:end], end + 1
        if not line.strip():
            return headers, content[start:]
        name, colon, value = line[:LONGEST_LINE].decode("latin-1").partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    raise invalid(f"Failed to parse batch request: a part has more than {MAX_HEADERS} header lines.")


def _answer(app: Flask, part: _Part, until: float) -> Response:
    path, _, query = part.path.partition("?")
    path = "/" + path.partition("://")[2].partition("/")[2] if "://" in path else path
    path = below_root(path) or path
    key = request.args.get("key")
    if key and "key=" not in query:
        query = f"{query}&key={key}" if query else f"key={key}"
    environ = create_environ(
        path=path if path in CALLS else "/v1alpha1/nothing",
        query_string=query,
        base_url=request.host_url,
        method="POST",
        data=part.body,
        content_type="application/json",
        environ_overrides={
            "REMOTE_ADDR": request.remote_addr or "",
            "moderation.waited_seconds": inf if time.monotonic() > until else 0.0,
        },
    )
    with app.app_context(), app.request_context(environ):  # nothing that the batch's own request has noted counts
        return app.full_dispatch_request()


def _written(boundary: str, part: _Part, answer: Response) -> bytes:
    body = answer.get_data()
    told = "".join(
        (
            f"--{boundary}\r\nContent-Type: application/http\r\n",
            f"Content-ID: {_answers(part.content_id)}\r\n" if part.content_id else "",
            f"\r\nHTTP/1.1 {answer.status_code} {HTTPStatus(answer.status_code).phrase}\r\n",
            f"Content-Type: application/json; charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n",
        )
    )
    return told.encode("latin-1") + body + b"\r\n"


def _answers(content_id: str) -> str:
    """``<7>`` is answered as ``<response-7>``."""
    return f"<response-{content_id[1:]}" if content_id.startswith("<") else f"response-{content_id}"
