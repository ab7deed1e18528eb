"""A backup is made: the database as it stands at one moment, while others go on writing.

``VACUUM INTO`` reads in one transaction and writes what is there and nothing else: no page that holds what was deleted.
The search index, which notes what was taken away beside what was there, is written anew in the copy.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from moderation import __version__
from moderation.backups.files import Progress, check_room, create, name_it, sha256_of, workroom
from moderation.backups.manifest import (
    CONFIGURATION,
    DATABASE,
    FORMAT,
    MANIFEST,
    VERSION,
    BackupRefused,
    Chain,
    Manifest,
    Part,
    check_value,
)
from moderation.services import Services
from moderation.storage.database import Database
from moderation.storage.vacuum import MERGE_SEARCH

COMPRESSION = 4
_STEPS = 200_000
"""Instructions of SQLite's between two looks at how far it has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Who is told of the bytes that are copied out of the database, and of those that are packed."""

    copied: Progress = lambda _: None
    packed: Progress = lambda _: None


def size_of(database: Database) -> int:
    """Bytes of what a database holds, without what is free in it."""
    with database.asking() as connection:
        pages, free, size = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * size


def make_backup(services: Services, file: Path, steps: Steps | None = None) -> Manifest:
    """Writes the database and the configuration file into one file, which nobody else may read, and which is whole or
    not there. Raises ``BackupRefused``; then there is no file.
    """
    steps = steps or Steps()
    _ = services.keys  # whose secret key is another can't say which key the backup needs
    if os.path.lexists(file):
        raise BackupRefused(f"{file} is there already, and a backup overwrites nothing. Name another file.")
    with workroom(file.parent) as room:
        check_room(file.parent, size_of(services.database) * 3 // 2)
        copy, finished = room / DATABASE, room / "finished"
        made_at = services.clock()
        _copy(services.database, copy, steps.copied)
        configuration = _read(services.settings.config_path)
        manifest = _manifest(services, copy, made_at, configuration, steps.packed)
        with create(finished) as out:
            _pack(out, manifest, configuration, copy, steps.packed)
            out.flush()
            os.fsync(out.fileno())
        try:
            name_it(finished, file)
        except FileExistsError:
            raise BackupRefused(f"{file} was made by somebody else meanwhile. Name another file.") from None
    return manifest


def _copy(database: Database, copy: Path, copied: Progress) -> None:
    create(copy).close()  # SQLite fills an empty file as well as none, and asks nobody what others may do with it
    seen = 0

    def look() -> int:
        nonlocal seen
        now = copy.stat().st_size
        copied(now - seen)
        seen = now
        return 0

    with closing(database.engine.raw_connection()) as raw:
        connection = raw.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.set_progress_handler(look, _STEPS)
        try:
            connection.execute("VACUUM INTO ?", (str(copy),))
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):  # what was raised in `look`, which SQLite lets nothing through of
                raise KeyboardInterrupt from None
            raise
        except sqlite3.DatabaseError as error:
            raise BackupRefused(f"The database can't be read whole: {error}. Bring the last backup back.") from None
        finally:
            connection.set_progress_handler(None, 0)
    look()
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA secure_delete=ON")  # what the index gives up is overwritten
        connection.execute(MERGE_SEARCH)


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _manifest(
    services: Services, copy: Path, made_at: datetime, configuration: bytes | None, done: Progress
) -> Manifest:
    secret_key = services.settings.secret_key
    with reading(copy) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        heads = connection.execute("SELECT chain, sequence, hash FROM audit_heads ORDER BY chain").fetchall()
        counts = counts_of(connection)
    database = Part(name=DATABASE, size=copy.stat().st_size, sha256=sha256_of(copy, done))
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        made_at=f"{made_at:%Y-%m-%dT%H:%M:%SZ}",
        moderation=__version__,
        revision=revision,
        secret_key=check_value(secret_key),
        database=database,
        configuration=None if configuration is None else part_of(CONFIGURATION, configuration),
        chains=[Chain(chain=chain, sequence=sequence, hash=hash_) for chain, sequence, hash_ in heads],
        counts=counts,
    )
    return manifest.signed(secret_key)


def part_of(name: str, content: bytes) -> Part:
    """What a manifest says of a small file."""
    return Part(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())


@contextmanager
def reading(file: Path) -> Iterator[sqlite3.Connection]:
    """An SQLite file that is only read."""
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


def counts_of(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has, without those in which SQLite keeps the search index."""
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        " AND name NOT LIKE 'comment_search%' ORDER BY name"
    ).fetchall()
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - the database's own names
        for (name,) in names
    }


class _Told(io.BufferedReader):
    """A file whose reader's progress is told."""

    def __init__(self, raw: io.FileIO, done: Progress) -> None:
        super().__init__(raw)
        self._done = done

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self._done(len(piece))
        return piece


def _pack(out: IO[bytes], manifest: Manifest, configuration: bytes | None, copy: Path, done: Progress) -> None:
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=COMPRESSION, filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        for name, content in ((MANIFEST, manifest.text.encode()), (CONFIGURATION, configuration)):
            if content is not None:
                tar.addfile(_entry(name, len(content), manifest), io.BytesIO(content))
        with _Told(io.FileIO(copy), done) as read:
            tar.addfile(_entry(DATABASE, manifest.database.size, manifest), read)


def _entry(name: str, size: int, manifest: Manifest) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    entry.mtime = int(datetime.fromisoformat(manifest.made_at).timestamp())
    return entry
