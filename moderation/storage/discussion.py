"""What readers see under an article: published comments, and the places of those that are gone but were answered.

Whether a comment has a place is kept with it and changes with the statuses, so that a page costs what it holds,
whatever stands beside it that nobody sees.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    not_,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.storage.base import table_of
from moderation.storage.comments import OPENINGS, SHOWN, Comment
from moderation.storage.moderator_workspace import featured_among

Place = tuple[datetime, str]
"""A comment's time and id: where a page ends."""

REPLIES = 300
"""The most replies on one page of a discussion; who was answered more often has a page of answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A comment as readers see it. ``parent_id`` is what it stands under: its parent, or nothing where readers never
    saw that. ``in_reply_to`` names whom it answers where that is another comment, too deep down to stand under.
    ``featured``: the newsroom has featured it.
    """

    comment: Comment
    parent_id: str | None
    in_reply_to: str | None
    featured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A comment that stands under no other, and the replies that go back to it, oldest first. ``more`` says that it
    has further ones, left out here.
    """

    entry: Entry
    replies: tuple[Entry, ...]
    more: bool = False


def is_gone(comment: Comment) -> bool:
    """Whether only the comment's place is shown."""
    return comment.status != Status.APPROVED


def shown_comment(session: Session, article_id: str, comment_id: str) -> Comment | None:
    """A comment that has a place under this article."""
    query = select(Comment).where(Comment.id == comment_id, Comment.article_id == article_id, Comment.shown)
    return session.scalar(query)


def discussion(
    session: Session, article_id: str, *, under: Comment | None = None, after: Comment | None = None, limit: int
) -> list[Opening]:
    """One page of an article's discussion, oldest first, from behind the comment ``after`` on; with ``under`` of the
    answers to that comment.
    """
    if under is None:
        here = select(Comment).where(Comment.article_id == article_id, literal_column(OPENINGS))
    else:
        here = select(Comment).where(Comment.parent_id == under.id, literal_column(SHOWN))
    openings = _page(session, here, (after.created_at, after.id) if after else None, limit)
    below, cut = all_below(session, openings)
    entries = {entry.comment.id: entry for entry in _entries(session, [*openings, *below])}
    tops = _tops(openings, below)
    replies: dict[str, list[Entry]] = defaultdict(list)
    for reply in sorted(below, key=lambda comment: (comment.created_at, comment.id)):
        replies[tops[reply.id]].append(entries[reply.id])
    more = {tops[comment_id] for comment_id in cut}
    return [
        Opening(entry=entries[opening.id], replies=tuple(replies[opening.id]), more=opening.id in more)
        for opening in openings
    ]


def published(session: Session, article_id: str, *, after: Place | None = None, limit: int) -> list[Entry]:
    """An article's published comments and the places of those that are gone, answers and all, oldest first, after the
    one with this time and id.
    """
    here = select(Comment).where(Comment.article_id == article_id, literal_column(SHOWN))
    return _entries(session, _page(session, here, after, limit))


def how_many_published(session: Session, article_id: str) -> int:
    """How many comments stand under an article, replies included."""
    query = select(func.count()).where(Comment.article_id == article_id, Comment.status == Status.APPROVED)
    return session.scalar(query) or 0


def _page(session: Session, here: Select[Any], after: Place | None, limit: int) -> list[Comment]:
    if after is not None:
        here = here.where(tuple_(Comment.created_at, Comment.id) > tuple_(*after))
    return list(session.scalars(here.order_by(Comment.created_at, Comment.id).limit(limit)))


def _entries(session: Session, comments: Sequence[Comment]) -> list[Entry]:
    replied_to = {comment.in_reply_to for comment in comments if comment.in_reply_to is not None}
    seen = {comment.id for comment in comments}
    if replied_to - seen:
        seen |= set(session.scalars(select(Comment.id).where(Comment.id.in_(replied_to - seen), Comment.shown)))
    featured = featured_among(session, seen)
    return [
        Entry(
            comment=comment,
            parent_id=None if comment.opening else comment.parent_id,
            in_reply_to=comment.in_reply_to if comment.in_reply_to in seen else None,
            featured=comment.id in featured and not is_gone(comment),
        )
        for comment in comments
    ]


def all_below(session: Session, openings: Iterable[Comment]) -> tuple[list[Comment], set[str]]:
    """The answers to these comments, and the answers to those, ``REPLIES`` at most; and the ids of the comments whose
    answers are not all among them. Level by level: how many answers each has is known, so nothing is read in vain.
    """
    found: list[Comment] = []
    cut: set[str] = set()
    level = [comment for comment in openings if comment.replies_shown]
    while level:
        whole, room = [], REPLIES - len(found)
        for parent in level:
            if parent.replies_shown <= room:
                whole.append(parent.id)
                room -= parent.replies_shown
            else:
                cut.add(parent.id)
        query = select(Comment).where(Comment.parent_id.in_(whole), literal_column(SHOWN))
        replies = list(session.scalars(query)) if whole else []
        for parent in level:
            if parent.id in cut and room > 0:
                first = select(Comment).where(Comment.parent_id == parent.id, literal_column(SHOWN))
                some = _page(session, first, None, room)
                replies += some
                room -= len(some)
        found += replies
        level = [reply for reply in replies if reply.replies_shown]
    return found, cut


def _tops(openings: Iterable[Comment], below: Iterable[Comment]) -> dict[str, str]:
    """Each comment's opening, by id. ``below`` comes level by level."""
    tops = {opening.id: opening.id for opening in openings}
    for reply in below:
        tops[reply.id] = tops[reply.parent_id or ""]
    return tops


