"""Workers are woken through the broker: after a commit, in a thread of its own, as well as it goes.

Nobody ever waits for the broker. What is to be woken meanwhile is told together; while the broker is gone nothing is
told, and nothing is kept: workers look by themselves every two seconds.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from moderation.config.settings import Settings
from moderation.services import Nobody, Piece, Waker

if TYPE_CHECKING:
    from celery import Celery
    from kombu import Connection

log = logging.getLogger(__name__)

APART_SECONDS = 0.05
"""Between two messages about the same: one does for all comments that have come meanwhile."""
IDLE_SECONDS = 20.0
"""An older connection may be dead without a word: another is made."""
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Before the broker is tried again, after so many failures in a row."""


def waker_for(settings: Settings, mode: str, secret: Callable[[], str]) -> Waker:
    """Who wakes workers: nobody where there are none to be expected, or no broker. ``secret`` names the queues."""
    if mode != "worker" or settings.broker_url is None:
        return Nobody()
    return BrokerWaker(settings.broker_url, secret)


class BrokerWaker:
    """Sends a message for each piece of work, from a thread that begins with the first."""

    def __init__(self, url: str, secret: Callable[[], str]) -> None:
        self._url, self._secret = url, secret
        self._asked: set[Piece] = set()
        self._something = threading.Condition()
        self._thread: threading.Thread | None = None
        self._app: Celery | None = None
        self._connection: Connection | None = None
        self._used = 0.0
        self._failures = 0
        self._again_at = 0.0

    def wake(self, pieces: Collection[Piece]) -> None:
        with self._something:
            self._asked.update(pieces)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="waking workers", daemon=True)
                self._thread.start()
            self._something.notify()

    def _run(self) -> None:
        while True:
            with self._something:
                self._something.wait_for(lambda: self._asked)
                pieces, self._asked = sorted(self._asked), set()
            if time.monotonic() >= self._again_at:
                self._try_to_send(pieces)
            time.sleep(APART_SECONDS)

    def _try_to_send(self, pieces: Collection[Piece]) -> None:
        try:
            self._send(pieces)
        except Exception as error:
            self._hang_up()
            if not self._failures:
                told = {"problem": type(error).__name__}  # its words may hold the address
                log.warning("the broker takes no message; workers look for what waits by themselves", extra=told)
            self._again_at = time.monotonic() + PAUSES[min(self._failures, len(PAUSES) - 1)]
            self._failures += 1
        else:
            if self._failures:
                log.info("the broker takes messages again")
            self._failures = 0

    def _send(self, pieces: Collection[Piece]) -> None:
        from moderation.jobs import broker  # noqa: PLC0415 - Celery, which only this thread waits for

        if self._app is None:
            self._app = broker.sender(self._url)
        if self._connection is None or time.monotonic() - self._used > IDLE_SECONDS:
            self._hang_up()
            self._connection = self._app.connection_for_write()
        self._used = time.monotonic()
        channel = self._connection.default_channel
        for piece in pieces:
            queue = broker.queue_of(piece, self._secret())
            waiting = queue(channel).queue_declare().message_count  # made where the broker has lost it
            if waiting < broker.MOST:
                message = {"piece": piece.value}
                sent = {"queue": queue, "connection": self._connection, "retry": False, "ignore_result": True}
                self._app.send_task(broker.TASK, kwargs=message, **sent)

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.collect(socket_timeout=1.0)
