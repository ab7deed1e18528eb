"""Sets of public keys that lie at an address of the site's login: fetched beside requests, and kept in the database, so
that a login that is away stops nobody whose key is known.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.orm import Session

from moderation.readers.keys import Algorithm
from moderation.services import Services
from moderation.storage.reader_keys import ReaderKey, take_turn
from moderation.webhooks.sending import NotFetched, get

log = logging.getLogger(__name__)

MAX_BYTES = 100_000
SECONDS = 5.0
FRESH = timedelta(minutes=10)
"""A set older than this is fetched again; until that has come, it goes on counting."""
AGAIN = timedelta(minutes=1)
"""Between two tries, whatever tokens ask for."""
WAIT_SECONDS = 2.0
"""A token with a key that isn't known waits so long for the set that may hold it."""
WAITING = 8
"""So many wait at once; others are refused meanwhile. A login that hangs takes up no more of the service, whoever sends
tokens with keys that nobody knows.
"""


def fetched(address: str, algorithm: Algorithm, *, allow_private: bool) -> str:
    """The set that lies at an address, as it is kept. Raises ``NotFetched``."""
    from moderation.readers.signatures import set_checked  # noqa: PLC0415 - a start reads no set of keys

    body = get(address, max_bytes=MAX_BYTES, allow_private=allow_private, seconds=SECONDS)
    try:
        return set_checked(body, algorithm)
    except ValueError as error:
        raise NotFetched(str(error)) from None


class KeySets:
    """Fetches sets anew, each by one thread at a time, holding no lock and no transaction meanwhile."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, threading.Event] = {}
        self._places = threading.BoundedSemaphore(WAITING)

    def freshen(self, services: Services, row: ReaderKey) -> None:
        """Has a set that is old fetched in the background."""
        if row.fetched_at is None or services.clock() - row.fetched_at >= FRESH:
            self._begin(services, row)

    def look_again(self, services: Services, row: ReaderKey) -> bool:
        """Has a set fetched that lacks a key; whether one has come, or may have, since ``row`` was read."""
        done = self._begin(services, row)
        if done is None or not self._places.acquire(blocking=False):
            return False
        try:
            return done.wait(WAIT_SECONDS)
        finally:
            self._places.release()

    def _begin(self, services: Services, row: ReaderKey) -> threading.Event | None:
        """What is set when the fetch under way has ended; None where it isn't time for one."""
        now, done = services.clock(), threading.Event()
        with self._lock:
            if row.id in self._under_way:
                return self._under_way[row.id]
            if row.tried_at is not None and now - row.tried_at < AGAIN:
                return None
            self._under_way[row.id] = done
        key_id, address, algorithm = row.id, row.address or "", Algorithm(row.algorithm)
        allow_private = row.allow_private

        def end() -> None:
            with self._lock:
                del self._under_way[key_id]
            done.set()

        def work() -> None:
            try:
                _fetch(services, key_id, lambda: fetched(address, algorithm, allow_private=allow_private))
            finally:
                end()

        begun = False
        try:
            if services.database.writing(lambda session: take_turn(session, key_id, now, now - AGAIN)):
                threading.Thread(target=work, name="reader keys", daemon=True).start()
                begun = True
        finally:
            if not begun:
                end()
        return done if begun else None


def _fetch(services: Services, key_id: str, ask: Callable[[], str]) -> None:
    found = problem = None
    try:
        found = ask()
    except NotFetched as failed:
        problem = failed.why
        log.warning("a site's reader keys can't be fetched, those known go on counting: %s", problem)

    def work(session: Session) -> None:
        row = session.get(ReaderKey, key_id)
        if row is None:  # removed meanwhile
            return
        row.problem = problem
        if found is not None:
            row.key, row.fetched_at = found, services.clock()

    services.database.writing(work)
