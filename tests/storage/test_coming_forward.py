"""A database of an earlier version comes forward with all that is in it, and its chains still verify.

``revision_0015.jsonl`` holds one: its first line says which site, keys and comments it has, each further one is a row
of one of its tables. It was written by the service of that time, and is never changed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import JSON, Column, LargeBinary, MetaData, Table, select, text
from sqlalchemy.orm import Session

from moderation.accounts.sign_in import account_at_work
from moderation.cli import main
from moderation.coral.secret import keep_secret
from moderation.core.reach import Scope
from moderation.desk.saved_views import desk_preferences
from moderation.desk.undo import undo
from moderation.storage import schema
from moderation.storage.base import UtcTime
from moderation.storage.comments import scores_of
from moderation.storage.database import Database
from moderation.storage.legal import LegalCase
from moderation.storage.moderator_workspace import flags_on, live_locks, views_for
from moderation.storage.queue_index import QueueIndex
from tests.newsroom import SECRET, Hall, Newsroom, open_hall

HERE = Path(__file__).parent
LANDED = HERE / "landed_migrations.txt"
VERSIONS = Path(schema.__file__).parent / "migrations" / "versions"


def test_a_migration_that_has_landed_is_never_changed() -> None:
    """Somebody's database has run it. What has to be mended is mended by the next one; a new one is entered in the list
    by the change that brings it.
    """
    landed = {name: digest for digest, name in map(str.split, LANDED.read_text().splitlines())}
    there = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in VERSIONS.glob("0*.py")}
    assert there == landed


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Hall, dict[str, Any]]]:
    """The service of today over the database of then, and what it holds."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}" if sqlite else request.getfixturevalue("empty_postgres_url")
    first, *rows = (json.loads(line) for line in (HERE / "revision_0015.jsonl").read_text().splitlines())
    database = Database(url)
    schema.upgrade(database, revision="0015")
    database.writing(lambda session: _fill(session, rows, sqlite=sqlite))
    _upgrade_at_once(url)
    assert schema.is_current(database)
    database.close()
    hall = open_hall(url, tmp_path)
    yield hall, first
    hall.services.database.close()


def _upgrade_at_once(url: str) -> None:
    """Two processes start at once: one of them brings everything forward, the other finds it done."""
    databases = [Database(url, patient=True) for _ in range(2)]
    barrier = threading.Barrier(2)

    def run(database: Database) -> None:
        barrier.wait()
        schema.upgrade(database)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, databases))
    for database in databases:
        database.close()


def _fill(session: Session, rows: list[tuple[str, dict[str, Any]]], *, sqlite: bool) -> None:
    tables: dict[str, list[dict[str, Any]]] = {}
    for name, row in rows:
        tables.setdefault(name, []).append(row)
    session.execute(text("DELETE FROM severity_order"))  # the one row that a migration has put there
    for name, its in tables.items():
        columns = [Column(key, _type_of([row[key] for row in its])) for key in its[0]]
        values = [{key: _value(value) for key, value in row.items()} for row in its]
        session.connection().execute(Table(name, MetaData(), *columns).insert(), values)
    if not sqlite:  # as the comments that took those numbers had left it
        session.execute(
            text("SELECT setval(pg_get_serial_sequence('docket', 'number'), (SELECT max(number) FROM docket))")
        )


def _type_of(values: list[Any]) -> Any:
    if any(isinstance(value, dict) and "at" in value and len(value) == 1 for value in values):
        return UtcTime()
    if any(isinstance(value, dict) and "bytes" in value and len(value) == 1 for value in values):
        return LargeBinary()
    return JSON(none_as_null=True) if any(isinstance(value, dict | list) for value in values) else None


def _value(value: Any) -> Any:
    match value:
        case {"at": str(at), **rest} if not rest:
            return datetime.fromisoformat(at)
        case {"bytes": str(content), **rest} if not rest:
            return base64.b64decode(content)
    return value


def test_everything_comes_along_and_goes_on(old: tuple[Hall, dict[str, Any]], tmp_path: Path) -> None:
    hall, known = old
    services = hall.services
    verified = CliRunner().invoke(
        main,
        ["audit", "verify"],
        env={
            "MODERATION_DATABASE_URL": services.database.url,
            "MODERATION_VAR": str(tmp_path / "var"),
            "MODERATION_SECRET_KEY": SECRET,
        },
    )
    assert verified.exit_code == 0, verified.output
    assert known["site"] in verified.output

    client = hall.app.test_client()
    room = Newsroom(hall, known["site"], known["secret"], known["publishable"], client)  # its keys still open
    hello, _, escalated, _ = known["comments"]
    assert [room.status(each) for each in known["comments"]] == ["approved", "rejected", "pending", "pending"]
    assert {room.status(each) for each in known["bus"]} == {"rejected"}
    assert [event["event"] for event in room.events(hello)][:2] == ["comment.submitted", "comment.scored"]
    assert [one["body"] for one in (room.published().json or {})["comments"]] == [room.whole(hello)["body"]]

    again = room.comment(
        "kept answer", author={"name": "Cy", "id": "reader-3"}, headers={"Idempotency-Key": "first-try"}
    )
    assert again.status_code == 422, "another text under the same key"

    actor = account_at_work(services, known["account"])
    assert actor is not None
    with services.database.reading() as session:
        flags = flags_on(session, known["comments"])
        assert {id_: [flag.kind.value for flag in its] for id_, its in flags.items()} == {
            hello: ["featured"],
            escalated: ["escalated"],
        }
        assert live_locks(session, datetime.fromisoformat("2026-03-02T12:01:30+00:00")) == {
            known["bus"][0]: actor.account_id
        }
        assert desk_preferences(session, actor).blurs({"toxicity": 0.6}) == "toxicity"
        (view,) = views_for(session, known["account"], [Scope(site_id=known["site"], sections=None)])
        assert view.name == "mine"
        case = session.get_one(LegalCase, known["case"])
        assert (case.urgent, case.acknowledged_at, case.informed_at) == (False, None, None)

    reported = room.server("POST", f"/api/v1/comments/{hello}/reports", json={"reason": "rude"})
    assert reported.status_code == 202
    with services.database.reading() as session:
        assert session.scalars(select(QueueIndex.reports).where(QueueIndex.comment_id == hello)).one() == 1
    with services.database.reading() as session:
        assert session.scalars(select(QueueIndex.outside).where(QueueIndex.comment_id == hello)).one() is None
        assert scores_of(session, hello) is not None
    assert keep_secret(services, "test", known["site"], "empsec_0123456789abcdef") is False
    undone = undo(services, actor, known["action"])  # what was done before the change is taken back after it
    assert (undone.done, undone.skipped) == (1, 0)
    assert room.status(hello) == "pending"
    fresh = room.accepted("after the change")
    assert room.decide(fresh["id"]).status_code == 200
