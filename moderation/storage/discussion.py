"""What readers see under an article: published comments, each with its published replies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from moderation.core.comment import Status
from moderation.storage.comments import Comment

_GONE = tuple(status for status in Status if status is not Status.APPROVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A comment that answers no other, and the published replies to it. One that is no longer published itself, but
    has replies that are, leaves its place: ``gone``.
    """

    comment: Comment
    replies: tuple[Comment, ...]

    @property
    def gone(self) -> bool:
        return self.comment.status != Status.APPROVED


def discussion(session: Session, article_id: str, *, after: Comment | None = None, limit: int) -> list[Opening]:
    """One page of an article's discussion, oldest first, from behind the comment ``after`` on."""
    here = select(Comment).where(Comment.article_id == article_id, Comment.parent_id.is_(None))
    if after is not None:
        here = here.where(tuple_(Comment.created_at, Comment.id) > tuple_(after.created_at, after.id))
    here = here.order_by(Comment.created_at, Comment.id).limit(limit)
    published = session.scalars(here.where(Comment.status == Status.APPROVED)).all()
    if len(published) == limit:  # then only those count that are gone from among these, and an index finds them
        here = here.where(Comment.created_at <= published[-1].created_at)
    reply = aliased(Comment)
    answered = exists().where(reply.parent_id == Comment.id, reply.status == Status.APPROVED)
    gone = session.scalars(here.where(Comment.status.in_(_GONE), answered)).all()
    openings = sorted([*published, *gone], key=lambda comment: (comment.created_at, comment.id))[:limit]
    replies = _replies(session, [comment.id for comment in openings])
    return [Opening(comment=comment, replies=tuple(replies[comment.id])) for comment in openings]


def how_many_published(session: Session, article_id: str) -> int:
    """How many comments stand under an article, replies included."""
    query = select(func.count()).where(Comment.article_id == article_id, Comment.status == Status.APPROVED)
    return session.scalar(query) or 0


def _replies(session: Session, opening_ids: Sequence[str]) -> dict[str, list[Comment]]:
    """Published replies by the opening that they go back to, replies to replies included, oldest first."""
    thread = select(Comment.id, Comment.id.label("opening_id")).where(Comment.id.in_(opening_ids)).cte(recursive=True)
    thread = thread.union_all(
        select(Comment.id, thread.c.opening_id).join(thread, Comment.parent_id == thread.c.id)  # unpublished ones too
    )
    query = select(Comment, thread.c.opening_id).join(thread, thread.c.id == Comment.id)
    query = query.where(Comment.status == Status.APPROVED, Comment.parent_id.is_not(None))
    found: dict[str, list[Comment]] = defaultdict(list)
    for reply, opening_id in session.execute(query.order_by(Comment.created_at, Comment.id)):
        found[opening_id].append(reply)
    return found
