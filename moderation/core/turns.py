"""What many do side by side, and what somebody must now and then do with nobody beside them."""

from __future__ import annotations

import threading
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
