"""`moderation audit`: whatever is changed behind the service's back is named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Connection, Engine, event, text

from moderation.cli import main
from moderation.core.audit_chain import UnchainedEvent
from moderation.storage.audit import append
from moderation.storage.database import Database
from tests.tampering import take_guards_away

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def audit(database: Database, var: Path, *arguments: str) -> Result:
    environment = {"MODERATION_DATABASE_URL": database.url, "MODERATION_VAR": str(var)}
    return CliRunner().invoke(main, ["audit", *arguments], env=environment)


def write(database: Database, chain: str, *, events: int, at: datetime = NOON) -> None:
    for number in range(events):
        unchained_event = UnchainedEvent(
            chain=chain, actor="policy", event="comment.decided", subject=f"c{number}", payload={"number": number}
        )
        database.changing(partial(append, unchained_events=[unchained_event], at=at))


def behind_its_back(database: Database, *statements: str) -> None:
    """Runs statements with the guards of the audit tables taken away."""
    with database.engine.begin() as connection:
        take_guards_away(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.fixture
def filled(database: Database) -> Database:
    """Two chains of five events each."""
    write(database, "demo", events=5)
    write(database, "system", events=5)
    return database


def test_whole_chains_verify_and_their_heads_are_printed(filled: Database, tmp_path: Path) -> None:
    result = audit(filled, tmp_path, "verify")
    assert result.exit_code == 0, result.output
    assert "chain demo: 5 events, head " in result.output
    assert "chain system: 5 events, head " in result.output


@pytest.mark.parametrize(
    "change",
    [
        "time = '2026-11-22T12:00:00.000001Z'",
        "actor = 'polic'",
        "event = 'comment.approved'",
        "subject = 'c9'",
        "payload = '{\"number\":8}'",
        "payload = '{broken'",
        "previous = '0' || substr(previous, 2)",
        "hash = '0' || substr(hash, 2)",
        "text = text || ' '",
    ],
)
def test_one_changed_byte_is_named(filled: Database, tmp_path: Path, change: str) -> None:
    # The hash's first digit may be 0 already: a replacement that changes nothing would prove nothing.
    if "'0'" in change:
        column = change.split(" ", maxsplit=1)[0]
        with filled.reading() as session:
            row = session.execute(
                text(f"SELECT {column} FROM audit_events WHERE chain = 'demo' AND sequence = 3")
            ).scalar_one()
        change = change.replace("'0'", "'1'" if row.startswith("0") else "'0'")
    behind_its_back(filled, f"UPDATE audit_events SET {change} WHERE chain = 'demo' AND sequence = 3")
    result = audit(filled, tmp_path, "verify")
    assert result.exit_code == 1
    assert "BROKEN: chain demo, event 3: " in result.output
    assert "chain system: 5 events" in result.output


def test_a_missing_event_is_named(filled: Database, tmp_path: Path) -> None:
    behind_its_back(filled, "DELETE FROM audit_events WHERE chain = 'demo' AND sequence = 2")
    result = audit(filled, tmp_path, "verify")
    assert result.exit_code == 1
    assert "BROKEN: chain demo, event 2: " in result.output


def test_a_replaced_event_is_named(filled: Database, tmp_path: Path) -> None:
    # A whole event with a hash of its own that is right in itself: the one after it doesn't follow from it any more.
    write(filled, "other", events=5, at=NOON + timedelta(hours=1))
    columns = "time, actor, event, subject, payload, previous, hash, text"
    behind_its_back(
        filled,
        "DELETE FROM audit_events WHERE chain = 'demo' AND sequence = 4",
        f"INSERT INTO audit_events (chain, sequence, {columns}) "
        f"SELECT 'demo', 4, {columns} FROM audit_events WHERE chain = 'other' AND sequence = 4",
    )
    result = audit(filled, tmp_path, "verify")
    assert result.exit_code == 1
    assert "BROKEN: chain demo, event 4: " in result.output


def test_a_cut_tail_shows_against_the_stored_head(filled: Database, tmp_path: Path) -> None:
    behind_its_back(filled, "DELETE FROM audit_events WHERE chain = 'demo' AND sequence > 3")
    result = audit(filled, tmp_path, "verify")
    assert result.exit_code == 1
    assert "event 5 was cut off" in result.output


def test_a_cut_tail_with_its_head_set_back_shows_against_the_expected_head(filled: Database, tmp_path: Path) -> None:
    head = audit(filled, tmp_path, "verify").output.splitlines()[0].rsplit(" ", 1)[1]
    behind_its_back(
        filled,
        "DELETE FROM audit_events WHERE chain = 'demo' AND sequence > 3",
        "UPDATE audit_heads SET sequence = 3, hash = (SELECT hash FROM audit_events WHERE chain = 'demo' "
        "AND sequence = 3) WHERE chain = 'demo'",
    )
    assert audit(filled, tmp_path, "verify").exit_code == 0
    result = audit(filled, tmp_path, "verify", "--expect-head", head)
    assert result.exit_code == 1
    assert head in result.output


def test_an_expected_head_that_the_chain_has_grown_past_still_holds(filled: Database, tmp_path: Path) -> None:
    head = audit(filled, tmp_path, "verify").output.splitlines()[0].rsplit(" ", 1)[1]
    write(filled, "demo", events=2)
    assert audit(filled, tmp_path, "verify", "--expect-head", head).exit_code == 0


def test_the_export_is_oldest_first_and_never_leaves_a_chains_order(database: Database, tmp_path: Path) -> None:
    write(database, "demo", events=2, at=NOON)
    write(database, "system", events=1, at=NOON + timedelta(minutes=1))
    write(database, "demo", events=1, at=NOON - timedelta(days=1))  # a clock that was set back
    write(database, "demo", events=1, at=NOON + timedelta(minutes=2))
    lines = [json.loads(line) for line in audit(database, tmp_path, "export").output.splitlines()]
    assert [(line["chain"], line["sequence"]) for line in lines] == [
        ("demo", 1),
        ("demo", 2),
        ("demo", 3),
        ("system", 1),
        ("demo", 4),
    ]
    assert set(lines[0]) == {
        "chain", "sequence", "time", "actor", "event", "subject", "payload", "previous", "hash",
    }  # fmt: skip
    assert lines[0]["payload"] == {"number": 0}


def test_a_database_without_tables_says_how_to_make_them(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main, ["audit", "verify"], env={"MODERATION_VAR": str(tmp_path), "MODERATION_DATABASE_URL": ""}
    )
    assert result.exit_code == 2
    assert "moderation db upgrade" in result.output


def test_what_is_written_while_a_chain_is_verified_is_no_fault(database: Database, tmp_path: Path) -> None:
    write(database, "demo", events=3)
    written: list[str] = []

    def another(connection: Connection, _: object, statement: str, *__: object) -> None:
        if "audit_events.sequence" in statement and not written:
            written.append(statement)
            write(database, "demo", events=1)

    event.listen(Engine, "before_cursor_execute", another)
    try:
        result = audit(database, tmp_path, "verify")
    finally:
        event.remove(Engine, "before_cursor_execute", another)
    assert written
    assert (result.exit_code, "BROKEN" in result.output) == (0, False)
