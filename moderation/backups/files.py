"""Files that are whole or not there, and room for them."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError

from moderation.backups.manifest import BackupRefused

PIECE = 2**20
Progress = Callable[[int], None]
"""Told of bytes as they go."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""What a file system says that has no hard links."""
FREE = shutil.disk_usage
_ROOM = ".moderation-room"
"""How the name of every such folder ends."""


def url_of(file: Path) -> str:
    """How ``Database`` is told of a file."""
    return URL.create("sqlite", database=str(file)).render_as_string()


@contextmanager
def workroom(folder: Path) -> Iterator[Path]:
    """A folder that nobody else may look into, beside where its result will lie; gone afterwards. Those of commands
    that were killed go with it.
    """
    try:
        _clear_away(folder)
        room, lock = _locked_room(folder)
    except FileNotFoundError:
        raise BackupRefused(f"There is no folder {folder}. Make it, or name another.") from None
    except NotADirectoryError:
        raise BackupRefused(f"{folder} is no folder. Name another.") from None
    except PermissionError:
        raise BackupRefused(f"This user may not write into {folder}. Allow it, or name another.") from None
    try:
        with _room_to_write(folder):
            yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
        os.close(lock)


def _locked_room(folder: Path) -> tuple[Path, int]:
    """A new folder, and its lock, which ends with this process at the latest."""
    while True:
        room = Path(tempfile.mkdtemp(prefix=".", suffix=_ROOM, dir=folder))
        with suppress(FileNotFoundError):  # somebody has cleared it away before it was locked
            lock = _lock_of(room)
            with suppress(OSError):  # a file system without locks: there nobody gets one, and nothing is cleared away
                fcntl.flock(lock, fcntl.LOCK_EX)
            if room.exists():
                return room, lock
            os.close(lock)


def _clear_away(folder: Path) -> None:
    """Removes such folders of ours that nobody holds the lock of."""
    for room in folder.glob(f".*{_ROOM}"):
        with suppress(OSError):  # in use, or gone meanwhile
            if room.lstat().st_uid != os.geteuid():
                continue
            lock = _lock_of(room)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(room, ignore_errors=True)
            finally:
                os.close(lock)


def _lock_of(room: Path) -> int:
    return os.open(room / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)


@contextmanager
def _room_to_write(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise BackupRefused(_full(folder)) from None
    except (DBAPIError, sqlite3.OperationalError) as error:
        if "disk is full" in str(error):
            raise BackupRefused(_full(folder)) from None
        if "disk I/O error" in str(error):
            raise BackupRefused(f"{folder} can't be written to: disk I/O error. Nothing was changed.") from None
        raise


def _full(folder: Path) -> str:
    return f"The disk that {folder} lies on is full. Make room and start again; nothing was changed."


def check_room(folder: Path, needed: int) -> None:
    """Raises ``BackupRefused`` where fewer bytes than that are free."""
    free = FREE(folder).free
    if free < needed:
        raise BackupRefused(
            f"There is too little room in {folder}: {in_words(needed)} are needed, {in_words(free)} are free. Make "
            "room, or name another place; nothing was changed."
        )


def in_words(size: int) -> str:
    """A size as people read it."""
    amount, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:,.1f} {unit}"


def sha256_of(file: Path, done: Progress = lambda _: None) -> str:
    """In hexadecimal."""
    digest = hashlib.sha256()
    with file.open("rb") as read:
        while piece := read.read(PIECE):
            digest.update(piece)
            done(len(piece))
    return digest.hexdigest()


def create(file: Path) -> IO[bytes]:
    """A new file for nobody else's eyes."""
    return open(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def name_it(finished: Path, file: Path) -> None:
    """Gives a finished file its name. Raises ``FileExistsError`` where something has it."""
    try:
        os.link(finished, file)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if file.exists():  # a file system without links: the best that can be had there
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file)) from None
        finished.rename(file)
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """What was named there keeps its name through a power cut."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
