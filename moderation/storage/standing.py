"""How much waits, and how high the audit chains stand: for whoever watches the service, every few seconds.

Cheap however many comments there are: each question is answered from an index, and what is counted is counted up to a
limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, Select, func, literal, literal_column, select
from sqlalchemy.orm import Session

from moderation.core.audit_chain import SYSTEM
from moderation.core.comment import Status
from moderation.storage.audit import HeadRow
from moderation.storage.base import built_once, table_of
from moderation.storage.chain_checks import ChainCheck
from moderation.storage.comments import UNSCORED, Comment
from moderation.storage.queue_index import WAITS, QueueIndex
from moderation.storage.sites import Site

MOST_COUNTED = 100_000
"""More of a site than this are told as so many."""
_INDEX, _COMMENTS, _SITES = table_of(QueueIndex), table_of(Comment), table_of(Site)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What of a site waits for a moderator, or for its scores: how many, and for how many seconds the oldest has."""

    site_id: str
    waits_for: str
    comments: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """How high an audit chain stands; and, where it was recomputed, when that ended, up to where it held, and whether
    it is broken there.
    """

    name: str
    height: int
    checked_at: datetime | None
    checked_height: int
    broken: bool


def waiting_by_site(session: Session, now: datetime) -> list[Waiting]:
    """What waits on every site."""
    found: list[Waiting] = []
    for row in session.execute(_waiting()):
        for waits_for, comments, oldest in (
            ("moderator", row.pending, row.oldest_pending),
            ("scores", row.received, row.oldest_received),
        ):
            seconds = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
            found.append(Waiting(site_id=row.id, waits_for=waits_for, comments=comments, oldest_seconds=seconds))
    return found


def chains_standing(session: Session) -> Sequence[Chain]:
    """The chains of every site, and of the service itself. One that somebody has made up isn't among them."""
    ours = select(_SITES.c.id).union_all(select(literal(SYSTEM)))
    query = (
        select(HeadRow.chain, HeadRow.sequence, ChainCheck.finished_at, ChainCheck.head, ChainCheck.problem)
        .outerjoin(ChainCheck, ChainCheck.chain == HeadRow.chain)
        .where(HeadRow.chain.in_(ours))
        .order_by(HeadRow.chain)
    )
    return [
        Chain(
            name=row.chain,
            height=row.sequence,
            checked_at=row.finished_at,
            checked_height=row.head or 0,
            broken=row.problem is not None,
        )
        for row in session.execute(query)
    ]


@built_once
def _waiting() -> Select[Any]:
    # By the arrivals' indexes: what waits for a moderator lies in one of what waits, what waits for scores in that of
    # what has none.
    oldest_pending = select(_INDEX.c.received_at).where(
        WAITS, _INDEX.c.site_id == _SITES.c.id, _INDEX.c.status == Status.PENDING.value
    )
    oldest_received = select(_COMMENTS.c.received_at).where(
        literal_column(UNSCORED), _COMMENTS.c.site_id == _SITES.c.id, _COMMENTS.c.status == Status.RECEIVED.value
    )
    return select(
        _SITES.c.id,
        _many(Status.PENDING).label("pending"),
        _many(Status.RECEIVED).label("received"),
        oldest_pending.order_by(_INDEX.c.received_at, _INDEX.c.number)
        .limit(1)
        .scalar_subquery()
        .label("oldest_pending"),
        oldest_received.order_by(_COMMENTS.c.received_at).limit(1).scalar_subquery().label("oldest_received"),
    ).order_by(_SITES.c.id)


def _many(status: Status) -> ScalarSelect[int]:
    some = (
        select(literal(1).label("one"))
        .where(_INDEX.c.site_id == _SITES.c.id, _INDEX.c.status == status.value)
        .limit(MOST_COUNTED)
        .correlate(_SITES)
        .subquery()
    )
    return select(func.count()).select_from(some).scalar_subquery()
