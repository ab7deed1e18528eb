"""Whether there is room left to write: for whoever asks before the first comment is refused."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sqlalchemy.exc import DBAPIError

MIN_FREE = 2**20
"""Bytes: with less, the next transactions find no room."""
REMEMBERED_SECONDS = 30.0


def is_full(error: DBAPIError) -> bool:
    """Whether a write failed because the disk, or what the database may use of it, is full."""
    return getattr(error.orig, "sqlstate", None) == "53100" or "disk is full" in str(error.orig)


class Room:
    """What one process knows of the room its database has. ``file`` is the database's own, where it lies here."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._failed: float | None = None

    def failed(self) -> None:
        """A write found no room."""
        self._failed = time.monotonic()

    @property
    def is_left(self) -> bool:
        """Whether a write can be expected to find room: there is some, and none has just failed."""
        if self._failed is not None and time.monotonic() - self._failed < REMEMBERED_SECONDS:
            return False
        if self._file is None:
            return True
        try:
            disk = os.statvfs(self._file.parent)
        except OSError:
            return True  # whoever opens the file will say what is wrong
        return disk.f_bavail * disk.f_frsize >= MIN_FREE
