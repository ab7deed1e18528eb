"""What was refused is erased some days later, where the configuration says so: nobody reads it any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from moderation.comments.erasing import COMMENTS, Asker, erase_comment
from moderation.core.actor import SYSTEM
from moderation.core.comment import Status
from moderation.core.errors import ErasureStopped
from moderation.services import Services
from moderation.storage.appeals import Appeal
from moderation.storage.comments import Comment
from moderation.storage.holds import HELD
from moderation.storage.legal import LegalCase
from moderation.storage.queue_index import QueueIndex
from moderation.storage.sites import Site

REFUSED = (Status.REJECTED, Status.EXPIRED, Status.WITHDRAWN)
LOOKED_UP = 1000
"""Of a site at a time: the rest goes the next time."""


def erase_refused(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Erases comments that were rejected, expired or withdrawn ``[comments] erase_refused_after_days`` days ago or
    earlier, as ``erase_comment`` does, the longest ago first; nothing where that is 0. What is held, appealed or in an
    open legal case stays until that is settled. Returns how many were erased.
    """
    days = services.configuration.current().comments.erase_refused_after_days
    if not days:
        return 0
    before, erased = services.clock() - timedelta(days=days), 0
    with services.database.reading() as session:
        sites = session.scalars(select(Site.id).order_by(Site.id)).all()
    for site_id in sites:
        with services.database.reading() as session:
            due = _due(session, site_id, before)
        for comment_id in due:
            if stopped():
                return erased
            try:
                erased += erase_comment(services, Asker(actor=SYSTEM), site_id, comment_id)[COMMENTS]
            except ErasureStopped:  # a hold, or a case, that has just come
                continue
    return erased


def _due(session: Session, site_id: str, before: datetime) -> Sequence[str]:
    open_case = exists().where(LegalCase.comment_id == Comment.id, LegalCase.decided_at.is_(None))
    open_appeal = exists().where(Appeal.comment_id == Comment.id, Appeal.decided_at.is_(None))
    found: list[str] = []
    for status in REFUSED:
        query = (
            select(Comment.id)
            .join(QueueIndex, QueueIndex.comment_id == Comment.id)
            .where(QueueIndex.site_id == site_id, QueueIndex.status == status, QueueIndex.decided_at < before)
            .where(~HELD, ~open_case, ~open_appeal)
            .order_by(QueueIndex.decided_at)
            .limit(LOOKED_UP - len(found))
        )
        found += session.scalars(query)
    return found
