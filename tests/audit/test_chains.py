"""The audit chains in real databases: what they refuse, what they show, and that writers never fork them."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from moderation.accounts.accounts import add_account, add_token, set_password
from moderation.accounts.sign_in import account_asked_for, sign_in, sign_out
from moderation.core.audit_chain import ChainHead, verify
from moderation.core.errors import ChainBroken
from moderation.storage.accounts import Granted, Role
from moderation.storage.audit import EventRow, chains, events_of, stored_head
from moderation.storage.database import Database
from moderation.storage.sites import Right
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from tests.newsroom import Hall, Newsroom, open_hall
from tests.tampering import take_guards_away

COLUMNS = ("chain", "time", "actor", "event", "subject", "payload", "previous", "hash", "text")


def verified(session: Session, chain: str) -> ChainHead:
    """The chain's head, recomputed. Raises ``ChainBroken``."""
    head = verify(chain, events_of(session, chain))
    assert stored_head(session, chain) == head
    return head


@contextmanager
def behind_its_back(database: Database) -> Iterator[Connection]:
    """A connection on which nothing is refused; whatever is done there is undone at the end."""
    with database.engine.connect() as connection:
        transaction = connection.begin()
        take_guards_away(connection)
        try:
            yield connection
        finally:
            transaction.rollback()


def first_break(connection: Connection) -> ChainBroken | None:
    """What `audit verify` finds first in any chain, heads included."""
    with Session(connection) as session:
        for chain in chains(session):
            try:
                head = verify(chain, events_of(session, chain))
            except ChainBroken as broken:
                return broken
            if stored_head(session, chain) != head:
                return ChainBroken(chain, head.sequence, "is not the chain's head")
    return None


@pytest.fixture(scope="session")
def told() -> dict[str, Newsroom]:
    """The story by the kind of database it has happened on."""
    return {}


@pytest.fixture
def story(hall: Hall, told: dict[str, Newsroom]) -> Newsroom:
    """A site where everything has happened that leaves an event, the same for each test."""
    kind = hall.services.database.engine.dialect.name
    if kind not in told:
        told[kind] = happened_in(hall.new_site())
    return told[kind]


def happened_in(newsroom: Newsroom) -> Newsroom:
    newsroom.put_article(title="Ümläute & 漢字")
    newsroom.configure(
        '[policy.reject]\nthreat_at_least = 0.9\n[[reasons]]\nid = "rude"\nlabel = "Rude"\nreader = "Rude it was."\n'
    )
    author = {"name": "Ada Lovelace", "id": "reader-4711", "address": "203.0.113.99"}
    comments = [newsroom.accepted(author=author) for _ in range(3)]
    newsroom.accepted("threat=0.95", author=author, external_id="cms-0815")
    newsroom.decide(comments[0]["id"], "approve", note="a note about Ada")
    newsroom.decide(comments[0]["id"], "reject", reason="rude", note="she was rude again")
    newsroom.client.post(f"/api/v1/comments/{comments[1]['id']}/withdraw?receipt={comments[1]['receipt']}")
    newsroom.put_article(mode="closed")
    services = newsroom.services
    add_account(
        services, "test", "Mo Moderator", "a password of the tests", {newsroom.site: Granted(role=Role.MODERATOR)}
    )
    add_token(services, "test", "Mo Moderator", Right.MODERATE)
    set_password(services, "test", "Mo Moderator", "another password of the tests")
    _, account = account_asked_for(services, "Mo Moderator")
    sign_out(services, sign_in(services, account, "another password of the tests").cookie)
    return newsroom


def test_after_everything_every_chain_verifies(story: Newsroom) -> None:
    with story.services.database.reading() as session:
        assert {story.site, "system"} <= set(chains(session))
        for chain in chains(session):
            assert verified(session, chain).sequence > 0


