"""Work outside the request: comments that wait for their scores, acts on many comments. The database is the truth; a
sweep finds them.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta

from moderation.late_scoring import score_waiting
from moderation.reordering import bring_up_to_date
from moderation.services import Services
from moderation.storage.answers import forget_answers
from moderation.suggestions import forget_outdated
from moderation.unfinished import carry_on

log = logging.getLogger(__name__)

SWEEP_SECONDS = 2.0
FORGET_SECONDS = 3600.0
ANSWERS_LAST = timedelta(days=1)
"""How long an Idempotency-Key's first answer is kept."""


class Sweeper:
    """Scores what waits without scores, again and again, until it is stopped.

    The embedded default runs it as a thread beside the web server; ``moderation worker`` in a process of its own.
    Several may run: each comment is scored and decided once.
    """

    def __init__(self, services: Services, *, every_seconds: float = SWEEP_SECONDS) -> None:
        self._services = services
        self._every_seconds = every_seconds
        self._forgets_at = time.monotonic()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name="late scoring", daemon=True)

    def start(self) -> None:
        """Sweeps in a thread of its own."""
        self._thread.start()

    def run(self) -> None:
        """Sweeps in this thread until ``stop``."""
        while not self._stopped.is_set():
            self._forget()
            if self._sweep() == 0:
                self._stopped.wait(self._every_seconds)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ends after the comment at hand."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _forget(self) -> None:
        """Once an hour, removes what is kept for a time: suggested labels' texts, answers to an Idempotency-Key."""
        if time.monotonic() < self._forgets_at:
            return
        self._forgets_at = time.monotonic() + FORGET_SECONDS
        try:
            forget_outdated(self._services)
            before = self._services.clock() - ANSWERS_LAST
            self._services.database.writing(lambda session: forget_answers(session, before))
        except Exception:  # likewise: it is tried again in an hour
            log.exception("what was kept for a time could not be removed; it is tried again")

    def _sweep(self) -> int:
        try:
            return score_waiting(self._services, stopped=self._stopped.is_set)
        except Exception:  # the database is gone, say: the next sweep finds the same comments
            log.exception("a sweep for comments without scores failed; it is tried again")
            return 0


LOOK_SECONDS = 1.0
BREATH_SECONDS = 0.05


class Runner:
    """Goes on with acts on many comments, again and again, until it is stopped.

    Every web process runs one as a thread beside its requests, and so does ``moderation worker``: each comment is
    decided once, and what one process leaves unfinished another finishes.
    """

    def __init__(self, services: Services, *, every_seconds: float = LOOK_SECONDS) -> None:
        self._services = services
        self._every_seconds = every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="acts on many", daemon=True)

    def start(self) -> None:
        """Runs in a thread of its own."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ends after the portion at hand."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopped.is_set():
            if not self._carry_on():
                self._stopped.wait(self._every_seconds)

    def _carry_on(self) -> bool:
        try:
            return carry_on(self._services, stopped=self._paused)
        except Exception:  # the database is gone, say: the next look finds the same act
            log.exception("an act on many comments could not go on; it is tried again")
            return False

    def _paused(self) -> bool:
        """Leaves the database to others between two portions, then says whether to stop."""
        return self._stopped.wait(BREATH_SECONDS)


class Reorderer:
    """Keeps the queue's order up to date with the policy, until it is stopped.

    Every web process runs one as a thread beside its requests, and so does ``moderation worker``.
    """

    def __init__(self, services: Services, *, every_seconds: float = LOOK_SECONDS) -> None:
        self._services = services
        self._every_seconds = every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="order of the queue", daemon=True)

    def start(self) -> None:
        """Runs in a thread of its own."""
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ends after the batch at hand."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                bring_up_to_date(self._services, stopped=lambda: self._stopped.wait(BREATH_SECONDS))
            except Exception:  # the database is gone, say: the next look finds the same comments
                log.exception("the queue's order could not be brought up to date; it is tried again")
            self._stopped.wait(self._every_seconds)
