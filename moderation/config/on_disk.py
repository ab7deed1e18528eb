"""The configuration file as it lies on this machine: read, and written whole or not at all.

What it said when it was last read is noted beside the service's own files, so that after a start, too, it is known
whether somebody has edited it meanwhile.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from moderation.core.errors import ConfigurationError, ModerationError

Stamp = tuple[int, int, int]
NOTE = "configuration.read"
BEFORE = ".before"
"""What the name of the former version ends in, which is kept beside the file."""


@dataclass(eq=False, slots=True)
class FileNotWritten(ModerationError):
    """The file could not be written; it says what it said."""

    why: str

    @property
    def detail(self) -> str:
        return self.why


class ConfigurationOnDisk:
    """The file at ``path``; ``var`` is the folder in which is noted what it said when it was last read."""

    def __init__(self, path: Path, var: Path) -> None:
        self.path = path
        self._note = var / NOTE
        self._last_read: str | None = None

    def stamp(self) -> Stamp | None:
        """What changes whenever the file does; None where there is none."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def read(self) -> str:
        """Raises ``ConfigurationError``."""
        try:
            return self.path.read_bytes().decode()
        except OSError as error:
            raise ConfigurationError(str(self.path), f"can't be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise ConfigurationError(str(self.path), "is not UTF-8 text.") from error

    def last_read(self) -> str | None:
        """The SHA-256 of what was read last, by whichever process of this machine; None where nobody knows."""
        with suppress(OSError):
            return self._note.read_text().strip() or self._last_read
        return self._last_read

    def note(self, hash_: str) -> None:
        """Notes what was read. Where that can't be written, this process knows it all the same."""
        self._last_read = hash_
        with suppress(OSError):
            if self._note.exists() and self._note.read_text().strip() == hash_:
                return
            self._note.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(self._note, hash_.encode(), mode=0o644)

    def replace(self, text: str, *, expected: str) -> None:
        """Writes the file in one step, its mode kept, and what it said before into a file beside it. ``expected`` is
        the SHA-256 of what it says: where it says something else by now, somebody has edited it. Raises
        ``FileNotWritten``.
        """
        path = Path(os.path.realpath(self.path))
        try:
            status = path.stat()
            if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
                raise FileNotWritten("it is read-only")
            former = path.read_bytes()
            if sha256(former).hexdigest() != expected:
                raise FileNotWritten("somebody has edited it in this very moment")
            _write_whole(path.with_name(path.name + BEFORE), former, like=path)
            _write_whole(path, text.encode(), like=path)
        except OSError as error:
            raise FileNotWritten(error.strerror or type(error).__name__) from error


def _write_whole(path: Path, content: bytes, *, mode: int = 0o600, like: Path | None = None) -> None:
    """Writes beside it and renames, so that nobody ever reads a half. ``like``: whose mode and owner it gets."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        if like is not None:
            shutil.copymode(like, name)
            with suppress(PermissionError):
                os.chown(name, like.stat().st_uid, like.stat().st_gid)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
