"""What is counted as it happens, for Prometheus. No text, name, address or id of a reader is in any label, and each
label has few values: what the code names, or what an administrator has made (sites, packs).

Each is told in ``config/deploy/WATCHING.md``.
"""

from __future__ import annotations

import time

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
HOURS = (1, 10, 60, 300, 900, 3600, 14400, 86400, 259200)
"""Seconds, for what may take days."""


class _Bound:
    """A metric whose children are looked up once. All have labels: a metric without any chooses at its import how it
    is kept, and several processes that count together say so only later (``web.shared.metrics``).
    """

    def __init__(self, metric: Counter | Histogram | Gauge) -> None:
        self._metric = metric
        self._children: dict[tuple[str, ...], Counter | Histogram | Gauge] = {}

    def _child(self, labels: tuple[str, ...]) -> Counter | Histogram | Gauge:
        child = self._children.get(labels)
        if child is None:
            child = self._children.setdefault(labels, self._metric.labels(*labels))
        return child


class Count(_Bound):
    """A counter: each call counts one more under these labels."""

    def __init__(self, name: str, words: str, *labels: str) -> None:
        super().__init__(Counter(name, words, labels))

    def __call__(self, *labels: str, by: int = 1) -> None:
        child = self._child(labels)
        assert isinstance(child, Counter)
        child.inc(by)


class Spread(_Bound):
    """A histogram: each call adds a value under these labels."""

    def __init__(self, name: str, words: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> None:
        super().__init__(Histogram(name, words, labels, buckets=buckets))

    def __call__(self, value: float, *labels: str) -> None:
        child = self._child(labels)
        assert isinstance(child, Histogram)
        child.observe(value)


class Moment(_Bound):
    """When something happened last, in seconds of Unix time; of several processes, in whichever it was last."""

    def __init__(self, name: str, words: str, *labels: str) -> None:
        super().__init__(Gauge(name, words, labels, multiprocess_mode="max"))

    def __call__(self, *labels: str) -> None:
        child = self._child(labels)
        assert isinstance(child, Gauge)
        child.set(time.time())


# --- requests ---------------------------------------------------------------------------------------------------------

http_requests = Count(
    "moderation_http_requests_total", "Requests answered, by endpoint and status.", "endpoint", "status"
)
request_seconds = Spread("moderation_http_request_seconds", "Time from a request's arrival to its answer.", "endpoint")

# --- comments ---------------------------------------------------------------------------------------------------------

comments_arrived = Count(
    "moderation_comments_total", "Comments taken in, by the status that they got.", "site", "status"
)
refused = Count(
    "moderation_refused_total",
    "Writes that were refused and not stored, by HTTP status and by the error's code.",
    "status",
    "code",
)
outcomes = Count(
    "moderation_outcomes_total", "Comments that came to a status, and what brought that about.", "status", "trigger"
)
decided_after_seconds = Spread(
    "moderation_decided_after_seconds",
    "Time from a comment's arrival until it left those that wait, by what brought that about.",
    "trigger",
    buckets=HOURS,
)
limit_hits = Count("moderation_limit_hits_total", "Requests that a rate limit refused, by what it counts.", "scope")

# --- scoring ----------------------------------------------------------------------------------------------------------

scoring_seconds = Spread(
    "moderation_scoring_seconds", "Time from a text's handing in to its scores, its wait included.", "pack", "runtime"
)
batch_seconds = Spread("moderation_scoring_batch_seconds", "Time that a pack took over a batch.", "pack", "runtime")
batch_comments = Spread(
    "moderation_scoring_batch_comments",
    "Texts that were scored together.",
    "pack",
    "runtime",
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
scoring_failures = Count(
    "moderation_scoring_failures_total", "Texts for which a pack gave no scores, by what went wrong.", "pack", "problem"
)

# --- database and background ------------------------------------------------------------------------------------------

database_retries = Count(
    "moderation_database_retries_total", "Transactions that were run again, by what stood in their way.", "problem"
)
database_errors = Count(
    "moderation_database_errors_total", "Requests that the database could not serve, by what is wrong.", "problem"
)
background_failures = Count(
    "moderation_background_failures_total", "Background work that failed and is tried again.", "work"
)
background_seen = Moment(
    "moderation_background_seen_timestamp_seconds", "When background work last looked for something to do.", "work"
)
claimed = Count("moderation_claimed_total", "Things that background work took to do, by the table they are in.", "work")
claimed_at = Moment(
    "moderation_claimed_timestamp_seconds", "When background work last took something to do, by its table.", "work"
)

# --- what goes out ----------------------------------------------------------------------------------------------------

webhook_attempts = Count("moderation_webhook_attempts_total", "Webhook requests, by whether they arrived.", "outcome")
webhook_arrived_after_seconds = Spread(
    "moderation_webhook_arrived_after_seconds",
    "Time from an event to its arrival at an endpoint, by whether it was the first attempt.",
    "attempt",
    buckets=HOURS,
)
mail_attempts = Count(
    "moderation_mail_attempts_total", "Letters tried, by their kind and what became of them.", "kind", "outcome"
)
