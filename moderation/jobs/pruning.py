"""A chain's old events give way to a signed checkpoint; the rest still verifies from there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.core.audit_chain import ChainHead, verify
from moderation.core.errors import ChainBroken, ErasureStopped
from moderation.core.keyring import Purpose
from moderation.services import Services
from moderation.storage.audit import events_of
from moderation.storage.audit_checkpoints import checkpoint_of, delete_pruned, keep_checkpoint, last_before
from moderation.storage.holds import Hold, lock_holds
from moderation.storage.key_store import Wrapping
from moderation.storage.keys import stored_keys
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

AT_ONCE = 2000


def prune(
    services: Services, actor: str, chain: str, before: datetime, *, done: Callable[[int], None] = lambda _: None
) -> ChainHead | None:
    """Puts a checkpoint in the place of a chain's events from before then, but for the newest, and deletes them.
    Returns what the chain goes on from; None where nothing is that old. Stopped in the middle, the same again does the
    rest.

    Raises ``ChainBroken`` where they don't verify: then nothing is deleted; and ``ErasureStopped`` while a legal hold
    stands on anything of the site.
    """
    secret = services.keys.identity.newest.secret  # read before the transaction: that may make it first
    time = before.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    with services.database.snapshot() as session:
        end = last_before(session, chain, time)
        whole = _verified(services, session, chain, end)
    if whole is not None:
        run_in_unit_of_work(services, partial(_keep, actor=actor, head=whole, secret=secret))
    while number := services.database.writing(lambda session: delete_pruned(session, chain, AT_ONCE)):
        done(number)
    with services.database.reading() as session:
        checkpoint = checkpoint_of(session, chain)
        return checkpoint.head if checkpoint is not None else None


def starting_point(services: Services, session: Session, chain: str) -> ChainHead | None:
    """What a chain is verified from on: its checkpoint, or its beginning (None). Raises ``ChainBroken``."""
    checkpoint = checkpoint_of(session, chain)
    if checkpoint is None:
        return None
    # Not by the key ring: where other keys are lost, chains can be verified all the same.
    wrapping = Wrapping(services.settings)
    kept = [wrapping.opened(row.wrapped) for row in stored_keys(session) if row.purpose == Purpose.IDENTITY]
    if not checkpoint.is_signed(secret for secret in kept if secret is not None):
        raise ChainBroken(chain, checkpoint.sequence, "the checkpoint in its place was not signed by this service")
    return checkpoint.head


def _verified(services: Services, session: Session, chain: str, end: int) -> ChainHead | None:
    """The chain up to there, recomputed; None where a checkpoint stands for all of that already."""
    start = starting_point(services, session, chain)
    behind = start.sequence if start else 0
    if end <= behind:
        return None
    events = takewhile(lambda event: event.sequence <= end, events_of(session, chain, after=behind))
    return verify(chain, events, after=start)


def _keep(unit: UnitOfWork, actor: str, head: ChainHead, secret: str) -> None:
    lock_holds(unit.connection, head.chain)
    holds = unit.session.scalars(select(Hold).where(Hold.site_id == head.chain, Hold.lifted_at.is_(None))).all()
    if holds:
        raise ErasureStopped(holds=tuple((hold.id, hold.about, hold.reason) for hold in holds))
    checkpoint = checkpoint_of(unit.session, head.chain, lock=True)
    if checkpoint is not None and checkpoint.sequence >= head.sequence:
        return
    keep_checkpoint(unit.session, head, secret, unit.now)
    unit.event(head.chain, actor, "audit.pruned", head.chain, {"through": head.sequence, "hash": head.hash})
