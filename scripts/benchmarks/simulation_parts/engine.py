"""Events in their order, and servers with a queue before them: all that the model of the service is made of."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any

Then = Callable[..., None]


class Simulation:
    """A clock (seconds) that goes from one event to the next."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Then, tuple[Any, ...]]] = []
        self._number = count()

    def after(self, seconds: float, then: Then, *args: Any) -> None:
        """Calls that so much later; what is due at the same time, in the order in which it was asked for."""
        heapq.heappush(self._events, (self.now + seconds, next(self._number), then, args))

    def run(self, until: float) -> None:
        """Goes on to that moment."""
        events = self._events
        while events and events[0][0] <= until:
            self.now, _, then, args = heapq.heappop(events)
            then(*args)
        self.now = until


class Servers:
    """So many servers, alike, and one queue before them, first come, first served: cores, threads, a lock."""

    __slots__ = ("_area_busy", "_area_queue", "_queue", "_simulation", "_since", "busy", "number")

    def __init__(self, simulation: Simulation, number: int) -> None:
        self.number = number
        self.busy = 0
        self._simulation = simulation
        self._queue: deque[tuple[Then, tuple[Any, ...]]] = deque()
        self._area_busy = self._area_queue = self._since = 0.0

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def take(self, then: Then, *args: Any) -> None:
        """Calls that as soon as a server is free, which is then taken until ``release``."""
        self._count()
        if self.busy < self.number:
            self.busy += 1
            then(*args)
        else:
            self._queue.append((then, args))

    def release(self) -> None:
        self._count()
        if self._queue:
            then, args = self._queue.popleft()
            then(*args)
        else:
            self.busy -= 1

    def use(self, seconds: float, then: Then, *args: Any) -> None:
        """Takes a server for so long, then goes on without it."""
        self.take(self._begin, seconds, then, args)

    def _begin(self, seconds: float, then: Then, args: tuple[Any, ...]) -> None:
        self._simulation.after(seconds, self._end, then, args)

    def _end(self, then: Then, args: tuple[Any, ...]) -> None:
        self.release()
        then(*args)

    def _count(self) -> None:
        elapsed = self._simulation.now - self._since
        if elapsed:
            self._area_busy += elapsed * self.busy
            self._area_queue += elapsed * len(self._queue)
            self._since = self._simulation.now

    def totals(self) -> tuple[float, float]:
        """Server-seconds at work, and seconds that all who came have waited, together, up to now."""
        self._count()
        return self._area_busy, self._area_queue