# --- places are kept --------------------------------------------------------------------------------------------------

_C = table_of(Comment).c
_HAS_PLACE = or_(_C.status == Status.APPROVED.value, and_(_C.published_at.is_not(None), _C.replies_shown > 0))
_CHANGES = (
    select(_C.parent_id, _C.shown, _C.replies_shown)
    .where(_C.id == bindparam("of"), _C.shown != _HAS_PLACE)
    .with_for_update()
)
_CHANGES_AMONG = (
    select(_C.id, _C.parent_id, _C.shown, _C.replies_shown)
    .where(_C.id.in_(bindparam("these", expanding=True)), _C.shown != _HAS_PLACE)
    .order_by(_C.id)
    .with_for_update()
)
_LOCKED = (
    select(_C.id)
    .where(_C.id.in_(bindparam("these", expanding=True)))
    .order_by(_C.id)
    .with_for_update(key_share=True)  # as counting does: whoever sends an answer meanwhile doesn't wait
)
_COUNT_ANSWER = (
    update(table_of(Comment))
    .where(_C.id == bindparam("of"))
    .values(replies_shown=_C.replies_shown + bindparam("step"))
    .returning(_C.shown, _C.thread_id)
)
_SET_PLACE = (
    update(table_of(Comment))
    .where(_C.id == bindparam("of"))
    .values(shown=not_(_C.shown), opening=bindparam("opens"), thread_id=bindparam("thread"))
)
_ANSWERS_STAND = (
    update(table_of(Comment))
    .where(_C.parent_id == bindparam("of"), _C.shown)
    .values(opening=bindparam("opens"))
    .returning(_C.id)
)


class Above(NamedTuple):
    """What a comment answers: whether it has a place itself, and the thread that it stands in."""

    shown: bool = False
    thread_id: str | None = None


def keep_place(connection: Connection, comment_id: str | None) -> None:
    """After a comment's status or time of publication has changed: it gets or loses its place, and with it perhaps
    those that it answers, up to the opening; and what stands under it gets into the thread where it stands now.

    A parent's row is written before its answer's place is told from it, so that two at once see each other.
    """
    while comment_id is not None:
        changes = connection.execute(_CHANGES, {"of": comment_id}).first()
        if changes is None:
            return
        shown = not changes.shown
        above = count_answer(connection, changes.parent_id, 1 if shown else -1)
        thread = (above.thread_id if above.shown else comment_id) if shown else None
        connection.execute(_SET_PLACE, {"of": comment_id, "opens": shown and not above.shown, "thread": thread})
        if changes.replies_shown:
            answers = connection.scalars(_ANSWERS_STAND, {"of": comment_id, "opens": not shown}).all()
            for answer in answers:
                gather(connection, answer, thread if shown else answer)
        comment_id = changes.parent_id


def keep_places(connection: Connection, comment_ids: Collection[str]) -> None:
    """The same for comments whose statuses have changed together, in the order in which they did. Those that answer
    nothing and that nobody has answered, as most, are told in one question and one answer.
    """
    if len(comment_ids) < 2:
        for comment_id in comment_ids:
            keep_place(connection, comment_id)
        return
    changes = {row.id: row for row in connection.execute(_CHANGES_AMONG, {"these": sorted(comment_ids)})}
    simple = [row for row in changes.values() if row.parent_id is None and not row.replies_shown]
    if simple:
        connection.execute(
            _SET_PLACE,
            [{"of": row.id, "opens": not row.shown, "thread": None if row.shown else row.id} for row in simple],
        )
    done = {row.id for row in simple}
    parents = {row.parent_id for row in changes.values() if row.parent_id is not None}
    if len(parents) > 1 and connection.dialect.name != "sqlite":
        # In one order, so that of two who decide answers to the same comments neither has what the other waits for.
        connection.execute(_LOCKED, {"these": sorted(parents)})
    for comment_id in comment_ids:
        if comment_id in changes and comment_id not in done:
            keep_place(connection, comment_id)


def count_answer(connection: Connection, parent_id: str | None, step: int) -> Above:
    """Counts an answer that got its place (1) or lost it (-1); returns what is known of its parent."""
    if parent_id is None:
        return Above()
    row = connection.execute(_COUNT_ANSWER, {"of": parent_id, "step": step}).first()
    return Above(bool(row.shown), row.thread_id) if row is not None else Above()


# Comments stand under each other no deeper than ``core.comment.DEEPEST``.
_GATHER = text(
    """
    WITH RECURSIVE below (id) AS (
        SELECT id FROM comments WHERE id = :top AND shown IS TRUE
        UNION ALL
        SELECT c.id FROM comments c JOIN below b ON c.parent_id = b.id WHERE c.shown IS TRUE
    )
    UPDATE comments SET thread_id = CAST(:thread AS VARCHAR)
    WHERE id IN (SELECT id FROM below) AND coalesce(thread_id, '') <> coalesce(CAST(:thread AS VARCHAR), '')
    """
)


def gather(connection: Connection, top: str, thread_id: str | None) -> None:
    """This comment and all that is shown under it stand in this thread. Whoever answers one of them meanwhile holds its
    row until then, so that the next look finds the answer. (SQLite's driver doesn't count here, and has one writer.)
    """
    while connection.execute(_GATHER, {"top": top, "thread": thread_id}).rowcount > 0:
        pass
