"""The page that a receipt opens, in any browser, without scripts: where the comment stands, and what its writer can do:
edit it, take it back, ask for another look, mend it and send it again, and be told by mail how it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.comments.appeals import OUTCOME_WORDS, ask_for_another_look
from moderation.comments.discussion_state import standing
from moderation.comments.edit import edits_left, writer_of
from moderation.comments.idempotency import Arrival, Sender
from moderation.comments.mending import mendable
from moderation.comments.writers_mail import leave_address, may_be_told, take_address_back
from moderation.core.comment import WAITING, Author, Status, Submission
from moderation.core.errors import CommentNotFound, SignInRequired
from moderation.core.messages import Message
from moderation.core.text.written import LONGEST_COMMENT, as_written, display_name
from moderation.desk.decide import withdraw
from moderation.storage.appeals import AppealOutcome, appeal_about
from moderation.storage.articles import Article
from moderation.storage.comments import find_comment, newest_decision
from moderation.storage.edits import mended_as
from moderation.storage.figures import waits_of_decided
from moderation.storage.mails import Told, address_left
from moderation.storage.sites import Site
from moderation.web.api.answers import Standing
from moderation.web.reader.discussions import who_decides
from moderation.web.reader.form_guard import HONEYPOT, OPENED, FormGuard, opened_at, opened_token
from moderation.web.reader.problems import REFUSALS, Problem, problem_of
from moderation.web.reader.public_comment import address_of, public_page
from moderation.web.shared.access import check_readers_form, services
from moderation.web.shared.cache import recently
from moderation.web.shared.intake import edit_in, take_in
from moderation.web.shared.languages import gettext, language, said
from moderation.web.shared.limits import Limits, client_address, reader_key
from moderation.web.shared.rendering import argument, known_id, page, tell_times_of
from moderation.web.shared.wording import age, beginning, status_word

NAME = "receipt_pages"
LOOKED_BACK = timedelta(weeks=4)
ENOUGH = 20
"""So many decisions tell how long it usually takes."""
KEPT_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a form came with: which one it was, and its text."""

    form: str = ""
    text: str = ""


def blueprint(limits: Limits) -> Blueprint:
    """The routes under ``/comments``. They check their forms' tokens themselves: what was typed must come back."""
    pages = Blueprint(NAME, __name__, url_prefix="/comments")

    @pages.get("/<comment_id>")
    def standing(comment_id: str) -> Response:
        if "receipt" not in request.args:
            return public_page(comment_id)
        return _standing_page(comment_id, argument("receipt"))

    @pages.post("/<comment_id>/withdraw")
    def take_back(comment_id: str) -> WerkzeugResponse:
        check_readers_form()
        receipt = _receipt_of(comment_id)
        withdraw(services(), comment_id)
        return _back_to(comment_id, receipt)

    @pages.post("/<comment_id>/edit")
    def edit(comment_id: str) -> WerkzeugResponse:
        receipt, text = _receipt_of(comment_id), request.form.get("body", "")
        try:
            check_readers_form()
            edit_in(limits, comment_id, as_written(text, "body", longest=LONGEST_COMMENT).strip())
        except REFUSALS as error:
            return _standing_page(comment_id, receipt, Typed(form="edit", text=text), problem_of(error))
        return _back_to(comment_id, receipt, said="edited")

    @pages.post("/<comment_id>/appeal")
    def appeal(comment_id: str) -> WerkzeugResponse:
        receipt, text = _receipt_of(comment_id), request.form.get("text", "")
        try:
            check_readers_form()
            limits.count_address()
            ask_for_another_look(services(), comment_id, text)
        except REFUSALS as error:
            return _standing_page(comment_id, receipt, Typed(form="appeal", text=text), problem_of(error))
        return _back_to(comment_id, receipt, said="appealed")

    @pages.post("/<comment_id>/mail")
    def mail(comment_id: str) -> WerkzeugResponse:
        receipt, typed = _receipt_of(comment_id), request.form.get("email", "")
        events = [told for told in Told if request.form.get(told.value) == "yes"]
        try:
            check_readers_form()
            limits.count_address()
            leave_address(services(), comment_id, typed, events, language())
        except REFUSALS as error:
            return _standing_page(comment_id, receipt, Typed(form="mail", text=typed), problem_of(error))
        return _back_to(comment_id, receipt, said="mail")

    @pages.post("/<comment_id>/no-mail")
    def no_mail(comment_id: str) -> WerkzeugResponse:
        check_readers_form()
        receipt = _receipt_of(comment_id)
        take_address_back(services(), comment_id)
        return _back_to(comment_id, receipt, said="no_mail")

    @pages.get("/<comment_id>/mend")
    def mend(comment_id: str) -> Response:
        receipt = argument("receipt")
        _check_receipt(comment_id, receipt)
        return _mend_page(comment_id, receipt)

    @pages.post("/<comment_id>/mend")
    def send_again(comment_id: str) -> WerkzeugResponse:
        receipt = _receipt_of(comment_id)
        try:
            check_readers_form()
            arrival = _send_again(limits, comment_id)
        except REFUSALS as error:
            return _mend_page(comment_id, receipt, problem_of(error))
        return _back_to(arrival.comment_id, services().keys.receipt(arrival.comment_id))

    return pages


