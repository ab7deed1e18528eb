"""What an administrator changes of the configuration in the browser: put in force, and one step back."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.config.live import LiveConfiguration
from moderation.config.on_disk import ConfigurationOnDisk, FileNotWritten
from moderation.core.errors import ConfigurationError, ModerationError
from moderation.services import Services
from moderation.setup.configuration_versions import ConfigurationVersions
from moderation.storage.policies import configuration_before, newest_configuration, was_in_force


class FileEditedMeanwhile(ModerationError):
    """The configuration file says what was never in force: somebody has edited it, and the edit isn't in force yet, or
    can't be used.
    """


@dataclass(frozen=True, slots=True)
class Former:
    """What was in force before, as this version reads it, and the SHA-256 of what is in force now."""

    configuration: Configuration
    now: str


def put_in_force(services: Services, actor: str, new: Configuration, *, base: str, source: str = "page") -> str | None:
    """Puts ``new`` in force for every process, as one audit event, and writes it into the file of this machine.
    ``base`` is the SHA-256 of the configuration that it was made from. Returns why the file could not be written; None
    where it was. Raises ``ForceChangedMeanwhile`` and ``FileEditedMeanwhile``; then nothing was done.
    """
    live = services.configuration
    disk = live.disk if isinstance(live, LiveConfiguration) else None
    said = _said(services, disk) if disk else None
    try:
        ConfigurationVersions(services).put_in_force(new, base=base, actor=actor, source=source)
    finally:
        if isinstance(live, LiveConfiguration):
            live.refresh()
    if disk is None or said is None:
        return "there is none here that can be read"
    try:
        disk.replace(new.text, expected=said)
    except FileNotWritten as error:
        return error.why
    disk.note(new.hash)
    return None


def former_configuration(services: Services) -> Former | None:
    """What one step back leads to; None where there is none, or this version can't read it any more."""
    with services.database.reading() as session:
        newest = newest_configuration(session)
        before = configuration_before(session, newest) if newest else None
    if newest is None or before is None:
        return None
    try:
        return Former(parse_configuration(before.text), newest.hash)
    except ConfigurationError:
        return None


def file_differs(services: Services) -> bool:
    """Whether the file of this machine says something else than what is in force."""
    live = services.configuration
    if not isinstance(live, LiveConfiguration):
        return False
    try:
        return live.disk.read() != live.current().text
    except ConfigurationError:
        return True


def _said(services: Services, disk: ConfigurationOnDisk) -> str | None:
    """The SHA-256 of what the file says; None where it can't be read. Raises ``FileEditedMeanwhile``."""
    try:
        said = sha256(disk.read().encode()).hexdigest()
    except ConfigurationError:
        return None
    with services.database.reading() as session:
        if not was_in_force(session, said):
            raise FileEditedMeanwhile
    return said
