"""What the database knows of how things stand, as Prometheus asks for it: of the moment, by no process's count.

It is asked at most every few seconds, by a thread of its own, and nobody waits long for that: while the database is
away or hangs, the other figures come without these, and ``moderation_database_up`` says so.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from moderation.core.errors import ModerationError
from moderation.services import Services
from moderation.storage.legal import overdue_by_site
from moderation.storage.mails import mails_standing
from moderation.storage.sites import all_sites
from moderation.storage.standing import chains_standing, waiting_by_site
from moderation.storage.webhook_figures import deliveries_by_site

log = logging.getLogger(__name__)

STANDING = "how things stand"
"""Among an application's extensions."""
KEPT_SECONDS = 5.0
PATIENCE_SECONDS = 4.0
Families = list[GaugeMetricFamily]


class Standing(Collector):
    """Asks for ``services`` whenever it is collected from; what it found is kept for ``kept_seconds``. Whoever collects
    waits for no more than ``patience_seconds``.
    """

    def __init__(
        self,
        services: Callable[[], Services],
        *,
        kept_seconds: float = KEPT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._services, self._kept_seconds, self._patience_seconds = services, kept_seconds, patience_seconds
        self._lock = threading.Lock()
        self._asked_at = 0.0
        self._answer: Future[Families] | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up, families = True, Families()
        try:
            families = self._asked().result(self._patience_seconds)
        except (NotInTime, SQLAlchemyError, ModerationError):
            up = False
        yield GaugeMetricFamily("moderation_database_up", "Whether the database answers: 1, or 0.", value=up)
        yield from families

    def _asked(self) -> Future[Families]:
        """The answer that is kept, or is being waited for, or that of a thread which begins to ask now."""
        with self._lock:
            answer, now = self._answer, time.monotonic()
            if answer is None or (answer.done() and now - self._asked_at >= self._kept_seconds):
                answer = Future()
                asking = threading.Thread(
                    target=_ask, args=(self._services(), answer), name="figures of the database", daemon=True
                )
                asking.start()  # where the system gives no thread nobody waits for this answer, and it is asked anew
                self._answer, self._asked_at = answer, now
            return answer


def _ask(services: Services, answer: Future[Families]) -> None:
    try:
        with services.database.reading() as session:
            families = [*_queue(session, services), *_chains(session), *_webhooks(session, services)]
            families += [*_mail(session), _legal(session, services)]
    except Exception as error:
        if not isinstance(error, SQLAlchemyError | ModerationError):
            log.exception("the database's figures could not be made")
        answer.set_exception(error)
    else:
        answer.set_result(families)


def _gauge(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=labels)


def _filled(family: GaugeMetricFamily, values: Sequence[tuple[Any, ...]]) -> GaugeMetricFamily:
    for *labels, value in values:
        family.add_metric(labels, value)
    return family


def _queue(session: Session, services: Services) -> Families:
    found = waiting_by_site(session, services.clock())
    many = _gauge("moderation_queue_comments", "Comments that wait, by site and what for.", "site", "waits_for")
    oldest = _gauge(
        "moderation_queue_oldest_seconds",
        "For how long the oldest of them has waited; 0 where none does.",
        *("site", "waits_for"),
    )
    return [
        _filled(many, [(one.site_id, one.waits_for, one.comments) for one in found]),
        _filled(oldest, [(one.site_id, one.waits_for, one.oldest_seconds) for one in found]),
    ]


def _chains(session: Session) -> Families:
    chains = chains_standing(session)
    checked = [(chain, chain.checked_at) for chain in chains if chain.checked_at is not None]
    return [
        _filled(
            _gauge("moderation_audit_height", "The number of an audit chain's newest event.", "chain"),
            [(chain.name, chain.height) for chain in chains],
        ),
        _filled(
            _gauge("moderation_audit_checked_height", "Up to which event it held when it was last checked.", "chain"),
            [(chain.name, chain.checked_height) for chain, _ in checked],
        ),
        _filled(
            _gauge("moderation_audit_checked_timestamp_seconds", "When that was.", "chain"),
            [(chain.name, at.timestamp()) for chain, at in checked],
        ),
        _filled(
            _gauge("moderation_audit_broken", "Whether it was found broken then: 1, or 0.", "chain"),
            [(chain.name, int(chain.broken)) for chain, _ in checked],
        ),
    ]


def _webhooks(session: Session, services: Services) -> Families:
    by_site = deliveries_by_site(session, services.clock())
    return [
        _filled(
            _gauge(f"moderation_webhook_{name}", words, "site"),
            [(site, getattr(figures, name)) for site, figures in by_site.items()],
        )
        for name, words in (
            ("waiting", "Webhook deliveries that wait."),
            ("lag_seconds", "For how long the webhook delivery that waits longest has waited; 0 where none does."),
            ("dead", "Webhook deliveries that were given up, and are still kept."),
            ("failing_endpoints", "Webhook endpoints that did not answer at the last try."),
        )
    ]


def _mail(session: Session) -> Families:
    waiting, dead = mails_standing(session)
    return [
        GaugeMetricFamily("moderation_mail_waiting", "Letters that wait.", value=waiting),
        GaugeMetricFamily("moderation_mail_dead", "Letters that were given up, and are still kept.", value=dead),
    ]


def _legal(session: Session, services: Services) -> GaugeMetricFamily:
    by_site = dict.fromkeys((site.id for site in all_sites(session)), 0) | overdue_by_site(session, services.clock())
    words = "Notices, grievances and orders that are past their time and not decided."
    return _filled(_gauge("moderation_legal_overdue", words, "site"), list(by_site.items()))
