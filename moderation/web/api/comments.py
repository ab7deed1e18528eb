"""JSON about one comment: where it stands, decisions, its history, withdrawing it."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from moderation.accounts.reachable import comment_reached
from moderation.core.errors import CommentNotFound, ReceiptMissing
from moderation.core.reach import MODERATE, READ
from moderation.desk.decide import Ruling, Verdict, decide_comment, withdraw
from moderation.storage.audit import events_about
from moderation.storage.comments import decisions_of, find_comment, newest_decision, scores_of
from moderation.storage.moderator_workspace import kinds_on
from moderation.web.api.fields import Fields, json_object
from moderation.web.api.shapes import comment_status, comment_whole, event_shape
from moderation.web.shared.access import bearer_text, moderator, services
from moderation.web.shared.limits import Limits


def blueprint(limits: Limits) -> Blueprint:
    """The routes under ``/api/v1/comments``."""
    api = Blueprint("comments_api", __name__, url_prefix="/api/v1/comments")

    @api.get("/<comment_id>")
    def get_comment(comment_id: str) -> Response:
        if bearer_text() is None:
            return _private(jsonify(_status_by_receipt(comment_id)))
        actor = moderator(READ)
        with services().database.reading() as db:
            comment = comment_reached(db, actor, READ, comment_id)
            decisions = decisions_of(db, comment.id)
            scores = scores_of(db, comment.id)
            flag_kinds = kinds_on(db, [comment.id]).get(comment.id, ())
        # It gives its holder what is its writer's, such as withdrawing: the site may have it, its moderators not.
        receipt = services().keys.receipt(comment.id) if actor.account_id is None else None
        private = services().configuration.current().private_data.places(comment.body)
        return _private(jsonify(comment_whole(comment, scores, decisions, receipt, private, flag_kinds)))

    @api.post("/<comment_id>/decisions")
    def post_decision(comment_id: str) -> Response:
        actor = moderator(MODERATE)
        fields = Fields(json_object(request))
        outcome = fields.choice("outcome", ("approve", "reject"), required=True)
        ruling = Ruling(
            verdict=Verdict(outcome or "approve"),
            reason_id=fields.text("reason", maximum=100),
            sentence=fields.text("sentence", maximum=2000),
            note=fields.text("note", maximum=2000),
            revision=fields.integer("revision"),
            anyway=True,  # a program can't press twice; whoever has the comment open is told who decided
        )
        fields.finish()
        ruled = decide_comment(services(), actor, comment_id, ruling)
        return _private(jsonify({"id": ruled.comment_id, "status": ruled.status.value, "revision": ruled.revision}))

    @api.get("/<comment_id>/audit")
    def get_audit(comment_id: str) -> Response:
        actor = moderator(READ)
        with services().database.reading() as db:
            comment = comment_reached(db, actor, READ, comment_id)
            events = events_about(db, comment.site_id, comment.id)
        return _private(jsonify({"events": [event_shape(event) for event in events]}))

    @api.post("/<comment_id>/withdraw")
    def post_withdraw(comment_id: str) -> Response:
        limits.count_address()
        _check_receipt(comment_id)
        withdraw(services(), comment_id)
        return _private(jsonify(_status_by_receipt(comment_id)))

    return api


def _status_by_receipt(comment_id: str) -> dict[str, object]:
    _check_receipt(comment_id)
    with services().database.reading() as db:
        comment = find_comment(db, comment_id)
        if comment is None:
            raise CommentNotFound
        decision = newest_decision(db, comment_id)
    shape = comment_status(comment, decision.reader_sentence if decision else None)
    return {"status": shape["status"], "message": shape["message"]}  # and nothing else: whoever holds the link sees it


def _check_receipt(comment_id: str) -> None:
    receipt = request.args.get("receipt")
    if receipt is None:
        raise ReceiptMissing
    if not services().keys.is_receipt(comment_id, receipt):
        raise CommentNotFound


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
