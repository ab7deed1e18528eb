"""What stands in the way of a start is told in one sentence: what it is and how to mend it. Nobody is shown a dump."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moderation.cli import main

COMMANDS = {
    "serve": ["serve", "--port", "0"],
    "db upgrade": ["db", "upgrade"],
    "audit verify": ["audit", "verify"],
    "sites list": ["sites", "list"],
    "worker": ["worker"],
}


def run(var: Path, url: str, *arguments: str) -> Result:
    environment = {
        "MODERATION_VAR": str(var),
        "MODERATION_DATABASE_URL": url,
        "MODERATION_SECRET_KEY": "a secret key of the tests' own",
    }
    return CliRunner().invoke(main, arguments, env=environment)


def assert_told(result: Result, *words: str) -> None:
    assert result.exit_code == 2, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    told = result.output.strip()
    assert len(told.splitlines()) == 1, told
    assert "MODERATION_" in told
    for word in words:
        assert word in told


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_file_that_is_no_database(tmp_path: Path, arguments: list[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("This is no database, and it is rather longer than a header of one would be. " * 40)
    assert_told(run(tmp_path, f"sqlite:///{file}", *arguments), "no SQLite database")


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_folder_where_the_file_should_be(tmp_path: Path, arguments: list[str]) -> None:
    assert_told(run(tmp_path, f"sqlite:///{tmp_path}", *arguments), "can't be opened")


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_folder_that_can_t_be_made(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "file").write_text("a file")
    assert_told(run(tmp_path, f"sqlite:///{tmp_path}/file/below/m.sqlite3", *arguments), "can't be used")


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_tables_of_a_newer_version(sqlite_url: str, tmp_path: Path, arguments: list[str]) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert_told(run(tmp_path, sqlite_url, *arguments), "newer version", "9999")


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_database_that_nobody_answers_for(tmp_path: Path, arguments: list[str]) -> None:
    assert_told(run(tmp_path, "postgresql://nobody@127.0.0.1:1/none", *arguments), "can't be reached")


@pytest.mark.parametrize("arguments", [COMMANDS["serve"], COMMANDS["db upgrade"]], ids=["serve", "db upgrade"])
def test_a_database_that_is_read_only(tmp_path: Path, arguments: list[str]) -> None:
    file = tmp_path / "m.sqlite3"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    assert_told(run(tmp_path, f"sqlite:///file:{file}?mode=ro&uri=true", *arguments), "can't write")


def test_a_folder_for_what_is_kept_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    result = CliRunner().invoke(main, ["serve", "--port", "0"], env={"MODERATION_VAR": str(tmp_path / "var")})
    assert_told(result, str(tmp_path / "var"), "can't be used")