def test_events_name_what_happened(story: Newsroom) -> None:
    with story.services.database.reading() as session:
        names = {event.event for chain in (story.site, "system") for event in events_of(session, chain)}
    assert names >= {
        "site.created", "key.created", "article.opened", "article.closed", "comment.submitted", "comment.scored",
        "comment.decided", "comment.approved", "comment.rejected", "comment.withdrawn", "account.created",
        "account.password_changed", "account.signed_in", "account.signed_out", "token.created",
    }  # fmt: skip


def test_no_event_holds_a_name_an_id_of_an_author_a_note_an_address_or_a_body(story: Newsroom) -> None:
    with story.services.database.reading() as session:
        everything = "\n".join(event.text for chain in (story.site, "system") for event in events_of(session, chain))
    # Nothing that could be part of a hash by chance.
    for private in ("Ada", "Lovelace", "reader-4711", "cms-0815", "203.0.113", "note", "rude again", "Comment number",
                    "Moderator", "password of", "漢字", story.secret, story.publishable):  # fmt: skip
        assert private not in everything, private


def test_events_are_numbered_without_a_gap(story: Newsroom) -> None:
    with story.services.database.reading() as session:
        numbers = [event.sequence for event in events_of(session, story.site)]
    assert numbers == list(range(1, len(numbers) + 1))


# --- changed behind its back -----------------------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_changed_byte_of_any_column_of_any_event_is_named(story: Newsroom, data: st.DataObject) -> None:
    database = story.services.database
    with behind_its_back(database) as connection:
        count = connection.execute(
            select(func.count()).select_from(EventRow).where(EventRow.chain == story.site)
        ).scalar_one()
        number = data.draw(st.integers(1, count))
        column = data.draw(st.sampled_from(COLUMNS))
        here = {"chain": story.site, "number": number}
        where = "WHERE chain = :chain AND sequence = :number"
        value = connection.execute(text(f"SELECT {column} FROM audit_events {where}"), here).scalar_one().encode()
        place = data.draw(st.integers(0, len(value) - 1))
        if database.is_sqlite:
            byte = data.draw(st.integers(0, 255).filter(lambda b: b != value[place]))
            here["value"] = value[:place] + bytes([byte]) + value[place + 1 :]
            connection.execute(text(f"UPDATE audit_events SET {column} = CAST(:value AS TEXT) {where}"), here)
        else:
            # PostgreSQL stores no bytes that are not text.
            letter = data.draw(
                st.characters(codec="ascii", exclude_characters="\x00").filter(lambda c: ord(c) != value[place])
            )
            changed = value[:place] + letter.encode() + value[place + 1 :]
            here["value"] = changed.decode("utf-8", "replace")
            connection.execute(text(f"UPDATE audit_events SET {column} = :value {where}"), here)
        broken = first_break(connection)
        assert broken is not None
        if column != "chain":  # an event that moved to another chain is named there, or is missing here
            assert (broken.chain, broken.sequence) == (story.site, number)


def test_a_changed_number_is_named(story: Newsroom) -> None:
    with behind_its_back(story.services.database) as connection:
        here = {"chain": story.site}
        connection.execute(text("UPDATE audit_events SET sequence = 4711 WHERE chain = :chain AND sequence = 3"), here)
        broken = first_break(connection)
    assert broken is not None
    assert (broken.chain, broken.sequence) == (story.site, 3)


def test_a_replaced_event_is_named(story: Newsroom) -> None:
    with behind_its_back(story.services.database) as connection:
        here = {"chain": story.site}
        connection.execute(text("DELETE FROM audit_events WHERE chain = :chain AND sequence = 4"), here)
        columns = "time, actor, event, subject, payload, previous, hash, text"
        connection.execute(
            text(f"INSERT INTO audit_events (chain, sequence, {columns}) SELECT chain, 4, {columns} FROM audit_events "
                 "WHERE chain = :chain AND sequence = 5"),
            here,
        )  # fmt: skip
        broken = first_break(connection)
    assert broken is not None
    assert (broken.chain, broken.sequence) == (story.site, 4)


