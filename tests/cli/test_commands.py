"""The `moderation` command as a newcomer meets it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moderation.cli import SUBCOMMANDS, main


def run(var: Path, *arguments: str, stdin: str | None = None) -> Result:
    environment = {"MODERATION_VAR": str(var), "MODERATION_DATABASE_URL": ""}
    return CliRunner().invoke(main, arguments, env=environment, input=stdin)


@pytest.fixture
def var(sqlite_template: Path, tmp_path: Path) -> Path:
    """A folder with a database that has this version's tables."""
    shutil.copy(sqlite_template, tmp_path / "moderation.sqlite3")
    return tmp_path


@pytest.mark.parametrize("name", SUBCOMMANDS)
def test_every_command_explains_itself(tmp_path: Path, name: str) -> None:
    result = run(tmp_path, name, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


def test_help_loads_neither_the_web_application_nor_a_model() -> None:
    program = (
        "import sys; from moderation.cli import main; main(['--help'], standalone_mode=False); "
        "print([name for name in ('flask', 'sqlalchemy', 'numpy', 'openvino', 'onnxruntime') if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert output.endswith("[]\n")


def test_a_second_upgrade_finds_nothing_to_do(tmp_path: Path) -> None:
    assert run(tmp_path, "db", "upgrade").exit_code == 0
    assert "was up to date" in run(tmp_path, "db", "upgrade").output


def test_an_account_is_made_listed_and_given_a_token(var: Path) -> None:
    assert run(var, "sites", "add", "daily").exit_code == 0
    added = run(var, "users", "add", "maria", "--role", "daily=moderator", stdin="a long enough password\n")
    assert added.exit_code == 0, added.output
    assert run(var, "users", "list").output == "maria\tdaily=moderator\n"
    token = run(var, "users", "token", "maria", "--right", "moderate")
    assert token.exit_code == 0
    assert len(token.output.strip()) > 30


def test_a_role_that_is_none_is_named_with_those_there_are(var: Path) -> None:
    result = run(var, "users", "add", "maria", "--role", "king", stdin="a long enough password\n")
    assert result.exit_code == 2
    assert "king" in result.output
    assert "moderator, senior, admin" in result.output


def test_a_short_password_is_refused_in_words(var: Path) -> None:
    result = run(var, "users", "add", "maria", "--role", "moderator", stdin="short\n")
    assert result.exit_code == 2
    assert "password" in result.output
    assert run(var, "users", "list").output == ""


def test_a_secret_key_is_shown_once(var: Path) -> None:
    run(var, "sites", "add", "daily")
    key = run(var, "sites", "secret-key", "daily").output.strip()
    assert len(key) >= 24
    listed = run(var, "sites", "list").output
    assert key not in listed
    assert key[-4:] in listed


def test_a_revoked_key_says_so(var: Path) -> None:
    run(var, "sites", "add", "daily")
    run(var, "sites", "publishable-key", "daily", "--origin", "https://news.example")
    key_id = run(var, "sites", "list").output.splitlines()[1].split()[0]
    assert run(var, "sites", "revoke", key_id).exit_code == 0
    assert "revoked" in run(var, "sites", "list").output


def test_a_right_configuration_is_called_right(tmp_path: Path) -> None:
    result = run(tmp_path, "policy", "check", "config/moderation.toml")
    assert result.exit_code == 0
    assert "is right" in result.output


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[policy.flag]\ntoxicty_at_least = 0.5\n", "policy.flag.toxicty_at_least"),
        ("[policy.flag]\ntoxicity_at_least = 1.5\n", "policy.flag.toxicity_at_least"),
        ("[comments]\nminimum_length = 'fifty'\n", "comments.minimum_length"),
        ("[comments\n", "TOML"),
    ],
)
def test_a_wrong_configuration_names_its_key_and_exits_with_2(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text)
    result = run(tmp_path, "policy", "check", str(file))
    assert result.exit_code == 2
    assert named in result.output


def test_everything_that_is_wrong_is_told_at_once_with_what_was_probably_meant(tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(
        "[comments]\nminimum_lenght = 5\n[comments.sections.live]\nminimum_length = 9000\nmode = 'opne'\n"
        "[policy.sites.a.sections.b.flag]\ntoxicty_at_least = 0.5\nlinks_at_least = '2'\n"
        "[[reasons]]\nid = 'x'\nlabel = 'X'\n"
    )
    said = run(tmp_path, "policy", "check", str(file)).output.splitlines()
    assert [line.removeprefix(f"{file}: ").partition(". ")[0].rstrip(".") for line in said] == [
        "comments.sections.live.mode: is 'opne'; it must be one of pre, post, closed, hidden",
        "comments.minimum_lenght: is not a key of this file",
        "policy.sites.a.sections.b.flag.links_at_least: is '2'; it must be a number from 0 to 1,000,000, or false to "
        "take the condition away",
        "policy.sites.a.sections.b.flag.toxicty_at_least: is not a key of this file",
        "reasons[1].reader: is missing",
    ]
    assert "Did you mean minimum_length?" in said[1]
    assert "Did you mean toxicity_at_least?" in said[3]
