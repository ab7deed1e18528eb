"""Discussions from before places were kept come forward: no deeper than the limit, and readers see what they saw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from moderation.core.comment import DEEPEST
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.discussion import published
from moderation.storage.schema import upgrade

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LENGTH = 40


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_old_discussions_come_forward(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    database = Database(url)
    upgrade(database, revision="0003")
    database.writing(old_comments)
    upgrade(database)
    with database.reading() as session:
        comments = {comment.id: comment for comment in session.scalars(select(Comment))}
        seen = {entry.comment.id: entry for entry in published(session, "a", limit=500)}
    chain = [comments[f"chain{number:02}"] for number in range(LENGTH)]
    assert [comment.depth for comment in chain] == [min(number, DEEPEST) for number in range(LENGTH)]
    assert [comment.parent_id for comment in chain[1:]] == [
        f"chain{min(number - 1, DEEPEST - 1):02}" for number in range(1, LENGTH)
    ]
    assert [c.in_reply_to for c in chain] == [
        None if number <= DEEPEST else f"chain{number - 1:02}" for number in range(LENGTH)
    ]
    # Withdrawn from the second to the last but one: those above the last keep their places, the others have none.
    assert [c.id for c in chain if c.id in seen] == [f"chain{n:02}" for n in (*range(DEEPEST), LENGTH - 1)]
    assert seen["chain00"].comment.replies_shown == 1
    # Never published, but answered: the answer stands alone.
    assert "waiting" not in seen
    assert (seen["answer"].parent_id, comments["answer"].parent_id) == (None, "waiting")
    assert comments["lonely"].shown is False
    database.close()


def old_comments(session: Session) -> None:
    sqlite = session.connection().dialect.name == "sqlite"

    def stamp(minutes: int = 0) -> object:
        time = AT + timedelta(minutes=minutes)
        return time.replace(tzinfo=None).isoformat(" ") if sqlite else time

    at = {"at": stamp()}
    session.execute(text("INSERT INTO sites (id, name, created_at) VALUES ('s', 'S', :at)"), at)
    session.execute(
        text(
            """INSERT INTO articles (id, site_id, external_id, title, key_points, paragraphs, version, created_at,
            updated_at) VALUES ('a', 's', 'a', 'A', '[]', '[]', 1, :at, :at)"""
        ),
        at,
    )
    session.execute(
        text(
            """INSERT INTO authors (id, site_id, key, known, name, approved, rejected, trusted, created_at)
            VALUES ('w', 's', 'k', TRUE, 'Ada', 0, 0, FALSE, :at)"""
        ),
        at,
    )
    row = text(
        """INSERT INTO comments (id, site_id, article_id, parent_id, author_id, author_name, body, fingerprint, status,
        revision, flags, scored, scoring_attempts, created_at, received_at, published_at)
        VALUES (:id, 's', 'a', :parent, 'w', 'Ada', 'A text.', :id, :status, 1, 0, TRUE, 0, :at, :at, :published)"""
    )
    rows = [
        (f"chain{n:02}", f"chain{n - 1:02}" if n else None, "withdrawn" if 0 < n < LENGTH - 1 else "approved", True)
        for n in range(LENGTH)
    ]
    rows += [("waiting", None, "pending", False), ("answer", "waiting", "approved", True)]
    rows += [("lonely", None, "withdrawn", True)]
    for number, (comment_id, parent, status, was_published) in enumerate(rows):
        shown = stamp(number) if was_published else None
        values = {"id": comment_id, "parent": parent, "status": status, "at": stamp(number), "published": shown}
        session.execute(row, values)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_ids_of_articles_come_forward_in_one_spelling(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    database = Database(url)
    upgrade(database, revision="0010")
    row = text(
        """INSERT INTO articles (id, site_id, external_id, title, key_points, paragraphs, version, created_at,
        updated_at) VALUES (:id, 's', :name, 'A', '[]', '[]', 1, :at, :at)"""
    )
    names = {"a": "Cafe\u0301", "b": "cre\u0300me", "c": "cr\u00e8me", "d": "plain"}

    def insert(session: Session) -> None:
        sqlite = session.connection().dialect.name == "sqlite"
        at = AT.replace(tzinfo=None).isoformat(" ") if sqlite else AT
        session.execute(text("INSERT INTO sites (id, name, created_at) VALUES ('s', 'S', :at)"), {"at": at})
        for article_id, name in names.items():
            session.execute(row, {"id": article_id, "name": name, "at": at})

    database.writing(insert)
    upgrade(database)
    with database.reading() as session:
        kept = {found.id: found.external_id for found in session.execute(text("SELECT id, external_id FROM articles"))}
    assert kept == names | {"a": "Caf\u00e9"}
    database.close()
