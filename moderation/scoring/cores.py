"""The cores and the memory of this process, shared by its packs and by the texts that are scored at the same time.

A text that is scored alone gets all of them, so that its answer comes soonest. Several get a part each: they wait for
one another less than the threads of one text do, and so there are more answers a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

MOST_LANES = 4
"""More at the same time would wait for the interpreter's lock rather than for a core."""


def lanes(threads: int) -> int:
    """How many share ``threads`` at most, each with as many as the others."""
    return max(1, min(threads, MOST_LANES))


class Spare:
    """Memory (bytes) for what makes packs faster, beyond one copy of each model: who is loaded first takes first, so
    that a second pack doesn't double what a process holds. Thread-safe.
    """

    def __init__(self, size: float = 200e6) -> None:
        self._left = size
        self._lock = Lock()

    def take(self, size: float) -> bool:
        """Whether there was so much left; then it is taken, for good."""
        with self._lock:
            enough = size <= self._left
            self._left -= size if enough else 0
            return enough


class Cores:
    """Counts who scores now, for all packs of a process, which share ``spare`` too. Thread-safe."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.spare = Spare()
        self._working = 0
        self._lock = Lock()

    @property
    def alone(self) -> bool:
        """Whether nobody scores beside the caller, at this moment."""
        return self._working <= 1

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with self._lock:
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