def test_a_cut_tail_shows_against_the_head(story: Newsroom) -> None:
    with behind_its_back(story.services.database) as connection:
        here = {"chain": story.site}
        connection.execute(text("DELETE FROM audit_events WHERE chain = :chain AND sequence > 4"), here)
        broken = first_break(connection)
    assert broken is not None
    assert (broken.chain, broken.sequence) == (story.site, 4)


def test_bytes_that_are_no_text_do_not_hide_what_was_changed(tmp_path: Path, sqlite_url: str) -> None:
    hall = open_hall(sqlite_url, tmp_path)
    newsroom = hall.new_site()
    newsroom.put_article()
    newsroom.accepted()
    for column in COLUMNS:
        with behind_its_back(hall.services.database) as connection:
            connection.execute(
                text(f"UPDATE audit_events SET {column} = CAST(X'61FF62' AS TEXT) WHERE chain = :c AND sequence = 3"),
                {"c": newsroom.site},
            )
            broken = first_break(connection)
        assert broken is not None, column
    hall.services.database.close()


# --- refused ---------------------------------------------------------------------------------------------------------

EVENT = "time, actor, event, subject, payload, previous, hash, text"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'x'",
        "UPDATE audit_events SET actor = actor WHERE sequence = 1",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE sequence = 1",
        "UPDATE audit_heads SET sequence = 1",
        "UPDATE audit_heads SET hash = 'x'",
        "UPDATE audit_heads SET chain = 'x'",
        "DELETE FROM audit_heads",
        f"INSERT INTO audit_events (chain, sequence, {EVENT}) SELECT chain, sequence, {EVENT} FROM audit_events",
        f"INSERT INTO audit_events (chain, sequence, {EVENT}) SELECT chain, sequence, {EVENT} FROM audit_events "
        "WHERE sequence = 1 ON CONFLICT (chain, sequence) DO UPDATE SET actor = 'x'",
        "INSERT INTO audit_heads (chain, sequence, hash) SELECT chain, 9999, 'x' FROM audit_heads",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_written(story: Newsroom, statement: str) -> None:
    assert_refused(story.services.database, statement)


@pytest.mark.parametrize(
    "statement",
    [
        f"INSERT OR REPLACE INTO audit_events (chain, sequence, {EVENT}) "
        f"SELECT chain, sequence, {EVENT} FROM audit_events",
        f"REPLACE INTO audit_events (chain, sequence, {EVENT}) SELECT chain, sequence, {EVENT} FROM audit_events",
        f"INSERT OR REPLACE INTO audit_events (rowid, chain, sequence, {EVENT}) "
        f"SELECT 1, 'other', 1, {EVENT} FROM audit_events LIMIT 1",
        "INSERT OR REPLACE INTO audit_heads (chain, sequence, hash) SELECT chain, 1, 'x' FROM audit_heads",
        "UPDATE OR REPLACE audit_events SET sequence = sequence + 1",
    ],
)
def test_sqlite_lets_no_replacing_through(sqlite_url: str, tmp_path: Path, statement: str) -> None:
    hall = open_hall(sqlite_url, tmp_path)
    hall.new_site()
    assert_refused(hall.services.database, statement)
    # ... nor for a program that sets none of our pragmas.

    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as plain, pytest.raises(sqlite3.DatabaseError):
        plain.execute(statement)
    plain.close()
    hall.services.database.close()


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["audit_events", "audit_heads", "audit_events, audit_heads"])
def test_postgresql_lets_no_truncating_through(postgres_url: str, tmp_path: Path, table: str) -> None:
    hall = open_hall(postgres_url, tmp_path)
    hall.new_site()
    assert_refused(hall.services.database, f"TRUNCATE {table} CASCADE")
    hall.services.database.close()


