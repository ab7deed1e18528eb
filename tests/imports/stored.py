"""What archives have become here."""

from __future__ import annotations

from sqlalchemy import select

from moderation.storage.comments import Comment
from tests.newsroom import Hall, Newsroom


def stored(hall: Hall, site: Newsroom) -> dict[str, Comment]:
    """A site's comments by their ids elsewhere."""
    with hall.services.database.reading() as session:
        rows = session.scalars(select(Comment).where(Comment.site_id == site.site))
        return {row.external_id or row.id: row for row in rows}
