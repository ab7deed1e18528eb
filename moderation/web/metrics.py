"""Figures for Prometheus: arrivals, refusals, scoring time, decisions. No body, name or address is in any label."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request
from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

requests_answered = Counter(
    "moderation_http_requests_total", "Requests answered, by endpoint and status.", ["endpoint", "status"]
)
request_seconds = Histogram(
    "moderation_http_request_seconds", "Time from a request's arrival to its answer.", ["endpoint"], buckets=SECONDS
)
comments_arrived = Counter(
    "moderation_comments_total", "Comments taken in, by the status that they got.", ["site", "status"]
)
comments_refused = Counter(
    "moderation_refused_total", "Writes to the API that were refused and not stored, by HTTP status.", ["status"]
)
legal_overdue = Gauge(
    "moderation_legal_overdue", "Notices, grievances and orders that are past their time and not decided.", ["site"]
)


def install(app: Flask) -> None:
    """Counts every request."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(answer: Response) -> Response:
        endpoint = request.endpoint or "none"
        requests_answered.labels(endpoint, str(answer.status_code)).inc()
        if "began" in g:
            request_seconds.labels(endpoint).observe(time.perf_counter() - g.began)
        if request.method in ("POST", "PUT") and answer.status_code >= 400:
            comments_refused.labels(str(answer.status_code)).inc()
        return answer
