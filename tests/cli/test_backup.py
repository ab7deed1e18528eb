"""`moderation backup` and `moderation restore`, in one process: what is refused, what is kept, what is erased again."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from moderation.backups import files
from moderation.cli import main
from tests.e2e.service import MODERATION
from tests.newsroom import SECRET, Hall, Newsroom, hall_over

MARK = "zyxquark"
OTHER_SECRET = "another secret key that is long enough"


def environment_of(database: Path, *, secret: str = SECRET, previous: str = "") -> dict[str, str]:
    return {
        "MODERATION_DATABASE_URL": f"sqlite:///{database}",
        "MODERATION_VAR": str(database.parent / "var"),
        "MODERATION_SECRET_KEY": secret,
        "MODERATION_SECRET_KEY_PREVIOUS": previous,
        "MODERATION_CONFIG": str(database.parent / "moderation.toml"),
    }


def run(database: Path, *arguments: str, secret: str = SECRET, previous: str = "") -> Result:
    environment = environment_of(database, secret=secret, previous=previous)
    return CliRunner().invoke(main, arguments, env=environment)


@dataclass(frozen=True, slots=True)
class World:
    """A service in use, its database, and a backup of it that every test may read."""

    hall: Hall
    site: Newsroom
    database: Path
    backup: Path
    theirs: tuple[str, ...]
    """Two comments of one reader, who is erased after the backup."""
    another: str
    """A comment of somebody else, which is erased after the backup."""
    long_gone: str
    """A comment that was erased before the backup."""


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    with hall_over("sqlite", request, folder) as hall:
        site, database = hall.new_site(), folder / "hall.sqlite3"
        (folder / "moderation.toml").write_text("# ours\n")
        assert site.put_article().status_code == 201
        reader = {"name": "Vera", "id": "reader-1"}
        theirs = tuple(site.accepted(f"Number {number}", author=reader)["id"] for number in range(2))
        another = site.accepted("Somebody else", author={"name": "Otto", "id": "reader-2"})["id"]
        long_gone = site.accepted(f"{MARK} {MARK} {MARK}", author={"name": MARK, "id": MARK})["id"]
        assert run(database, "erase", "--site", site.site, "--author-id", MARK, "--yes").exit_code == 0
        backup = folder / "backup.tar.gz"
        result = run(database, "backup", str(backup))
        assert result.exit_code == 0, result.output
        assert f"chain {site.site}: " in result.output
        yield World(hall, site, database, backup, theirs, another, long_gone)


@pytest.fixture
def here(world: World, tmp_path: Path) -> Path:
    """Where a database may be brought back to."""
    shutil.copy(world.database.with_name("moderation.toml"), tmp_path)
    return tmp_path / "moderation.sqlite3"


def rows(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_backup_comes_back_whole_for_nobody_elses_eyes(world: World, here: Path) -> None:
    assert world.backup.stat().st_mode & 0o777 == 0o600
    result = run(here, "restore", str(world.backup))
    assert result.exit_code == 0, result.output
    assert "erase it again" in result.output
    assert here.stat().st_mode & 0o777 == 0o600
    held = dict(rows(here, "SELECT id, body FROM comments"))
    assert held.keys() == {*world.theirs, world.another, world.long_gone}
    assert run(here, "audit", "verify").exit_code == 0
    assert rows(here, "SELECT event FROM audit_events WHERE event = 'database.restored'")
    assert not left_behind(here.parent)


def test_what_was_erased_is_in_no_byte_of_a_backup(world: World) -> None:
    with gzip.open(world.backup) as plain:
        assert MARK.encode() not in plain.read()


def test_anything_that_opens_an_archive_reads_it(world: World, tmp_path: Path) -> None:
    with tarfile.open(world.backup) as tar:
        assert tar.getnames() == ["manifest.json", "moderation.toml", "moderation.sqlite3"]
        tar.extractall(tmp_path, filter="data")
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["counts"]["comments"] == 4
    assert SECRET not in (tmp_path / "manifest.json").read_text()
    assert rows(tmp_path / "moderation.sqlite3", "PRAGMA integrity_check") == [("ok",)]


def test_a_check_changes_nothing(world: World, here: Path) -> None:
    result = run(here, "restore", str(world.backup), "--check")
    assert (result.exit_code, "can be brought back" in result.output) == (0, True)
    assert not here.exists()


def flipped(content: bytes) -> bytes:
    """One bit is another, and so is what can be unpacked, if anything: in a run of zeros it may be the same."""
    for at in range(len(content) // 2, len(content)):
        damaged = content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]
        try:
            if gzip.decompress(damaged) != gzip.decompress(content):
                return damaged
        except (OSError, EOFError, zlib.error):
            return damaged
    raise AssertionError("no bit of it counts")


def with_manifest(content: bytes, **changes: object) -> bytes:
    """The same backup whose manifest says something else."""
    out = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(content)) as before, tarfile.open(fileobj=out, mode="w:gz") as after:
        for entry in before:
            held = before.extractfile(entry)
            assert held is not None
            data = held.read()
            if entry.name == "manifest.json":
                data = json.dumps(json.loads(data) | changes).encode()
                entry.size = len(data)
            after.addfile(entry, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda content: content[: len(content) * 2 // 3], "cut off", id="cut off"),
        pytest.param(lambda content: content[:-4], "cut off", id="its last bytes are missing"),
        pytest.param(flipped, "damaged", id="a flipped bit"),
        pytest.param(lambda _: b"", "damaged", id="empty"),
        pytest.param(lambda _: b"SQLite format 3\0", "damaged", id="another kind of file"),
        pytest.param(lambda content: with_manifest(content, revision="9999"), "newer version", id="a newer revision"),
        pytest.param(lambda content: with_manifest(content, version=2), "newer version", id="a newer format"),
        pytest.param(lambda content: with_manifest(content, format="x"), "no backup", id="no backup"),
        pytest.param(lambda content: with_manifest(content, counts=3), "counts", id="a manifest without sense"),
        pytest.param(
            lambda content: with_manifest(content, made_at="2020-01-01T00:00:00Z"), "signature", id="a changed manifest"
        ),
    ],
)
def test_what_is_not_right_to_the_last_byte_is_refused_and_nothing_changes(
    world: World, here: Path, spoil: Callable[[bytes], bytes], said: str
) -> None:
    spoilt = here.parent / "spoilt.tar.gz"
    spoilt.write_bytes(spoil(world.backup.read_bytes()))
    shutil.copy(world.backup, here)  # whatever lies there stays as it is
    before = here.read_bytes()
    result = run(here, "restore", str(spoilt), "--replace")
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert here.read_bytes() == before
    assert not left_behind(here.parent)


def test_another_secret_key_is_told_by_its_check_value(world: World, here: Path) -> None:
    with tarfile.open(world.backup) as tar:
        held = tar.extractfile("manifest.json")
        assert held is not None
        fits = json.loads(held.read())["secret_key"]
    result = run(here, "restore", str(world.backup), secret=OTHER_SECRET)
    assert result.exit_code == 2
    assert fits in result.output
    assert not here.exists()
    result = run(here, "restore", str(world.backup), secret=OTHER_SECRET, previous=SECRET)
    assert here.exists(), result.output


@pytest.mark.parametrize(
    ("place", "said"),
    [
        pytest.param("there.tar.gz", "overwrites nothing", id="a file that is there"),
        pytest.param("none/backup.tar.gz", "no folder", id="a folder that isn't there"),
        pytest.param("there.tar.gz/backup.tar.gz", "no folder", id="a folder that is a file"),
    ],
)
def test_a_backup_overwrites_nothing_and_says_what_is_missing(
    world: World, tmp_path: Path, place: str, said: str
) -> None:
    (tmp_path / "there.tar.gz").write_text("ours")
    result = run(world.database, "backup", str(tmp_path / place))
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["there.tar.gz"]
    assert (tmp_path / "there.tar.gz").read_text() == "ours"


def test_too_little_room_is_seen_before_anything_is_written(
    world: World, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "FREE", lambda _: SimpleNamespace(free=10_000))
    result = run(world.database, "backup", str(here.parent / "backup.tar.gz"))
    assert result.exit_code == 2
    assert "10.0 kB are free" in result.output
    result = run(here, "restore", str(world.backup))
    assert result.exit_code == 2
    assert "10.0 kB are free" in result.output
    assert [path.name for path in here.parent.iterdir()] == ["moderation.toml"]


@pytest.mark.parametrize("largest", [20_000, 200_000], ids=["at the first", "in the middle"])
def test_a_disk_that_is_full_all_the_same_leaves_nothing_half_done(world: World, here: Path, largest: int) -> None:
    shutil.copy(world.backup, here.with_name("backup.tar.gz"))
    before = sorted(path.name for path in here.parent.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for arguments in (("backup", f"{here}.tar.gz"), ("restore", str(here.with_name("backup.tar.gz")))):
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, hard))  # what is larger finds no room
        try:
            result = run(world.database if arguments[0] == "backup" else here, *arguments)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert result.exit_code == 2, result.exception
        assert "othing was changed" in result.output
        assert sorted(path.name for path in here.parent.iterdir()) == before


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_what_a_killed_restore_leaves_goes_with_the_next_command_and_not_before(
    world: World, here: Path, command: str
) -> None:
    os.mkfifo(endless := here.with_name("endless.tar.gz"))  # a backup that never comes to its end

    def next_command(number: int) -> None:
        made = here.with_name(f"{number}.tar.gz")
        other = here.with_name(f"{number}.sqlite3")
        made_here, back_here = (world.database, "backup", str(made)), (other, "restore", str(world.backup))
        result = run(*(made_here if command == "backup" else back_here))
        assert result.exit_code == 0, result.output

    killed = subprocess.Popen([MODERATION, "restore", endless], env=os.environ | environment_of(here))
    try:
        with endless.open("wb"):  # it reads now, in its folder
            (room,) = left_behind(here.parent)
            next_command(1)
            assert left_behind(here.parent) == [room]
            killed.kill()
            killed.wait()
    finally:
        killed.kill()
        killed.wait()
    assert left_behind(here.parent) == [room]
    next_command(2)
    assert not left_behind(here.parent)


def test_a_database_that_is_there_is_put_aside_only_when_asked_to(world: World, here: Path) -> None:
    shutil.copy(world.backup.with_name("hall.sqlite3"), here)  # any database
    assert "--replace" in run(here, "restore", str(world.backup)).output
    result = run(here, "restore", str(world.backup), "--replace")
    (aside,) = here.parent.glob("moderation.sqlite3.replaced-*")
    assert str(aside) in result.output
    assert rows(aside, "PRAGMA integrity_check") == [("ok",)]


def test_a_database_in_use_is_left_alone(world: World, here: Path) -> None:
    run(here, "restore", str(world.backup))
    with closing(sqlite3.connect(here)) as somebody:
        somebody.execute("PRAGMA journal_mode=WAL")
        somebody.execute("SELECT count(*) FROM comments").fetchone()
        result = run(here, "restore", str(world.backup), "--replace")
        assert result.exit_code == 2, result.output
        assert "Somebody uses" in result.output
        assert somebody.execute("SELECT count(*) FROM comments").fetchone() == (4,)


def test_a_damaged_database_is_put_aside_with_what_lay_beside_it(world: World, here: Path) -> None:
    here.write_bytes(b"no database" * 1000)
    for ending in ("-wal", "-shm"):
        here.with_name(here.name + ending).write_bytes(b"of before")
    result = run(here, "restore", str(world.backup), "--replace")
    assert "It is back" in result.output, result.output
    (wal,) = here.parent.glob("moderation.sqlite3.replaced-*-wal")
    assert wal.read_bytes() == b"of before"
    assert run(here, "audit", "verify").exit_code == 0


def test_what_was_erased_since_is_erased_again(world: World, here: Path) -> None:
    run(here, "restore", str(world.backup))
    site = world.site.site
    assert run(here, "erase", "--site", site, "--author-id", "reader-1", "--yes").exit_code == 0
    assert run(here, "erase", "--site", site, "--comment", world.another, "--yes").exit_code == 0

    result = run(here, "restore", str(world.backup), "--replace", "--leave-erased")
    assert result.exit_code == 0
    assert world.another in result.output
    assert {status for (status,) in rows(here, f"SELECT status FROM comments WHERE id = '{world.another}'")} == {
        "pending"
    }

    (aside,) = here.parent.glob("moderation.sqlite3.replaced-*")
    here.unlink()
    aside.rename(here)
    result = run(here, "restore", str(world.backup), "--replace")
    assert result.exit_code == 0, result.output
    assert "Erased again: readers 1, other comments 1." in result.output
    assert rows(here, "SELECT DISTINCT status FROM comments") == [("erased",)]
    assert run(here, "audit", "verify").exit_code == 0


def test_what_a_hold_keeps_is_told(world: World, here: Path) -> None:
    run(here, "restore", str(world.backup))
    arguments = ("--site", world.site.site, "--comment", world.another)
    assert run(here, "hold", *arguments, "--reason", "A court").exit_code == 0
    held = here.with_name("held.tar.gz")
    assert run(here, "backup", str(held)).exit_code == 0
    assert run(here, "hold", *arguments, "--lift", "--reason", "Closed").exit_code == 0
    assert run(here, "erase", *arguments, "--yes").exit_code == 0
    result = run(here, "restore", str(held), "--replace")
    assert result.exit_code == 1
    assert f"Not erased again, comment {world.another}" in result.output


def test_nobody_stays_signed_in_and_no_lease_stays(world: World, here: Path) -> None:
    run(here, "restore", str(world.backup))
    with closing(sqlite3.connect(here)) as connection:
        connection.execute(
            "INSERT INTO accounts (id, name, password_hash, created_at)"
            " VALUES ('vera', 'vera', '', '2026-03-02 12:00:00')"
        )
        connection.execute(
            "INSERT INTO web_sessions (digest, account_id, created_at, expires_at)"
            " VALUES ('digest', 'vera', '2026-03-02 12:00:00', '2099-03-02 12:00:00')"
        )
        connection.execute("UPDATE comments SET scoring_leased_until = '2099-01-01 00:00:00.000000'")
        connection.commit()
    leased = here.with_name("leased.tar.gz")
    assert run(here, "backup", str(leased)).exit_code == 0
    assert "It is back" in run(here, "restore", str(leased), "--replace").output
    assert rows(here, "SELECT count(*) FROM accounts") == [(1,)]
    assert rows(here, "SELECT count(*) FROM comments WHERE scoring_leased_until IS NOT NULL") == [(0,)]
    assert rows(here, "SELECT count(*) FROM web_sessions") == [(0,)]


def test_a_broken_chain_is_named_and_comes_back_only_when_asked_for(world: World, here: Path) -> None:
    run(here, "restore", str(world.backup))
    with closing(sqlite3.connect(here)) as connection:
        connection.execute("DROP TRIGGER audit_events_update")
        connection.execute("UPDATE audit_events SET actor = 'nobody' WHERE sequence = 2")
        connection.commit()
    broken = here.with_name("broken.tar.gz")
    assert run(here, "backup", str(broken)).exit_code == 0
    result = run(here, "restore", str(broken), "--replace")
    assert result.exit_code == 2
    assert "BROKEN" in result.output
    assert "It is back" in run(here, "restore", str(broken), "--replace", "--broken-chain").output
