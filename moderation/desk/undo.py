"""Own actions are taken back, singly or a whole batch. Nothing is overwritten that somebody else decided since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import insert

from moderation.comments.lifecycle import restore
from moderation.comments.snapshots import Snapshot
from moderation.core.actor import Actor
from moderation.core.errors import ActionNotFound, NotFound, NotPossibleNow, RightMissing
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.core.reach import DECIDE
from moderation.desk.actions import Reversal, action_row, comment_at_hand
from moderation.desk.authors import AUTHOR, reverse_author
from moderation.desk.bulk_steps import AT_ONCE, Step, finish_if_through, work_through
from moderation.desk.decide import meanwhile
from moderation.desk.discussion_settings import MODE, reverse_mode
from moderation.desk.flags import FLAG, NOTE, UNFLAG, UNNOTE, reverse_flag, reverse_note
from moderation.desk.notices import NOTICE, reverse_notice
from moderation.desk.reports import MUTE, REPORTS, reverse_mute, reverse_reports
from moderation.desk.wordlists import TERMS, reverse_terms
from moderation.services import Piece, Services
from moderation.storage.actions import (
    ERASED,
    ActionItem,
    ModeratorAction,
    choose_again,
    chosen_items,
    find_action,
    skip_the_rest,
    stands_again,
)
from moderation.storage.base import table_of
from moderation.storage.comments import find_comment
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

UNDO = "undo"
_INSERT_ACTION = insert(table_of(ModeratorAction))


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of taking an action back: of ``total`` things ``done`` are as they were before, and ``skipped`` were
    left alone because somebody else has decided about them since. While ``running`` it goes on in the background.
    """

    action_id: str
    words: str
    total: int
    done: int
    skipped: int
    running: bool


def undo(services: Services, actor: Actor, action_id: str) -> Undone:
    """Takes one of the actor's own actions back. One that is still running is stopped, and what it did taken back.

    Raises ``ActionNotFound``, ``NotPossibleNow`` for what was taken back before or never can be, ``RightMissing``, and
    for an action on a single comment ``DecidedMeanwhile``.
    """
    policy_version = services.configuration.current().policy.version

    def work(unit: UnitOfWork) -> Undone:
        action = _own_action(unit, actor, action_id)
        undoing = _begin(unit, actor, action)
        if undoing.total <= AT_ONCE:
            items = chosen_items(unit.session, undoing.id, limit=AT_ONCE)
            step = reversing(actor, policy_version)
            work_through(unit, undoing, items, step)
            finish_if_through(unit, undoing)
            if undoing.skipped and undoing.total == 1:
                raise _left_alone(unit, items[0])
        return Undone(
            action_id=undoing.id,
            words=action.words,
            total=undoing.total,
            done=undoing.done,
            skipped=undoing.skipped,
            running=undoing.finished_at is None,
        )

    return run_in_unit_of_work(services, work)


def undoing_step(services: Services, actor: Actor) -> Step:
    """What goes on with an action that undoes another, in the background."""
    return reversing(actor, services.configuration.current().policy.version)


def reversing(actor: Actor, policy_version: str) -> Step:
    """What takes one thing of an undone action back; it is told the action that undoes."""

    def step(unit: UnitOfWork, undoing: ModeratorAction, item: ActionItem) -> bool:
        if item.before == ERASED:
            return False
        action = unit.session.get_one(ModeratorAction, undoing.undoes)
        try:
            return _REVERSALS[action.kind](Reversal(unit, actor, policy_version, action), item)
        except (NotFound, RightMissing):
            if undoing.total == 1:
                raise
            return False  # out of reach meanwhile: one of many is no reason to leave the others

    return step


def _own_action(unit: UnitOfWork, actor: Actor, action_id: str) -> ModeratorAction:
    action = find_action(unit.session, action_id, lock=True)
    if action is None or actor.account_id is None or action.account_id != actor.account_id:
        raise ActionNotFound
    if action.undone_by is not None:
        raise NotPossibleNow(Message("taken_back_already"))
    if action.kind not in _REVERSALS:
        raise NotPossibleNow(Message("not_undoable"))
    return action


def _begin(unit: UnitOfWork, actor: Actor, action: ModeratorAction) -> ModeratorAction:
    """An action that undoes: with what the other one did, each as it was left."""
    assert actor.account_id is not None
    if action.finished_at is None:
        action.skipped += skip_the_rest(unit.session, action.id)
        action.finished_at, action.leased_until = unit.now, None
    undoing = ModeratorAction(
        **action_row(unit, new_id(unit.now), actor.account_id, UNDO, f"Undone: {action.words}", site_id=action.site_id)
    )
    undoing.undoes = action.id
    unit.session.add(undoing)
    unit.session.flush()
    undoing.total = choose_again(unit.session, action.id, undoing.id)
    action.undone_by = undoing.id
    finish_if_through(unit, undoing)
    if undoing.finished_at is None:
        unit.leaves_work.add(Piece.BULK)
    return undoing


def _left_alone(unit: UnitOfWork, item: ActionItem) -> Exception:
    comment = find_comment(unit.session, item.subject) if item.revision is not None else None
    if comment is not None:
        return meanwhile(unit.session, comment)
    return NotPossibleNow(Message("changed_since"))


# --- one thing at a time ----------------------------------------------------------------------------------------------


def _reverse_decision(of: Reversal, item: ActionItem) -> bool:
    """The comment stands where it stood: waiting, published as it was, or refused for the reason it was refused for."""
    unit, before = of.unit, Snapshot.of(item.before)
    comment = comment_at_hand(unit, of.actor, item.subject, right=DECIDE)
    if comment.revision != item.revision:
        return False
    restore(
        unit,
        comment,
        before,
        actor=of.actor.reference,
        account_id=of.actor.account_id,
        policy_version=of.policy_version,
        undoes=of.action.id,
    )
    item.revision = comment.revision
    # What led to where the comment stands again can be taken back in its turn.
    stands_again(unit.session, comment.id, before.revision, comment.revision)
    return True


_REVERSALS: Mapping[str, Callable[[Reversal, ActionItem], bool]] = {
    "approve": _reverse_decision,
    "reject": _reverse_decision,
    "reopen": _reverse_decision,
    FLAG: reverse_flag,
    UNFLAG: reverse_flag,
    AUTHOR: reverse_author,
    MODE: reverse_mode,
    TERMS: reverse_terms,
    NOTE: reverse_note,
    NOTICE: reverse_notice,
    REPORTS: reverse_reports,
    MUTE: reverse_mute,
    UNNOTE: reverse_note,
}
