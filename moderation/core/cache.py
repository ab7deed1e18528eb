"""What was made a moment ago, kept for a while by one of ``cachetools``' caches, for many threads."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Generic, TypeVar

from cachetools import Cache

K = TypeVar("K")
V = TypeVar("V")


class Cached(Generic[K, V]):
    """Guards a cache, which says how much is kept and for how long. Nobody waits for what another thread makes: two may
    both make a value that neither finds.
    """

    def __init__(self, cache: Cache[K, V]) -> None:
        self._cache = cache
        self._lock = Lock()

    def __contains__(self, key: K) -> bool:
        with self._lock:
            return key in self._cache

    def get(self, key: K, make: Callable[[], V]) -> V:
        """What is kept for this key, or what ``make`` answers now."""
        with self._lock, suppress(KeyError):
            return self._cache[key]
        value = make()
        self.put(key, value)
        return value

    def kept(self, key: K) -> V | None:
        """What is kept for this key; None where nothing is."""
        with self._lock:
            return self._cache.get(key)

    def forget(self, key: K) -> None:
        """What is kept for this key is out of date."""
        with self._lock:
            self._cache.pop(key, None)

    def put(self, key: K, value: V) -> None:
        """Keeps this value, unless it is larger than all that can be kept."""
        with self._lock, suppress(ValueError):
            self._cache[key] = value
