"""Work outside the request: comments that wait for their scores, bulk actions, webhooks, letters. The database is the
truth; a sweep finds them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta

from moderation.comments.erasing import carry_on as carry_on_erasing
from moderation.comments.expiry import expire_waiting
from moderation.comments.reports import forget_old_texts
from moderation.comments.rescoring import score_waiting
from moderation.comments.retention import erase_refused
from moderation.core.errors import ErasureStopped
from moderation.desk.bulk_runner import carry_on
from moderation.jobs.background import LOOK_SECONDS, Background
from moderation.jobs.chain_checks import check_chains
from moderation.jobs.queue_order import bring_up_to_date
from moderation.jobs.threads import fill_threads
from moderation.jobs.workers_alive import Workers
from moderation.mail.postman import Postman, forget
from moderation.perspective.suggestions import forget_outdated
from moderation.services import Piece, Services
from moderation.storage.idempotency import forget_answers
from moderation.webhooks.alerts import alert
from moderation.webhooks.delivering import Deliverer, prune

log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
FORGET_SECONDS = 3600.0
EXPIRE_SECONDS = 600.0
ALERT_SECONDS = 30.0
MAIL_SECONDS = 5.0
ANSWERS_LAST = timedelta(days=1)
"""How long an Idempotency-Key's first answer is kept."""


def pieces_of(services: Services) -> list[Background]:
    """What every web process and worker does beside its own work."""
    return [
        Runner(services),
        Reorderer(services),
        ChainChecker(services),
        Threader(services),
        Expirer(services),
        Eraser(services),
        Teller(services),
        Alerter(services),
        Mailer(services),
    ]


@contextmanager
def running(pieces: Collection[Background], *, timeout_s: float = 10.0) -> Iterator[None]:
    """Runs them in threads for as long as this lasts; each may then take so long to finish what is at hand."""
    for piece in pieces:
        piece.start()
    try:
        yield
    finally:
        for piece in pieces:
            piece.ask_to_stop()
        for piece in pieces:
            piece.stop(timeout_s)


@contextmanager
def beside(services: Services) -> Iterator[None]:
    """Does in threads, for as long as this lasts, what no living worker does (``jobs.workers_alive``)."""
    workers = Workers(services)
    pieces = pieces_of(services)
    for piece in pieces:
        piece.rests = workers.resting(piece.name)
    with running(pieces):
        yield


class Sweeper(Background):
    """Scores what waits without scores. Several may run: each comment is scored and decided once."""

    name = "late scoring"
    fails = "a sweep for comments without scores failed"
    piece = Piece.SCORING

    def __init__(self, services: Services, *, every_seconds: float = SWEEP_SECONDS) -> None:
        super().__init__(services, every_seconds=every_seconds)
        self._forgets_at = time.monotonic()

    def _work(self) -> bool:
        self._forget()
        return score_waiting(self._services, stopped=self._is_stopped) > 0

    def _forget(self) -> None:
        """Once an hour, removes what is kept for a time: texts of suggested labels and of reports, answers to an
        Idempotency-Key.
        """
        if time.monotonic() < self._forgets_at:
            return
        self._forgets_at = time.monotonic() + FORGET_SECONDS
        try:
            forget_outdated(self._services)
            forget_old_texts(self._services, stopped=self._paused)
            before = self._services.clock() - ANSWERS_LAST
            self._services.database.writing(lambda session: forget_answers(session, before))
        except Exception:  # comments are scored all the same
            log.exception("what was kept for a time could not be removed; it is tried again in an hour")


class Runner(Background):
    """Goes on with bulk actions: each comment is decided once, and what one process leaves unfinished another
    finishes.
    """

    name = "bulk actions"
    fails = "a bulk action could not go on"
    piece = Piece.BULK

    def _work(self) -> bool:
        return carry_on(self._services, stopped=self._paused)


class ChainChecker(Background):
    """Recomputes the audit chains for which somebody has asked."""

    name = "checking chains"
    fails = "an audit chain could not be recomputed"
    piece = Piece.CHAINS

    def _work(self) -> bool:
        return check_chains(self._services, stopped=self._paused)


class Teller(Background):
    """Delivers webhooks, and removes deliveries that have been kept long enough."""

    name = "webhooks"
    fails = "webhooks could not be delivered"
    piece = Piece.WEBHOOKS

    def __init__(self, services: Services, *, every_seconds: float = LOOK_SECONDS) -> None:
        super().__init__(services, every_seconds=every_seconds)
        self._deliverer = Deliverer(services)
        self._prunes_at = time.monotonic()

    def run(self) -> None:
        try:
            super().run()
        finally:
            self._deliverer.close()

    def _work(self) -> bool:
        more = self._deliverer.look()
        if time.monotonic() >= self._prunes_at:
            self._prunes_at = time.monotonic() + FORGET_SECONDS
            prune(self._services, stopped=self._paused)
        return more


class Alerter(Background):
    """Tells the newsroom's chat what can't wait."""

    name = "alerts"
    fails = "alerts could not be looked for"

    def __init__(self, services: Services, *, every_seconds: float = ALERT_SECONDS) -> None:
        super().__init__(services, every_seconds=every_seconds)
        self.able = bool(services.settings.alert_urls)

    def _work(self) -> bool:
        alert(self._services)
        return False


class Mailer(Background):
    """Sends letters, and erases the addresses and the letters whose time is over."""

    name = "mail"
    fails = "letters could not be sent"

    def __init__(self, services: Services, *, every_seconds: float = MAIL_SECONDS) -> None:
        super().__init__(services, every_seconds=every_seconds)
        self.able = services.settings.mail is not None
        self._postman = Postman(services)
        self._forgets_at = time.monotonic()

    def _work(self) -> bool:
        self._postman.look(stopped=self._is_stopped)
        if time.monotonic() >= self._forgets_at:
            self._forgets_at = time.monotonic() + FORGET_SECONDS
            forget(self._services, stopped=self._paused)
        return False


class Threader(Background):
    """Fills in the threads of comments from before threads were kept."""

    name = "filling threads"
    fails = "threads could not be filled in"

    def __init__(self, services: Services, *, every_seconds: float = FORGET_SECONDS) -> None:
        super().__init__(services, every_seconds=every_seconds)

    def _work(self) -> bool:
        fill_threads(self._services, stopped=self._paused)
        return False


class Expirer(Background):
    """Expires what nobody decided before its discussion ended, and erases what was refused long ago."""

    name = "expiring"
    fails = "what nobody decided could not be expired, or what was refused not erased"

    def __init__(self, services: Services, *, every_seconds: float = EXPIRE_SECONDS) -> None:
        super().__init__(services, every_seconds=every_seconds)

    def _work(self) -> bool:
        expire_waiting(self._services, stopped=self._paused)
        erase_refused(self._services, stopped=self._paused)
        return False


class Eraser(Background):
    """Goes on with erasing what is known of readers, where somebody has asked for it."""

    name = "erasing"
    fails = "what is known of a reader could not be erased"
    piece = Piece.ERASING

    def _work(self) -> bool:
        try:
            return carry_on_erasing(self._services, stopped=self._paused) is not None
        except ErasureStopped as stopped:
            log.warning("an erasure waits: %s", stopped)
            return False


class Reorderer(Background):
    """Keeps the queue's order up to date with the policy."""

    name = "order of the queue"
    fails = "the queue's order could not be brought up to date"

    def _work(self) -> bool:
        bring_up_to_date(self._services, stopped=self._paused)
        return False
