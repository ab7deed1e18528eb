"""Many comments at once, for what is about their number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from moderation.storage.articles import find_place
from moderation.storage.authors import Author
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.discussion import keep_place
from tests.newsroom import Newsroom


def grow(newsroom: Newsroom, article: str, rows: list[dict[str, Any]]) -> None:
    """Comments by the thousand, as intake would have left them; ``rows`` say what matters of each."""
    services = newsroom.services
    at = services.clock()

    def work(session: Any) -> None:
        place = find_place(session, newsroom.site, article)
        assert place is not None
        author = session.scalars(select(Author.id).where(Author.site_id == newsroom.site)).first()
        common = {"site_id": newsroom.site, "article_id": place.id, "author_id": author, "author_name": "Ada"}
        common |= {"body": "A text.", "salt": b"", "external_id": None, "in_reply_to": None, "revision": 1}
        common |= {"flags": 0, "scored": True, "scoring_attempts": 0, "decided_at": at, "shown": False}
        common |= {"opening": False, "replies_shown": 0, "parent_id": None, "depth": 0, "published_at": None}
        whole = []
        for number, row in enumerate(rows):
            time = at + timedelta(milliseconds=number)
            whole.append(common | {"fingerprint": row["id"], "created_at": time, "received_at": time} | row)
        session.execute(insert(table_of(Comment)), whole)
        for row in rows:
            keep_place(session.connection(), row["id"])

    services.database.writing(work)
