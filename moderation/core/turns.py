"""What many do side by side, and what somebody must now and then do with nobody beside them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Between the threads of one process. Who wants to be alone waits for those at it, and new ones wait for them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._together = 0
        self._alone = False

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """False where another already is, or waits to be: nobody waits for them."""
        with self._changed:
            mine = not self._alone
            if mine:
                self._alone = True
                self._changed.wait_for(lambda: not self._together)
        try:
            yield mine
        finally:
            if mine:
                with self._changed:
                    self._alone = False
                    self._changed.notify_all()


class Places:
    """Lets so many threads of a process compute at a time. Only one of them has Python's lock; the more there are that
    want it, the more often each loses it amid what it does, in every statement to a database alone several times.

    It spares processors, and nothing depends on it: who has computed for ``LONG`` seconds no longer counts, and who has
    waited for as long goes on without a place.
    """

    LONG = 0.25

    def __init__(self, count: int) -> None:
        self._count = count
        self._changed = threading.Condition()
        self._taken: dict[int, float] = {}
        """Since when each thread has had its place."""

    @contextmanager
    def taken(self) -> Iterator[None]:
        """With a place for the calling thread, but while it is ``aside``."""
        self._take()
        _mine.places = self
        try:
            yield
        finally:
            _mine.places = None
            self._give_back()

    def _take(self) -> None:
        now = time.monotonic()
        ends = now + self.LONG
        with self._changed:
            while now < ends and (free_at := self._free_at(now)) > now:
                self._changed.wait(min(free_at, ends) - now)
                now = time.monotonic()
            self._taken[threading.get_ident()] = now

    def _free_at(self, now: float) -> float:
        """When the next place is free, if nobody gives theirs back before."""
        ends = sorted(began + self.LONG for began in self._taken.values() if began + self.LONG > now)
        return now if len(ends) < self._count else ends[-self._count]

    def _give_back(self) -> None:
        with self._changed:
            del self._taken[threading.get_ident()]
            self._changed.notify()


_mine = threading.local()


@contextmanager
def aside() -> Iterator[None]:
    """For who now waits for something that takes its time: others have the caller's place meanwhile, if it has one."""
    places: Places | None = getattr(_mine, "places", None)
    if places is None:
        yield
        return
    places._give_back()
    try:
        yield
    finally:
        places._take()
