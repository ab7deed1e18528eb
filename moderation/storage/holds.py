"""Legal holds: what stands under one is neither erased nor expired, and nothing of it is forgotten in its time, until
the hold is lifted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    and_,
    bindparam,
    delete,
    exists,
    literal_column,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base, one_of, table_of
from moderation.storage.comments import Comment
from moderation.storage.database import lock

_STANDS = "lifted_at IS NULL"


class HoldAbout(StrEnum):
    COMMENT = "comment"
    AUTHOR = "author"
    ARTICLE = "article"


class Hold(Base):
    """A hold on a comment, an author or an article, whose id ``subject`` is. It stands until ``lifted_at``."""

    __tablename__ = "holds"
    __table_args__ = (
        Index(
            "ix_holds_standing",
            "subject",
            "about",
            unique=True,
            sqlite_where=text(_STANDS),
            postgresql_where=text(_STANDS),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    about: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_because: Mapped[str | None]


_HOLDS, _C = table_of(Hold), table_of(Comment).c
_STANDING: ColumnElement[bool] = literal_column(f"holds.{_STANDS}")
_ON_COMMENT = or_(
    and_(_HOLDS.c.about == HoldAbout.COMMENT.value, _HOLDS.c.subject == _C.id),
    and_(_HOLDS.c.about == HoldAbout.AUTHOR.value, _HOLDS.c.subject == _C.author_id),
    # One that has become a part of another article is held with either.
    and_(
        _HOLDS.c.about == HoldAbout.ARTICLE.value,
        or_(_HOLDS.c.subject == _C.article_id, _HOLDS.c.subject == _C.joined_from),
    ),
)
HELD = exists().where(_STANDING, _ON_COMMENT).correlate(table_of(Comment))
"""That a comment stands under a hold: its own, its author's or its article's."""
_OVER_THESE = (
    select(Hold).distinct().join(Comment, true()).where(_STANDING, _ON_COMMENT).order_by(Hold.made_at, Hold.id)
)
_OVER_COMMENTS = _OVER_THESE.where(one_of(Comment.id, "ids"))
_OVER_AUTHOR = select(Hold).where(_STANDING, Hold.about == HoldAbout.AUTHOR, Hold.subject == bindparam("author"))
_FORGET = delete(_HOLDS).where(
    _HOLDS.c.about == bindparam("kind"), one_of(_HOLDS.c.subject, "subjects"), _HOLDS.c.lifted_at.is_not(None)
)


def lock_holds(asked: Session | Connection, site_id: str) -> None:
    """Until this transaction ends nobody puts a hold on anything of the site, or lifts one."""
    lock(asked, f"holds of {site_id}")


def holds_over_comments(session: Session, comment_ids: Collection[str]) -> Sequence[Hold]:
    """The holds under which these comments stand, oldest first."""
    return session.scalars(_OVER_COMMENTS, {"ids": list(comment_ids)}).all()


def holds_over_author(session: Session, author_id: str) -> Sequence[Hold]:
    """The holds under which an author stands, or any of their comments."""
    own = session.scalars(_OVER_AUTHOR, {"author": author_id}).all()
    return [
        *own,
        *(hold for hold in session.scalars(_OVER_THESE.where(Comment.author_id == author_id)) if hold not in own),
    ]


def standing_hold(session: Session, about: HoldAbout, subject: str) -> Hold | None:
    """The hold on this very thing."""
    return session.scalar(select(Hold).where(_STANDING, Hold.about == about, Hold.subject == subject))


def forget_lifted(connection: Connection, about: HoldAbout, subjects: Collection[str]) -> int:
    """Nothing is kept of holds that were lifted; their audit events stay. Returns how many there were."""
    return connection.execute(_FORGET, {"kind": about.value, "subjects": list(subjects)}).rowcount
