"""Bulk actions that were begun and go on in the background: decided together, or taken back together.

Several processes may look for them. Whoever goes on with one has a claim on it, renewed with each chunk; a process
that is killed leaves it to the others when the lease ends, at the chunk that it did not finish.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from moderation.accounts.sign_in import account_at_work
from moderation.desk.bulk import batch_step
from moderation.desk.bulk_steps import Step, finish_if_through, work_through
from moderation.desk.undo import undoing_step
from moderation.services import Services
from moderation.storage.actions import ModeratorAction, chosen_items, find_action, skip_the_rest
from moderation.storage.claims import Claim, Claims, Work
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

WORK = Work(
    key=ModeratorAction.id,
    leased_until=ModeratorAction.leased_until,
    waits=(ModeratorAction.finished_at.is_(None),),
    # What has come least far comes first: a small action waits for a few chunks of another site's large one.
    order=(ModeratorAction.done, ModeratorAction.id),
    lease=timedelta(seconds=10),
    furthest=timedelta(minutes=5),
)
CHUNK = 20
"""So few at once that a moderator's own decision, which waits for a chunk to end, still feels immediate."""
TURN = 10
"""After so many chunks another action has its turn, if one waits."""


def carry_on(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Goes on with an action that nobody goes on with, for a turn. Returns whether there was one."""
    claims = Claims(services.database, services.clock, WORK)
    claim = claims.take(1)
    if claim is None:
        return False
    for _ in range(TURN):
        if stopped():
            break
        still = _go_on(services, claim)
        if still is None:
            return True
        claim = still
    claims.give_back(claim, claim.keys)
    return True


def _go_on(services: Services, claim: Claim) -> Claim | None:
    """Does a chunk, and returns the claim as it holds now; None where nothing is left to do here."""
    (action_id,) = claim.keys
    step = _step(services, action_id)  # with every chunk: rights may end in the middle

    def work(unit: UnitOfWork) -> Claim | None:
        action = find_action(unit.session, action_id, lock=True)
        if action is None or action.finished_at is not None or not claim.holds(action.leased_until):
            return None
        if step is None:
            action.skipped += skip_the_rest(unit.session, action.id)
        else:
            work_through(unit, action, chosen_items(unit.session, action.id, limit=CHUNK), step)
        still = WORK.extended(claim, unit.now)
        action.leased_until = still.until
        finish_if_through(unit, action)
        return still if action.finished_at is None else None

    return run_in_unit_of_work(services, work)


def _step(services: Services, action_id: str) -> Step | None:
    """What is done with each comment; None where the account is disabled meanwhile: then the rest stays as it is."""
    with services.database.reading() as session:
        action = session.get_one(ModeratorAction, action_id)
    actor = account_at_work(services, action.account_id)
    if actor is None:
        return None
    return undoing_step(services, actor) if action.undoes is not None else batch_step(services, actor, action)
