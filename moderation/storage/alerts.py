"""What a newsroom's chat is told of, and how far it has been told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Select, func, literal_column, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.comment import WAITING, Status
from moderation.storage.base import Base
from moderation.storage.comments import UNSCORED, Comment, ScoreRow
from moderation.storage.legal import LegalCase
from moderation.storage.queue_index import DECIDABLE, WAITS, QueueIndex
from moderation.storage.site_rules import ModeSetting

Found = tuple[int, datetime | None]
"""How many there are, and the time of the newest, or with what lasts of the oldest."""
Watermark = tuple[datetime, datetime | None]
"""Up to when a kind has been told, and when it was sent last."""
LOCK = "alerts"


class AlertTold(Base):
    """One kind of alert of one site (``threat the-daily``): what is newer than ``told_until`` has not been told, and
    ``sent_at`` is when it was sent last. The kind ``all`` says when anything was.
    """

    __tablename__ = "alerts_told"

    kind: Mapped[str] = mapped_column(primary_key=True)
    told_until: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    @property
    def watermark(self) -> Watermark:
        return self.told_until, self.sent_at


def legal_since(session: Session, site_id: str, since: datetime) -> Found:
    """The legal cases that came in after that."""
    query = select(func.count(), func.max(LegalCase.received_at)).where(
        LegalCase.site_id == site_id, LegalCase.received_at > since
    )
    return _found(session, query)


def watermarks(session: Session) -> dict[str, Watermark]:
    """How far everything has been told, by kind."""
    return {row.kind: row.watermark for row in session.scalars(select(AlertTold))}


def store_watermarks(session: Session, before: Mapping[str, Watermark | None], after: Mapping[str, Watermark]) -> bool:
    """Keeps how far these have been told now; returns False, and keeps nothing, where one of them is not what it was
    ``before`` (None: not there). In a transaction that holds ``LOCK``.
    """
    found = {row.kind: row for row in session.scalars(select(AlertTold).where(AlertTold.kind.in_(after)))}
    if any((found[kind].watermark if kind in found else None) != before[kind] for kind in after):
        return False
    for kind, (told_until, sent_at) in after.items():
        row = found.get(kind) or AlertTold(kind=kind)
        row.told_until, row.sent_at = told_until, sent_at
        session.add(row)
    return True


def threats_since(session: Session, site_id: str, since: datetime, threshold: float) -> Found:
    """The waiting comments that got scores after that which make them threats, in a language that their pack reads;
    when they came in says nothing: scores may come late.
    """
    query = (
        select(func.count(), func.max(ScoreRow.scored_at))
        .select_from(QueueIndex)
        .join(ScoreRow, ScoreRow.comment_id == QueueIndex.comment_id)
        .where(
            QueueIndex.site_id == site_id, WAITS, DECIDABLE, QueueIndex.threat >= threshold, ScoreRow.scored_at > since
        )
    )
    return _found(session, query)


def surges_since(session: Session, site_id: str, since: datetime, cause: str) -> Found:
    """The articles that turned pre-moderated by themselves after that."""
    query = select(func.count(), func.max(ModeSetting.since)).where(
        ModeSetting.site_id == site_id,
        ModeSetting.cause == cause,
        ModeSetting.mode.is_not(None),
        ModeSetting.since > since,
    )
    return _found(session, query)


def waiting_before(session: Session, site_id: str, before: datetime) -> Found:
    """The comments that have waited for a moderator since before then."""
    query = select(func.count(), func.min(QueueIndex.received_at)).where(
        QueueIndex.site_id == site_id, QueueIndex.waiting.is_(True), QueueIndex.received_at < before
    )
    return _found(session, query)


def unscored_between(session: Session, site_id: str, after: datetime, before: datetime) -> Found:
    """The waiting comments without scores that came in between; but for an archive's, about which no policy has
    decided, and which nobody scores unasked.
    """
    query = select(func.count(), func.min(Comment.received_at)).join(QueueIndex, QueueIndex.comment_id == Comment.id)
    query = query.where(
        or_(Comment.status == Status.RECEIVED, QueueIndex.by_policy.is_not(None)),
        literal_column(UNSCORED),
        Comment.site_id == site_id,
        Comment.status.in_(WAITING),
        Comment.received_at > after,
        Comment.received_at < before,
    )
    return _found(session, query)


def _found(session: Session, query: Select[int, datetime | None]) -> Found:
    row = session.execute(query).one()
    return row[0], row[1]
