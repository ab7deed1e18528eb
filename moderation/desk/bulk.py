"""Many comments decided together: a range of the score map, all that says nearly the same as one, everything under an
article or by an author.

What is chosen is settled when the moderator presses. Each comment is decided for itself, with its own audit event and
its own statement of reasons, wholly or not at all; many go on in the background, in chunks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation.accounts.reachable import article_reached, author_reached, comment_reached
from moderation.comments.snapshots import snapshot
from moderation.config.configuration import Configuration
from moderation.core.actor import Actor
from moderation.core.comment import WAITING, Status
from moderation.core.errors import InvalidField, RightMissing, SiteNotFound
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.core.reach import DECIDE, MODERATE, SENIOR, account_of, demand, reachable, somewhere_on
from moderation.desk.actions import action_row
from moderation.desk.bulk_steps import AT_ONCE, Step, finish_if_through, work_through
from moderation.desk.decide import Ruling, Told, Verdict, done_words, rule, told_by
from moderation.services import Piece, Services
from moderation.storage import queue_index
from moderation.storage.actions import (
    ActionItem,
    Everything,
    ModeratorAction,
    choose_everything,
    choose_these,
    chosen_items,
)
from moderation.storage.comments import find_comment
from moderation.storage.moderator_workspace import holder, live_locks
from moderation.storage.near_duplicates import NearlySame, nearly_same
from moderation.storage.score_map import HUNDREDTHS, SIGNALS, Area, ScoreRange, choose_score_range
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

MAX_ALIKE = 500
"""So many comments that say nearly the same are decided together at most."""
BATCH_RIGHT = {Verdict.APPROVE: "batch_approve", Verdict.REJECT: "batch_reject"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A bulk action as it stands at first. ``running``: it goes on in the background."""

    action_id: str
    total: int
    done: int
    skipped: int
    running: bool


def decide_score_range(services: Services, actor: Actor, area: Area, score_range: ScoreRange, ruling: Ruling) -> Begun:
    """Approves or rejects all that waits in a range of the score map at this moment.

    Raises ``RightMissing``, and ``InvalidField`` for a score range or a reason that can't be.
    """
    _check(area, score_range, ruling)
    for scope in area.scopes:
        for right in (MODERATE, BATCH_RIGHT[ruling.verdict]):
            demand(actor, right, somewhere_on(scope.site_id), SiteNotFound)
    detail = {"signal": score_range.signal, "low": score_range.low, "high": score_range.high}
    site_id = area.scopes[0].site_id if len(area.scopes) == 1 else None
    return _begin(
        services,
        actor,
        ruling,
        detail,
        site_id,
        lambda session, action_id: choose_score_range(session, action_id, area, score_range),
    )


def remove_everything(services: Services, actor: Actor, what: Everything, ruling: Ruling) -> Begun:
    """Rejects all that waits or is published under an article or by an author at this moment: a senior's right.

    Raises ``ArticleNotFound``, ``AuthorNotFound``, ``RightMissing`` and ``InvalidField``.
    """
    if ruling.verdict is not Verdict.REJECT or ruling.reason_id is None:
        raise InvalidField("reason", Message("removal_reason_missing"))
    detail = {"everything": what.of}

    def choose(session: Session, action_id: str) -> int:
        check_everything(session, actor, what)
        return choose_everything(session, action_id, what)

    return _begin(services, actor, ruling, detail, what.site_id, choose)


