"""A backup takes the place of the database. All of it is checked and made ready in a folder of its own; then the old
file gets another name and the new one gets its name. Whatever goes wrong before that has changed nothing.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import delete, update

from moderation.backups.files import NO_LINKS, Progress, name_it, sync_folder, url_of, workroom
from moderation.backups.manifest import BackupRefused, Manifest
from moderation.backups.reading import Unpacked, check_chains, check_database, unpack
from moderation.backups.since import ErasedSince, erase_again, erased_since
from moderation.comments.erasing import Asker
from moderation.config.settings import Settings
from moderation.core.audit_chain import SYSTEM
from moderation.services import Clock, Services, utc_now
from moderation.storage.accounts import WebSession
from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from moderation.storage.tables import Base
from moderation.storage.vacuum import vacuum
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside its file. Left behind, it would be read into whatever file gets that name next."""
_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """``replace``: the database that is there is put aside. ``erase_again``: what it has erased since is erased once
    more. ``verify_chains``: False brings back what was broken before. ``only_check``: nothing changes its place.
    """

    replace: bool = False
    erase_again: bool = True
    verify_chains: bool = True
    only_check: bool = False
    unpacked: Progress = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """``aside``: where the old database lies now (None: there was none). ``erased``: what it has erased since the
    backup (None: nobody can tell). ``kept``: what of that a legal hold keeps. ``configuration``: the backup's, where
    the file that is there says something else.
    """

    manifest: Manifest
    aside: Path | None = None
    erased: ErasedSince | None = None
    kept: list[str] = field(default_factory=list)
    configuration: bytes | None = None


def restore(
    settings: Settings, file: Path, target: Path, wanted: Wanted, *, actor: str, clock: Clock = utc_now
) -> Restored:
    """Raises ``BackupRefused``: then everything is as it was. Nobody else may use the database at ``target``."""
    target = target.resolve()  # a link stays one: what it leads to is replaced, on the disk where that lies
    if not wanted.only_check:
        _check_target(target, wanted)
    target.parent.mkdir(parents=True, exist_ok=True)
    with workroom(target.parent) as room:
        unpacked = unpack(file, room, settings, wanted.unpacked)
        check_database(unpacked)
        restored = _made_ready(settings, clock, unpacked, target, wanted, actor)
        if not wanted.only_check:
            aside = _swap(unpacked.database, target, clock(), replacing=wanted.replace)
            restored = replace(restored, aside=aside)
    return restored


def _check_target(target: Path, wanted: Wanted) -> None:
    there = target.exists() and target.stat().st_size > 0
    if there and not wanted.replace:
        raise BackupRefused(
            f"There is a database at {target} already. With --replace it is put aside, under another name beside it; "
            "nothing was changed."
        )
    if there:
        with alone(target):
            pass


