"""One's own acts are taken back, singly or a whole batch. Nothing is overwritten that somebody else decided since."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert

from moderation.core.actor import Actor
from moderation.core.comment import WAITING, Status
from moderation.core.decision import Statement
from moderation.core.errors import ActNotFound, NotFound, NotPossibleNow, RightMissing
from moderation.core.ids import new_id
from moderation.core.reach import DECIDE
from moderation.desk.actions import Reversal, act_row, comment_at_hand
from moderation.desk.authors import AUTHOR, reverse_author
from moderation.desk.bulk_steps import AT_ONCE, Step, finish_if_through, work_through
from moderation.desk.decide import meanwhile
from moderation.desk.discussion_settings import MODE, reverse_mode
from moderation.desk.flags import MARK, NOTE, UNMARK, UNNOTE, reverse_mark, reverse_note
from moderation.desk.wordlists import TERMS, reverse_terms
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.actions import Act, ActItem, choose_again, chosen_items, find_act, pass_the_rest, stands_again
from moderation.storage.base import table_of
from moderation.storage.comments import find_comment, newest_decision
from moderation.unit_of_work import Ledger, place_kept, recorded, status_changed

UNDO = "undo"
_INSERT_ACT = insert(table_of(Act))


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What became of taking an act back: of ``total`` things ``done`` are as they were before, and ``passed`` were
    left alone because somebody else has decided about them since. While ``running`` it goes on in the background.
    """

    act_id: str
    words: str
    total: int
    done: int
    passed: int
    running: bool


def undo(services: Services, actor: Actor, act_id: str) -> Undone:
    """Takes one of the actor's own acts back. An act that is still running is stopped, and what it did taken back.

    Raises ``ActNotFound``, ``NotPossibleNow`` for what was taken back before or never can be, ``RightMissing``, and
    for an act on a single comment ``DecidedMeanwhile``.
    """
    policy_version = services.configuration.current().policy.version

    def work(ledger: Ledger) -> Undone:
        act = _own_act(ledger, actor, act_id)
        undoing = _begin(ledger, actor, act)
        if undoing.total <= AT_ONCE:
            items = chosen_items(ledger.session, undoing.id, limit=AT_ONCE)
            step = reversing(actor, policy_version)
            work_through(ledger, undoing, items, step)
            finish_if_through(ledger, undoing)
            if undoing.passed and undoing.total == 1:
                raise _left_alone(ledger, items[0])
        return Undone(
            act_id=undoing.id,
            words=act.words,
            total=undoing.total,
            done=undoing.done,
            passed=undoing.passed,
            running=undoing.finished_at is None,
        )

    return recorded(services, work)


def undoing_step(services: Services, actor: Actor) -> Step:
    """What goes on with an act that undoes another, in the background."""
    return reversing(actor, services.configuration.current().policy.version)


def reversing(actor: Actor, policy_version: str) -> Step:
    """What takes one thing of an undone act back; it is told the act that undoes."""

    def step(ledger: Ledger, undoing: Act, item: ActItem) -> bool:
        act = ledger.session.get_one(Act, undoing.undoes)
        try:
            return _REVERSALS[act.kind](Reversal(ledger, actor, policy_version, act), item)
        except (NotFound, RightMissing):
            if undoing.total == 1:
                raise
            return False  # out of reach meanwhile: one of many is no reason to leave the others

    return step


def _own_act(ledger: Ledger, actor: Actor, act_id: str) -> Act:
    act = find_act(ledger.session, act_id, lock=True)
    if act is None or actor.account_id is None or act.account_id != actor.account_id:
        raise ActNotFound
    if act.undone_by is not None:
        raise NotPossibleNow("This was taken back already.")
    if act.kind not in _REVERSALS:
        raise NotPossibleNow("This can't be taken back.")
    return act


def _begin(ledger: Ledger, actor: Actor, act: Act) -> Act:
    """An act that undoes: with what the other one did, each as it was left."""
    assert actor.account_id is not None
    if act.finished_at is None:
        act.passed += pass_the_rest(ledger.session, act.id)
        act.finished_at, act.leased_until = ledger.now, None
    undoing = Act(
        **act_row(ledger, new_id(ledger.now), actor.account_id, UNDO, f"Undone: {act.words}", site_id=act.site_id)
    )
    undoing.undoes = act.id
    ledger.session.add(undoing)
    ledger.session.flush()
    undoing.total = choose_again(ledger.session, act.id, undoing.id)
    act.undone_by = undoing.id
    finish_if_through(ledger, undoing)
    return undoing


def _left_alone(ledger: Ledger, item: ActItem) -> Exception:
    comment = find_comment(ledger.session, item.subject) if item.revision is not None else None
    if comment is not None:
        return meanwhile(ledger.session, comment)
    return NotPossibleNow("Somebody has changed this since; nothing was overwritten.")


# --- one thing at a time ----------------------------------------------------------------------------------------------


_EVENTS = {Status.APPROVED: "comment.approved", Status.REJECTED: "comment.rejected"}


def _reverse_decision(of: Reversal, item: ActItem) -> bool:
    """The comment stands where it stood: waiting, published as it was, or refused for the reason it was refused for."""
    ledger, before = of.ledger, item.before
    comment = comment_at_hand(ledger, of.actor, item.subject, right=DECIDE)
    if comment.revision != item.revision:
        return False
    status = Status(before["status"])
    status = Status.PENDING if status in WAITING else status
    told = newest_decision(ledger.session, comment.id, upto=before["revision"]) if status is Status.REJECTED else None
    status_changed(
        ledger,
        comment,
        status,
        event=_EVENTS.get(status, "comment.reopened"),
        actor=of.actor.reference,
        account_id=of.actor.account_id,
        reason_id=told.reason_id if told else None,
        reader_sentence=told.reader_sentence if told else None,
        statement=Statement.of(told.statement) if told and told.statement else None,
        policy_version=of.policy_version,
        payload={"undoes": of.act.id},
    )
    comment.published_at = datetime.fromisoformat(before["published_at"]) if before["published_at"] else None
    place_kept(ledger, comment.id)  # what was never published leaves no place
    queue_index.change(ledger.connection, comment.id, {"by_person": before["by_person"]})
    item.revision = comment.revision
    # What led to where the comment stands again can be taken back in its turn.
    stands_again(ledger.session, comment.id, before["revision"], comment.revision)
    return True


_REVERSALS: Mapping[str, Callable[[Reversal, ActItem], bool]] = {
    "approve": _reverse_decision,
    "reject": _reverse_decision,
    "reopen": _reverse_decision,
    MARK: reverse_mark,
    UNMARK: reverse_mark,
    AUTHOR: reverse_author,
    MODE: reverse_mode,
    TERMS: reverse_terms,
    NOTE: reverse_note,
    UNNOTE: reverse_note,
}