def assert_refused(database: Database, statement: str) -> None:
    count = select(func.count()).select_from(EventRow)
    with database.reading() as session:
        before = session.scalar(count)
    with pytest.raises(DBAPIError), database.engine.begin() as connection:
        connection.execute(text(statement))
    with database.reading() as session:
        assert session.scalar(count) == before
        for chain in chains(session):
            verified(session, chain)


# --- several writers -------------------------------------------------------------------------------------------------


def note(context: Any, chain: str, number: int) -> None:
    run_in_unit_of_work(context, lambda unit: unit.event(chain, "test", "test.noted", f"n{number}", {"number": number}))


def test_writers_at_once_never_fork_a_chain_not_even_at_its_first_event(database_url: str, tmp_path: Path) -> None:
    # Two processes' worth of connections to one database.
    halls = [open_hall(database_url, tmp_path) for _ in range(2)]
    barrier = threading.Barrier(8)

    def write(writer: int) -> None:
        barrier.wait()
        for number in range(5):
            note(halls[writer % 2].services, "demo" if number % 2 else f"chain-{writer % 3}", number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with halls[0].services.database.reading() as session:
        assert {chain: verified(session, chain).sequence for chain in chains(session)} == {
            "chain-0": 9, "chain-1": 9, "chain-2": 6, "demo": 16,
        }  # fmt: skip
    for hall in halls:
        hall.services.database.close()


def test_comments_and_decisions_at_once_keep_the_chain_whole(newsroom: Newsroom) -> None:
    comments = [newsroom.accepted()["id"] for _ in range(6)]
    texts = [newsroom.text() for _ in range(6)]
    headers = {"Authorization": f"Bearer {newsroom.secret}"}
    barrier = threading.Barrier(12)

    def submit(body: str) -> int:
        client = newsroom.hall.app.test_client()
        barrier.wait()
        content = {"author": {"name": "Ada", "id": "ada"}, "body": body, "parent_id": comments[0]}
        return client.post("/api/v1/articles/trams/comments", json=content, headers=headers).status_code

    def decide(comment: str) -> int:
        client = newsroom.hall.app.test_client()
        barrier.wait()
        path = f"/api/v1/comments/{comment}/decisions"
        return client.post(path, json={"outcome": "approve"}, headers=headers).status_code

    with ThreadPoolExecutor(12) as pool:
        answers = [pool.submit(submit, body) for body in texts] + [pool.submit(decide, c) for c in comments]
        assert sorted(answer.result() for answer in answers) == [200] * 6 + [202] * 6
    with newsroom.services.database.reading() as session:
        verified(session, newsroom.site)


def test_a_conflict_runs_the_whole_transaction_again(newsroom: Newsroom) -> None:
    tries: list[int] = []

    def work(unit: UnitOfWork) -> str:
        tries.append(1)
        unit.event(newsroom.site, "test", "test.tried", "once", {})
        if len(tries) < 3:
            raise IntegrityError("insert", {}, Exception("UNIQUE constraint failed"))
        return "done"

    assert run_in_unit_of_work(newsroom.services, work) == "done"
    with newsroom.services.database.reading() as session:
        assert [event.event for event in events_of(session, newsroom.site)].count("test.tried") == 1


def test_what_fails_leaves_no_event(newsroom: Newsroom) -> None:
    def work(unit: UnitOfWork) -> None:
        unit.event(newsroom.site, "test", "test.failed", "never", {})
        unit.session.flush()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        run_in_unit_of_work(newsroom.services, work)
    with newsroom.services.database.reading() as session:
        assert "test.failed" not in [event.event for event in events_of(session, newsroom.site)]


def test_a_clock_that_was_set_back_breaks_nothing(newsroom: Newsroom) -> None:
    newsroom.accepted()
    newsroom.clock.move(days=-400)
    comment = newsroom.accepted()["id"]
    assert newsroom.decide(comment).status_code == 200
    with newsroom.services.database.reading() as session:
        verified(session, newsroom.site)
