"""Writers of one SQLite file take turns in this process, and few of them wait for a writer elsewhere.

SQLite has one writer at a time. Threads that queue here need no polling; and while another process holds the file, only
some of ours stand and wait: the others are told to come again, so that there are threads left for whoever reads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import TimeoutError as PoolTimeout

STUCK_SECONDS = 1.0
"""Who has asked for the file so long ago and hasn't got it waits for another process."""
MAX_WAITING = 6
_SLICE = 0.2


class DatabaseUnavailable(PoolTimeout):
    """The database can't be used right now; nobody waited long for it. A commit under way may still
    land: what is sent twice is stored once.
    """


class Writers:
    """The queue of one process's writers."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._waiting = 0
        self._asked: float | None = None
        """When whoever's turn it is asked for the file; None while it has it, or it is nobody's turn."""
        self._gave_up = 0.0
        """When somebody last had a turn and never got the file."""

    @contextmanager
    def turn(self) -> Iterator[Callable[[], None]]:
        """This thread's turn. It calls what it is given as soon as it has the file. Raises ``DatabaseUnavailable``."""
        self._wait()
        self._asked = time.monotonic()
        try:
            yield self._begun
        finally:
            if self._asked is not None:
                self._gave_up = time.monotonic()
            self._asked = None
            self._turn.release()

    @contextmanager
    def short_turn(self, wait_s: float) -> Iterator[None]:
        """The same for one who waits so long at most, also for the file: no others are told to give up for that one."""
        if not self._turn.acquire(timeout=wait_s):
            raise DatabaseUnavailable("others write to the database")
        try:
            yield
        finally:
            self._turn.release()

    def _begun(self) -> None:
        self._asked = None

    def _wait(self) -> None:
        if self._turn.acquire(blocking=False):
            return
        began = time.monotonic()
        deadline = began + self._patience
        with self._state:
            self._waiting += 1
        try:
            while not self._turn.acquire(timeout=_SLICE):
                with self._state:
                    crowded = self._waiting > MAX_WAITING and self._is_stuck()
                    if crowded or time.monotonic() > deadline:
                        raise DatabaseUnavailable("another process holds the database")
        finally:
            with self._state:
                self._waiting -= 1
        if self._gave_up > began:  # somebody has just waited as long as anybody does: no need to do it again
            self._turn.release()
            raise DatabaseUnavailable("another process holds the database")

    def _is_stuck(self) -> bool:
        asked = self._asked
        return asked is not None and time.monotonic() - asked > STUCK_SECONDS
