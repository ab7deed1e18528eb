"""What was read a moment ago, kept for a moment: for pages that ask the same again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Keeps the last few answers, each for ``kept_for``. For many threads."""

    def __init__(self, kept_for: timedelta, *, maximum: int = 3) -> None:
        self._kept_for = kept_for
        self._maximum = maximum
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[datetime, T]] = {}

    def get(self, key: Hashable, now: datetime, read: Callable[[], T]) -> T:
        """What was read for this key a moment ago, or what ``read`` answers now."""
        with self._lock:
            self._kept = {known: kept for known, kept in self._kept.items() if now - kept[0] < self._kept_for}
            if key in self._kept:
                return self._kept[key][1]
        found = read()
        with self._lock:
            while len(self._kept) >= self._maximum:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = (now, found)
        return found
