"""A database from before names were scored comes forward with its comments, and nothing is said of their names."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

from moderation.core.conditions import NAME_SIGNALS
from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from tests.storage.test_queue_index import _old_comments


def test_comments_from_before_have_no_scores_of_names_and_no_spam(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0002")
        database.writing(_old_comments)
        upgrade(database, revision="0003")
        with database.reading() as session:
            assert "name_toxicity" not in {c["name"] for c in inspect(session.connection()).get_columns("docket")}
        upgrade(database)
        names = ", ".join(("spam", *NAME_SIGNALS))
        with database.reading() as session:
            rows = session.execute(text(f"SELECT {names} FROM queue_index")).all()
            assert [tuple(row) for row in rows] == [(None,) * 10] * 2
            assert list(session.scalars(text("SELECT form_filled FROM comments"))) in ([False, False], [0, 0])
            indexes = {index["name"] for index in inspect(session.connection()).get_indexes("queue_index")}
        assert {"ix_queue_index_alike_01", "ix_queue_index_alike_23"} <= indexes
        database.close()
