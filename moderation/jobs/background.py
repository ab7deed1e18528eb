"""A piece of work that is done again and again beside everything else, in a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from moderation.services import Piece, Services
from moderation.watching import counts

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
BREATH_SECONDS = 0.05
GATHER_SECONDS = 0.02
"""Between being woken and looking: what arrives together is done together."""
HANGS_SECONDS = 120.0
"""A look without a sign of life for so long hangs."""


class Background(ABC):
    """What fails is logged and tried again: the database is gone, say, and the next look finds the same.

    Every web process runs some as threads beside its requests, and so does ``moderation worker``.
    """

    name: str
    fails: str
    piece: Piece | None = None
    """By what name it is woken; None: it never is."""
    able: bool = True
    """Whether this process is set up to do it: letters need a mail server, say."""
    rests: Callable[[], bool] = staticmethod(lambda: False)
    """Whether somebody else does this at the moment."""

    def __init__(self, services: Services, *, every_seconds: float = LOOK_SECONDS) -> None:
        self._services = services
        self._every_seconds = every_seconds
        self._stopped = threading.Event()
        self._woken = threading.Event()
        self._turn = threading.Condition()
        self._begun = self._ended = 0
        self._over = False
        self._sign_of_life = time.monotonic()
        self._thread = threading.Thread(target=self.run, name=self.name, daemon=True)

    def start(self) -> None:
        """Runs in a thread of its own."""
        self._thread.start()

    def run(self) -> None:
        """Runs in this thread until ``stop``."""
        try:
            while not self._stopped.is_set():
                if not self._look() and self._woken.wait(self._every_seconds):
                    self._stopped.wait(GATHER_SECONDS)
        finally:
            with self._turn:
                self._over = True
                self._turn.notify_all()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Ends after what is at hand."""
        self.ask_to_stop()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def ask_to_stop(self) -> None:
        self._stopped.set()
        self._woken.set()

    @property
    def at_work(self) -> bool:
        """Whether it is in the middle of a look."""
        return self._begun != self._ended

    @property
    def hangs(self) -> bool:
        """Whether it has long been in the middle of a look, and given no sign of life."""
        return self._over or (self.at_work and time.monotonic() - self._sign_of_life > HANGS_SECONDS)

    def look_soon(self, timeout_s: float) -> bool:
        """Has it look at once, or once more after the look that has begun. Returns whether that look has ended."""
        with self._turn:
            wanted = self._begun + 1
            self._woken.set()
            self._turn.wait_for(lambda: self._ended >= wanted or self._over, timeout_s)
            return self._ended >= wanted

    def _look(self) -> bool:
        with self._turn:
            self._begun += 1
            self._woken.clear()
        self._sign_of_life = time.monotonic()
        try:
            more = not self.rests() and self._work()
        except Exception:
            counts.background_failures(self.name)
            log.exception("%s; it is tried again", self.fails)
            return False
        else:
            counts.background_seen(self.name)
            return more
        finally:
            with self._turn:
                self._ended = self._begun
                self._turn.notify_all()

    @abstractmethod
    def _work(self) -> bool:
        """Returns whether there may be more to do at once."""

    def _is_stopped(self) -> bool:
        """Asked again and again in the middle of a long look."""
        self._sign_of_life = time.monotonic()
        return self._stopped.is_set()

    def _paused(self) -> bool:
        """Leaves the database to others between two chunks, then says whether to stop."""
        self._stopped.wait(BREATH_SECONDS)
        return self._is_stopped()
