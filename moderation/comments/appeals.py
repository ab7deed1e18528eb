"""Another look at a refused comment: its writer asks for it, once, and a person answers within a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from moderation.core.actor import READER
from moderation.core.comment import Status
from moderation.core.errors import CommentNotFound, InvalidField, NotPossibleNow
from moderation.core.ids import new_id
from moderation.core.messages import Message, Word, noted
from moderation.core.text.written import as_written, visible_length
from moderation.services import Services
from moderation.storage.appeals import Appeal, AppealOutcome, appeal_about, refused_by, unsettled
from moderation.storage.comments import Comment, find_comment, newest_decision
from moderation.storage.edits import mended_as
from moderation.storage.mails import tell_writers
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

LONGEST = 2000
"""Characters, as a reader counts them, of what a writer says and of what they are answered."""


def words_of(text: str, field: str) -> str:
    """A few words, canonical and trimmed. Raises ``InvalidField`` for none, and for too many."""
    text = as_written(text, field, longest=10 * LONGEST).strip()
    length = visible_length(text)
    if not length:
        raise InvalidField(field, Message("words_missing"))
    if length > LONGEST:
        raise InvalidField(field, Message("too_many_characters", {"number": length, "maximum": LONGEST}))
    return text


def ask_for_another_look(services: Services, comment_id: str, text: str) -> Appeal:
    """A writer asks for another look at their refused comment and says why; whoever calls this has checked the receipt.

    Raises ``CommentNotFound``, ``InvalidField``, and ``NotPossibleNow`` for what was not refused, asked for before, or
    mended and sent again.
    """
    days = services.configuration.current().appeals.answer_within_days
    text = words_of(text, "text")

    def work(unit: UnitOfWork) -> Appeal:
        comment = find_comment(unit.session, comment_id, lock=True)
        if comment is None:
            raise CommentNotFound
        if comment.status == Status.ERASED:
            raise NotPossibleNow(Message("appeal_of_erased"))
        if appeal_about(unit.session, comment.id) is not None:
            raise NotPossibleNow(Message("appealed_already"))
        decision = newest_decision(unit.session, comment.id)
        if comment.status != Status.REJECTED or decision is None:
            raise NotPossibleNow(Message("nothing_to_appeal", {"status": Word(comment.status)}))
        if mended_as(unit.session, comment.id) is not None:
            raise NotPossibleNow(Message("mended_and_not_appealable"))
        appeal = Appeal(
            id=new_id(unit.now),
            site_id=comment.site_id,
            comment_id=comment.id,
            decision_id=decision.id,
            reason_id=decision.reason_id,
            automated=decision.automated,
            text=text,
            asked_at=unit.now,
            due_at=unit.now + timedelta(days=days),
            by_same=False,
        )
        unit.session.add(appeal)
        payload = {"appeal": appeal.id, "decision": decision.id, "due": appeal.due_at.isoformat()}
        unit.event(comment.site_id, READER, "comment.appealed", comment.id, payload)
        unit.outbox_event(comment.site_id, "comment.appealed", comment.id, {"status": comment.status})
        return appeal

    return run_in_unit_of_work(services, work)


def settle(
    unit: UnitOfWork,
    comment: Comment,
    appeal: Appeal,
    outcome: AppealOutcome,
    *,
    actor: str,
    account_id: str | None,
    by_same: bool,
    explanation: str | None = None,
) -> None:
    """An appeal has its outcome, for good."""
    appeal.outcome, appeal.explanation, appeal.by_same = outcome, explanation, by_same
    appeal.decided_at, appeal.decided_by = unit.now, account_id
    late = unit.now > appeal.due_at
    payload = {"appeal": appeal.id, "outcome": outcome.value, "same": by_same, "late": late}
    unit.event(comment.site_id, actor, "comment.appeal_decided", comment.id, payload)
    unit.outbox_event(comment.site_id, "comment.appeal_decided", comment.id, {"outcome": outcome.value})
    if outcome is AppealOutcome.UPHELD:  # no status changes, and yet its writer waits for this
        tell_writers(unit.connection, comment.id, Status.REJECTED, unit.now, new=False, answers=None)


def settle_by_status(unit: UnitOfWork, comment: Comment, status: Status, *, actor: str, account_id: str | None) -> None:
    """What a comment's new status makes of an appeal that still waits: published in the ordinary way, there is nothing
    left to ask for; nor where it was taken back, erased, or its discussion ended. Refused, or in the queue again, it
    waits on. What a writer said goes with what they wrote.
    """
    if status is Status.ERASED:
        told = appeal_about(unit.session, comment.id, lock=True)
        if told is not None:
            told.text, told.explanation = "", None
    if status in (Status.REJECTED, Status.PENDING):
        return
    appeal = unsettled(unit.session, comment.id)
    if appeal is None:
        return
    same = account_id in refused_by(unit.session, [comment.id])[comment.id]
    outcome = AppealOutcome.REVERSED if status is Status.APPROVED else AppealOutcome.DROPPED
    settle(unit, comment, appeal, outcome, actor=actor, account_id=account_id, by_same=same)


def take_back_settling(unit: UnitOfWork, comment: Comment, decided_at: datetime, *, actor: str) -> None:
    """The decision of this moment is undone: the appeal that it settled on its way waits again."""
    appeal = appeal_about(unit.session, comment.id, lock=True)
    if appeal is None or appeal.decided_at != decided_at:
        return
    appeal.outcome = appeal.decided_at = appeal.decided_by = appeal.explanation = None
    appeal.by_same = False
    unit.session.flush()
    unit.event(comment.site_id, actor, "comment.appeal_reopened", comment.id, {"appeal": appeal.id})


OUTCOME_WORDS = {
    AppealOutcome.UPHELD: noted("Somebody looked again. The refusal stands."),
    AppealOutcome.PARTLY_REVERSED: noted(
        "Somebody looked again. The comment stays unpublished, but for another reason than you were told at first."
    ),
    AppealOutcome.REVERSED: noted("Somebody looked again. The refusal was wrong, and was taken back."),
    AppealOutcome.DROPPED: noted("Nobody looked again: the comment was taken back or erased, or its discussion ended."),
}
"""What a writer is told of each outcome."""
