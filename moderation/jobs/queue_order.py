"""The queue's order is brought up to date: after a change of the policy every waiting comment, and every published one
with open reports, is weighed anew, from the signals in the queue index, in the background. Until all are, the queue
keeps its old order, and then changes at once.

Several processes may look, and one does it: it has a claim, renewed with each batch, which is one short transaction.
Whatever is left is found by the version under which a comment was weighed: a process that is killed leaves nothing half
done, and another goes on when the lease ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from moderation.config.configuration import Configuration
from moderation.core.decision import flags_among
from moderation.core.policy import concerns
from moderation.core.severity import severity_of, severity_version
from moderation.services import Services
from moderation.storage.claims import Claim, Claims, Work
from moderation.storage.policies import newest_hash
from moderation.storage.queue_index import signals_in
from moderation.storage.replay import holds_of
from moderation.storage.severity_order import (
    SeverityOrder,
    any_outdated,
    how_many_outdated,
    severity_order,
    some_outdated,
    weigh,
)

WORK = Work(
    key=SeverityOrder.id,
    leased_until=SeverityOrder.leased_until,
    waits=(),
    order=(SeverityOrder.id,),
    lease=timedelta(seconds=10),
    furthest=timedelta(minutes=5),
)
BATCH = 200
"""So few at once that whoever else writes hardly waits: some hundredths of a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the new order has come: ``done`` of ``total`` waiting comments are weighed."""

    done: int
    total: int


def bring_up_to_date(services: Services, *, batch: int = BATCH, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Weighs whatever was not weighed under the policy in force, batch by batch, and then changes the queue
    over. ``stopped`` is asked after each batch. Returns whether there was anything to do that nobody else is at.
    """
    configuration = services.configuration.current()
    version = severity_version(configuration.policy.version)
    with services.database.reading() as session:  # looking costs nobody their turn to write
        if not _is_due(session, configuration, version):
            return False
    claims = Claims(services.database, services.clock, WORK)
    claim = claims.take(1)
    if claim is None:
        return False
    while True:
        still = _weighed(services, configuration, version, batch, claim)
        if still is None:
            return True
        claim = still
        if stopped() or services.configuration.current().policy.version != configuration.policy.version:
            claims.give_back(claim, claim.keys)
            return True


def progress(session: Session, configuration: Configuration) -> Progress | None:
    """How far the order under the policy in force has come; None where it is the queue's order, or hasn't begun."""
    order = severity_order(session)
    if order.preparing is None or order.preparing != severity_version(configuration.policy.version):
        return None
    return Progress(done=min(order.done, order.total), total=order.total)


def _is_due(session: Session, configuration: Configuration, version: str) -> bool:
    newest = newest_hash(session)
    if newest is not None and newest != configuration.hash:
        return False  # this process hasn't seen the newest file yet: whoever has works by that
    order = severity_order(session)
    return order.version != version or order.preparing is not None or any_outdated(session, version)


def _weighed(services: Services, configuration: Configuration, version: str, batch: int, claim: Claim) -> Claim | None:
    """Does one batch, or changes over to the new order. Returns the claim as it holds now; None where there is nothing
    left to do here.
    """

    def work(session: Session) -> Claim | None:
        order = severity_order(session, lock=True)
        if not claim.holds(order.leased_until):
            return None
        more = _step(services, session, order, configuration, version, batch)
        still = WORK.extended(claim, services.clock()) if more else None
        order.leased_until = still.until if still is not None else None
        return still

    return services.database.writing(work)


def _step(
    services: Services, session: Session, order: SeverityOrder, configuration: Configuration, version: str, batch: int
) -> bool:
    """One batch, or the change over to the new order. Returns whether there is more to do."""
    _begin(services, session, order, version)
    rows = some_outdated(session, version, limit=batch)
    if not rows:
        if order.version != version and not any_outdated(session, version):
            order.serving, order.version = 1 - order.serving, version
        order.preparing = None if order.version == version else order.preparing
        return False
    # What has changed since it was weighed last is weighed for the order that counts now, too.
    holds = holds_of(session, [row.comment_id for row in rows if row.holds])
    now: list[dict[str, int]] = []
    later: list[dict[str, int]] = []
    for row in rows:
        both = order.version == version or row.severity_policy is None
        rules = configuration.policy.rules_for(row.site_id, row.section)
        reasons = concerns(signals_in(row._mapping, holds.get(row.comment_id, ())), rules)
        # What stands published keeps what was found in it when it was decided.
        flagged = flags_among(reasons) if row.waiting else row.flags
        weight = {"of": row.number, "weight": severity_of(reasons).value, "flagged": flagged}
        (now if both else later).append(weight)
    for slots, weights in (((0, 1), now), ((1 - order.serving,), later)):
        if weights:
            weigh(session, slots, version, weights)
    order.done += len(rows)
    return True


def _begin(services: Services, session: Session, order: SeverityOrder, version: str) -> None:
    """Notes which order is being made, so that its progress can be told."""
    if order.version == version:
        order.preparing = None
    elif order.preparing != version:
        order.preparing, order.begun_at = version, services.clock()
        order.total, order.done = how_many_outdated(session, version), 0
