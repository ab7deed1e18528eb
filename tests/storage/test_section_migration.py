"""Discussions from before the comment section come forward: addresses, featured comments, and threads, which are filled
in afterwards, in the background.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from moderation.jobs.threads import fill_threads
from moderation.storage.addresses import holders
from moderation.storage.articles import find_article
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.marked_names import MarkedName
from moderation.storage.schema import upgrade
from moderation.storage.section import Order, place_named, threads
from tests.newsroom import open_hall
from tests.storage.test_places import AT, LENGTH, old_comments

URLS = {
    "a": "https://www.paper.example/a/?utm_source=x&id=2",
    "b": "https://paper.example/a?id=2#top",  # sent later
    "c": "not an address",
    "d": "https://münchen.example/straße",
    "e": None,
}


def _more(session: Session) -> None:
    sqlite = session.connection().dialect.name == "sqlite"
    at: object = AT.replace(tzinfo=None).isoformat(" ") if sqlite else AT
    session.execute(text("UPDATE articles SET url = :url WHERE id = 'a'"), {"url": URLS["a"]})
    for article, url in list(URLS.items())[1:]:
        session.execute(
            text(
                """INSERT INTO articles (id, site_id, external_id, title, key_points, paragraphs, url, version,
                created_at, updated_at) VALUES (:id, 's', :id, 'A', '[]', '[]', :url, 1, :at, :at)"""
            ),
            {"id": article, "url": url, "at": at},
        )
    session.execute(
        text("INSERT INTO accounts (id, name, password_hash, created_at) VALUES ('m', 'Mo', '-', :at)"), {"at": at}
    )
    session.execute(
        text(
            """INSERT INTO comment_flags (comment_id, kind, account_id, made_at)
            VALUES ('answer', 'featured', 'm', :at)"""
        ),
        {"at": at},
    )


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_discussions_come_forward_into_the_section(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    database = Database(url)
    upgrade(database, revision="0003")
    database.writing(old_comments)
    upgrade(database, revision="0017")
    database.writing(_more)
    upgrade(database)
    with database.reading() as session:
        named = holders(session, "s", ["paper.example/a?id=2", "xn--mnchen-3ya.example/stra%C3%9Fe", "not an address"])
        assert named == {"paper.example/a?id=2": "b", "xn--mnchen-3ya.example/stra%C3%9Fe": "d"}
        place = place_named(session.connection(), "s", "a")
        assert place is not None
        assert (place.verified, place.discussion_revision) == (True, 0)
        before = _threads(session)
    assert before["chain00"] == ([*(f"chain{number:02}" for number in range(1, 4))], 5, False)
    assert before["answer"] == ([], 0, True)
    hall = open_hall(url, tmp_path, begins=datetime.fromisoformat("2026-03-03T12:00:00+00:00"))
    assert fill_threads(hall.services) == 2
    assert fill_threads(hall.services) == 0
    with database.reading() as session:
        assert _threads(session) == before
        shown = {one.id: one.thread_id for one in session.scalars(select(Comment).where(Comment.shown))}
        assert find_article(session, "s", "a") is not None
    assert shown == {
        **{f"chain{number:02}": "chain00" for number in (*range(5), LENGTH - 1)},
        "answer": "answer",
    }
    hall.services.database.close()
    database.close()


def _threads(session: Session) -> dict[str, tuple[list[str], int, bool]]:
    """Each thread's first replies, how many it has, and whether it comes first."""
    found = threads(session, "a", Order.FEATURED, after=None, limit=10, replies=3)
    return {
        one.opening.comment.id: ([reply.comment.id for reply in one.replies], one.count, one.comes_first)
        for one in found
    }


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_marked_names_come_forward_with_the_strength_of_their_marks(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}" if kind == "sqlite" else request.getfixturevalue("empty_postgres_url")
    database = Database(url)
    upgrade(database, revision="0003")
    database.writing(old_comments)
    upgrade(database, revision="0018")

    def mark(session: Session) -> None:
        for author, marks in (("w", '["Gardener", "verified"]'), ("x", '["subscriber"]'), ("y", '["staff"]')):
            if author != "w":
                values = {"id": author, "key": author}
                session.execute(
                    text(
                        """INSERT INTO authors (id, site_id, key, known, name, approved, rejected, trusted, created_at)
                        SELECT :id, site_id, :key, known, name, 0, 0, trusted, created_at FROM authors WHERE id = 'w'"""
                    ),
                    values,
                )
            comment = {"w": "waiting", "x": "answer", "y": "lonely"}[author]
            session.execute(
                text("UPDATE comments SET author_id = :author, marks = :marks WHERE id = :id"),
                {"author": author, "marks": marks, "id": comment},
            )
            session.execute(
                text("INSERT INTO marked_names (site_id, form, author_id) VALUES ('s', 'ada', :author)"),
                {"author": author},
            )

    database.writing(mark)
    upgrade(database)
    with database.reading() as session:
        strengths = {name.author_id: name.strength for name in session.scalars(select(MarkedName))}
    assert strengths == {"w": 2, "x": 1, "y": 3}
    database.close()
