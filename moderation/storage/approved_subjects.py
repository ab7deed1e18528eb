"""What people have approved under an article, as packs see it: vectors, and never a text."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, literal_column, select

from moderation.core.comment import Status
from moderation.core.scores import Subject
from moderation.storage.base import table_of
from moderation.storage.comments import SHOWN, Comment, ScoreRow
from moderation.storage.discussions import Discussion
from moderation.storage.queue_index import QueueIndex

LOOKED_AT = 500
"""Comments that were published last: the newest of each author among these count. However long a discussion grows, the
next comment there waits for no more.
"""
_C, _S, _Q, _D = (table_of(kind).c for kind in (Comment, ScoreRow, QueueIndex, Discussion))
_LATELY = (
    select(_C.id, _C.author_id, _C.status, _C.published_at)
    .where(_C.article_id == bindparam("article"), literal_column(SHOWN))
    .order_by(_C.published_at.desc())
    .limit(LOOKED_AT)
    .subquery("lately")
)
# What the policy has published by itself says nothing yet of what people think belongs there.
_APPROVED = (
    select(_LATELY.c.author_id, _S.subject, _S.subject_by)
    .join_from(_LATELY, table_of(ScoreRow), _S.comment_id == _LATELY.c.id)
    .join(table_of(QueueIndex), _Q.comment_id == _LATELY.c.id)
    .where(
        _LATELY.c.status == Status.APPROVED.value,
        _Q.by_person == Status.APPROVED.value,
        _S.subject.is_not(None),
    )
    .order_by(_LATELY.c.published_at.desc(), _LATELY.c.id.desc())
)
_REVISION = select(_D.revision).where(_D.id == bindparam("article"))


def revision_of(connection: Connection, article_id: str) -> int:
    """Changes with whatever changes under the article."""
    return connection.scalar(_REVISION, {"article": article_id}) or 0


def approved_subjects(connection: Connection, article_id: str, *, limit: int) -> tuple[tuple[str, Subject], ...]:
    """The newest of each author (id) for each pack, newest first, at most ``limit`` a pack."""
    found: dict[tuple[str, str], Subject] = {}
    for row in connection.execute(_APPROVED, {"article": article_id}):
        found.setdefault((row.subject_by, row.author_id), Subject(made_by=row.subject_by, vector=row.subject))
    counted: dict[str, int] = {}
    kept = []
    for (made_by, author_id), subject in found.items():
        counted[made_by] = counted.get(made_by, 0) + 1
        if counted[made_by] <= limit:
            kept.append((author_id, subject))
    return tuple(kept)
