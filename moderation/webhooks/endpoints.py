"""Endpoints are added, tried, given new secrets and removed; what was given up is sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from moderation.core.errors import InvalidField, SiteNotFound, WebhookNotFound, clipped
from moderation.core.ids import is_id, new_id
from moderation.core.messages import Message
from moderation.services import Services
from moderation.storage.sites import Site
from moderation.storage.webhooks import (
    WebhookDelivery,
    WebhookEndpoint,
    endpoints_of,
    find_delivery,
    find_endpoint,
    reopen,
    store_attempts,
)
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from moderation.webhooks.addresses import Resolver, resolved, target_of
from moderation.webhooks.delivering import send
from moderation.webhooks.kinds import KINDS, TEST
from moderation.webhooks.sending import Sent
from moderation.webhooks.signing import new_secret, seal

MAX_ENDPOINTS = 20
"""Of one site. Each costs a row with every event."""
TEST_SECONDS = 5.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndpoint:
    """A new endpoint's id, and its secret: the only time that it is seen."""

    id: str
    secret: str


def add_endpoint(
    services: Services, actor: str, site_id: str, url: str, events: Sequence[str] = (), *, allow_private: bool = False
) -> NewEndpoint:
    """Has a site told of its events at an address: of these kinds, of all where none is named. ``allow_private``: the
    address may lie in one's own network, and begin with ``http://``.

    Raises ``SiteNotFound``, and ``InvalidField`` for an address that events can't be sent to, a kind that there isn't,
    or one endpoint too many.
    """
    target = target_of(url, allow_private=allow_private)
    kinds = _kinds(events)
    secret = new_secret()
    kept = seal(services.keys.webhooks).sealed(secret)

    def work(unit: UnitOfWork) -> str:
        if unit.session.get(Site, site_id) is None:
            raise SiteNotFound
        others = endpoints_of(unit.session, [site_id])
        if len(others) >= MAX_ENDPOINTS:
            raise InvalidField("endpoint", Message("webhooks_too_many", {"maximum": MAX_ENDPOINTS}))
        if any(other.url == target.url for other in others):
            raise InvalidField("address", Message("webhook_address_taken"))
        endpoint = WebhookEndpoint(
            id=new_id(unit.now),
            site_id=site_id,
            url=target.url,
            events=kinds,
            allow_private=allow_private,
            secret=kept,
            created_at=unit.now,
            retry_at=unit.now,
        )
        unit.session.add(endpoint)
        unit.event(site_id, actor, "webhook.added", endpoint.id, {"events": kinds, "private_allowed": allow_private})
        return endpoint.id

    return NewEndpoint(id=run_in_unit_of_work(services, work), secret=secret)


def remove_endpoint(services: Services, actor: str, endpoint_id: str) -> None:
    """Tells an endpoint nothing any more; what waits for it is dropped. Raises ``WebhookNotFound``."""

    def work(unit: UnitOfWork, endpoint: WebhookEndpoint) -> None:
        endpoint.removed_at = unit.now
        unit.event(endpoint.site_id, actor, "webhook.removed", endpoint.id, {})

    _with_endpoint(services, endpoint_id, work)


def rotate_secret(services: Services, actor: str, endpoint_id: str) -> str:
    """Gives an endpoint a new secret and returns it. Deliveries are signed with both, until the former is retired; one
    from before that is not used any more. Raises ``WebhookNotFound``.
    """
    secret = new_secret()
    kept = seal(services.keys.webhooks).sealed(secret)

    def work(unit: UnitOfWork, endpoint: WebhookEndpoint) -> str:
        endpoint.former_secret, endpoint.secret = endpoint.secret, kept
        unit.event(endpoint.site_id, actor, "webhook.secret_rotated", endpoint.id, {})
        return secret

    return _with_endpoint(services, endpoint_id, work)


