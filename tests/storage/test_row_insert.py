"""Many rows at once are the rows that one at a time would be; what goes wrong is told as ever, and tells no text."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select
from sqlalchemy.exc import IntegrityError

from moderation.storage.articles import Article
from moderation.storage.base import table_of
from moderation.storage.database import Database
from moderation.storage.row_insert import MANY, RowInsert
from moderation.storage.sites import Site

ARTICLES = table_of(Article)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
insert_articles = RowInsert(ARTICLES)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(table_of(Site).insert().values(id="daily", name="The Daily", created_at=NOON))
        yield connection
        transaction.rollback()


def article(number: int) -> dict[str, Any]:
    """With all that may stand in a text, a list and a time, or be lacking."""
    nothing = dict.fromkeys(column.name for column in ARTICLES.columns)
    return nothing | {
        "id": f"a{number:03}",
        "site_id": "daily",
        "external_id": f"trams-{number}",
        "title": "Tabs\tand\nlines, \\N, é, 漢 and \U0001f68b",
        "key_points": [] if number % 2 else ["one\ttwo", 'th"ree'],
        "paragraphs": ["\\."],
        "published_at": NOON if number % 3 else None,
        "version": number,
        "created_at": NOON,
        "updated_at": NOON,
        "verified": bool(number % 2),
    }


def test_many_at_once_are_stored_as_one_by_one(connection: Connection) -> None:
    rows = [article(number) for number in range(MANY + 1)]
    for row in rows:
        insert_articles(connection, row)
    singly = connection.execute(select(ARTICLES).order_by(ARTICLES.c.id)).all()
    assert [dict(row._mapping) for row in singly] == rows
    for taken_as_they_come in False, True:
        connection.execute(delete(ARTICLES))
        if taken_as_they_come:
            insert_articles.many(connection, iter(rows))
        else:
            insert_articles(connection, *rows)
        assert connection.execute(select(ARTICLES).order_by(ARTICLES.c.id)).all() == singly


def test_none_at_all_is_nothing(connection: Connection) -> None:
    insert_articles.many(connection, iter(()))
    assert connection.execute(select(ARTICLES)).all() == []


def test_what_is_there_already_is_a_conflict_that_tells_no_text(connection: Connection) -> None:
    rows = [article(number) | {"title": "A reader's secret"} for number in range(MANY)]
    with pytest.raises(IntegrityError) as raised, connection.begin_nested():
        insert_articles(connection, *rows, rows[0])
    assert "secret" not in str(raised.value)
    state = getattr(raised.value.orig, "sqlstate", None)
    assert state == ("23505" if connection.dialect.name == "postgresql" else None)


def test_a_row_that_lacks_what_it_must_have_tells_no_text(connection: Connection) -> None:
    rows = [article(number) | {"title": "A reader's secret", "version": None} for number in range(MANY)]
    with pytest.raises(IntegrityError) as raised, connection.begin_nested():
        insert_articles(connection, *rows)
    assert "version" in str(raised.value)
    assert "secret" not in "".join(traceback.format_exception(raised.value))
