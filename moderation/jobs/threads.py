"""Threads of comments from before threads were kept (``Comment.thread_id``) are filled in, a few in each transaction.
Until then they are read level by level. Several processes may do it at once: each thread is filled in as a whole, and
a second time nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, literal_column, select
from sqlalchemy.orm import Session, aliased

from moderation.services import Services
from moderation.storage.comments import UNTHREADED, Comment
from moderation.storage.discussion import gather

AT_ONCE = 50
"""Threads in one transaction: so few that whoever else writes hardly waits."""
_PARENT = aliased(Comment)
_ABOVE = select(_PARENT.id).join(Comment, Comment.parent_id == _PARENT.id)
_ABOVE = _ABOVE.where(Comment.id == bindparam("of"), _PARENT.shown.is_(True))
_SOME = select(Comment.id).where(literal_column(UNTHREADED)).limit(AT_ONCE)


def fill_threads(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Fills in every thread that isn't yet, and returns how many were. ``stopped`` is asked after each batch."""
    filled = 0
    while True:
        with services.database.reading() as session:  # looking costs nobody their turn to write
            due = session.scalar(_SOME.limit(1))
        if due is None:
            return filled
        filled += services.database.writing(_fill_some)
        if stopped():
            return filled


def _fill_some(session: Session) -> int:
    ids = session.scalars(_SOME).all()
    connection = session.connection()
    openings = {_opening_over(connection, id_) for id_ in ids}
    for opening in sorted(openings):
        gather(connection, opening, opening)
    return len(openings)


def _opening_over(connection: Connection, comment_id: str) -> str:
    """The shown comment that this one goes back to, itself where it stands under none: a process of the version before
    leaves an answer out of a thread that is filled in already.
    """
    while (above := connection.scalar(_ABOVE, {"of": comment_id})) is not None:
        comment_id = above
    return comment_id
