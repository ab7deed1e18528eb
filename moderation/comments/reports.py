"""A reader reports a published comment: it comes up on the desk, the higher the more it weighs, and stays where it is.

A reporter is known by a keyed hash alone, and counts once for a comment. Whoever was wrong before weighs less; what a
moderator makes of the comment settles its reports, and is what later ones of the same reporters weigh by.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.comments.discussion_state import standing
from moderation.config.configuration import Configuration
from moderation.core.comment import Status
from moderation.core.errors import CommentNotFound, InvalidField
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.core.policy import concerns
from moderation.core.severity import severity_of, severity_version
from moderation.core.signing import keyed
from moderation.core.text.written import written_within
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.articles import Article
from moderation.storage.base import table_of
from moderation.storage.comments import Comment, find_comment
from moderation.storage.queue_index import SIGNAL_COLUMNS, QueueIndex, Weight, signals_in
from moderation.storage.reports import (
    Report,
    ReportedComment,
    Reporter,
    ReportOutcome,
    erase_texts,
    find_reporter,
    forget_these,
    open_reports_of,
    reopen_settled,
    settle_open,
    settle_otherwise,
    texts_from_before,
    weights,
)
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

log = logging.getLogger(__name__)

MOST_OPEN = 100
"""So many open reports of a comment are kept. It stands as high as reports can put it by then: further ones are
answered, and change nothing.
"""
MOST_EVER = 1000
LONGEST_REASON = 500
LONGEST_TEXT = 1000
AT_ONCE = 500
"""Reports whose texts are forgotten in one transaction."""
FULL_WEIGHT = 100
_TRUST = 2.0
"""What a reporter is given in advance: as if so many of their reports had been right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportForm:
    """A report as it comes in. ``reason`` is the id of a configured reason, or the reporter's own words."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSender:
    """Who reports: ``keys`` stand for them, the newest first, and ``reference`` enters the audit chain."""

    site_id: str
    keys: tuple[str, ...]
    reference: str


def reporter_keys(secrets: Sequence[str], site_id: str, kind: str, known_by: str) -> tuple[str, ...]:
    """What stands for a reporter on a site, by each secret: nothing can be read from it. ``kind`` says what they are
    known by, such as ``address``.
    """
    return tuple(keyed(secret, f"reporter {kind}", site_id, known_by) for secret in secrets)


def weight_of(reporter: Reporter | None) -> int:
    """What a reporter's word weighs, in hundredths: 100 until they are wrong, less the more of it was wrong."""
    if reporter is None or not reporter.wrongly:
        return FULL_WEIGHT
    right = reporter.rightly + _TRUST
    return round(FULL_WEIGHT * right / (right + reporter.wrongly))


