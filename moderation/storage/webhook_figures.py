"""How deliveries stand, for whoever looks at them: by endpoint, by site, one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from moderation.storage.outbox import OutboxEvent
from moderation.storage.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFigures:
    """What waits for an endpoint, since when the first of it, and how much was given up."""

    waiting: int
    oldest: datetime | None
    dead: int


def figures_of(session: Session, endpoint_ids: Collection[str]) -> dict[str, EndpointFigures]:
    """The figures of these endpoints."""
    endpoint = WebhookDelivery.endpoint_id
    of_these = select(endpoint, func.count().label("many")).where(endpoint.in_(endpoint_ids)).group_by(endpoint)
    oldest = func.min(WebhookDelivery.created_at).label("oldest")
    waiting = session.execute(of_these.add_columns(oldest).where(WebhookDelivery.next_at.is_not(None)))
    dead = {row.endpoint_id: row.many for row in session.execute(of_these.where(WebhookDelivery.dead_at.is_not(None)))}
    open_ = {row.endpoint_id: (row.many, row.oldest) for row in waiting}
    found = {}
    for id_ in endpoint_ids:
        many, since = open_.get(id_, (0, None))
        found[id_] = EndpointFigures(waiting=many, oldest=since, dead=dead.get(id_, 0))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDeliveries:
    """How a site's deliveries stand; ``lag_seconds`` is for how long the one that waits longest has."""

    waiting: int = 0
    lag_seconds: float = 0.0
    dead: int = 0
    failing_endpoints: int = 0


def deliveries_by_site(session: Session, now: datetime) -> dict[str, SiteDeliveries]:
    """The same for every site that has an endpoint, what has not been handed on from the outbox yet counted in."""
    live = select(WebhookEndpoint.id, WebhookEndpoint.site_id, WebhookEndpoint.failures)
    by_site: dict[str, list[Row[str, str, int]]] = defaultdict(list)
    for endpoint in session.execute(live.where(WebhookEndpoint.removed_at.is_(None)).order_by(WebhookEndpoint.site_id)):
        by_site[endpoint.site_id].append(endpoint)
    if not by_site:
        return {}
    figures = figures_of(session, [one.id for its in by_site.values() for one in its])
    outbox = select(OutboxEvent.site_id, func.min(OutboxEvent.created_at).label("first")).group_by(OutboxEvent.site_id)
    first = {row.site_id: row.first for row in session.execute(outbox)}
    found: dict[str, SiteDeliveries] = {}
    for site_id, its in by_site.items():
        oldest = [time for time in (first.get(site_id), *(figures[one.id].oldest for one in its)) if time is not None]
        found[site_id] = SiteDeliveries(
            waiting=sum(figures[one.id].waiting for one in its),
            lag_seconds=max(0.0, (now - min(oldest)).total_seconds()) if oldest else 0.0,
            dead=sum(figures[one.id].dead for one in its),
            failing_endpoints=sum(one.failures > 0 for one in its),
        )
    return found


def newest_deliveries(
    session: Session, endpoint_id: str, *, before: int | None = None, dead: bool = False, limit: int
) -> Sequence[WebhookDelivery]:
    """An endpoint's deliveries, newest first, from below a number on; ``dead``: only what was given up."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if before is not None:
        query = query.where(WebhookDelivery.number < before)
    if dead:
        query = query.where(WebhookDelivery.dead_at.is_not(None))
    return session.scalars(query.order_by(WebhookDelivery.number.desc()).limit(limit)).all()


def newest_attempts(session: Session, deliveries: Collection[int]) -> dict[int, WebhookAttempt]:
    """The newest try of each of these deliveries that was tried."""
    newest = (
        select(func.max(WebhookAttempt.id))
        .where(WebhookAttempt.delivery.in_(deliveries))
        .group_by(WebhookAttempt.delivery)
    )
    found = session.scalars(select(WebhookAttempt).where(WebhookAttempt.id.in_(newest)))
    return {attempt.delivery: attempt for attempt in found}
