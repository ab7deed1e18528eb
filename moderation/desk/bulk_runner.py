"""Bulk actions that were begun and go on in the background: decided together, or taken back together.

Several processes may look for them. Whoever goes on with one holds a lease on it, renewed with each chunk; a process
that is killed leaves it to the others when the lease ends, at the chunk that it did not finish.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from moderation.accounts.sign_in import account_at_work
from moderation.desk.bulk import batch_step
from moderation.desk.bulk_steps import Step, finish_if_through, work_through
from moderation.desk.undo import undoing_step
from moderation.services import Services
from moderation.storage.actions import ModeratorAction, chosen_items, find_action, next_unfinished, skip_the_rest
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

LEASE = timedelta(seconds=10)
CHUNK = 20
"""So few at once that a moderator's own decision, which waits for a chunk to end, still feels immediate."""


def carry_on(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Goes on with the oldest action that nobody goes on with, until it is through. Returns whether there was one."""
    with services.database.reading() as session:  # looking costs nobody their turn to write
        waits = next_unfinished(session, services.clock()) is not None
    leased = run_in_unit_of_work(services, _lease) if waits else None
    if leased is None:
        return False
    action, held = leased
    while not stopped():
        still_held = _go_on(services, action, held)
        if still_held is None:
            return True
        held = still_held
    run_in_unit_of_work(services, lambda unit: _give_back(unit, action.id, held))
    return True


def _lease(unit: UnitOfWork) -> tuple[ModeratorAction, datetime] | None:
    action = next_unfinished(unit.session, unit.now, lock=True)
    if action is None:
        return None
    action.leased_until = unit.now + LEASE
    return action, action.leased_until


def _go_on(services: Services, action: ModeratorAction, held: datetime) -> datetime | None:
    """Does a chunk, and returns until when the lease holds now; None where nothing is left to do here."""
    step = _step(services, action)  # with every chunk: rights may end in the middle

    def work(unit: UnitOfWork) -> datetime | None:
        action_now = find_action(unit.session, action.id, lock=True)
        if action_now is None or action_now.finished_at is not None or action_now.leased_until != held:
            return None
        if step is None:
            action_now.skipped += skip_the_rest(unit.session, action.id)
        else:
            work_through(unit, action_now, chosen_items(unit.session, action.id, limit=CHUNK), step)
        action_now.leased_until = unit.now + LEASE
        finish_if_through(unit, action_now)
        return action_now.leased_until

    return run_in_unit_of_work(services, work)


def _step(services: Services, action: ModeratorAction) -> Step | None:
    """What is done with each comment; None where the account is disabled meanwhile: then the rest stays as it is."""
    actor = account_at_work(services, action.account_id)
    if actor is None:
        return None
    return undoing_step(services, actor) if action.undoes is not None else batch_step(services, actor, action)


def _give_back(unit: UnitOfWork, action_id: str, held: datetime) -> None:
    action = find_action(unit.session, action_id, lock=True)
    if action is not None and action.leased_until == held:
        action.leased_until = None
