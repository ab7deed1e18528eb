"""What a living worker does, web processes leave to it.

Each worker counts up in the database (``storage.workers``) and says which pieces of work go on in it: one that it isn't
set up for, or that hangs, isn't among them. A web process that sees a count standing still for a while, or gone,
does the work itself. That both do it for a moment is no harm: whatever waits is claimed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from moderation.core.ids import new_id
from moderation.jobs.background import Background
from moderation.services import Services
from moderation.storage.workers import beats, forget_silent_workers, forget_worker, keep_beating

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
GONE_SECONDS = 20.0
"""A worker that hasn't counted for so long doesn't live."""
LOOK_SECONDS = 2.0
FORGOTTEN_AFTER = timedelta(days=1)


class Heart(Background):
    """Says of a worker that it lives, and which of its pieces go on."""

    name = "sign of life"
    fails = "a sign of life could not be given"

    def __init__(
        self, services: Services, pieces: Collection[Background], *, every_seconds: float = BEAT_SECONDS
    ) -> None:
        super().__init__(services, every_seconds=every_seconds)
        self._pieces = pieces
        self._id = new_id(services.clock())
        self._hanging: set[str] = set()

    def run(self) -> None:
        try:
            super().run()
        finally:
            with suppress(Exception):  # the database may be what is gone
                self._services.database.writing(lambda session: forget_worker(session, self._id))

    def _work(self) -> bool:
        hanging = {piece.name for piece in self._pieces if piece.hangs}
        for name in hanging - self._hanging:
            log.error("a piece of work hangs; others may take it over", extra={"piece": name})
        self._hanging = hanging
        does = sorted({piece.name for piece in self._pieces if piece.able} - hanging)
        now = self._services.clock()
        self._services.database.writing(lambda session: keep_beating(session, self._id, does, now))
        if self._begun == 1:
            self._services.database.writing(lambda session: forget_silent_workers(session, now - FORGOTTEN_AFTER))
        return False


class Workers:
    """What living workers do, as the database tells it; looked up every two seconds at most."""

    def __init__(self, services: Services, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services, self._monotonic = services, monotonic
        self._lock = threading.Lock()
        self._looked: float | None = None
        self._seen: Mapping[str, tuple[int, Sequence[str]]] = {}
        self._counted: dict[str, float] = {}
        self._done: frozenset[str] = frozenset()

    def resting(self, name: str) -> Callable[[], bool]:
        """A question to ask again and again: whether some worker does this piece."""
        return lambda: name in self._done_now()

    def _done_now(self) -> frozenset[str]:
        now = self._monotonic()
        with self._lock:
            if self._looked is None or now - self._looked >= LOOK_SECONDS:
                self._looked = now
                self._done = self._look(now)
            return self._done

    def _look(self, now: float) -> frozenset[str]:
        with self._services.database.reading() as session:
            found = beats(session)
        # Whoever is here at the first look may have died before it: they get the benefit of the doubt.
        self._counted = {
            worker: now if self._seen.get(worker, (None,))[0] != beat else self._counted[worker]
            for worker, (beat, _) in found.items()
        }
        self._seen = found
        living = (worker for worker, counted in self._counted.items() if now - counted < GONE_SECONDS)
        return frozenset(name for worker in living for name in found[worker][1])
