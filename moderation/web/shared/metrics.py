"""Figures for Prometheus: arrivals, refusals, scoring time, decisions. No body, name or address is in any label.

One process keeps its counts in memory. Several keep them in files of a folder, one a process, and whoever is asked adds
up all: those of a process that has ended stay, as what it counted has happened.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from moderation.storage.webhook_figures import SiteDeliveries

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of prometheus_client that names the folder."""

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


class LegalOverdue(Collector):
    """What is overdue at the moment of asking, by site: known from the database, so that no process keeps a count."""

    def __init__(self, by_site: Mapping[str, int]) -> None:
        self._by_site = by_site

    def collect(self) -> Iterator[GaugeMetricFamily]:
        words = "Notices, grievances and orders that are past their time and not decided."
        family = GaugeMetricFamily("moderation_legal_overdue", words, labels=["site"])
        for site, count in self._by_site.items():
            family.add_metric([site], count)
        yield family


class WebhookFigures(Collector):
    """How deliveries stand at the moment of asking, by site: known from the database too."""

    def __init__(self, by_site: Mapping[str, SiteDeliveries]) -> None:
        self._by_site = by_site

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, words in (
            ("waiting", "Webhook deliveries that wait."),
            ("lag_seconds", "For how long the webhook delivery that waits longest has waited; 0 where none does."),
            ("dead", "Webhook deliveries that were given up, and are still kept."),
            ("failing_endpoints", "Webhook endpoints that did not answer at the last try."),
        ):
            family = GaugeMetricFamily(f"moderation_webhook_{name}", words, labels=["site"])
            for site, figures in self._by_site.items():
                family.add_metric([site], getattr(figures, name))
            yield family


class MailFigures(Collector):
    """How letters stand at the moment of asking: how many wait, and how many were given up and are still kept."""

    def __init__(self, waiting: int, dead: int) -> None:
        self._waiting, self._dead = waiting, dead

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily("moderation_mail_waiting", "Letters that wait.", value=self._waiting)
        yield GaugeMetricFamily(
            "moderation_mail_dead", "Letters that were given up, and are still kept.", value=self._dead
        )


def count_together(folder: Path) -> None:
    """Has this process, and those that it forks, keep their counts in this folder, before anything is counted."""
    os.environ[FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # else chosen at its import


def forget_former_processes(folder: Path) -> None:
    """Removes the counts of a former start: of processes that run no more, and those under our own number. Call it
    before anything is counted.
    """
    for file in folder.glob("*.db"):
        named = re.search(r"_(\d+)\.db$", file.name)
        if named and (int(named[1]) == os.getpid() or not _runs(int(named[1]))):
            file.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def figures(beside: Iterable[Collector]) -> bytes:
    """All figures as Prometheus reads them: of every process where several count together, and those ``beside``."""
    registry = CollectorRegistry()
    for collector in beside:
        registry.register(collector)
    if FOLDER in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # registers itself
    else:
        registry.register(REGISTRY)
    return generate_latest(registry)


def install(app: Flask, *, asking: tuple[str, ...]) -> None:
    """Counts every request. What is posted under paths that begin with one of ``asking`` is no write."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(answer: Response) -> Response:
        endpoint = request.endpoint or "none"
        requests_answered.labels(endpoint, str(answer.status_code)).inc()
        if "began" in g:
            request_seconds.labels(endpoint).observe(time.perf_counter() - g.began)
        writes = request.method in ("POST", "PUT") and not request.path.startswith(asking)
        if writes and answer.status_code >= 400:
            comments_refused.labels(str(answer.status_code)).inc()
        return answer
