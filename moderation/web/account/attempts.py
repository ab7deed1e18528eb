"""Attempts at passwords and codes: how many wrong ones there may be, and whom they are counted against.

Room is taken before anything is checked, so that many attempts at once get no further than one after another, and
given back when the password or code was right: what is right counts against nobody.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Protocol, cast

from flask import Flask, current_app
from limits import RateLimitItem, parse
from werkzeug.exceptions import TooManyRequests

from moderation.accounts.sign_in import CodeNeeded
from moderation.core.errors import InvalidField, PasswordsBusy, WrongCredential
from moderation.core.signing import keyed
from moderation.core.write_transaction import outside_write_transactions
from moderation.watching import counts
from moderation.web.shared.access import services
from moderation.web.shared.limit_storage import COUNTING, ProcessStorage
from moderation.web.shared.limits import PREFIX, client_address, hashed_address, limits_in_force

PER_ADDRESS = "30 per 15 minutes"
PER_NETWORK = "300 per 15 minutes"
"""Of an IPv6 network as providers hand them out (/48), whose holder has 65,536 addresses as limits know them (/64)."""
PER_ACCOUNT_AND_ADDRESS = "10 per 15 minutes"
PER_BROWSER = "10 per 15 minutes"
"""Of a browser that has signed in to the account before: nobody else uses this budget up, and it uses up no other."""
CODES_PER_ACCOUNT = "100 per day"
"""From wherever they come: six digits would not stand many tries. A browser known to the account isn't held by it."""
CODES_PER_BROWSER = "100 per day"
PER_SESSION = "10 per 15 minutes"
EXTENSION = "moderation attempts"

_REDIS_SECONDS = 0.5
_REDIS_REST_SECONDS = 10.0
_NOTHING_WRONG = (InvalidField, CodeNeeded, PasswordsBusy)


@dataclass(frozen=True, slots=True)
class Budget:
    """So many wrong attempts in so much time, of whatever ``key`` names."""

    limit: str
    key: tuple[str, ...]

    @property
    def item(self) -> RateLimitItem:
        return _parsed(self.limit)

    @property
    def name(self) -> str:
        return self.item.key_for(PREFIX, "attempts", *self.key)


class Attempts:
    """Counts wrong attempts: in this process, or in Redis for several."""

    def __init__(self, app: Flask, redis_url: str | None) -> None:
        self._store = _FallingBack(_InRedis(redis_url)) if redis_url else _InProcess()
        app.extensions[EXTENSION] = self

    @contextmanager
    def of_password(self, name: str, browser: str | None) -> Iterator[None]:
        """An attempt at the password of the account of this name, which need not exist. ``browser`` is the one that
        has signed in to it before. Raises ``TooManyRequests``.
        """
        if browser is not None:
            budgets = [Budget(PER_BROWSER, ("password browser", browser))]
        else:
            budgets = [
                *_of_address(),
                Budget(PER_ACCOUNT_AND_ADDRESS, ("password", _hashed(name.casefold()), hashed_address())),
            ]
        with self._counted(budgets):
            yield

    @contextmanager
    def of_code(self, account_id: str, browser: str | None) -> Iterator[None]:
        """An attempt at the second factor's code by somebody who has given the password. Raises ``TooManyRequests``."""
        if browser is not None:
            budgets = [Budget(limit, ("code browser", browser)) for limit in (PER_BROWSER, CODES_PER_BROWSER)]
        else:
            budgets = [
                *_of_address(),
                Budget(PER_ACCOUNT_AND_ADDRESS, ("code", account_id, hashed_address())),
                Budget(CODES_PER_ACCOUNT, ("code", account_id)),
            ]
        with self._counted(budgets):
            yield

    @contextmanager
    def at_provider(self) -> Iterator[None]:
        """A sign-in that comes back from the provider. It has a budget of its own: while the provider is away, nobody's
        attempts there keep an administrator from their password. Raises ``TooManyRequests``.
        """
        with self._counted([Budget(PER_ADDRESS, ("provider", hashed_address()))]):
            yield

    @contextmanager
    def in_session(self, session: str) -> Iterator[None]:
        """An attempt at one's own password or code by somebody signed in, told by a digest of the session's cookie:
        no stranger can name it. Raises ``TooManyRequests``.
        """
        with self._counted([Budget(PER_SESSION, ("session", session))]):
            yield

    @contextmanager
    def _counted(self, budgets: list[Budget]) -> Iterator[None]:
        if not limits_in_force().enabled:
            yield
            return
        taken: list[Budget] = []
        for budget in budgets:
            if not self._store.take(budget):
                self._give_back(taken)
                counts.limit_hits("sign in")
                raise TooManyRequests(str(budget.item), retry_after=self._store.seconds_left(budget))
            taken.append(budget)
        try:
            yield
        except WrongCredential:
            raise
        except _NOTHING_WRONG:
            self._give_back(taken)
            raise
        # Any other error leaves it counted: whoever could provoke one would have as many tries as they like.
        self._give_back(taken)

    def _give_back(self, taken: list[Budget]) -> None:
        for budget in taken:
            self._store.give_back(budget)