def _receipt_of(comment_id: str) -> str:
    """The form's receipt. Raises ``CommentNotFound`` for one that isn't the comment's."""
    receipt = request.form.get("receipt", "")[:200]
    _check_receipt(comment_id, receipt)
    return receipt


def _check_receipt(comment_id: str, receipt: str) -> None:
    if not services().keys.is_receipt(comment_id, receipt):
        raise CommentNotFound


def _back_to(comment_id: str, receipt: str, **more: str) -> WerkzeugResponse:
    return redirect(f"/comments/{comment_id}?{urlencode({'receipt': receipt, **more})}", 303)


# --- where it stands --------------------------------------------------------------------------------------------------

_NOT_MENDABLE = Message("appealed_and_not_mendable")
_SAID = {
    "edited": Message("edit_kept"),
    "appealed": Message("appeal_arrived"),
    "mail": Message("mail_kept"),
    "no_mail": Message("mail_stopped"),
}


def _standing_page(
    comment_id: str, receipt: str, typed: Typed | None = None, problem: Problem | None = None
) -> Response:
    _check_receipt(comment_id, receipt)
    configuration, now = services().configuration.current(), services().clock()
    with services().database.reading() as db:
        comment = find_comment(db, known_id(comment_id))
        if comment is None:
            raise CommentNotFound
        decision = newest_decision(db, comment.id)
        article = db.get_one(Article, comment.article_id)
        site = db.get_one(Site, comment.site_id)
        settings = services().site_rules.rules(db, article).settings
        appeal = appeal_about(db, comment.id)
        mended = mended_as(db, comment.id) is not None
        waits = comment.status in WAITING
        usual = _usual_wait(db, comment.site_id, now) if waits else None
        left = edits_left(db, comment)
        mail = address_left(db, comment.id)
    offered: tuple[Told, ...] = ()
    if services().settings.mail is not None:
        waits_again = appeal is not None and appeal.decided_at is None
        offered = may_be_told(Status(comment.status), looked_at_again=waits_again)
    tell_times_of(comment.site_id)
    reply = comment.parent_id is not None
    stands = standing(configuration.comments, article, settings, reply=reply, now=now)
    told = Standing.of(comment, decision)
    hidden = comment.status == Status.APPROVED and not stands.shown
    refused = comment.status == Status.REJECTED
    looked_at_again = appeal is not None and appeal.decided_at is None
    # An address is kept and opened again: nobody looks again at what is decided.
    over = argument("said") == "appealed" and not looked_at_again
    notice = None if over else _SAID.get(argument("said"))
    return page(
        "reader/comment.html",
        problem.status if problem else 200,
        masthead=site.name,
        standing={
            "id": comment.id,
            "word": beginning(status_word(comment.status)),
            "message": told.message,
            "hidden": gettext("The comments under this article are not shown at the moment.") if hidden else None,
            "statement": decision.statement if decision else None,
            "published": comment.status == Status.APPROVED,
            "may_withdraw": comment.status in (*WAITING, Status.APPROVED),
            "edits_left": left if stands.closed_because is None else 0,
            "may_appeal": refused and appeal is None and not mended,
            "may_mend": refused and not mended and not looked_at_again and stands.closed_because is None,
            "mended": mended,
            "not_mendable": _NOT_MENDABLE.told(language()) if refused and looked_at_again else None,
            "name": comment.author_name,
            "body": comment.body,
            "created_at": comment.created_at,
            "title": article.title,
            "href": address_of(article),
        },
        usual=usual,
        hours=configuration.desk.hours if waits else None,
        answer_within=configuration.appeals.answer_within_days,
        appeal=appeal,
        overdue=looked_at_again and appeal is not None and appeal.due_at < now,
        outcome=said(OUTCOME_WORDS[AppealOutcome(appeal.outcome)]) if appeal and appeal.outcome else None,
        receipt=receipt,
        mail=mail.events if mail else None,
        mail_offered=offered,
        typed=typed or Typed(),
        problem=problem,
        notice=notice.told(language()) if notice and problem is None else None,
        who_decides=who_decides(stands.rules.mode, configuration.policy.rules_for(comment.site_id, article.section)),
    )


