"""What writers change of their comments: edits of what waits, and refused ones that were mended and sent again. No text
of before is kept; the audit chain has its fingerprint.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, bindparam, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.storage.base import Base


class CommentEdit(Base):
    """One edit of a comment, and the revision that it made."""

    __tablename__ = "comment_edits"

    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    edited_at: Mapped[datetime]


class MendedComment(Base):
    """A refused comment, and the one that its writer sent in its place."""

    __tablename__ = "mended_comments"

    refused_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), index=True, unique=True)


@dataclass(frozen=True, slots=True)
class Edits:
    """How often a comment was edited, and the newest edit's revision and time (0 and None where there was none)."""

    number: int
    revision: int
    at: datetime | None


_EDITS = select(func.count(), func.max(CommentEdit.revision), func.max(CommentEdit.edited_at)).where(
    CommentEdit.comment_id == bindparam("of")
)


def edits_of(session: Session, comment_id: str) -> Edits:
    """A comment's edits, counted."""
    number, revision, at = session.execute(_EDITS, {"of": comment_id}).one()
    return Edits(number, revision or 0, at)


def edits_among(session: Session, comment_ids: Collection[str]) -> dict[str, Edits]:
    """The same of each of these comments."""
    query = select(
        CommentEdit.comment_id, func.count(), func.max(CommentEdit.revision), func.max(CommentEdit.edited_at)
    )
    found = session.execute(query.where(CommentEdit.comment_id.in_(comment_ids)).group_by(CommentEdit.comment_id))
    return dict.fromkeys(comment_ids, Edits(0, 0, None)) | {
        id_: Edits(number, revision or 0, at) for id_, number, revision, at in found
    }


def mended_as(session: Session, refused_id: str) -> str | None:
    """The comment that was sent in the place of a refused one."""
    row = session.get(MendedComment, refused_id)
    return row.comment_id if row else None


def mends(session: Session, comment_id: str) -> str | None:
    """The refused comment in whose place this one was sent."""
    return session.scalar(_MENDS, {"of": comment_id})


_MENDS = select(MendedComment.refused_id).where(MendedComment.comment_id == bindparam("of"))
