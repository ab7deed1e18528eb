"""What Google's Perspective said of comments that came in from an archive: kept beside our own scores, so that the two
can be compared (``moderation perspective compare --site``). Nothing is decided by them.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, ForeignKey, Row, select
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base, table_of
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.row_insert import RowInsert


class PerspectiveScore(Base):
    """A score from 0 to 1 on Perspective's scale. ``attribute`` is in capitals; ``model`` as the archive names it."""

    __tablename__ = "perspective_scores"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    attribute: Mapped[str] = mapped_column(primary_key=True)
    score: Mapped[float]
    model: Mapped[str]


_insert = RowInsert(table_of(PerspectiveScore))
CHUNK = 1000


def insert_perspective_scores(connection: Connection, rows: list[dict[str, object]]) -> None:
    """Stores scores, each with all columns."""
    if rows:
        _insert(connection, *rows)


def texts_with_scores(database: Database, site_id: str) -> Iterator[Row[tuple[str, str, str, float]]]:
    """Comment id, text, attribute and score of a site's comments that have one, comment by comment; read in chunks."""
    after = ("", "")
    scores = table_of(PerspectiveScore).c
    query = (
        select(scores.comment_id, Comment.body, scores.attribute, scores.score)
        .join(Comment, Comment.id == scores.comment_id)
        .where(Comment.site_id == site_id, Comment.body != "")
        .order_by(scores.comment_id, scores.attribute)
        .limit(CHUNK)
    )
    while True:
        with database.reading() as session:
            behind = (scores.comment_id > after[0]) | ((scores.comment_id == after[0]) & (scores.attribute > after[1]))
            chunk = session.execute(query.where(behind)).all()
        yield from chunk
        if len(chunk) < CHUNK:
            return
        after = (chunk[-1].comment_id, chunk[-1].attribute)
