"""Moderators and readers' reports: the comment is kept or its reports are set aside, a reporter is muted; each is
undone like anything else. A comment that is removed settles its reports by itself (``comments.lifecycle``).
"""

from __future__ import annotations

from datetime import datetime

from moderation.accounts.reachable import reporter_reached
from moderation.comments.reports import settle, unsettle
from moderation.core.actor import Actor
from moderation.core.comment import Status
from moderation.core.errors import NotPossibleNow
from moderation.core.messages import Message, Word, noted
from moderation.core.reach import MODERATE, account_of
from moderation.desk.actions import Changed, Reversal, acted, comment_at_hand
from moderation.services import Services
from moderation.storage.actions import ActionItem
from moderation.storage.comments import Comment
from moderation.storage.reports import Reporter, ReportOutcome
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

REPORTS, MUTE = "reports", "mute_reporter"
"""The kinds of action that settling reports and muting a reporter are."""
_WORDS = {
    ReportOutcome.WRONG: noted("Kept, the reports were wrong"),
    ReportOutcome.SET_ASIDE: noted("Reports set aside"),
}


def set_reports_aside(services: Services, moderator: Actor, comment_id: str) -> str | None:
    """All open reports of a comment are set aside, which counts against nobody. Returns the action's id; None where
    there are none.

    Raises ``CommentNotFound``, ``RightMissing``, ``NotPossibleNow`` for a comment that isn't published.
    """
    account_of(moderator, MODERATE)

    def work(unit: UnitOfWork) -> str | None:
        comment = comment_at_hand(unit, moderator, comment_id)
        if comment.status != Status.APPROVED:
            raise NotPossibleNow(Message("reports_not_dismissable_now", {"status": Word(comment.status)}))
        return _dismissed(unit, moderator, comment, ReportOutcome.SET_ASIDE)

    return run_in_unit_of_work(services, work)


def keep_within(unit: UnitOfWork, moderator: Actor, comment: Comment) -> str | None:
    """A published comment is approved once more: what was reported of it was wrong."""
    return _dismissed(unit, moderator, comment, ReportOutcome.WRONG)


def _dismissed(unit: UnitOfWork, moderator: Actor, comment: Comment, outcome: ReportOutcome) -> str | None:
    if not settle(unit, comment, outcome, actor=moderator.reference):
        return None
    before = {"settled_at": unit.now.isoformat()}
    change = Changed(subject=comment.id, before=before, revision=comment.revision)
    return acted(unit, moderator, REPORTS, _WORDS[outcome], [change], site_id=comment.site_id)


def reverse_reports(of: Reversal, item: ActionItem) -> bool:
    """The reports are open again. False where somebody has decided about the comment since."""
    comment = comment_at_hand(of.unit, of.actor, item.subject)
    if comment.revision != item.revision or comment.status != Status.APPROVED:
        return False
    at = datetime.fromisoformat(item.before["settled_at"])
    return unsettle(of.unit, comment, actor=of.actor.reference, at=at) > 0


# --- reporters --------------------------------------------------------------------------------------------------------


def mute_reporter(services: Services, moderator: Actor, reporter_id: str, *, muted: bool) -> str | None:
    """Whatever a reporter sends from now on changes nothing, or counts again. Returns the action's id; None where it is
    so already.

    Raises ``ReporterNotFound``, ``RightMissing``.
    """
    account_of(moderator, MODERATE)

    def work(unit: UnitOfWork) -> str | None:
        reporter = reporter_reached(unit.session, moderator, MODERATE, reporter_id, altogether=True, lock=True)
        if reporter.muted is muted:
            return None
        _mute(unit, moderator, reporter, muted)
        change = Changed(subject=reporter.id, before={"muted": not muted}, revision=None)
        words = noted("Reporter muted") if muted else noted("Reporter heard again")
        return acted(unit, moderator, MUTE, words, [change], site_id=reporter.site_id)

    return run_in_unit_of_work(services, work)


def reverse_mute(of: Reversal, item: ActionItem) -> bool:
    """The reporter is heard as before. False where somebody has decided about them since."""
    reporter = reporter_reached(of.unit.session, of.actor, MODERATE, item.subject, altogether=True, lock=True)
    before = bool(item.before["muted"])
    if reporter.muted is before:
        return False
    _mute(of.unit, of.actor, reporter, before, undoes=of.action.id)
    return True


def _mute(unit: UnitOfWork, actor: Actor, reporter: Reporter, muted: bool, *, undoes: str | None = None) -> None:
    reporter.muted = muted
    event = "reporter.muted" if muted else "reporter.unmuted"
    unit.event(reporter.site_id, actor.reference, event, reporter.id, {"undoes": undoes} if undoes else {})
