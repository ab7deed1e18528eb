"""Counters of the embedded default: what Flask-Limiter counts, kept in this process.

The ``limits`` library's own memory storage starts a thread with nearly every hit and looks through every counter in it,
which costs more than the comment's whole transaction once there are many readers. This one keeps the same promises.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from limits.storage import MovingWindowSupport, Storage

from moderation.core.write_transaction import outside_write_transactions

SWEEP_SECONDS = 60.0
SCHEME = "moderation-memory"
REDIS_SCHEME = "moderation-redis"
"""By which Flask-Limiter finds the storage of ``limit_redis``; the Redis address comes in the option ``redis_url``."""
COUNTING = "asking a rate limit"
"""Even in memory: several processes have their counters in Redis, which may be slow."""


@dataclass(slots=True)
class _Window:
    """When the hits of one counter happened, oldest first, none older than ``seconds``."""

    seconds: int
    hits: deque[float] = field(default_factory=deque)

    def forget(self, now: float) -> None:
        while self.hits and self.hits[0] <= now - self.seconds:
            self.hits.popleft()


class ProcessStorage(Storage, MovingWindowSupport):
    """Moving windows in memory, thread-safe; what has run out is forgotten once a minute."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 - as the library declares it

    def __init__(
        self, uri: str | None = None, wrap_exceptions: bool = False, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._now = now  # monotonic: a clock that is set back shuts nobody out
        self._lock = Lock()
        self._windows: dict[str, _Window] = {}
        self._swept = now()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Counts so many hits, if they fit under the limit."""
        outside_write_transactions(COUNTING)
        with self._lock:
            now = self._now()
            self._sweep(now)
            window = self._windows.setdefault(key, _Window(expiry))
            window.forget(now)
            if len(window.hits) + amount > limit:
                return False
            window.hits.extend([now] * amount)
            return True

    def release_entry(self, key: str) -> None:
        """Takes the newest hit back, if there is one."""
        with self._lock:
            window = self._windows.get(key)
            if window is not None and window.hits:
                window.hits.pop()

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """When the window's oldest hit was, by the wall's clock, and how many there are."""
        outside_write_transactions(COUNTING)
        with self._lock:
            now = self._now()
            window = self._windows.get(key)
            if window is None:
                return time.time(), 0
            window.forget(now)
            return time.time() - (now - window.hits[0] if window.hits else 0), len(window.hits)

    def _sweep(self, now: float) -> None:
        if now - self._swept < SWEEP_SECONDS:
            return
        self._swept = now
        for key, window in list(self._windows.items()):
            window.forget(now)
            if not window.hits:
                del self._windows[key]

    # The rest of what the library asks of a storage; fixed windows aren't used here.

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        for _ in range(amount):
            self.acquire_entry(key, 2**31, expiry)
        return self.get(key)

    def get(self, key: str) -> int:
        return self.get_moving_window(key, 0, 0)[1]

    def get_expiry(self, key: str) -> float:
        window = self._windows.get(key)
        return self.get_moving_window(key, 0, 0)[0] + (window.seconds if window else 0)

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        with self._lock:
            count = len(self._windows)
            self._windows.clear()
            return count

    def clear(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)
