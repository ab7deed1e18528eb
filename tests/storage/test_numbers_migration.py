"""Coming from 32-bit numbers: what is there stays, and the chain goes on past 2**31, as guarded as before."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Integer, inspect, text
from sqlalchemy.exc import DBAPIError

from moderation.core.audit_chain import SYSTEM, UnchainedEvent
from moderation.storage.audit import append, events_of, stored_head
from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from moderation.storage.tables import Base
from tests.doubles import NOON

BEYOND = 2**31 + 5
FEW = {"key_ring.id", "severity_order.id", "prepared_articles.version", "comment_edits.revision"}
"""Whole numbers in keys that stay small: keys of the ring, the only row, how often one article or text was changed."""


def test_numbers_grow_past_32_bits_and_the_head_never_goes_back(tmp_path: Path, empty_postgres_url: str) -> None:
    happened = UnchainedEvent(chain=SYSTEM, actor="test", event="test.happened", subject="x", payload={})
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0012")
        database.changing(partial(append, unchained_events=[happened, happened], at=NOON))
        upgrade(database)
        with database.reading() as session:
            assert [event.sequence for event in events_of(session, SYSTEM)] == [1, 2]
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE audit_heads SET sequence = :to"), {"to": BEYOND})
        database.changing(partial(append, unchained_events=[happened], at=NOON))
        with database.reading() as session:
            head = stored_head(session, SYSTEM)
        assert head is not None
        assert head.sequence == BEYOND + 1
        for back in (
            "UPDATE audit_heads SET sequence = 3",
            "UPDATE audit_heads SET chain = 'y'",
            "DELETE FROM audit_heads",
        ):
            with pytest.raises(DBAPIError), database.engine.begin() as connection:
                connection.execute(text(back))
        database.close()


@pytest.mark.postgres
def test_every_number_in_a_key_has_64_bits_unless_it_stays_small(postgres_url: str) -> None:
    database = Database(postgres_url)
    found = inspect(database.engine)
    narrow = set()
    for table in Base.metadata.sorted_tables:
        keys = set(found.get_pk_constraint(table.name)["constrained_columns"])
        for column in found.get_columns(table.name):
            whole = isinstance(column["type"], Integer) and not isinstance(column["type"], BigInteger)
            if whole and column["name"] in keys:
                narrow.add(f"{table.name}.{column['name']}")
    assert narrow == FEW
    with database.reading() as session:
        ends = session.execute(text("SELECT sequencename, max_value FROM pg_sequences")).all()
    assert {name for name, end in ends if end < 2**63 - 1} == {"key_ring_id_seq", "severity_order_id_seq"}
    database.close()
