"""The log's lines: one an entry, with the request's id, and without anybody's words."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from moderation.cli.logs import _Json, _Text
from moderation.config.settings import read_environment
from moderation.core.errors import ConfigurationError
from moderation.storage.database import Database
from moderation.watching.request import answering
from tests.newsroom import Newsroom, settings_for

PRIVATE = "Ada Lovelace of 12 Harbour Street"


def record(name: str = "moderation.test", message: str = "hello", *args: object, **more: Any) -> logging.LogRecord:
    error = more.pop("error", None)
    info = (type(error), error, error.__traceback__) if error is not None else None
    made = logging.LogRecord(name, logging.INFO, "a file", 1, message, args, info)
    made.__dict__.update(more)
    return made


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def test_an_entry_is_one_object_of_json_with_its_request() -> None:
    with answering("a-request-id"):
        line = _Json().format(record(chain="demo", sequence=7))
    entry = json.loads(line)
    assert entry["time"].endswith("Z")
    del entry["time"]
    assert entry == {
        "level": "info",
        "logger": "moderation.test",
        "message": "hello",
        "request_id": "a-request-id",
        "chain": "demo",
        "sequence": 7,
    }


def test_outside_of_a_request_there_is_no_id() -> None:
    assert "request_id" not in json.loads(_Json().format(record()))


@pytest.mark.parametrize("formatter", [_Json(), _Text()], ids=["json", "text"])
def test_nobody_writes_a_line_of_their_own(formatter: logging.Formatter) -> None:
    forged = "x\n2026-01-01T00:00:00Z error moderation forged\r\n\x1b[31m\u2028\x9b"
    assert len(formatter.format(record("moderation.test", "it said %s", forged, field=forged)).splitlines()) == 1


@pytest.mark.parametrize("formatter", [_Json(), _Text()], ids=["json", "text"])
@pytest.mark.parametrize(
    "error",
    [
        KeyError(PRIVATE),
        ValueError(f"can't read {PRIVATE!r}"),
        FileNotFoundError(2, "No such file", PRIVATE),
        OperationalError("SELECT 1", {"name": PRIVATE}, Exception(f"near {PRIVATE}")),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_s_own_words_are_not_told(formatter: logging.Formatter, error: Exception) -> None:
    try:
        raise RuntimeError(PRIVATE) from raised(error)
    except RuntimeError as caught:
        line = formatter.format(record(error=caught))
    assert PRIVATE not in line
    assert type(error).__name__ in line
    assert "RuntimeError" in line
    assert "test_log_lines.py" in line  # where it happened


def test_a_database_s_error_is_told_by_its_names(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'one.sqlite3'}")
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE people (name TEXT UNIQUE)"))
        insert = text("INSERT INTO people VALUES (:name)")
        connection.execute(insert, {"name": PRIVATE})
        with pytest.raises(IntegrityError) as caught:
            connection.execute(insert, {"name": PRIVATE})
    database.close()
    line = _Text().format(record(error=caught.value))
    assert "SQLITE_CONSTRAINT_UNIQUE in INSERT INTO people VALUES (?)" in line
    assert PRIVATE not in line


def test_the_words_of_our_own_configuration_are_told() -> None:
    assert "MODERATION_X: is wrong" in _Text().format(
        record(error=raised(ConfigurationError("MODERATION_X", "is wrong")))
    )


def test_a_library_s_entry_is_told_without_what_it_fills_in() -> None:
    line = _Text().format(record("waitress", "Exception while serving %s", f"/articles/{PRIVATE}"))
    assert "Exception while serving %s" in line
    assert PRIVATE not in line


@pytest.mark.parametrize(
    ("environment", "format_", "level"),
    [
        ({}, "text", "info"),
        ({"MODERATION_ENV": "production", "MODERATION_SECRET_KEY": "x" * 40}, "json", "info"),
        ({"MODERATION_LOG_FORMAT": "json", "MODERATION_LOG_LEVEL": "warning"}, "json", "warning"),
    ],
    ids=["here", "production", "chosen"],
)
def test_how_it_is_written_is_chosen(environment: dict[str, str], format_: str, level: str, tmp_path: Path) -> None:
    settings = read_environment(environment, root=tmp_path)
    assert (settings.log_format, settings.log_level) == (format_, level)


def test_a_level_that_is_none_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="MODERATION_LOG_LEVEL"):
        read_environment({"MODERATION_LOG_LEVEL": "loud"}, root=tmp_path)


# --- requests ---------------------------------------------------------------------------------------------------------


def requests_in(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [one.__dict__ for one in caplog.records if one.name == "moderation.requests"]


def test_a_request_is_one_line_without_its_path(front_door: Newsroom, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        front_door.comment()
        front_door.client.get(f"/{PRIVATE}?q={PRIVATE}")
        front_door.client.get("/healthz")
    comment, nothing = requests_in(caplog)
    assert comment["method"], comment["route"] == ("POST", "/api/v1/articles/<article:article_id>/comments")
    assert (comment["status"], comment["site"]) == (202, front_door.site)
    assert comment["seconds"] > 0
    assert (nothing["route"], nothing["status"]) == ("none", 404)
    assert not any("Harbour" in str(one) for one in requests_in(caplog))


def test_every_answer_names_its_request_anew(front_door: Newsroom) -> None:
    sent = {"X-Request-ID": "chosen-by-a-stranger"}
    ids = [front_door.client.get(path, headers=sent).headers["X-Request-ID"] for path in ("/healthz", "/healthz", "/x")]
    assert len(set(ids)) == 3
    assert "chosen-by-a-stranger" not in ids
    refused = front_door.client.get("/healthz", headers={"Host": "no host!"})
    assert refused.status_code == 400
    assert refused.headers["X-Request-ID"]


@pytest.fixture(scope="module")
def behind_a_proxy(sqlite_hall: Any) -> Any:
    from moderation.app import create_app  # noqa: PLC0415

    settings = replace(sqlite_hall.services.settings, trusted_proxies=1)
    return create_app(replace(sqlite_hall.services, settings=settings)).test_client()


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        ("0123abcd-4567.89_AB", True),
        ("a" * 128, True),
        ("a" * 129, False),
        ("short", False),
        ("with spaces in it", False),
        ("12345678\u00e9", False),
        ('12345678"}', False),
    ],
    ids=["plain", "longest", "too-long", "too-short", "spaces", "letters", "json"],
)
def test_a_trusted_proxy_s_id_is_taken_over(behind_a_proxy: Any, sent: str, taken: bool) -> None:
    answer = behind_a_proxy.get("/healthz", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is taken


def test_what_went_wrong_here_can_be_named(front_door: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise KeyError(PRIVATE)

    services = front_door.services
    front_door.hall.change(database=Broken())
    try:
        problem = front_door.server("GET", "/api/v1/comments/x")
        page = front_door.client.get("/", headers={"Accept": "text/html"})
    finally:
        front_door.hall.change(database=services.database)
    assert problem.status_code == 500
    assert (problem.json or {})["request_id"] == problem.headers["X-Request-ID"]
    assert page.status_code == 500
    assert page.headers["X-Request-ID"] in page.text


def test_settings_of_tests_have_the_defaults(tmp_path: Path) -> None:
    assert settings_for("sqlite://", tmp_path).log_level == "info"
    assert sys.excepthook is sys.__excepthook__
