"""Which stored comments lack the scores of today's packs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select

from moderation.core.comment import Status
from moderation.core.scores import PackStamp
from moderation.storage.base import table_of
from moderation.storage.comments import Comment, ScoreRow
from moderation.storage.database import Database

CHUNK = 2000
_C, _S = table_of(Comment).c, table_of(ScoreRow).c


def stale_comments(
    database: Database, stamps: Collection[PackStamp], *, site_id: str | None, since: datetime | None
) -> Iterator[tuple[int, list[str]]]:
    """How many comments of a site, or of all, have been looked at, and the ids of those among them that none of these
    packs has scored; chunk by chunk. ``since``: only what was received then or later.
    """
    after = ""
    query = (
        select(_C.id, _C.scored, _S.pack, _S.pack_version, _S.runtime, _S.precision)
        .outerjoin_from(table_of(Comment), table_of(ScoreRow), _S.comment_id == _C.id)
        .where(*_asked(site_id, since))
        .order_by(_C.id)
        .limit(CHUNK)
    )
    while True:
        with database.reading() as session:
            rows = session.execute(query.where(_C.id > after)).all()
        if not rows:
            return
        after = rows[-1].id
        stale = [
            row.id
            for row in rows
            if not row.scored
            or PackStamp(name=row.pack, version=row.pack_version, runtime=row.runtime, precision=row.precision)
            not in stamps
        ]
        yield len(rows), stale


def how_many(database: Database, *, site_id: str | None, since: datetime | None) -> int:
    """How many comments that will look at."""
    counted: Select[int] = select(func.count()).select_from(table_of(Comment)).where(*_asked(site_id, since))
    with database.reading() as session:
        return session.scalar(counted) or 0


def _asked(site_id: str | None, since: datetime | None) -> list[ColumnElement[bool]]:
    asked = [_C.status != Status.ERASED.value, _C.body != ""]
    if site_id is not None:
        asked.append(_C.site_id == site_id)
    if since is not None:
        asked.append(_C.received_at >= since)
    return asked
