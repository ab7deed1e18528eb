"""`moderation restore` where a database lies elsewhere than its name says, or everything stops in the middle."""

from __future__ import annotations

import errno
import gzip
import os
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shlex import split
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from moderation.backups.making import make_backup
from moderation.backups.on_postgres import backup_commands, restore_commands
from moderation.config.settings import read_environment
from moderation.storage.database import Database
from tests.cli.test_backup import World, here, left_behind, rows, run, world
from tests.newsroom import SECRET

__all__ = ["here", "world"]


def copied(database: Path, to: Path) -> Path:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
    return to


def test_a_link_stays_a_link_and_what_it_leads_to_is_put_aside(world: World, here: Path) -> None:
    elsewhere = here.parent / "disk"
    elsewhere.mkdir()
    real = copied(world.database, elsewhere / "comments.db")
    here.symlink_to(real)
    result = run(here, "restore", "--replace", str(world.backup))
    assert result.exit_code == 0, result.output
    assert here.is_symlink()
    assert not any(path.is_symlink() for path in elsewhere.iterdir())
    assert len(list(elsewhere.glob("comments.db.replaced-*"))) == 1
    assert rows(here, "SELECT event FROM audit_events WHERE event = 'database.restored'")


def test_a_disk_without_links_takes_a_backup_back(world: World, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: Any, **_more: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refused)
    for arguments in (["restore"], ["restore", "--replace"]):
        result = run(here, *arguments, str(world.backup))
        assert result.exit_code == 0, result.output
        assert rows(here, "SELECT event FROM audit_events WHERE event = 'database.restored'")
    assert not left_behind(here.parent)