def _made_ready(
    settings: Settings, clock: Clock, unpacked: Unpacked, target: Path, wanted: Wanted, actor: str
) -> Restored:
    """The unpacked database at this version's tables, verified, without sign-ins and leases, erased again."""
    database = Database(url_of(unpacked.database), patient=True)
    nothing = cast("Any", None)
    inside = Services(settings=settings, configuration=nothing, database=database, scorer=nothing, clock=clock)
    erased, kept = None, list[str]()
    try:
        upgrade(database)
        if wanted.verify_chains:
            check_chains(inside, unpacked.manifest)
        if not wanted.only_check:
            run_in_unit_of_work(inside, lambda unit: _begin_anew(unit, unpacked.manifest, actor))
            erased = erased_since(target, inside) if target.exists() else None
            if erased is not None and wanted.erase_again:
                kept = erase_again(inside, Asker(actor=actor), erased)
                if erased:
                    vacuum(database)
    finally:
        database.close()
    with closing(sqlite3.connect(unpacked.database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # one file alone changes its place
    return Restored(
        manifest=unpacked.manifest,
        erased=erased,
        kept=kept,
        configuration=_other_configuration(settings, unpacked),
    )


def _begin_anew(unit: UnitOfWork, manifest: Manifest, actor: str) -> None:
    """Who was signed in then isn't any more, nobody is at work at anything, and the chain tells what happened."""
    unit.connection.execute(delete(WebSession))
    for table in Base.metadata.sorted_tables:
        for column in table.c:
            if column.name.endswith("leased_until"):
                unit.connection.execute(update(table).where(column.is_not(None)).values({column.name: None}))
    heads = {head.chain: head.hash for head in manifest.chains}
    unit.event(SYSTEM, actor, "database.restored", "database", {"made_at": manifest.made_at, "heads": heads})


def _other_configuration(settings: Settings, unpacked: Unpacked) -> bytes | None:
    try:
        there = settings.config_path.read_bytes()
    except OSError:
        there = b""
    return unpacked.configuration if unpacked.configuration != there else None


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """While nobody else has the database open: whoever comes now waits. Raises ``BackupRefused`` where somebody has.

    What is no database any more isn't opened: SQLite would delete the log of changes beside it.
    """
    with target.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            yield
            return
    with closing(sqlite3.connect(target, isolation_level=None, timeout=1)) as connection:
        try:
            # Leaving the write-ahead log needs the file for oneself, even beside those who do nothing with it.
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise BackupRefused(
                    f"Somebody uses {target}: a service or a command. Stop it first; nothing was changed."
                ) from None
        except sqlite3.DatabaseError:
            pass  # damaged: that is why it is replaced
        yield


def _swap(made: Path, target: Path, now: datetime, *, replacing: bool) -> Path | None:
    """Returns where the old database lies."""
    _owned_as_before(made, target)
    with made.open("rb+") as file:
        os.fsync(file.fileno())
    if not target.exists():
        with _aside(target, now) as aside:
            try:
                name_it(made, target)  # unlike a rename it takes nobody's place
            except FileExistsError:
                raise BackupRefused(_MEANWHILE.format(target)) from None
        return aside
    if not replacing and target.stat().st_size > 0:
        raise BackupRefused(_MEANWHILE.format(target))
    with alone(target), _aside(target, now) as aside:
        made.rename(target)
    sync_folder(target.parent)
    return aside


_MEANWHILE = "Somebody has made a database at {} meanwhile. Nothing was changed."


@contextmanager
def _aside(target: Path, now: datetime) -> Iterator[Path | None]:
    """What lies there, and what SQLite kept beside it, has another name that nothing has; after an error its own alone
    again. Where the disk has links, a database keeps its name too until another takes it: whenever this ends there is
    one, so no service begins with an empty one.
    """
    stem = f"{target.name}.replaced-{now:%Y%m%d-%H%M%S}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    aside = next(target.with_name(name) for name in names if not target.with_name(name).exists())
    there = [ending for ending in ("", *BESIDE) if target.with_name(target.name + ending).exists()]
    named = [(target.with_name(target.name + end), aside.with_name(aside.name + end)) for end in there]
    try:
        for old, new in named:
            if old == target:
                _named_too(old, new)
            else:
                old.rename(new)
        yield aside if named else None
    except BaseException:
        for old, new in named:
            _named_as_before(old, new)
        raise


def _named_too(file: Path, other: Path) -> None:
    try:
        os.link(file, other)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        file.rename(other)


def _named_as_before(file: Path, other: Path) -> None:
    with suppress(FileNotFoundError):
        if not file.exists():
            other.rename(file)
        elif file.samefile(other):
            other.unlink()


def _owned_as_before(made: Path, target: Path) -> None:
    """Who could use the old file can use the new one."""
    before = target if target.exists() else target.parent
    owner = before.stat()
    if target.exists():
        made.chmod(owner.st_mode & 0o777)
    if os.geteuid() == 0:
        os.chown(made, owner.st_uid, owner.st_gid)
