"""A moderator decides, a reader withdraws: the same step again, with the same record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from moderation.comments.lifecycle import Trigger, change_status, check_transition
from moderation.comments.snapshots import snapshot
from moderation.config.configuration import Configuration, ReasonChoice
from moderation.core.actor import READER, SYSTEM, Actor
from moderation.core.comment import WAITING, Status
from moderation.core.decision import Prompt, refusal_statement
from moderation.core.errors import CommentNotFound, DecidedMeanwhile, EditedMeanwhile, InvalidField, clipped
from moderation.core.messages import Message, noted
from moderation.core.reach import DECIDE
from moderation.core.text.written import remark
from moderation.desk.actions import Changed, acted, ask_if_open, comment_at_hand
from moderation.desk.reports import keep_within
from moderation.services import Services
from moderation.storage.accounts import Account
from moderation.storage.comments import Comment, find_comment, newest_decision, scores_of
from moderation.storage.edits import edits_of
from moderation.storage.reports import open_reports_of
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


class Verdict(StrEnum):
    """What a moderator can make of a comment."""

    APPROVE = "approve"
    REJECT = "reject"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A moderator's decision as it comes in. ``revision`` is the one that the moderator saw; None: whatever it is.
    ``anyway``: also where a colleague has the comment open.
    """

    verdict: Verdict
    reason_id: str | None = None
    sentence: str | None = None
    note: str | None = None
    revision: int | None = None
    anyway: bool = False
    prompted_by: Prompt = Prompt.OWN_CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """Where the comment stands after a decision."""

    comment_id: str
    status: Status
    revision: int
    action_id: str | None = None
    """What undoing it takes; None where nothing was changed, or nobody with an account did it."""


_TARGET = {Verdict.APPROVE: Status.APPROVED, Verdict.REJECT: Status.REJECTED, Verdict.REOPEN: Status.PENDING}


def decide_comment(services: Services, moderator: Actor, comment_id: str, ruling: Ruling) -> Ruled:
    """Records a moderator's decision. The same decision twice is one; to approve what is published and was reported
    is to keep it: then its reports were wrong.

    Raises ``CommentNotFound``, ``RightMissing``, ``DecidedMeanwhile`` where ``ruling.revision`` is older than the
    comment's, ``OpenWithColleague``, ``IllegalTransition`` for one that is withdrawn, expired or erased,
    ``InvalidField``.
    """
    # Read before the transaction: a change of the configuration is stored in a transaction of its own.
    configuration = services.configuration.current()

    return run_in_unit_of_work(services, lambda unit: decide_within(unit, configuration, moderator, comment_id, ruling))


