"""Counters in Redis, for several processes; while Redis doesn't answer they go on in this process.

Every comment is counted, so no request may pay for a Redis that hangs: the first one that notices waits a quarter of a
second, once, and from then on a thread of its own asks whether Redis is back.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from limits.storage import MovingWindowSupport, RedisStorage, Storage
from prometheus_client import Gauge
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from moderation.core.write_transaction import outside_write_transactions
from moderation.web.shared.limit_storage import COUNTING, REDIS_SCHEME, ProcessStorage

log = logging.getLogger(__name__)
T = TypeVar("T")

ANSWER_SECONDS = 0.25
LOOK_AGAIN_SECONDS = 1.0

in_process = Gauge(
    "moderation_limits_in_process",
    "Processes that count rate limits by themselves, as Redis doesn't answer.",
    multiprocess_mode="livesum",
)


class GuardedRedisStorage(Storage, MovingWindowSupport):
    """Moving windows in Redis, or in this process for as long as Redis is away. Thread-safe, and raises nothing."""

    STORAGE_SCHEME = [REDIS_SCHEME]  # noqa: RUF012 - as the library declares it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, *, redis_url: str) -> None:
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self._redis = RedisStorage(
            redis_url,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]  # handed on to the client as it is
        )
        self._here = ProcessStorage()
        self._lock = threading.Lock()
        self._away = False

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        return self._ask(
            lambda: self._redis.acquire_entry(key, limit, expiry, amount),
            lambda: self._here.acquire_entry(key, limit, expiry, amount),
        )

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        return self._ask(
            lambda: self._redis.get_moving_window(key, limit, expiry),
            lambda: self._here.get_moving_window(key, limit, expiry),
        )

    def release_entry(self, key: str) -> None:
        """Takes a hit back, if there is one."""

        def redis() -> None:
            # The library keeps a list of times, the newest first. The one that goes may be another hit of the same
            # moment: what counts is how many stay.
            connection: Any = self._redis.get_connection()
            connection.lpop(self._redis.prefixed_key(key))

        self._ask(redis, lambda: self._here.release_entry(key))

    def _ask(self, redis: Callable[[], T], here: Callable[[], T]) -> T:
        outside_write_transactions(COUNTING)
        if not self._away:
            try:
                return redis()
            except (RedisError, OSError) as error:
                self._leave(error)
        return here()

    def _leave(self, error: Exception) -> None:
        with self._lock:
            if self._away:  # another thread noticed at the same moment
                return
            self._away = True
        in_process.set(1)
        log.warning("Redis doesn't answer (%s); rate limits go on in this process", type(error).__name__)
        threading.Thread(target=self._wait_for_it, name="Redis is away", daemon=True).start()

    def _wait_for_it(self) -> None:
        while True:
            time.sleep(LOOK_AGAIN_SECONDS)
            if self._redis.check():
                break
        self._away = False
        in_process.set(0)
        log.warning("Redis answers again; rate limits are counted there")

    # The rest of what the library asks of a storage; fixed windows aren't used here.

    @property
    def base_exceptions(self) -> type[Exception]:
        return RedisError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self._ask(lambda: self._redis.incr(key, expiry, amount), lambda: self._here.incr(key, expiry, amount))

    def get(self, key: str) -> int:
        return self._ask(lambda: self._redis.get(key), lambda: self._here.get(key))

    def get_expiry(self, key: str) -> float:
        return self._ask(lambda: self._redis.get_expiry(key), lambda: self._here.get_expiry(key))

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        return self._ask(self._redis.reset, self._here.reset)

    def clear(self, key: str) -> None:
        self._ask(lambda: self._redis.clear(key), lambda: self._here.clear(key))
