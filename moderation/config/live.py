"""The configuration in force: the newest that the database keeps. The file proposes one when it is edited, and is
refused whole when it is wrong; the policy page sets one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Protocol

from moderation.config.configuration import Configuration
from moderation.config.configuration_file import is_cut_off, parse_configuration
from moderation.config.on_disk import ConfigurationOnDisk, Stamp
from moderation.core.errors import ConfigurationError

log = logging.getLogger(__name__)

STILL_SECONDS = 1.0
"""How long a file must have been still before it is believed: an editor may write it in pieces."""
LOOK_SECONDS = 0.5


class Versions(Protocol):
    """The configurations that were in force, the newest of which is: ``configuration_versions`` keeps them."""

    def newest_hash(self) -> str | None: ...

    def newest_text(self) -> str | None: ...

    def propose(self, new: Configuration, *, last_read: str | None, anyway: bool = False) -> None:
        """Puts what a file says in force, unless it is no edit of what was ``last_read`` there."""
        ...


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was refused, and why."""

    problem: str


class LiveConfiguration:
    """The configuration in force. ``current()`` looks at the file and at the database at most twice a second.

    ``check`` raises ``ConfigurationError`` for a file that can be read and can't be carried out here.
    """

    def __init__(
        self,
        disk: ConfigurationOnDisk,
        versions: Versions,
        *,
        check: Callable[[Configuration], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.disk = disk
        self._versions = versions
        self._check = check
        self._monotonic = monotonic
        self._wall = wall
        self._lock = Lock()
        self._seen: Stamp | None = None
        self._candidate: tuple[Stamp, float] | None = None
        self._looked = monotonic()
        self._unusable: str | None = None
        self._out_of_reach = False
        self.refused: Refused | None = None
        self._current = self._first()

    def current(self) -> Configuration:
        """The configuration in force."""
        if self._monotonic() - self._looked >= LOOK_SECONDS and self._lock.acquire(blocking=False):
            try:
                self._looked = self._monotonic()
                self._look()
            finally:
                self._lock.release()
        return self._current

    def refresh(self) -> None:
        """Takes what the database has put in force, at once."""
        with self._lock:
            self._follow()

    def _first(self) -> Configuration:
        kept = self._versions.newest_text()
        last_good = _still_good(kept)
        self._seen = self.disk.stamp()
        try:
            configuration = self._read(last_good)
        except ConfigurationError as error:
            if last_good is None:
                raise
            self._refuse(error)
            return last_good
        # What this version can't read any more is nothing to go by: then the file alone counts.
        self._propose(configuration, anyway=kept is not None and last_good is None)
        newest = self._versions.newest_text()
        return configuration if newest is None or newest == configuration.text else parse_configuration(newest)

    def _look(self) -> None:
        self._look_at_file()
        self._follow()

    def _look_at_file(self) -> None:
        stamp = self.disk.stamp()
        if stamp is None or stamp == self._seen or not self._is_still(stamp):
            return
        self._follow()  # what the policy page has put in force is in the file by now
        try:
            configuration = self._read(self._current)
        except ConfigurationError as error:
            self._refuse(error)
        else:
            try:
                self._propose(configuration)
            except Exception:  # whoever asked for the configuration has nothing to do with it
                log.exception("the changed configuration could not be kept yet; the last good one stays in force")
                return
            self.refused = None
        self._seen = stamp

    def _propose(self, configuration: Configuration, *, anyway: bool = False) -> None:
        self._versions.propose(configuration, last_read=self.disk.last_read(), anyway=anyway)
        self.disk.note(configuration.hash)

    def _follow(self) -> None:
        """Takes what is in force by now, be it by another process or another machine."""
        try:
            newest = self._versions.newest_hash()
            if newest in (None, self._current.hash, self._unusable):
                return
            text = self._versions.newest_text() or ""
        except Exception:  # nor has whoever asked for it anything to do with the database
            if not self._out_of_reach:
                log.exception("can't ask the database for the configuration in force; the last one stays")
            self._out_of_reach = True
            return
        self._out_of_reach = False
        try:
            configuration = parse_configuration(text)
        except ConfigurationError as error:  # a newer version of this service may have put it in force
            self._unusable = sha256(text.encode()).hexdigest()
            log.error("the configuration in force can't be used here; the last one stays: %s", error.detail)
            return
        # [scoring] is read at start: packs are loaded by then. Other classifiers are asked as the policy knows them.
        packs = self._current.scoring.model_copy(update={"outside": configuration.scoring.outside})
        self._current = configuration.model_copy(update={"scoring": packs})
        log.info("configuration in force", extra={"hash": configuration.hash[:12]})

    def _is_still(self, stamp: Stamp) -> bool:
        if self._wall() - stamp[0] / 1e9 >= STILL_SECONDS:
            return True
        # The file's time may lie ahead of the clock: then what counts is how long it has looked the same from here.
        now = self._monotonic()
        if self._candidate is None or self._candidate[0] != stamp:
            self._candidate = (stamp, now)
        return now - self._candidate[1] >= STILL_SECONDS

    def _read(self, last_good: Configuration | None) -> Configuration:
        configuration = parse_configuration(self.disk.read())
        self._check(configuration)
        if last_good is not None and is_cut_off(configuration, last_good):
            raise ConfigurationError(
                str(self.disk.path),
                "looks cut off: its last line has no end, or it begins like the file in force and lacks what that says "
                "at its end. If that is meant, say so with a comment in a last line of its own.",
            )
        return configuration

    def _refuse(self, error: ConfigurationError) -> None:
        self.refused = Refused(error.detail)
        log.error("configuration refused; the last good one stays in force: %s", error.detail)


def _still_good(kept: str | None) -> Configuration | None:
    """What was in force before this process, unless this version can't read it any more: then the file alone counts."""
    try:
        return None if kept is None else parse_configuration(kept)
    except ConfigurationError as error:
        log.error("the configuration that was in force can't be used any more: %s", error.detail)
        return None