def decide_within(
    unit: UnitOfWork, configuration: Configuration, moderator: Actor, comment_id: str, ruling: Ruling
) -> Ruled:
    """The same, as a part of a transaction that does more."""
    comment = comment_at_hand(unit, moderator, comment_id, right=DECIDE)
    told = told_by(configuration, ruling)
    if ruling.revision is not None and ruling.revision > comment.revision:
        raise InvalidField("revision", Message("revision_ahead", {"revision": comment.revision}))
    if ruling.revision is not None and ruling.revision < comment.revision:
        raise meanwhile(unit.session, comment)
    target = _TARGET[ruling.verdict]
    if _is_so(unit.session, comment, ruling):
        kept = keep_within(unit, moderator, comment) if ruling.verdict is Verdict.APPROVE else None
        return _ruled(comment, kept)
    check_transition(Status(comment.status), target, Trigger.MODERATOR)
    ask_if_open(unit, moderator, comment, anyway=ruling.anyway)
    before = snapshot(unit, comment).as_json()
    rule(unit, configuration.policy.version, moderator, comment, ruling, told)
    words = done_words(ruling.verdict, told.reason)
    change = Changed(subject=comment.id, before=before, revision=comment.revision)
    return _ruled(comment, acted(unit, moderator, ruling.verdict, words, [change], site_id=comment.site_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of a decision: the configured reason, the sentence for the reader, the note for moderators."""

    reason: ReasonChoice | None
    sentence: str | None
    note: str | None


def told_by(configuration: Configuration, ruling: Ruling) -> Told:
    """What a ruling tells. Raises ``InvalidField`` for a reason that is not configured or a text that is too long."""
    reason = _reason(configuration, ruling)
    sentence = remark(ruling.sentence, "sentence") or (reason.reader if reason else None)
    return Told(reason=reason, sentence=sentence, note=remark(ruling.note, "note"))


def done_words(verdict: Verdict, reason: ReasonChoice | None) -> str:
    """A decision as moderators are told of it afterwards."""
    if verdict is Verdict.REJECT and reason is not None:
        return f"Rejected: {reason.label}"
    return {Verdict.APPROVE: "Approved", Verdict.REJECT: "Rejected", Verdict.REOPEN: "Put back into the queue"}[verdict]


def _is_so(session: Session, comment: Comment, ruling: Ruling) -> bool:
    """Whether nothing is left to change. A refusal for a reason other than its writer was told changes something."""
    if ruling.verdict is Verdict.REOPEN:
        return comment.status in WAITING
    if comment.status != _TARGET[ruling.verdict]:
        return False
    if ruling.verdict is not Verdict.REJECT or ruling.reason_id is None:
        return True
    newest = newest_decision(session, comment.id)
    return newest is None or newest.reason_id == ruling.reason_id


def withdraw(services: Services, comment_id: str) -> Ruled:
    """The comment's writer takes it back, once or several times; whoever calls this has checked the receipt."""
    policy_version = services.configuration.current().policy.version

    def work(unit: UnitOfWork) -> Ruled:
        comment = find_comment(unit.session, comment_id, lock=True)
        if comment is None or comment.status == Status.ERASED:
            raise CommentNotFound
        if comment.status == Status.WITHDRAWN:
            return _ruled(comment)
        change_status(unit, comment, Status.WITHDRAWN, Trigger.WITHDRAWAL, actor=READER, policy_version=policy_version)
        return _ruled(comment)

    return run_in_unit_of_work(services, work)


def rule(
    unit: UnitOfWork,
    policy_version: str,
    moderator: Actor,
    comment: Comment,
    ruling: Ruling,
    told: Told,
    *,
    facts: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """The decision itself, about a comment that it is possible for. ``facts`` are for the statement of reasons where
    the comment was not read by itself; ``payload`` goes into the audit event.
    """
    statement = None
    verdict, reason = ruling.verdict, told.reason
    if verdict is Verdict.REJECT:
        scores = scores_of(unit.session, comment.id)
        prompted_by = ruling.prompted_by
        if prompted_by is Prompt.OWN_CHECK and comment.published_at and open_reports_of(unit.connection, comment.id):
            prompted_by = Prompt.REPORT
        own_check = prompted_by is Prompt.OWN_CHECK
        statement = refusal_statement(
            published_before=comment.published_at is not None,
            facts=facts or f"A moderator read the comment{' and its automatic scores' if scores else ''}.",
            prompted_by=prompted_by,
            automated_detection=comment.flags > 0 and own_check,
            automated_decision=False,
            rule=reason.label if reason else noted("The newsroom's rules for comments"),
            why=told.sentence or noted("It does not follow our rules for comments."),
        )
    change_status(
        unit,
        comment,
        _TARGET[verdict],
        Trigger.MODERATOR,
        actor=moderator.reference,
        account_id=moderator.account_id,
        reason_id=reason.id if reason and verdict is Verdict.REJECT else None,
        note=told.note,
        statement=statement,
        policy_version=policy_version,
        payload=payload,
    )


def _reason(configuration: Configuration, ruling: Ruling) -> ReasonChoice | None:
    if ruling.reason_id is None:
        return None
    reason = configuration.reason(ruling.reason_id)
    if reason is None:
        known = ", ".join(choice.id for choice in configuration.reasons)
        raise InvalidField(
            "reason", Message("reason_unknown", {"reason": repr(clipped(ruling.reason_id)), "known": known})
        )
    return reason


def meanwhile(session: Session, comment: Comment) -> DecidedMeanwhile:
    """What somebody is told who decides about an older revision: what it is now, by whom and when."""
    edits = edits_of(session, comment.id)
    if edits.revision == comment.revision:
        return EditedMeanwhile(comment.revision, comment.status, name_of(session, READER, None), edits.at)
    decision = newest_decision(session, comment.id)
    return DecidedMeanwhile(
        comment.revision,
        comment.status,
        name_of(session, decision.actor, decision.account_id) if decision else "nobody",
        decision.decided_at if decision else None,
        decision.reason_id if decision else None,
    )


def name_of(session: Session, actor: str, account_id: str | None) -> str:
    """Who decided, for moderators' eyes: an account's name, or what kind of thing did it."""
    account = session.get(Account, account_id) if account_id else None
    if account is not None:
        return account.name
    return {"policy": "the policy", READER: "its writer", SYSTEM: "the service"}.get(actor, "the site's own key")


def _ruled(comment: Comment, action_id: str | None = None) -> Ruled:
    return Ruled(comment_id=comment.id, status=Status(comment.status), revision=comment.revision, action_id=action_id)
