"""An act on many things is done in portions: each a transaction of its own, each thing wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from moderation.storage.actions import Act, ActItem, ItemState
from moderation.unit_of_work import Ledger

AT_ONCE = 50
"""An act on more things than these is done in the background."""

Step = Callable[[Ledger, Act, ActItem], bool]
"""Does one thing of an act and notes in its item what undoing needs. False: it is left as it was."""


def work_through(ledger: Ledger, act: Act, items: Iterable[ActItem], step: Step) -> None:
    """Does these things in this transaction, and counts them."""
    for item in items:
        if step(ledger, act, item):
            item.state = ItemState.DONE
            act.done += 1
        else:
            item.state = ItemState.PASSED
            act.passed += 1


def finish_if_through(ledger: Ledger, act: Act) -> None:
    """Closes an act of which nothing is left to do."""
    if act.done + act.passed >= act.total:
        act.finished_at = ledger.now
        act.leased_until = None
