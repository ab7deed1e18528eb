"""The configuration in force: reloaded when the file changes, refused whole when it is wrong."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from moderation.configuration import Configuration
from moderation.configuration_file import is_cut_off, parse_configuration
from moderation.core.errors import ConfigurationError

log = logging.getLogger(__name__)

STILL_SECONDS = 1.0
"""How long a file must have been still before it is believed: an editor may write it in pieces."""
LOOK_SECONDS = 0.5
Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was refused, and why."""

    problem: str


class LiveConfiguration:
    """The last good configuration. ``current()`` looks at the file at most twice a second.

    ``kept`` is the text that was in force before this process started, ``keep`` stores a new one; both make the last
    good one outlive the process.
    """

    def __init__(
        self,
        path: Path,
        *,
        kept: str | None,
        keep: Callable[[Configuration], None],
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._keep = keep
        self._monotonic = monotonic
        self._wall = wall
        self._lock = Lock()
        self._seen: Stamp | None = None
        self._candidate: tuple[Stamp, float] | None = None
        self._looked = monotonic()
        self.refused: Refused | None = None
        self._current = self._first(kept)

    def current(self) -> Configuration:
        """The configuration in force."""
        if self._monotonic() - self._looked >= LOOK_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._looked = self._monotonic()
                self._look()
            finally:
                self._lock.release()
        return self._current

    def _first(self, kept: str | None) -> Configuration:
        last_good = _still_good(kept)
        self._seen = self._stamp()
        try:
            configuration = self._read(last_good)
        except ConfigurationError as error:
            if last_good is None:
                raise
            self._refuse(error)
            return last_good
        if kept is None or kept != configuration.text:
            self._keep(configuration)
        return configuration

    def _look(self) -> None:
        stamp = self._stamp()
        if stamp is None or stamp == self._seen or not self._is_still(stamp):
            return
        try:
            configuration = self._read(self._current)
        except ConfigurationError as error:
            self._refuse(error)
        else:
            if configuration.text != self._current.text and not self._take(configuration):
                return
            self.refused = None
        self._seen = stamp

    def _take(self, configuration: Configuration) -> bool:
        """Puts it in force once it is kept; what could not be kept for want of the database is tried again."""
        try:
            self._keep(configuration)
        except Exception:  # whoever asked for the configuration has nothing to do with it
            log.exception("the changed configuration could not be kept yet; the last good one stays in force")
            return False
        # [scoring] is read at start: packs are loaded by then.
        self._current = replace(configuration, scoring=self._current.scoring)
        log.info("configuration in force", extra={"hash": configuration.hash[:12]})
        return True

    def _is_still(self, stamp: Stamp) -> bool:
        if self._wall() - stamp[0] / 1e9 >= STILL_SECONDS:
            return True
        # The file's time may lie ahead of the clock: then what counts is how long it has looked the same from here.
        now = self._monotonic()
        if self._candidate is None or self._candidate[0] != stamp:
            self._candidate = (stamp, now)
        return now - self._candidate[1] >= STILL_SECONDS

    def _read(self, last_good: Configuration | None) -> Configuration:
        try:
            text = self._path.read_bytes().decode()
        except OSError as error:
            raise ConfigurationError(str(self._path), f"can't be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise ConfigurationError(str(self._path), "is not UTF-8 text.") from error
        configuration = parse_configuration(text)
        if last_good is not None and is_cut_off(configuration, last_good):
            raise ConfigurationError(
                str(self._path),
                "looks cut off: it is the beginning of the file in force and says less. "
                "If that is meant, say so with a comment in the last line.",
            )
        return configuration

    def _refuse(self, error: ConfigurationError) -> None:
        self.refused = Refused(error.detail)
        log.error("configuration refused; the last good one stays in force: %s", error.detail)

    def _stamp(self) -> Stamp | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


def _still_good(kept: str | None) -> Configuration | None:
    """What was in force before this process, unless this version can't read it any more: then the file alone counts."""
    try:
        return None if kept is None else parse_configuration(kept)
    except ConfigurationError as error:
        log.error("the configuration that was in force can't be used any more: %s", error.detail)
        return None
