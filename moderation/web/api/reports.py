"""JSON for reports of comments, and for notices of illegal content, which need no key."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request

from moderation.comments.reports import ReportForm, ReportSender, report
from moderation.core.actor import READER
from moderation.core.errors import ReceiptMissing
from moderation.core.messages import Message
from moderation.core.network import network_of
from moderation.desk.legal_notices import NoticeForm, notice_with_receipt, receive_notice
from moderation.storage.legal import LegalCase, NoticeCategory
from moderation.web.api.answers import Answer, Moment, given, left_out
from moderation.web.api.openapi import NOBODY, OR_READER, Operation, operation, parameter
from moderation.web.api.requests import NewNotice, NewReport
from moderation.web.api.wire import json_sent, private_answer
from moderation.web.shared.access import Caller, caller, services
from moderation.web.shared.languages import language
from moderation.web.shared.limits import Limits, client_address
from moderation.web.shared.reporting import REDRESS, notice_sentence, reader_as_reporter, reporter_of


class Reported(Answer):
    """A report was taken. What becomes of it isn't told."""

    id: str
    message: str


class NoticeTaken(Answer):
    """The confirmation of receipt. Keep the receipt: it shows the decision later."""

    id: str
    receipt: str
    acknowledged_at: Moment


class NoticeStanding(Answer):
    """Where a notice stands, for whoever holds its receipt."""

    id: str
    acknowledged_at: Moment
    due_at: Moment
    message: str
    outcome: str | None = left_out("`acted` or `refused`, once it is decided.")
    decision: str | None = left_out("What was decided, and why.")
    decided_at: Moment | None = left_out("When.")
    informed_at: Moment | None = left_out("When its sender was told first.")
    redress: str | None = left_out("Where to turn for whoever disagrees.")


POST_REPORT = Operation(
    summary="A reader reports a published comment",
    description="It comes up on the desk, and stays published until a moderator decides. A second report by the same "
    "reader is taken too, and counts once.",
    security=OR_READER,
    body=NewReport,
    answers={202: ("Taken.", Reported)},
    refusals=(400, 401, 403, 404, 413, 415, 422, 429),
)
POST_NOTICE = Operation(
    summary="Somebody gives notice of illegal content",
    description="What article 16 of the EU's Digital Services Act asks for. The same notice by the same sender is the "
    "same case, and has the same receipt.",
    security=NOBODY,
    body=NewNotice,
    answers={201: ("Received.", NoticeTaken)},
    refusals=(400, 404, 413, 415, 422, 429),
)
GET_NOTICE = Operation(
    summary="Where a notice stands",
    security=NOBODY,
    parameters=(parameter("receipt", "query", "The notice's receipt.", required=True),),
    answers={200: ("Where it stands, and what was decided.", NoticeStanding)},
    refusals=(401, 404),
)


def blueprint(limits: Limits) -> Blueprint:
    """The routes ``/api/v1/comments/<id>/reports`` and ``/api/v1/notices``."""
    api = Blueprint("reports_api", __name__, url_prefix="/api/v1")

    @api.post("/comments/<comment_id>/reports")
    @operation(POST_REPORT)
    def post_report(comment_id: str) -> Response:
        key = caller()
        if not key.secret:
            limits.count_address()
        sent = json_sent(request, NewReport)
        sender = _sender(key, sent)
        if key.secret and sent.reporter is None:
            limits.count_site(key.site_id)  # a site that doesn't say for whom it reports
        else:
            limits.count_report(key.site_id, sender.keys[0])
        report(services(), sender, comment_id, ReportForm(reason=sent.reason, text=sent.text))
        return private_answer(Reported(id=comment_id, message=Message("report_taken").told(language())), 202)

    @api.post("/notices")
    @operation(POST_NOTICE)
    def post_notice() -> Response:
        limits.count_address()
        sent = json_sent(request, NewNotice)
        limits.count_notice()
        form = NoticeForm(
            comment_id=sent.comment_id,
            url=sent.url,
            explanation=sent.explanation,
            law=sent.law,
            name=sent.name,
            email=sent.email,
            good_faith=sent.good_faith,
            category=NoticeCategory(sent.kind) if sent.kind else None,
        )
        legal_case = receive_notice(services(), form, host=request.host, address=client_address())
        receipt = services().keys.receipt(legal_case.id)
        taken = NoticeTaken(id=legal_case.id, receipt=receipt, acknowledged_at=_moment(legal_case.acknowledged_at))
        return private_answer(taken, 201)

    @api.get("/notices/<notice_id>")
    @operation(GET_NOTICE)
    def get_notice(notice_id: str) -> Response:
        receipt = request.args.get("receipt")
        if receipt is None:
            raise ReceiptMissing
        return private_answer(_standing(notice_with_receipt(services(), notice_id, receipt)))

    return api


def _sender(key: Caller, sent: NewReport) -> ReportSender:
    """Who reports: a browser by its network or whom its token names, a site's server by whom it names, or by itself."""
    if key.reader is not None:
        return reporter_of(key.site_id, "id", key.reader.id)
    if not key.secret:
        return reader_as_reporter(key.site_id)
    named = sent.reporter
    if named is not None and named.id is not None:
        kind, known_by = "id", named.id
    elif named is not None and named.address is not None:
        kind, known_by = "address", network_of(named.address)
    else:
        kind, known_by = "key", key.key_id
    return reporter_of(key.site_id, kind, known_by, READER if named else key.reference)


def _moment(time: datetime | None) -> datetime:
    assert time is not None
    return time


def _standing(legal_case: LegalCase) -> NoticeStanding:
    decided = legal_case.decided_at is not None
    return NoticeStanding(
        id=legal_case.id,
        acknowledged_at=_moment(legal_case.acknowledged_at),
        due_at=legal_case.due_at,
        message=notice_sentence(legal_case),
        **given(
            outcome=legal_case.outcome,
            decision=legal_case.decision,
            decided_at=legal_case.decided_at,
            informed_at=legal_case.informed_at,
            redress=Message(REDRESS).told(language()) if decided else None,
        ),
    )
