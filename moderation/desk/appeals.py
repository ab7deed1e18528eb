"""Another look at refused comments: which appeals somebody can decide, and the decision. It is never software's, and
never that of whoever refused the comment, as long as there is anybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from moderation.accounts.deciders import may_decide_at
from moderation.comments.appeals import settle, words_of
from moderation.comments.lifecycle import Trigger, change_status
from moderation.core.actor import Actor
from moderation.core.comment import Status
from moderation.core.errors import AppealNotFound, CommentNotFound, InvalidField, NotPossibleNow
from moderation.core.messages import Message
from moderation.core.reach import DECIDE, MODERATE, Location, Scope, account_of
from moderation.desk.actions import comment_at_hand
from moderation.desk.decide import meanwhile
from moderation.desk.statements import Correction, tell_otherwise
from moderation.services import Services
from moderation.storage.appeals import (
    AppealLine,
    AppealOutcome,
    Decidable,
    find_appeal,
    line_about,
    refused_places,
)
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

OUTCOMES = (AppealOutcome.UPHELD, AppealOutcome.PARTLY_REVERSED, AppealOutcome.REVERSED)
"""What somebody who looks again can decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealRuling:
    """What somebody makes of an appeal. ``explanation`` is for the writer. Where the refusal is partly reversed,
    ``reason_id`` and ``sentence`` are what the comment is refused for instead. ``revision`` is the comment's.
    """

    outcome: AppealOutcome
    explanation: str
    reason_id: str | None = None
    sentence: str | None = None
    revision: int


def decidable_by(session: Session, actor: Actor, scopes: Sequence[Scope]) -> Decidable:
    """Which open appeals this person can decide."""
    refused = refused_places(session, scopes, actor.account_id)
    return Decidable(account_id=actor.account_id, scopes=scopes, alone=may_decide_at(session, refused))


def why_not(session: Session, actor: Actor, line: AppealLine) -> Message | None:
    """Why this person can't decide an open appeal; None where they can."""
    if line.comment.status != Status.REJECTED:
        return Message("appeal_waits_in_queue")
    if actor.account_id in line.refused_by and not _nobody_else(session, line.at, line.refused_by):
        return Message("appeal_needs_another")
    return None


def decide_appeal(services: Services, actor: Actor, appeal_id: str, ruling: AppealRuling) -> None:
    """Records what a person makes of an appeal, once, and in the same transaction does with the comment what follows.

    Raises ``AppealNotFound``, ``RightMissing`` (for a site's key too: a person looks again), ``NotPossibleNow`` for
    one's own refusal and for what is decided, ``DecidedMeanwhile``, ``InvalidField``.
    """
    configuration = services.configuration.current()
    account_id = account_of(actor, MODERATE)
    if ruling.outcome not in OUTCOMES:
        raise InvalidField("outcome", Message("appeal_outcome_missing"))
    # What was wrong needs no more words than that it was; whoever is refused twice is owed them.
    silent = ruling.outcome is AppealOutcome.REVERSED and not ruling.explanation.strip()
    explanation = None if silent else words_of(ruling.explanation, "explanation")

    def work(unit: UnitOfWork) -> None:
        appeal = find_appeal(unit.session, appeal_id)
        if appeal is None:
            raise AppealNotFound
        try:
            comment = comment_at_hand(unit, actor, appeal.comment_id, right=DECIDE)
        except CommentNotFound:
            raise AppealNotFound from None
        unit.session.refresh(appeal, with_for_update=True)
        if appeal.decided_at is not None:
            raise NotPossibleNow(Message("appeal_decided_already"))
        if comment.revision != ruling.revision:
            raise meanwhile(unit.session, comment)
        line = line_about(unit.session, appeal)
        because = why_not(unit.session, actor, line)
        if because is not None:
            raise NotPossibleNow(because)
        settle(
            unit,
            comment,
            appeal,
            ruling.outcome,
            actor=actor.reference,
            account_id=account_id,
            by_same=account_id in line.refused_by,
            explanation=explanation,
        )
        unit.session.flush()
        if ruling.outcome is AppealOutcome.REVERSED:
            change_status(
                unit,
                comment,
                Status.APPROVED,
                Trigger.MODERATOR,
                actor=actor.reference,
                account_id=account_id,
                policy_version=configuration.policy.version,
                payload={"appeal": appeal.id},
            )
        elif ruling.outcome is AppealOutcome.PARTLY_REVERSED:
            correction = Correction(
                reason_id=ruling.reason_id, sentence=ruling.sentence, why="", revision=ruling.revision
            )
            tell_otherwise(unit, configuration, actor, comment, correction, None)

    run_in_unit_of_work(services, work)


def _nobody_else(session: Session, at: Location, refusers: frozenset[str]) -> bool:
    """Whether all who could look again have refused the comment themselves."""
    return not may_decide_at(session, [at])[at] - refusers