@pytest.mark.parametrize("stopped_at", range(1, 4))
def test_there_is_a_database_whenever_it_stops(
    world: World, here: Path, monkeypatch: pytest.MonkeyPatch, stopped_at: int
) -> None:
    copied(world.database, here)
    calls = 0

    def stopping(real: Any) -> Any:
        def named(*args: Any, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == stopped_at:
                raise KeyboardInterrupt
            return real(*args, **more)

        return named

    for name in ("rename", "link", "replace"):
        monkeypatch.setattr(os, name, stopping(getattr(os, name)))
    run(here, "restore", "--replace", str(world.backup))
    monkeypatch.undo()
    assert len(rows(here, "SELECT id FROM comments")) >= 4
    if calls >= stopped_at:
        assert not rows(here, "SELECT event FROM audit_events WHERE event = 'database.restored'")
        assert not [path.name for path in here.parent.iterdir() if ".replaced-" in path.name]
    assert not left_behind(here.parent)


def test_a_folder_in_the_databases_place_is_told(world: World, here: Path) -> None:
    here.mkdir()
    (here / "x").touch()
    result = run(here, "restore", "--replace", str(world.backup))
    assert result.exit_code == 2, (result.output, result.exception)
    assert (here / "x").exists()


def test_a_backup_of_the_version_before_comes_back(world: World, here: Path, tmp_path: Path) -> None:
    old = copied(world.database, tmp_path / "old.sqlite3")
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript("DROP TABLE workers; ALTER TABLE web_sessions DROP COLUMN worked_at")
        connection.executescript("UPDATE alembic_version SET version_num = '0031'")
    database = Database(f"sqlite:///{old}")
    services = replace(world.hall.services, database=database)
    try:
        make_backup(services, tmp_path / "old.tar.gz")
    finally:
        database.close()
    result = run(here, "restore", str(tmp_path / "old.tar.gz"))
    assert result.exit_code == 0, result.output
    assert rows(here, "SELECT version_num FROM alembic_version") != [("0031",)]
    assert rows(here, "SELECT count(*) FROM workers") == [(0,)]
    assert run(here, "audit", "verify").exit_code == 0


def test_a_chain_whose_beginning_was_pruned_comes_back(world: World, here: Path, tmp_path: Path) -> None:
    pruned = copied(world.database, tmp_path / "pruned.sqlite3")
    result = run(pruned, "audit", "prune", "--site", world.site.site, "--before", "2026-11-01", "--yes")
    assert result.exit_code == 0, result.output
    result = run(pruned, "backup", str(tmp_path / "pruned.tar.gz"))
    assert result.exit_code == 0, result.output
    result = run(here, "restore", str(tmp_path / "pruned.tar.gz"))
    assert result.exit_code == 0, result.output
    assert run(here, "audit", "verify").exit_code == 0


def test_a_reader_who_only_reported_is_forgotten_again(world: World, here: Path, tmp_path: Path) -> None:
    site, reporter = world.site, "reporter-1"
    comment = site.accepted("Reported soon", author={"name": "Ann", "id": "reader-9"})["id"]
    assert site.decide(comment).status_code == 200
    sent = {"reason": "threat", "text": "He threatens me, I live at 7 Quay Lane", "reporter": {"id": reporter}}
    assert site.server("POST", f"/api/v1/comments/{comment}/reports", json=sent).status_code == 202
    copied(world.database, here)
    backup = tmp_path / "reported.tar.gz"
    assert run(here, "backup", str(backup)).exit_code == 0
    assert run(here, "erase", "--site", site.site, "--author-id", reporter, "--yes").exit_code == 0
    assert rows(here, "SELECT text FROM reports") == [(None,)]
    result = run(here, "restore", "--replace", str(backup))
    assert result.exit_code == 0, result.output
    assert "Forgotten again: readers who reported something 1." in result.output
    assert rows(here, "SELECT text FROM reports") == [(None,)]
    assert b"Quay Lane" not in here.read_bytes()


def test_who_came_and_was_erased_after_a_backup_is_still_kept_out(world: World, here: Path) -> None:
    late = {"name": "Late", "id": "reader-late"}
    world.site.accepted("I came late", author=late)
    copied(world.database, here)
    assert run(here, "erase", "--site", world.site.site, "--author-id", "reader-late", "--yes").exit_code == 0
    kept_out = rows(here, "SELECT fingerprint FROM erased ORDER BY 1")
    result = run(here, "restore", "--replace", str(world.backup))
    assert result.exit_code == 0, result.output
    assert rows(here, "SELECT fingerprint FROM erased ORDER BY 1") == kept_out


@pytest.mark.parametrize(
    ("address", "led_to"),
    [
        ("postgresql://u:p%40ss@h:5433/name?sslmode=require", {"host": "h", "port": "5433", "sslmode": "require"}),
        ("postgresql://u:p%40ss@h1:5433,h2/name", {"host": "h1,h2", "port": "5433,"}),
    ],
    ids=["one server", "several"],
)
def test_what_is_printed_for_postgres_leads_there_and_asks_for_the_password(
    address: str, led_to: dict[str, str], tmp_path: Path
) -> None:
    url = read_environment({"MODERATION_DATABASE_URL": address, "MODERATION_SECRET_KEY": SECRET}).database_url
    file = tmp_path / "dump"
    lines = [*backup_commands(url, file), *restore_commands(url, file, datetime(2026, 1, 1, tzinfo=UTC))]
    words = [word.removeprefix("--dbname=").removeprefix("--maintenance-db=") for line in lines for word in split(line)]
    addresses = [conninfo_to_dict(word) for word in words if "user=u" in word or word.startswith("postgresql:")]
    assert [one["dbname"] for one in addresses] == ["name", "postgres", "postgres", "name", "name"]
    for one in addresses:
        assert "password" not in one, "what stands there would be sent instead of PGPASSWORD"
        assert one["user"] == "u"
        assert {name: str(one[name]) for name in led_to} == led_to


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME], ids=["x", "g", "L"])
def test_a_header_that_would_fill_the_memory_is_not_read(here: Path, tmp_path: Path, kind: bytes) -> None:
    bomb, header = tmp_path / "bomb.tar.gz", tarfile.TarInfo("manifest.json")
    header.type, header.size = kind, 2**30
    bomb.write_bytes(gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(2**20)))
    result = run(here, "restore", str(bomb))
    assert result.exit_code == 2
    assert "a header in it is too large" in result.stderr
