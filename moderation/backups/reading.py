"""A backup is read back, into a folder of ours, and believed only when every byte of it is right."""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from moderation.backups.files import PIECE, Progress, check_room, create
from moderation.backups.making import counts_of, reading
from moderation.backups.manifest import (
    DATABASE,
    LARGEST_MANIFEST,
    MANIFEST,
    BackupRefused,
    Manifest,
    Part,
    check_value,
    keys_at_hand,
    read_manifest,
)
from moderation.config.settings import Settings
from moderation.core.audit_chain import AuditEvent, verify
from moderation.core.errors import ChainBroken
from moderation.jobs.pruning import starting_point
from moderation.services import Services
from moderation.storage.audit import chains, events_of, stored_head
from moderation.storage.schema import knows

LARGEST_CONFIGURATION = 64 * 2**20
LARGEST_HEADER = 64 * 2**10
_DAMAGED = "It is damaged, or cut off: {}. Take another backup; nothing was changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What a backup held: its database as a file of ours, and the configuration file's bytes."""

    manifest: Manifest
    database: Path
    configuration: bytes | None


def unpack(file: Path, room: Path, settings: Settings, done: Progress) -> Unpacked:
    """Raises ``BackupRefused`` for what is no backup, is damaged or cut off, was changed, needs another secret key, or
    was made by a newer version. ``done`` is told of the bytes of ``file`` that are read.
    """
    with file_or_refused(file) as raw, _opened(raw) as tar:
        manifest = read_manifest(_small(tar, MANIFEST, LARGEST_MANIFEST))
        _check(manifest, settings)
        configuration: bytes | None = None
        if manifest.configuration is not None:
            configuration = _small(tar, manifest.configuration.name, LARGEST_CONFIGURATION)
            _check_part(manifest.configuration, len(configuration), hashlib.sha256(configuration).hexdigest())
        check_room(room.parent, manifest.database.size * 3 // 2)
        _unpack_database(tar, manifest.database, room / DATABASE, _advance(raw, done))
    return Unpacked(manifest=manifest, database=room / DATABASE, configuration=configuration)


def file_or_refused(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise BackupRefused(f"There is no file {file}.") from None
    except IsADirectoryError:
        raise BackupRefused(f"{file} is a folder, no backup.") from None


def _advance(raw: IO[bytes], done: Progress) -> Callable[[], None]:
    seen = 0

    def look() -> None:
        nonlocal seen
        now = raw.tell()
        done(now - seen)
        seen = now

    return look


def _check(manifest: Manifest, settings: Settings) -> None:
    if not knows(manifest.revision):
        raise BackupRefused(
            f"A newer version of this service made it ({manifest.moderation}, revision {manifest.revision[:40]}). "
            "Install that version."
        )
    at_hand = keys_at_hand(settings)
    if manifest.secret_key not in map(check_value, at_hand):
        raise BackupRefused(
            f"MODERATION_SECRET_KEY is not the one that its keys are kept under: that one has the check value "
            f"{manifest.secret_key[:8]}, this one {check_value(at_hand[0])}. Set the one from then, here or in "
            "MODERATION_SECRET_KEY_PREVIOUS. If it is gone for good: `tar xzf` takes the database out of the file, and "
            "`moderation keys replace-lost` makes new keys in it."
        )
    if not manifest.is_signed(at_hand):
        raise BackupRefused("It was changed after it was made: its signature doesn't fit. Take another backup.")


class _Entry(tarfile.TarInfo):
    """What stands before a file. Some kinds tell more of the next one, and are read into memory whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        entry = super().frombuf(buf, encoding, errors)
        if not entry.isreg() and entry.size > LARGEST_HEADER:
            raise BackupRefused(_DAMAGED.format("a header in it is too large"))
        return entry


@contextmanager
def _opened(raw: IO[bytes]) -> Iterator[tarfile.TarFile]:
    try:
        with gzip.GzipFile(fileobj=raw) as plain:
            with tarfile.open(fileobj=plain, mode="r|", tarinfo=_Entry) as tar:
                yield tar
            if len(plain.read(PIECE)) == PIECE:
                raise BackupRefused(_DAMAGED.format("more follows than belongs to it"))
    except (gzip.BadGzipFile, EOFError, zlib.error, tarfile.TarError) as error:
        raise BackupRefused(_DAMAGED.format(f"{error}".rstrip("."))) from None


def _next(tar: tarfile.TarFile, name: str) -> tuple[int, IO[bytes]]:
    entry = tar.next()
    held = tar.extractfile(entry) if entry is not None and entry.isfile() and entry.name == name else None
    if entry is None or held is None:
        raise BackupRefused(f"It is no backup of this service, or damaged: {name} is not where it belongs.")
    return entry.size, held


def _small(tar: tarfile.TarFile, name: str, largest: int) -> bytes:
    size, held = _next(tar, name)
    if size > largest:
        raise BackupRefused(_DAMAGED.format(f"{name} is too large"))
    return held.read()


def _check_part(part: Part, size: int, sha256: str) -> None:
    if (size, sha256) != (part.size, part.sha256):
        raise BackupRefused(_DAMAGED.format(f"the checksum of {part.name} is another"))


def _unpack_database(tar: tarfile.TarFile, part: Part, copy: Path, done: Callable[[], None]) -> None:
    size, held = _next(tar, part.name)
    digest = hashlib.sha256()
    with create(copy) as out:
        while size == part.size and (piece := held.read(PIECE)):
            digest.update(piece)
            out.write(piece)
            done()
        out.flush()
        os.fsync(out.fileno())
    _check_part(part, size, digest.hexdigest())


def check_database(unpacked: Unpacked) -> None:
    """That SQLite finds nothing wrong with the file, and that all is there. Raises ``BackupRefused``."""
    with reading(unpacked.database) as connection:
        found = [line for (line,) in connection.execute("PRAGMA integrity_check(3)")]
        if found != ["ok"]:
            raise BackupRefused(f"Its database is damaged inside: {'; '.join(found)[:300]}. Take another backup.")
        counts = counts_of(connection)
    if counts != unpacked.manifest.counts:
        names = sorted(set(counts.items()) ^ set(unpacked.manifest.counts.items()))
        raise BackupRefused(f"Its table {names[0][0]} has another number of rows than it says. Take another backup.")


def check_chains(services: Services, manifest: Manifest) -> None:
    """That every audit chain verifies up to its head, and holds the one that the manifest names. Raises
    ``BackupRefused``, which names the first broken event.
    """
    wanted = {(head.chain, head.sequence, head.hash) for head in manifest.chains}
    with services.database.reading() as session:
        for chain in chains(session):
            try:
                start = starting_point(services, session, chain)
                after = start.sequence if start else 0
                head = verify(chain, _seen(events_of(session, chain, after=after), wanted), after=start)
            except ChainBroken as error:
                raise BackupRefused(f"BROKEN: {error}. Take another backup, or read on: {_HOW_EVER}") from None
            if stored_head(session, chain) != head:
                raise BackupRefused(f"BROKEN: chain {chain} ends at event {head.sequence}, and its head elsewhere.")
    if wanted:
        chain, sequence, _ = min(wanted)
        raise BackupRefused(f"BROKEN: chain {chain} lacks event {sequence}, which the backup names as its newest.")


_HOW_EVER = "a chain that was broken before the backup stays so; `--broken-chain` brings it back as it is."


def _seen(events: Iterator[AuditEvent], wanted: set[tuple[str, int, str]]) -> Iterator[AuditEvent]:
    for event in events:
        wanted.discard((event.chain, event.sequence, event.hash))
        yield event
