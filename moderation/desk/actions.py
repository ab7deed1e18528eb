"""What people do on the desk is kept as an action, in the transaction that does it, so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert

from moderation.accounts.reachable import comment_reached
from moderation.core.actor import Actor
from moderation.core.comment import WAITING
from moderation.core.errors import OpenWithColleague
from moderation.core.ids import new_id
from moderation.core.reach import MODERATE
from moderation.storage.actions import ActionItem, ItemState, ModeratorAction
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.moderator_workspace import holder
from moderation.unit_of_work import UnitOfWork

_INSERT_ACTION = insert(table_of(ModeratorAction))
_INSERT_ITEM = insert(table_of(ActionItem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One thing that an action changed: what undoing must know of how it was ``before`` (JSON, never a reader's name or
    text), and the revision that it has now, where it counts revisions: undoing leaves a later one alone.
    """

    subject: str
    before: dict[str, Any]
    revision: int | None


@dataclass(frozen=True, slots=True)
class Reversal:
    """An action on its way back: what taking back one of its things can use."""

    unit: UnitOfWork
    actor: Actor
    policy_version: str
    action: ModeratorAction


def comment_at_hand(unit: UnitOfWork, actor: Actor, comment_id: str, *, right: str = MODERATE) -> Comment:
    """The comment that somebody is about to do something with; nobody else changes it until this transaction ends.

    Raises ``CommentNotFound`` where there is none that they reach, and ``RightMissing`` where they may only read it.
    """
    return comment_reached(unit.session, actor, right, comment_id, lock=True)


def ask_if_open(unit: UnitOfWork, actor: Actor, comment: Comment, *, anyway: bool) -> None:
    """Lets nobody change what waits under the eyes of a colleague who has it open, unless they said that they know
    (``anyway``). A site's key has no second press, and isn't asked. Raises ``OpenWithColleague``.
    """
    if anyway or actor.account_id is None or comment.status not in WAITING:
        return
    by = holder(unit.session, comment.id, actor.account_id, unit.now)
    if by is not None:
        raise OpenWithColleague(by)


def acted(
    unit: UnitOfWork,
    actor: Actor,
    kind: str,
    words: str,
    changed: Sequence[Changed],
    *,
    site_id: str | None,
    detail: Mapping[str, Any] | None = None,
) -> str | None:
    """Keeps what was done in this transaction, and returns the action's id; None where the actor has no account, for a
    script undoes nothing. ``words`` tell moderators of it, like "Rejected: personal attack".
    """
    if actor.account_id is None:
        return None
    action_id = new_id(unit.now)
    row = action_row(unit, action_id, actor.account_id, kind, words, site_id=site_id, detail=detail)
    unit.connection.execute(
        _INSERT_ACTION, row | {"total": len(changed), "done": len(changed), "finished_at": unit.now}
    )
    items = [
        {
            "action_id": action_id,
            "position": position,
            "subject": change.subject,
            "state": ItemState.DONE,
            "before": change.before,
            "revision": change.revision,
        }
        for position, change in enumerate(changed)
    ]
    if items:
        unit.connection.execute(_INSERT_ITEM, items)
    return action_id


def action_row(
    unit: UnitOfWork,
    action_id: str,
    account_id: str,
    kind: str,
    words: str,
    *,
    site_id: str | None,
    detail: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The row of an action of which nothing is done yet."""
    return {
        "id": action_id,
        "account_id": account_id,
        "site_id": site_id,
        "kind": kind,
        "words": words,
        "detail": dict(detail or {}),
        "total": 0,
        "done": 0,
        "skipped": 0,
        "made_at": unit.now,
        "finished_at": None,
        "leased_until": None,
        "undoes": None,
        "undone_by": None,
    }