def retire_secret(services: Services, actor: str, endpoint_id: str) -> None:
    """Signs an endpoint's deliveries with its newest secret alone from now on. Raises ``WebhookNotFound``, and
    ``InvalidField`` where it has no other.
    """

    def work(unit: UnitOfWork, endpoint: WebhookEndpoint) -> None:
        if endpoint.former_secret is None:
            raise InvalidField("secret", Message("webhook_secret_only"))
        endpoint.former_secret = None
        unit.event(endpoint.site_id, actor, "webhook.secret_retired", endpoint.id, {})

    _with_endpoint(services, endpoint_id, work)


def send_test(services: Services, actor: str, endpoint_id: str, *, resolve: Resolver = resolved) -> Sent:
    """Sends an endpoint one event ``webhook.test`` now, and returns what became of it. It is tried this once. Raises
    ``WebhookNotFound``.
    """
    with services.database.reading() as session:
        endpoint = find_endpoint(session, endpoint_id) if is_id(endpoint_id) else None
    if endpoint is None:
        raise WebhookNotFound
    now = services.clock()
    delivery = WebhookDelivery(
        endpoint_id=endpoint.id,
        event_id=new_id(now),
        kind=TEST,
        subject=endpoint.id,
        sequence=1,
        payload={},
        happened_at=now,
        created_at=now,
        attempts=1,
        first_tried_at=now,
    )
    sent = send(services, endpoint, delivery, resolve=resolve, seconds=TEST_SECONDS)

    def work(unit: UnitOfWork) -> None:
        delivery.delivered_at = unit.now if sent.arrived else None
        copy = WebhookDelivery(
            **{column.name: getattr(delivery, column.name) for column in WebhookDelivery.__table__.columns}
        )
        unit.session.add(copy)
        unit.session.flush()
        store_attempts(unit.session, [{"delivery": copy.number, "tried_at": now, **sent.kept}])
        unit.event(endpoint.site_id, actor, "webhook.tested", endpoint.id, {"arrived": sent.arrived})

    run_in_unit_of_work(services, work)
    return sent


def redeliver(services: Services, actor: str, endpoint_id: str, number: int) -> None:
    """Sends one of an endpoint's deliveries again, whether it arrived or was given up, under the same id. Raises
    ``WebhookNotFound``, and ``InvalidField`` for a test.
    """

    def work(unit: UnitOfWork, endpoint: WebhookEndpoint) -> None:
        delivery = find_delivery(unit.session, number, lock=True) if 0 < number < 2**63 else None
        if delivery is None or delivery.endpoint_id != endpoint.id:
            raise WebhookNotFound
        if delivery.kind == TEST:
            raise InvalidField("delivery", Message("webhook_delivery_test"))
        reopen(unit.session, unit.now, WebhookDelivery.number == number)
        endpoint.retry_at = unit.now
        unit.event(endpoint.site_id, actor, "webhook.redelivered", endpoint.id, {"event": delivery.event_id})

    _with_endpoint(services, endpoint_id, work)


def redeliver_dead(services: Services, actor: str, endpoint_id: str) -> int:
    """Sends everything again that was given up for an endpoint; returns how much. Raises ``WebhookNotFound``."""

    def work(unit: UnitOfWork, endpoint: WebhookEndpoint) -> int:
        dead = WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.dead_at.is_not(None)
        count = reopen(unit.session, unit.now, *dead)
        endpoint.retry_at = unit.now
        unit.event(endpoint.site_id, actor, "webhook.redelivered", endpoint.id, {"deliveries": count})
        return count

    return _with_endpoint(services, endpoint_id, work)


def _with_endpoint(services: Services, endpoint_id: str, work: Callable[[UnitOfWork, WebhookEndpoint], T]) -> T:
    def found(unit: UnitOfWork) -> T:
        endpoint = find_endpoint(unit.session, endpoint_id, lock=True) if is_id(endpoint_id) else None
        if endpoint is None:
            raise WebhookNotFound
        return work(unit, endpoint)

    return run_in_unit_of_work(services, found)


def _kinds(events: Sequence[str]) -> list[str]:
    for kind in events:
        if kind not in KINDS:
            params = {"event": repr(clipped(kind)), "offered": ", ".join(KINDS)}
            raise InvalidField("event", Message("webhook_event_unknown", params))
    return sorted(set(events), key=KINDS.index)
