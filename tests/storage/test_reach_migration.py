"""Coming from before reach: comments catch up with their articles, and shared views with those who may see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.orm import Session

from moderation.storage.accounts import Account, Grant
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.moderator_workspace import SavedView
from moderation.storage.queue_index import QueueIndex
from moderation.storage.schema import upgrade
from moderation.storage.sites import Site
from tests.storage.test_queue_index import AT, BODY


def test_comments_are_where_their_article_is_and_shared_views_are_for_whoever_reaches_all_of_them(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.sqlite3'}", empty_postgres_url):
        database = Database(url)
        upgrade(database, revision="0003")
        database.writing(_before)
        upgrade(database)
        with database.reading() as session:
            rows = session.execute(select(QueueIndex.comment_id, QueueIndex.section).order_by(QueueIndex.number)).all()
            assert [tuple(row) for row in rows] == [("c1", "sport"), ("c2", "sport"), ("c3", None)]
            places = {view.name: view.places for view in session.scalars(select(SavedView))}
        assert places == {
            "everywhere": {"demo": None, "second": None},
            "one site": {"second": None},
            "a section": {"demo": ["sport"]},
            "of a section": {"demo": ["city", "sport"]},
            "narrower": {"demo": ["city"]},
            "elsewhere": {},
            "no section of theirs": {},
            "my own": {},
        }
        database.close()


def _before(session: Session) -> None:
    def put(table: Table, rows: list[dict[str, Any]]) -> None:
        whole = [{"id": f"{table.name} {n}"} | row for n, row in enumerate(rows)]
        # With the columns of that time alone.
        old = Table(table.name, MetaData(), *(Column(name, table.c[name].type) for name in whole[0]))
        session.execute(insert(old).values(whole))

    put(table_of(Site), [{"id": site, "name": site, "created_at": AT} for site in ("demo", "second")])
    put(table_of(Account), [_account("chief"), _account("berta"), _account("only")])
    grants = [("chief", "*", None), ("berta", "demo", None), ("only", "demo", ["city", "sport"])]
    session.execute(
        insert(table_of(Grant)).values(
            [{"account_id": a, "site_id": s, "role": "moderator", "sections": n, "extra": []} for a, s, n in grants]
        )
    )
    views = [
        ("chief", "everywhere", "find=x", True),
        ("chief", "one site", "site=second&order=oldest", True),
        ("berta", "a section", "section=sport", True),
        ("only", "of a section", "", True),
        ("only", "narrower", "section=city&section=opinion", True),
        ("berta", "elsewhere", "site=second", True),
        ("only", "no section of theirs", "section=opinion", True),
        ("chief", "my own", "site=demo", False),
    ]
    put(
        table_of(SavedView),
        [{"account_id": a, "name": n, "query": q, "shared": s, "made_at": AT} for a, n, q, s in views],
    )
    _comments(session, put)


def _account(name: str) -> dict[str, Any]:
    return {"id": name, "name": name, "password_hash": "-", "created_at": AT}


def _comments(session: Session, put: Any) -> None:
    article = {"site_id": "demo", "title": "A", "key_points": [], "paragraphs": [], "version": 1, "created_at": AT}
    moved = article | {"id": "a", "external_id": "a", "section": "sport", "updated_at": AT}
    put(table_of(Article), [moved, article | {"id": "b", "external_id": "b", "section": None, "updated_at": AT}])
    put(
        table_of(Author),
        [{"id": "w", "site_id": "demo", "key": "k", "known": True, "name": "Ada", "created_at": AT}
         | {"approved": 0, "rejected": 0, "trusted": False}],
    )  # fmt: skip
    told = {"site_id": "demo", "author_id": "w", "author_name": "Ada", "body": BODY, "created_at": AT}
    told |= {"status": "pending", "revision": 1, "flags": 0, "scored": False, "scoring_attempts": 0, "received_at": AT}
    where = [("c1", "a", "city"), ("c2", "a", "sport"), ("c3", "b", "city")]
    put(table_of(Comment), [told | {"id": c, "article_id": a, "fingerprint": c} for c, a, _ in where])
    row: dict[str, object] = dict.fromkeys(("links", "reports", "author_approved", "terms", "holds", "flags"), 0)
    row |= dict.fromkeys(("trusted", "scored", "is_reply", "escalated"), False) | {"readable": True, "waiting": True}
    row |= {"site_id": "demo", "author_id": "w", "article_at": AT, "received_at": AT, "status": "pending"}
    queue_index = Table("docket", MetaData(), autoload_with=session.connection())  # as the queue index was called then
    for number, (comment, of, section) in enumerate(where, 1):
        values = {"number": number, "comment_id": comment, "article_id": of, "section": section}
        session.execute(insert(queue_index).values(values | row))
