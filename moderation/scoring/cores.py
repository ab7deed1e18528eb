"""The cores of this process, shared by the texts that are scored at the same time.

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


class Cores:
    """Counts who scores now, for all packs of a process. Thread-safe."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
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
