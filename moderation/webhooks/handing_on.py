"""Events leave the outbox: one delivery for each endpoint of their site that asked for their kind."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation.services import Services
from moderation.storage.database import lock
from moderation.storage.outbox import (
    ORDER_LOCK,
    OutboxEvent,
    any_outbox_event,
    first_outbox_events,
    remove_outbox_events,
)
from moderation.storage.webhooks import (
    WebhookEndpoint,
    delivery_row,
    endpoints_of,
    insert_deliveries,
    keep_sequences,
    next_sequences,
    waiting_until,
)

CHUNK = 200


def hand_on(services: Services) -> int:
    """Hands on the events that were stored first, in their order, in one transaction; returns how many."""
    with services.database.reading() as session:
        if not any_outbox_event(session):
            return 0
    return services.database.writing(lambda session: _hand_on(session, services.clock()))


def _hand_on(session: Session, now: datetime) -> int:
    lock(session, ORDER_LOCK)
    events = first_outbox_events(session, CHUNK)
    endpoints: dict[str, list[WebhookEndpoint]] = defaultdict(list)
    for endpoint in endpoints_of(session, {event.site_id for event in events}):
        endpoints[endpoint.site_id].append(endpoint)
    told = [event for event in events if endpoints[event.site_id]]
    if told:
        insert_deliveries(session, _deliveries(session, told, endpoints, now))
    remove_outbox_events(session, [event.id for event in events])
    return len(events)


def _deliveries(
    session: Session, told: list[OutboxEvent], endpoints: dict[str, list[WebhookEndpoint]], now: datetime
) -> list[dict[str, Any]]:
    subjects = {event.subject for event in told}
    before = next_sequences(session, subjects)
    after = dict(before)
    waits = waiting_until(session, {one.id for its in endpoints.values() for one in its}, subjects)
    rows = []
    for event in told:
        after[event.subject] += 1
        for endpoint in endpoints[event.site_id]:
            if endpoint.wants(event.kind) and endpoint.created_at <= event.created_at:
                row = delivery_row(endpoint.id, event, after[event.subject], now)
                row["next_at"] = max(now, waits.get((endpoint.id, event.subject), now))
                rows.append(row)
    keep_sequences(session, before, after)
    return rows