def _usual_wait(db: Session, site_id: str, now: datetime) -> str | None:
    """How long a comment usually waits here for a person, by the last weeks; None where too few tell."""
    found: str | None = recently("usual waits", KEPT_FOR, maximum=200).get(
        (site_id, language()), lambda: _median_told(waits_of_decided(db, site_id, since=now - LOOKED_BACK), now)
    )
    return found


def _median_told(waits: list[timedelta], now: datetime) -> str | None:
    if len(waits) < ENOUGH:
        return None
    seconds = median(wait.total_seconds() for wait in waits)
    unit = next(unit for unit, over in ((86400, 2 * 86400), (3600, 2 * 3600), (300, 600), (60, 0)) if seconds >= over)
    return age(now - timedelta(seconds=max(unit, round(seconds / unit) * unit)), now)


# --- mending ----------------------------------------------------------------------------------------------------------


def _send_again(limits: Limits, comment_id: str) -> Arrival:
    form, keys = request.form, services().keys
    body = as_written(form.get("body", ""), "body", longest=LONGEST_COMMENT)
    with services().database.reading() as db:
        refused = mendable(db, comment_id)
        article = db.get_one(Article, refused.article_id)
        author: Author = writer_of(db, comment_id, client_address()).author
        sign_in = db.get_one(Site, refused.site_id).sign_in
    # A site that knows its readers says what they are called; whoever is known by a name alone may mend that too.
    if author.id is None:
        if sign_in:
            raise SignInRequired
        author = replace(author, name=display_name(form.get("name", ""), "name"))
    else:
        author = replace(author, marks=tuple(refused.marks), trusted=refused.trusted)
    guard = FormGuard(form.get(HONEYPOT, ""), form.get(OPENED, ""))
    submission = Submission(
        article_id=article.external_id,
        author=author,
        body=body,
        parent_id=refused.in_reply_to or refused.parent_id,
        form_filled=guard.filled_by_program(keys.sessions.secrets, services().clock()),
        mends=refused.id,
    )
    sender = Sender(site_id=refused.site_id, key_id=None, reference="page", vouches=False)
    return take_in(limits, sender, submission, reader=reader_key(keys.identity.newest.secret, author))


def _mend_page(comment_id: str, receipt: str, problem: Problem | None = None) -> Response:
    with services().database.reading() as db:
        comment = find_comment(db, known_id(comment_id))
        if comment is None:
            raise CommentNotFound
        decision = newest_decision(db, comment.id)
        article = db.get_one(Article, comment.article_id)
        site = db.get_one(Site, comment.site_id)
        settings = services().site_rules.rules(db, article).settings
        known = writer_of(db, comment.id, client_address()).author.id is not None
        if problem is None:
            mendable(db, comment.id)
    tell_times_of(comment.site_id)
    now, comments = services().clock(), services().configuration.current().comments
    stands = standing(comments, article, settings, reply=comment.parent_id is not None, now=now)
    form, secrets = request.form, services().keys.sessions.secrets
    opened = form.get(OPENED, "")
    values: dict[str, Any] = {
        "name": form.get("name", comment.author_name),
        "body": form.get("body", comment.body),
        "opened": opened if opened_at(secrets, opened) is not None else opened_token(secrets[0], now),
    }
    return page(
        "reader/mend.html",
        problem.status if problem else 200,
        masthead=site.name,
        id=comment.id,
        receipt=receipt,
        known=known,
        title=article.title,
        statement=decision.statement if decision else None,
        rules=stands.rules,
        form=values,
        problem=problem,
    )
