"""Pages on which a reader reports a comment, or gives notice that it is illegal: without a script or an account."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as WerkzeugResponse

from moderation.comments.reports import ReportForm, report, reportable
from moderation.core.errors import CommentNotFound, InvalidField
from moderation.core.messages import Message
from moderation.desk.legal_notices import NoticeForm, notice_with_receipt, receive_notice
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, find_comment
from moderation.storage.legal import NoticeCategory
from moderation.storage.sites import Site
from moderation.web.reader.problems import REFUSALS, Problem, problem_of
from moderation.web.reader.public_comment import address_of, comment_address
from moderation.web.shared.access import check_readers_form, services
from moderation.web.shared.languages import language
from moderation.web.shared.limits import Limits, client_address
from moderation.web.shared.rendering import argument, known_id, page, tell_times_of
from moderation.web.shared.reporting import REDRESS, notice_sentence, reader_as_reporter

NAME = "report_pages"
OTHER = "-"
"""What the form sends for a reason in the reader's own words."""


def blueprint(limits: Limits) -> Blueprint:
    """The routes ``/comments/<id>/report``, ``/notice`` and ``/notices/<id>``. They check their forms themselves."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/comments/<comment_id>/report")
    def report_form(comment_id: str) -> Response:
        return _report_page(known_id(comment_id), sent="sent" in request.args)

    @pages.post("/comments/<comment_id>/report")
    def send_report(comment_id: str) -> WerkzeugResponse:
        try:
            check_readers_form()
            _report(limits, known_id(comment_id))
        except REFUSALS as error:
            if isinstance(error, CommentNotFound):
                raise
            return _report_page(known_id(comment_id), problem=_problem(error))
        return redirect(f"/comments/{known_id(comment_id)}/report?sent=1", 303)

    @pages.get("/notice")
    def notice_form() -> Response:
        return _notice_page()

    @pages.post("/notice")
    def send_notice() -> WerkzeugResponse:
        try:
            check_readers_form()
            limits.count_address()
            limits.count_notice()
            legal_case = receive_notice(services(), _notice(), host=request.host, address=client_address())
        except REFUSALS as error:
            return _notice_page(_problem(error))
        receipt = services().keys.receipt(legal_case.id)
        return redirect(f"/notices/{legal_case.id}?{urlencode({'receipt': receipt})}", 303)

    @pages.get("/notices/<notice_id>")
    def notice(notice_id: str) -> Response:
        return _receipt_page(notice_id, argument("receipt"))

    return pages


# --- reports ----------------------------------------------------------------------------------------------------------


def _report(limits: Limits, comment_id: str) -> None:
    limits.count_address()
    with services().database.reading() as db:
        site_id = reportable(services(), db, None, comment_id).site_id
    sender = reader_as_reporter(site_id)
    limits.count_report(site_id, sender.keys[0])
    chosen, text = request.form.get("reason", ""), request.form.get("text", "")
    form = ReportForm(reason=text) if chosen == OTHER else ReportForm(reason=chosen, text=text)
    if chosen == OTHER and not text.strip():
        raise InvalidField("text", Message("report_text_missing"))
    report(services(), sender, comment_id, form)


def _report_page(comment_id: str, problem: Problem | None = None, *, sent: bool = False) -> Response:
    with services().database.reading() as db:
        comment = reportable(services(), db, None, comment_id)
        article, site = db.get_one(Article, comment.article_id), db.get_one(Site, comment.site_id)
    tell_times_of(comment.site_id)
    return page(
        "reader/report.html",
        problem.status if problem else 200,
        masthead=site.name,
        comment=comment,
        article=article,
        href=address_of(article),
        reasons=services().configuration.current().reasons,
        other=OTHER,
        typed=request.form,
        problem=problem,
        sent=sent,
    )


# --- notices ----------------------------------------------------------------------------------------------------------


def _notice() -> NoticeForm:
    field = request.form.get
    kind = field("kind", "")
    where = field("where", "").strip()
    named = "/" not in where and "." not in where
    return NoticeForm(
        comment_id=where if where and named else None,
        url=where if where and not named else None,
        explanation=field("explanation", ""),
        law=field("law") or None,
        name=field("name") or None,
        email=(field("email") or "").strip() or None,
        good_faith=bool(field("good_faith")),
        category=NoticeCategory(kind) if kind in list(NoticeCategory) else None,
    )


def _notice_page(problem: Problem | None = None) -> Response:
    asked = known_id(argument("comment")) if argument("comment") else ""
    with services().database.reading() as db:
        comment = find_comment(db, asked)
        comment = comment if comment is not None and comment.published_at is not None else None
        site = db.get(Site, comment.site_id) if comment is not None else None
    where = comment_address(comment.id) if comment is not None else ""
    return page(
        "reader/notice.html",
        problem.status if problem else 200,
        masthead=site.name if site is not None else None,
        where=request.form.get("where", where),
        typed=request.form,
        problem=problem,
    )


def _receipt_page(notice_id: str, receipt: str) -> Response:
    legal_case = notice_with_receipt(services(), notice_id, receipt)
    tell_times_of(legal_case.site_id)
    with services().database.reading() as db:
        site = db.get_one(Site, legal_case.site_id)
        comment = db.get(Comment, legal_case.comment_id) if legal_case.comment_id else None
    return page(
        "reader/notice_receipt.html",
        masthead=site.name,
        legal_case=legal_case,
        sentence=notice_sentence(legal_case),
        redress=Message(REDRESS).told(language()),
        address=comment_address(comment.id) if comment is not None else legal_case.link,
    )


# --- what both share --------------------------------------------------------------------------------------------------


def _problem(error: Exception) -> Problem:
    if isinstance(error, CommentNotFound):
        return Problem(status=404, words=Message("notice_comment_unknown").told(language()), field="where")
    return problem_of(error, too_fast=Message("too_fast_here"), fields={"comment_id": "where", "url": "where"})
