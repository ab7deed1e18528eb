"""The statement of reasons of a refused comment is corrected: another rule, other words, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace

from moderation.comments.lifecycle import Trigger, change_status
from moderation.comments.snapshots import snapshot
from moderation.config.configuration import Configuration
from moderation.core.actor import Actor
from moderation.core.comment import Status
from moderation.core.decision import Statement
from moderation.core.errors import InvalidField, NotPossibleNow
from moderation.core.messages import Message
from moderation.core.reach import DECIDE
from moderation.core.text.written import remark
from moderation.desk.actions import Changed, acted, comment_at_hand
from moderation.desk.decide import Ruled, Ruling, Verdict, meanwhile, told_by
from moderation.services import Services
from moderation.storage.comments import Comment, newest_decision
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What the writer is to be told instead: a configured reason, and its sentence unless ``sentence`` says it in other
    words. ``why`` it is corrected is for moderators. ``revision`` is the comment's that the moderator saw.
    """

    reason_id: str | None
    sentence: str | None = None
    why: str
    revision: int


def correct_statement(services: Services, moderator: Actor, comment_id: str, correction: Correction) -> Ruled:
    """Corrects what the writer of a refused comment is told. It can be undone.

    Raises ``CommentNotFound``, ``RightMissing``, ``DecidedMeanwhile``, ``NotPossibleNow`` for what isn't refused,
    ``InvalidField`` for what changes nothing too.
    """
    configuration = services.configuration.current()
    why = remark(correction.why, "why")
    if why is None:
        raise InvalidField("why", Message("correction_without_why"))

    def work(unit: UnitOfWork) -> Ruled:
        comment = comment_at_hand(unit, moderator, comment_id, right=DECIDE)
        if comment.revision != correction.revision:
            raise meanwhile(unit.session, comment)
        before = snapshot(unit, comment).as_json()
        label = tell_otherwise(unit, configuration, moderator, comment, correction, why)
        change = Changed(subject=comment.id, before=before, revision=comment.revision)
        words = f"Statement corrected: {label}"
        action_id = acted(unit, moderator, Verdict.REJECT, words, [change], site_id=comment.site_id)
        return Ruled(
            comment_id=comment.id, status=Status(comment.status), revision=comment.revision, action_id=action_id
        )

    return run_in_unit_of_work(services, work)


def tell_otherwise(
    unit: UnitOfWork,
    configuration: Configuration,
    moderator: Actor,
    comment: Comment,
    correction: Correction,
    note: str | None,
) -> str:
    """The correction itself, as a part of a transaction that does more. Returns the reason's label."""
    decision = newest_decision(unit.session, comment.id)
    if comment.status != Status.REJECTED or decision is None or decision.statement is None:
        raise NotPossibleNow(Message("no_statement_to_correct"))
    ruling = Ruling(verdict=Verdict.REJECT, reason_id=correction.reason_id, sentence=correction.sentence)
    told = told_by(configuration, ruling)
    if told.reason is None or told.sentence is None:
        raise InvalidField("reason", Message("refusal_reason_missing"))
    kept = Statement.of(decision.statement)
    if (kept.rule, kept.why) == (told.reason.label, told.sentence):
        raise InvalidField("reason", Message("correction_changes_nothing"))
    change_status(
        unit,
        comment,
        Status.REJECTED,
        Trigger.MODERATOR,
        actor=moderator.reference,
        account_id=moderator.account_id,
        policy_version=configuration.policy.version,
        reason_id=told.reason.id,
        note=note,
        statement=replace(kept, rule=told.reason.label, why=told.sentence, automated_decision=False),
        payload={"corrects": decision.id},
    )
    return told.reason.label
