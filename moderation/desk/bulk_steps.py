"""An action on many things is done in chunks: each a transaction of its own, each thing wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from moderation.storage.actions import ActionItem, ItemState, ModeratorAction
from moderation.unit_of_work import UnitOfWork

AT_ONCE = 50
"""An action on more things than these is done in the background."""

Step = Callable[[UnitOfWork, ModeratorAction, ActionItem], bool]
"""Does one thing of an action and notes in its item what undoing needs. False: it is left as it was."""


def work_through(unit: UnitOfWork, action: ModeratorAction, items: Iterable[ActionItem], step: Step) -> None:
    """Does these things in this transaction, and counts them."""
    for item in items:
        if step(unit, action, item):
            item.state = ItemState.DONE
            action.done += 1
        else:
            item.state = ItemState.SKIPPED
            action.skipped += 1


def finish_if_through(unit: UnitOfWork, action: ModeratorAction) -> None:
    """Closes an action of which nothing is left to do."""
    if action.done + action.skipped >= action.total:
        action.finished_at = unit.now
        action.leased_until = None
