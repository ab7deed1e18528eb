"""Threads of comments from before threads were kept (``Comment.thread_id``) are filled in, a few in each transaction.
Until then they are read level by level. Several processes may do it at once: each thread is filled in as a whole, and
a second time nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from moderation.services import Services
from moderation.storage.comments import UNTHREADED, Comment
from moderation.storage.discussion import gather

AT_ONCE = 50
"""Threads in one transaction: so few that whoever else writes hardly waits."""
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
    for id_ in sorted(ids):
        gather(session.connection(), id_, id_)
    return len(ids)