def check_everything(session: Session, actor: Actor, what: Everything) -> None:
    """Whether somebody may remove all of an article or author. Raises ``ArticleNotFound``, ``AuthorNotFound`` or
    ``RightMissing``.
    """
    for right in (MODERATE, SENIOR):
        if what.article_id is not None:
            article_reached(session, actor, right, what.article_id)
        else:
            author_reached(session, actor, right, what.author_id or "", altogether=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class NearDuplicates:
    """What waits and says nearly the same as a comment, the most alike first: the comment itself, and others that this
    person may decide about. ``taken`` are the ids of those that colleagues have open, which are left alone.
    """

    found: tuple[NearlySame, ...]
    taken: tuple[str, ...]
    may_reject: bool
    """Whether they may be refused together."""


def all_like(session: Session, actor: Actor, comment_id: str, now: datetime) -> NearDuplicates:
    """What ``reject_alike`` would be about. Raises ``CommentNotFound`` and ``RightMissing``."""
    comment, right = comment_reached(session, actor, DECIDE, comment_id), BATCH_RIGHT[Verdict.REJECT]
    at = queue_index.location_of(session.connection(), comment_id)
    may_reject = at is not None and reachable(actor, right, at)
    rights = (DECIDE, right) if may_reject else (DECIDE,)
    found = nearly_same(session, comment, MAX_ALIKE)
    reached = tuple(one for one in found if all(reachable(actor, needed, one.at) for needed in rights))
    locks = live_locks(session, now, exclude=actor.account_id)
    taken = tuple(one.comment_id for one in reached if one.comment_id in locks)
    return NearDuplicates(found=reached, taken=taken, may_reject=may_reject)


def reject_alike(services: Services, actor: Actor, comment_id: str, ruling: Ruling) -> Begun:
    """Rejects a comment that waits and all that says nearly the same at this moment, as far as this person reaches.

    Raises ``CommentNotFound``, ``RightMissing`` and ``InvalidField``.
    """
    if ruling.verdict is not Verdict.REJECT or ruling.reason_id is None:
        raise InvalidField("reason", Message("refusal_reasons_missing"))
    # Compared before the transaction, which nobody else should wait for; what changes meanwhile is left alone.
    with services.database.reading() as session:
        near_duplicates = all_like(session, actor, comment_id, services.clock())
        if not near_duplicates.may_reject:
            raise RightMissing(BATCH_RIGHT[Verdict.REJECT])
        site_id = comment_reached(session, actor, DECIDE, comment_id).site_id
    chosen = [(one.comment_id, one.revision) for one in near_duplicates.found]
    detail = {"alike": comment_id}
    return _begin(services, actor, ruling, detail, site_id, lambda db, action_id: choose_these(db, action_id, chosen))


def _check(area: Area, score_range: ScoreRange, ruling: Ruling) -> None:
    if not area.scopes:
        raise RightMissing(BATCH_RIGHT[ruling.verdict])
    if score_range.signal not in SIGNALS:
        raise InvalidField("signal", Message("score_not_on_map"))
    if not 0 <= score_range.low < score_range.high <= HUNDREDTHS:
        raise InvalidField("score range", Message("score_range_unusable"))
    if ruling.verdict is Verdict.REJECT and ruling.reason_id is None:
        raise InvalidField("reason", Message("refusal_reasons_missing"))


def _begin(
    services: Services,
    actor: Actor,
    ruling: Ruling,
    detail: dict[str, Any],
    site_id: str | None,
    choose: Callable[[Session, str], int],
) -> Begun:
    account_id = account_of(actor, BATCH_RIGHT[ruling.verdict])
    configuration = services.configuration.current()
    told = told_by(configuration, ruling)
    # Kept as it is told now: a reason may be gone from the configuration before the last of many is decided.
    detail |= {"reason": ruling.reason_id, "sentence": told.sentence, "note": told.note}

    def work(unit: UnitOfWork) -> Begun:
        words = done_words(ruling.verdict, told.reason)
        row = action_row(unit, new_id(unit.now), account_id, ruling.verdict, words, site_id=site_id, detail=detail)
        action = ModeratorAction(**row)
        unit.session.add(action)
        unit.session.flush()
        action.total = choose(unit.session, action.id)
        if action.total <= AT_ONCE:
            items = chosen_items(unit.session, action.id, limit=AT_ONCE)
            work_through(unit, action, items, _deciding(configuration, actor, action))
            finish_if_through(unit, action)
        if action.finished_at is None:
            unit.leaves_work.add(Piece.BULK)
        return Begun(
            action_id=action.id,
            total=action.total,
            done=action.done,
            skipped=action.skipped,
            running=action.finished_at is None,
        )

    return run_in_unit_of_work(services, work)


# --- one comment at a time --------------------------------------------------------------------------------------------


def batch_step(services: Services, actor: Actor, action: ModeratorAction) -> Step:
    """What goes on with a bulk action, in the background."""
    return _deciding(services.configuration.current(), actor, action)


def _deciding(configuration: Configuration, actor: Actor, action: ModeratorAction) -> Step:
    verdict, detail = Verdict(action.kind), action.detail
    reason = configuration.reason(detail["reason"]) if detail["reason"] else None
    told = Told(reason=reason, sentence=detail["sentence"], note=detail["note"])
    ruling = Ruling(verdict=verdict, reason_id=detail["reason"])
    score_range = (
        ScoreRange(signal=detail["signal"], low=detail["low"], high=detail["high"]) if "signal" in detail else None
    )
    everything = "everything" in detail
    open_to = (*WAITING, Status.APPROVED) if everything else WAITING
    right = SENIOR if everything else BATCH_RIGHT[verdict]

    def step(unit: UnitOfWork, action: ModeratorAction, item: ActionItem) -> bool:
        comment = find_comment(unit.session, item.subject, lock=True)
        if comment is None or comment.revision != item.revision or comment.status not in open_to:
            return False
        at = queue_index.location_of(unit.connection, comment.id)
        if at is None or not (reachable(actor, DECIDE, at) and reachable(actor, right, at)):
            return False
        # A senior who removes everything means it; else what somebody has open is left to them.
        if not everything and holder(unit.session, comment.id, actor.account_id, unit.now) is not None:
            return False
        if score_range is not None and not _still_within(unit, comment.id, score_range):
            return False
        item.before = snapshot(unit, comment).as_json()
        payload, facts = {"action_id": action.id}, _facts(detail)
        rule(unit, configuration.policy.version, actor, comment, ruling, told, facts=facts, payload=payload)
        item.revision = comment.revision
        return True

    return step


def _still_within(unit: UnitOfWork, comment_id: str, score_range: ScoreRange) -> bool:
    """Whether the score of a comment of a score range, which may have been counted afresh, still stands for it."""
    score = queue_index.score_of(unit.connection, comment_id, score_range.signal)
    return score is not None and score_range.holds(score)


def _facts(detail: dict[str, Any]) -> str:
    """What a refusal of many is founded on: nobody has read each of them, and its statement says so."""
    if "alike" in detail:
        return "A moderator read one of several comments that say nearly the same, and refused them together."
    if "signal" not in detail:
        return f"A senior moderator removed everything {detail['everything']}."
    low, high = detail["low"] / HUNDREDTHS, detail["high"] / HUNDREDTHS
    signal = detail["signal"].replace("_", " ")
    return f"A moderator refused all comments whose automatic score for {signal} lies between {low:.2f} and {high:.2f}."
