"""A classifier that fails again and again isn't asked for a while, so that it slows no comment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

FAILURES = 5
"""In a row, after which nobody is asked."""
REST_SECONDS = 30.0
"""After so long one question is tried."""


class Breaker:
    """Whether to ask. Threads may share it; ``clock`` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._asks_again = 0.0

    def may_ask(self) -> bool:
        """Whether a question may go out now. Where it has failed too often only one does, once it has rested."""
        with self._lock:
            if self._failures < FAILURES:
                return True
            now = self._clock()
            if now < self._asks_again:
                return False
            self._asks_again = now + REST_SECONDS  # nobody else until this one is answered, or is overdue itself
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failures = 0

    def failed(self) -> bool:
        """Returns whether this failure is the one after which nobody is asked."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._asks_again = self._clock() + REST_SECONDS
            return self._failures == FAILURES
