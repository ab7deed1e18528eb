"""What readers see under an article: published comments, and the places of those that are gone but were answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select, tuple_
from sqlalchemy.orm import Session, aliased

from moderation.core.comment import Status
from moderation.storage.comments import Comment

_GONE = tuple(status for status in Status if status is not Status.APPROVED)
Place = tuple[datetime, str]
"""A comment's time and id: where a page ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A comment that answers no other, and the replies that go back to it. A comment that is not published, but has
    an answer that is, however far down, leaves its place: it is ``gone``.
    """

    comment: Comment
    replies: tuple[Comment, ...]


def is_gone(comment: Comment) -> bool:
    """Whether only the comment's place is shown."""
    return comment.status != Status.APPROVED


def discussion(session: Session, article_id: str, *, after: Comment | None = None, limit: int) -> list[Opening]:
    """One page of an article's discussion, oldest first, from behind the comment ``after`` on."""
    here = select(Comment).where(Comment.article_id == article_id, Comment.parent_id.is_(None))
    openings = _page(session, here, (after.created_at, after.id) if after else None, limit)
    replies = _replies(session, [comment.id for comment in openings])
    return [Opening(comment=comment, replies=tuple(replies[comment.id])) for comment in openings]


def published(session: Session, article_id: str, *, after: Place | None = None, limit: int) -> list[Comment]:
    """An article's published comments and the places of those that are gone, answers and all, oldest first, after the
    one with this time and id.
    """
    return _page(session, select(Comment).where(Comment.article_id == article_id), after, limit)


def how_many_published(session: Session, article_id: str) -> int:
    """How many comments stand under an article, replies included."""
    query = select(func.count()).where(Comment.article_id == article_id, Comment.status == Status.APPROVED)
    return session.scalar(query) or 0


def _page(session: Session, here: Select[Any], after: Place | None, limit: int) -> list[Comment]:
    if after is not None:
        here = here.where(tuple_(Comment.created_at, Comment.id) > tuple_(*after))
    here = here.order_by(Comment.created_at, Comment.id)
    shown: list[Comment] = list(session.scalars(here.where(Comment.status == Status.APPROVED).limit(limit)))
    if len(shown) == limit:  # then only those count that are gone from among these, and an index finds them
        here = here.where(Comment.created_at <= shown[-1].created_at)
    reply = aliased(Comment)
    answered = exists().where(reply.parent_id == Comment.id)
    gone: Sequence[Comment] = session.scalars(here.where(Comment.status.in_(_GONE), answered)).all()
    if gone:
        leaves = {node.root for node in _thread(session, [comment.id for comment in gone]) if node.published}
        shown += [comment for comment in gone if comment.id in leaves]
    return sorted(shown, key=lambda comment: (comment.created_at, comment.id))[:limit]


@dataclass(frozen=True, slots=True)
class _Node:
    """An answer somewhere below ``root``."""

    id: str
    parent_id: str
    root: str
    published: bool


def _thread(session: Session, root_ids: Sequence[str]) -> list[_Node]:
    """Everything that answers these comments, answers to answers included, whatever became of it."""
    thread = select(Comment.id, Comment.id.label("root")).where(Comment.id.in_(root_ids)).cte(recursive=True)
    thread = thread.union_all(select(Comment.id, thread.c.root).join(thread, Comment.parent_id == thread.c.id))
    query = select(Comment.id, Comment.parent_id, thread.c.root, Comment.status).join(thread, thread.c.id == Comment.id)
    rows = session.execute(query.where(Comment.id != thread.c.root))
    return [_Node(id, parent_id or "", root, status == Status.APPROVED) for id, parent_id, root, status in rows]


def _replies(session: Session, opening_ids: Sequence[str]) -> dict[str, list[Comment]]:
    """The answers to show by the opening that they go back to, oldest first."""
    nodes = {node.id: node for node in _thread(session, opening_ids)}
    shown = _with_places(nodes)
    found: dict[str, list[Comment]] = defaultdict(list)
    for start in range(0, len(shown), 500):
        query = select(Comment).where(Comment.id.in_(shown[start : start + 500]))
        for reply in session.scalars(query):
            found[nodes[reply.id].root].append(reply)
    for replies in found.values():
        replies.sort(key=lambda comment: (comment.created_at, comment.id))
    return found


def _with_places(nodes: dict[str, _Node]) -> list[str]:
    """The published ones, and whatever lies between them and their opening."""
    shown: set[str] = set()
    for node in _published(nodes.values()):
        above: _Node | None = node
        while above is not None and above.id not in shown:
            shown.add(above.id)
            above = nodes.get(above.parent_id)
    return sorted(shown)


def _published(nodes: Iterable[_Node]) -> Iterable[_Node]:
    return (node for node in nodes if node.published)