def attempts() -> Attempts:
    """The attempts of the application that answers this request."""
    return cast(Attempts, current_app.extensions[EXTENSION])


class _Store(Protocol):
    def take(self, budget: Budget) -> bool: ...
    def give_back(self, budget: Budget) -> None: ...
    def seconds_left(self, budget: Budget) -> int: ...


class _InProcess:
    def __init__(self) -> None:
        self._storage = ProcessStorage()

    def take(self, budget: Budget) -> bool:
        return self._storage.acquire_entry(budget.name, budget.item.amount, budget.item.get_expiry())

    def give_back(self, budget: Budget) -> None:
        self._storage.release_entry(budget.name)

    def seconds_left(self, budget: Budget) -> int:
        return _seconds_left(self._storage.get_moving_window(budget.name, budget.item.amount, 0)[0], budget)


class _InRedis:
    def __init__(self, url: str) -> None:
        from limits.storage import RedisStorage  # noqa: PLC0415 - a client that only some need
        from redis.exceptions import RedisError  # noqa: PLC0415 - likewise

        self.failure: type[Exception] = RedisError
        self._storage = RedisStorage(url, socket_connect_timeout=_REDIS_SECONDS, socket_timeout=_REDIS_SECONDS)

    def take(self, budget: Budget) -> bool:
        return self._storage.acquire_entry(budget.name, budget.item.amount, budget.item.get_expiry())

    def give_back(self, budget: Budget) -> None:
        # The library keeps a list of times, the newest first. The one that goes may be another attempt's of the same
        # moment: what counts is how many stay.
        redis: Any = self._storage.get_connection()
        redis.lpop(self._storage.prefixed_key(budget.name))

    def seconds_left(self, budget: Budget) -> int:
        window = self._storage.get_moving_window(budget.name, budget.item.amount, budget.item.get_expiry())
        return _seconds_left(window[0], budget)


class _FallingBack:
    """Counts in the process while Redis is out of reach; it is asked again after a few seconds."""

    def __init__(self, redis: _InRedis) -> None:
        self._redis = redis
        self._process = _InProcess()
        self._rests_until = 0.0

    def take(self, budget: Budget) -> bool:
        outside_write_transactions(COUNTING)
        try:
            return self._awake().take(budget)
        except self._redis.failure:
            return self._asleep().take(budget)

    def give_back(self, budget: Budget) -> None:
        try:
            self._awake().give_back(budget)
        except self._redis.failure:
            self._asleep().give_back(budget)

    def seconds_left(self, budget: Budget) -> int:
        try:
            return self._awake().seconds_left(budget)
        except self._redis.failure:
            return self._asleep().seconds_left(budget)

    def _awake(self) -> _Store:
        return self._process if time.monotonic() < self._rests_until else self._redis

    def _asleep(self) -> _Store:
        self._rests_until = time.monotonic() + _REDIS_REST_SECONDS
        return self._process


def _of_address() -> list[Budget]:
    """What everybody behind this request's address shares, but for the browsers that are known."""
    budgets = [Budget(PER_ADDRESS, ("address", hashed_address()))]
    try:
        address = ip_address(client_address())
    except ValueError:
        return budgets
    if isinstance(address, IPv6Address):
        budgets.append(Budget(PER_NETWORK, ("network", _hashed(str(ip_network((address, 48), strict=False))))))
    return budgets


def _hashed(name: str) -> str:
    """A name, or a network, as counters know it: none is kept, in Redis neither."""
    return keyed(services().keys.identity.newest.secret, "limit name", name)[:32]


def _seconds_left(oldest: float, budget: Budget) -> int:
    return max(1, round(oldest + budget.item.get_expiry() - time.time()))


@lru_cache(maxsize=32)
def _parsed(limit: str) -> RateLimitItem:
    return parse(limit)