def signal_of(weight: int) -> int:
    """The signal ``reports`` of a comment whose reports weigh so much together."""
    return (weight + FULL_WEIGHT // 2) // FULL_WEIGHT


def reportable(services: Services, session: Session, site_id: str | None, comment_id: str) -> Comment:
    """The comment, where readers see it; on any site where ``site_id`` is None. Raises ``CommentNotFound``."""
    comment = find_comment(session, comment_id)
    if comment is None or comment.status != Status.APPROVED or site_id not in (None, comment.site_id):
        raise CommentNotFound
    article = session.get_one(Article, comment.article_id)
    settings = services.site_rules.rules(session, article).settings
    rules = services.configuration.current().comments
    if not standing(rules, article, settings, reply=comment.parent_id is not None, now=services.clock()).shown:
        raise CommentNotFound
    return comment


def report(services: Services, sender: ReportSender, comment_id: str, form: ReportForm) -> None:
    """Takes a report. A second one by the same reporter, and one by a reporter who is muted, is taken too and changes
    nothing: nobody learns from the answer what became of it.

    Raises ``CommentNotFound`` where the comment isn't published on that site, ``InvalidField``.
    """
    configuration = services.configuration.current()
    reason_id, words = _said(configuration, form)
    with services.database.reading() as session:
        reportable(services, session, sender.site_id, comment_id)
        if not _is_news(session, sender, comment_id):
            return
    run_in_unit_of_work(services, lambda unit: _store(unit, configuration, sender, comment_id, reason_id, words))


def _said(configuration: Configuration, form: ReportForm) -> tuple[str | None, str | None]:
    """The configured reason, and what the reporter wrote beside it or instead."""
    reason = written_within(form.reason, "reason", LONGEST_REASON)
    text = written_within(form.text, "text", LONGEST_TEXT)
    if reason is None:
        raise InvalidField("reason", Message("report_reason_missing"))
    if configuration.reason(reason) is not None:
        return reason, text
    return None, f"{reason}\n\n{text}" if text else reason


def _is_news(session: Session, sender: ReportSender, comment_id: str) -> bool:
    """Whether a report by this reporter changes anything."""
    reported = session.get(ReportedComment, comment_id)
    if reported is not None and (reported.open_reports >= MOST_OPEN or reported.reports >= MOST_EVER):
        return False
    reporter = find_reporter(session, sender.site_id, sender.keys)
    return reporter is None or not (reporter.muted or session.get(Report, (comment_id, reporter.id)) is not None)


def _store(
    unit: UnitOfWork,
    configuration: Configuration,
    sender: ReportSender,
    comment_id: str,
    reason_id: str | None,
    words: str | None,
) -> None:
    comment = find_comment(unit.session, comment_id, lock=True)
    if comment is None or comment.status != Status.APPROVED:
        raise CommentNotFound
    reporter = find_reporter(unit.session, sender.site_id, sender.keys, lock=True)
    if not _is_news(unit.session, sender, comment.id):
        return
    if reporter is None:
        reporter = Reporter(
            id=new_id(unit.now),
            site_id=comment.site_id,
            key=sender.keys[0],
            reports=0,
            rightly=0,
            wrongly=0,
            muted=False,
            created_at=unit.now,
            newest_at=unit.now,
        )
        unit.session.add(reporter)
        unit.session.flush()
    reporter.reports += 1
    reporter.newest_at = unit.now
    unit.session.add(
        Report(
            comment_id=comment.id,
            reporter_id=reporter.id,
            site_id=comment.site_id,
            reason_id=reason_id,
            text=words,
            weight=weight_of(reporter),
            made_at=unit.now,
        )
    )
    reported = unit.session.get(ReportedComment, comment.id)
    if reported is None:
        reported = ReportedComment(
            comment_id=comment.id, site_id=comment.site_id, reports=0, open_reports=0, first_at=unit.now
        )
        unit.session.add(reported)
    reported.reports += 1
    reported.open_reports += 1
    reported.newest_at = unit.now
    unit.session.flush()
    number = _weigh(unit, configuration, comment)
    told = {"reporter": reporter.id, "reason": reason_id, "reports": number}
    unit.event(comment.site_id, sender.reference, "comment.reported", comment.id, told)
    payload = {"status": comment.status, "reason": reason_id, "reports": number}
    unit.outbox_event(comment.site_id, "comment.reported", comment.id, payload)


def _weigh(unit: UnitOfWork, configuration: Configuration, comment: Comment) -> int:
    """Puts the comment where its reports put it in the queue. Returns the signal."""
    number = signal_of(weights(unit.connection, comment.id))
    index = table_of(QueueIndex).c
    row = unit.connection.execute(select(index.section, *SIGNAL_COLUMNS).where(index.comment_id == comment.id)).one()
    signals = signals_in(row._mapping)
    signals = replace(signals, values={**signals.values, "reports": float(number)})
    rules = configuration.policy.rules_for(comment.site_id, row.section)
    weight = Weight(severity_of(concerns(signals, rules)).value, severity_version(configuration.policy.version))
    queue_index.change(unit.connection, comment.id, {"reports": number, **weight.columns})
    return number


# --- what becomes of them ---------------------------------------------------------------------------------------------


def settle(unit: UnitOfWork, comment: Comment, outcome: ReportOutcome, *, actor: str) -> int:
    """Whatever of a comment's reports is open has this outcome. Returns how many there were."""
    if not open_reports_of(unit.connection, comment.id):
        return 0
    number = settle_open(unit.connection, comment.id, outcome, at=unit.now, revision=comment.revision)
    _recount(unit, comment)
    told = {"outcome": outcome.value, "reports": number, "revision": comment.revision}
    unit.event(comment.site_id, actor, "comment.reports_settled", comment.id, told)
    return number


def set_right_aside(unit: UnitOfWork, comment: Comment, *, actor: str) -> None:
    """A comment that was refused is published again: what was found right of its reports is set aside."""
    number = settle_otherwise(
        unit.connection,
        comment.id,
        ReportOutcome.RIGHT,
        ReportOutcome.SET_ASIDE,
        at=unit.now,
        revision=comment.revision,
    )
    if number:
        _recount(unit, comment)
        told = {"outcome": ReportOutcome.SET_ASIDE.value, "reports": number, "revision": comment.revision}
        unit.event(comment.site_id, actor, "comment.reports_settled", comment.id, told)


def unsettle(
    unit: UnitOfWork, comment: Comment, *, actor: str, after_revision: int | None = None, at: datetime | None = None
) -> int:
    """What was settled with a later revision of the comment, or at this moment, is open again. Returns how many."""
    number = reopen_settled(unit.connection, comment.id, after_revision=after_revision, at=at)
    if number:
        _recount(unit, comment)
        unit.event(comment.site_id, actor, "comment.reports_reopened", comment.id, {"reports": number})
    return number


def forget_texts(unit: UnitOfWork, comment: Comment) -> None:
    """The comment is erased, and with it what reporters wrote of it."""
    erase_texts(unit.connection, comment.id)


def forget_old_texts(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """What reporters wrote in their own words is gone after ``[reports] keep_texts_days``; what they reported, and what
    became of it, stays. Returns how many texts there were.
    """
    before = services.clock() - timedelta(days=services.configuration.current().reports.keep_texts_days)
    done = 0
    while not stopped():
        with services.database.reading() as session:  # looking costs nobody their turn to write
            some = texts_from_before(session, before, limit=AT_ONCE)
        if not some:
            break
        services.database.writing(partial(forget_these, reports=some))
        done += len(some)
    return done


def _recount(unit: UnitOfWork, comment: Comment) -> None:
    queue_index.change(unit.connection, comment.id, {"reports": signal_of(weights(unit.connection, comment.id))})
