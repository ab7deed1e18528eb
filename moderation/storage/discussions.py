"""A discussion as a whole: how often what readers see of it has changed, and what the newsroom has put above it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, ForeignKey, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from moderation.storage.base import Base, BigCount, table_of


class Discussion(Base):
    """The discussion under the article of this ``id``. ``revision`` counts up with every change of what readers see of
    it, in the same transaction: what somebody has made of the revision that stands is up to date. ``notice`` is the
    newsroom's word above it, until then; its kind is one of ``core.comment.Notice``.
    """

    __tablename__ = "discussions"

    id: Mapped[str] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(BigCount)
    notice_kind: Mapped[str | None]
    notice: Mapped[str | None]
    notice_until: Mapped[datetime | None]


_ROW = {"id": bindparam("of"), "revision": 0}
_ENSURE = {
    "sqlite": sqlite.insert(table_of(Discussion)).values(_ROW).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(table_of(Discussion)).values(_ROW).on_conflict_do_nothing(),
}
_SAY = (
    update(table_of(Discussion))
    .where(table_of(Discussion).c.id == bindparam("of"))
    .values(
        notice_kind=bindparam("kind"),
        notice=bindparam("text"),
        notice_until=bindparam("until"),
        revision=table_of(Discussion).c.revision + 1,
    )
)


def ensure_discussion(connection: Connection, article_id: str) -> None:
    """The article's row is there from here on."""
    connection.execute(_ENSURE[connection.dialect.name], {"of": article_id})


def say_above(
    connection: Connection, article_id: str, kind: str | None, text: str | None, until: datetime | None
) -> None:
    """Puts the newsroom's word above a discussion, or with None takes it away."""
    ensure_discussion(connection, article_id)
    connection.execute(_SAY, {"of": article_id, "kind": kind, "text": text, "until": until})
