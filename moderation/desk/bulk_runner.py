"""Acts on many comments that were begun and go on in the background: decided together, or taken back together.

Several processes may look for them. Whoever goes on with one holds a lease on it, renewed with each portion; a process
that is killed leaves it to the others when the lease ends, at the portion that it did not finish.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from moderation.accounts.sign_in import account_at_work
from moderation.desk.bulk import batch_step
from moderation.desk.bulk_steps import Step, finish_if_through, work_through
from moderation.desk.undo import undoing_step
from moderation.services import Services
from moderation.storage.actions import Act, chosen_items, find_act, next_unfinished, pass_the_rest
from moderation.unit_of_work import Ledger, recorded

LEASE = timedelta(seconds=10)
PORTION = 20
"""So few at once that a moderator's own decision, which waits for a portion to end, still feels immediate."""


def carry_on(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Goes on with the oldest act that nobody goes on with, until it is through. Returns whether there was one."""
    with services.database.reading() as session:  # looking costs nobody their turn to write
        waits = next_unfinished(session, services.clock()) is not None
    leased = recorded(services, _lease) if waits else None
    if leased is None:
        return False
    act, held = leased
    while not stopped():
        still_held = _go_on(services, act, held)
        if still_held is None:
            return True
        held = still_held
    recorded(services, lambda ledger: _give_back(ledger, act.id, held))
    return True


def _lease(ledger: Ledger) -> tuple[Act, datetime] | None:
    act = next_unfinished(ledger.session, ledger.now, lock=True)
    if act is None:
        return None
    act.leased_until = ledger.now + LEASE
    return act, act.leased_until


def _go_on(services: Services, act: Act, held: datetime) -> datetime | None:
    """Does a portion, and returns until when the lease holds now; None where nothing is left to do here."""
    step = _step(services, act)  # with every portion: rights may end in the middle

    def work(ledger: Ledger) -> datetime | None:
        act_now = find_act(ledger.session, act.id, lock=True)
        if act_now is None or act_now.finished_at is not None or act_now.leased_until != held:
            return None
        if step is None:
            act_now.passed += pass_the_rest(ledger.session, act.id)
        else:
            work_through(ledger, act_now, chosen_items(ledger.session, act.id, limit=PORTION), step)
        act_now.leased_until = ledger.now + LEASE
        finish_if_through(ledger, act_now)
        return act_now.leased_until

    return recorded(services, work)


def _step(services: Services, act: Act) -> Step | None:
    """What is done with each comment; None where the account is disabled meanwhile: then the rest stays as it is."""
    actor = account_at_work(services, act.account_id)
    if actor is None:
        return None
    return undoing_step(services, actor) if act.undoes is not None else batch_step(services, actor, act)


def _give_back(ledger: Ledger, act_id: str, held: datetime) -> None:
    act = find_act(ledger.session, act_id, lock=True)
    if act is not None and act.leased_until == held:
        act.leased_until = None
