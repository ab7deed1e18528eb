"""The legal queue: notices, grievances and orders, and when each is due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, bindparam, false, func, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.ids import is_id
from moderation.storage.base import Base, locked, one_of, table_of
from moderation.storage.comments import Comment


class LegalKind(StrEnum):
    """What somebody sends."""

    NOTICE = "notice"
    """Somebody says that a comment is illegal."""
    GRIEVANCE = "grievance"
    """Somebody complains about a decision."""
    ORDER = "order"
    """An authority or a court demands something."""


class LegalOutcome(StrEnum):
    """What became of it."""

    ACTED = "acted"
    REFUSED = "refused"


class NoticeCategory(StrEnum):
    """What a notice is about, where that changes how it is taken."""

    CHILD_ABUSE = "child_abuse"
    """May come without a name."""
    THREAT_TO_LIFE = "threat_to_life"
    """Is urgent: somebody is alerted at once."""


class LegalCase(Base):
    """A notice, a grievance or an order, and when it is due. ``kind`` is ``notice``, ``grievance`` or ``order``; what
    was decided, when and by whom: ``outcome`` (``acted``, ``refused``), ``decision``, ``decided_at``, ``decided_by``.

    A notice that its sender filled in has been ``acknowledged_at`` once, and has a ``notice_key``, under which the same
    notice by the same sender is known again. ``informed_at`` is when its sender was told the decision. An ``urgent``
    one stands first.
    """

    __tablename__ = "legal_cases"
    __table_args__ = (
        Index("ix_legal_cases_due", "site_id", "decided_at", "due_at"),
        Index("ix_legal_cases_notice", "site_id", "notice_key", unique=True),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[str]
    comment_id: Mapped[str | None] = mapped_column(ForeignKey("comments.id"))
    article_id: Mapped[str | None] = mapped_column(ForeignKey("articles.id"))
    sender: Mapped[str | None]
    contact: Mapped[str | None]
    explanation: Mapped[str]
    link: Mapped[str | None]
    entered_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    outcome: Mapped[str | None]
    decision: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"))
    category: Mapped[str | None]
    law: Mapped[str | None]
    urgent: Mapped[bool] = mapped_column(default=False, server_default=false())
    good_faith: Mapped[bool | None]
    notice_key: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    informed_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """How many open cases are past their time, and how many will be soon."""

    overdue: int = 0
    soon: int = 0


def open_cases(session: Session, site_ids: Sequence[str], *, limit: int = 200) -> Sequence[LegalCase]:
    """What is not decided yet: what is urgent, then the first due."""
    query = select(LegalCase).where(LegalCase.site_id.in_(site_ids), LegalCase.decided_at.is_(None))
    return session.scalars(query.order_by(LegalCase.urgent.desc(), LegalCase.due_at, LegalCase.id).limit(limit)).all()


def open_cases_about(
    session: Session, *, comment_ids: Collection[str] = (), author_id: str | None = None
) -> Sequence[LegalCase]:
    """The open cases about one of these comments, or about any of this author's."""
    about = LegalCase.comment_id.in_(comment_ids)
    if author_id is not None:
        about = LegalCase.comment_id.in_(select(Comment.id).where(Comment.author_id == author_id))
    query = select(LegalCase).where(about, LegalCase.decided_at.is_(None))
    return session.scalars(query.order_by(LegalCase.id)).all()


def find_case(session: Session, case_id: str, *, lock: bool = False) -> LegalCase | None:
    """One case, for whoever has its receipt."""
    query = select(LegalCase).where(LegalCase.id == case_id)
    return session.scalar(locked(query) if lock else query) if is_id(case_id) else None


def same_notice(session: Session, site_id: str, notice_keys: Sequence[str]) -> LegalCase | None:
    """The case that one of these keys stands for."""
    query = select(LegalCase).where(LegalCase.site_id == site_id, LegalCase.notice_key.in_(notice_keys))
    return session.scalar(query.limit(1))


def decided_cases(
    session: Session, site_ids: Sequence[str], *, before: LegalCase | None = None, limit: int
) -> Sequence[LegalCase]:
    """What is decided, the latest first, from behind ``before`` on."""
    query = select(LegalCase).where(LegalCase.site_id.in_(site_ids), LegalCase.decided_at.is_not(None))
    if before is not None:
        place = tuple_(LegalCase.decided_at, LegalCase.id)
        query = query.where(place < tuple_(before.decided_at, before.id))
    return session.scalars(query.order_by(LegalCase.decided_at.desc(), LegalCase.id.desc()).limit(limit)).all()


def pressing(session: Session, site_ids: Sequence[str] | None, *, now: datetime, soon: datetime) -> Pressing:
    """What is overdue now, and what will be until ``soon``, on these sites; None: on all."""
    query, asked = (_PRESSING, {}) if site_ids is None else (_PRESSING_ON, {"sites": site_ids})
    overdue, near = session.execute(query, {"now": now, "soon": soon, **asked}).one()
    return Pressing(overdue=overdue, soon=near)


_CASE = table_of(LegalCase).c
_PRESSING = select(
    func.count().filter(_CASE.due_at <= bindparam("now")),
    func.count().filter(_CASE.due_at > bindparam("now")),
).where(_CASE.decided_at.is_(None), _CASE.due_at <= bindparam("soon"))
_PRESSING_ON = _PRESSING.where(one_of(_CASE.site_id, "sites"))


def overdue_by_site(session: Session, now: datetime) -> dict[str, int]:
    """How many cases of each site are past their time; sites without any aren't named."""
    query = select(LegalCase.site_id, func.count()).where(LegalCase.decided_at.is_(None), LegalCase.due_at <= now)
    return dict(session.execute(query.group_by(LegalCase.site_id)).all())
