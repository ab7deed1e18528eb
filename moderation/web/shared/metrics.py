"""Counts every request, and those that are refused."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request

from moderation.watching import counts


def install(app: Flask, *, asking: tuple[str, ...]) -> None:
    """Counts every request. What is posted under paths that begin with one of ``asking`` is no write."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(answer: Response) -> Response:
        endpoint, status = request.endpoint or "none", str(answer.status_code)
        counts.http_requests(endpoint, status)
        if "began" in g:
            counts.request_seconds(time.perf_counter() - g.began, endpoint)
        writes = request.method in ("POST", "PUT") and not request.path.startswith(asking)
        if writes and answer.status_code >= 400:
            counts.refused(status, g.get("problem_extra", {}).get("code", "none"))
        return answer
