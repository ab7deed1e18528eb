"""JSON about one comment: where it stands, decisions, its history, withdrawing it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from moderation.accounts.reachable import comment_reached
from moderation.comments.appeals import ask_for_another_look
from moderation.core.comment import standing_told
from moderation.core.errors import CommentNotFound, ReceiptMissing
from moderation.core.messages import Message
from moderation.core.reach import MODERATE, READ
from moderation.desk.decide import Ruling, Verdict, decide_comment, withdraw
from moderation.storage.audit import events_about
from moderation.storage.comments import decisions_of, find_comment, newest_decision, scores_of
from moderation.storage.moderator_workspace import kinds_on
from moderation.web.api import answers, moderation_answers
from moderation.web.api.openapi import NOBODY, SECRET, Operation, operation, parameter
from moderation.web.api.requests import EditedComment, NewAppeal, NewDecision
from moderation.web.api.wire import json_sent, private_answer
from moderation.web.shared.access import bearer_text, moderator, services
from moderation.web.shared.intake import edit_in
from moderation.web.shared.languages import language
from moderation.web.shared.limits import Limits

GET_COMMENT = Operation(
    summary="Where a comment stands",
    security=[*SECRET, *NOBODY],
    parameters=(parameter("receipt", "query", "Instead of a key: status and message alone."),),
    answers={
        200: (
            "The whole comment to a key; with a receipt where it stands, and nothing else.",
            moderation_answers.Whole | answers.Standing,
        )
    },
    refusals=(401, 403, 404),
)
POST_DECISION = Operation(
    summary="Approve or reject a comment, or have it wait again",
    description="It is decided also while a moderator has it open, who is told by whom.",
    security=SECRET,
    body=NewDecision,
    answers={200: ("Decided.", moderation_answers.Ruled)},
    refusals=(400, 401, 403, 404, 409, 413, 415, 422),
)
GET_AUDIT = Operation(
    summary="What happened to a comment, oldest first",
    security=SECRET,
    answers={200: ("Its audit events.", moderation_answers.Events)},
    refusals=(401, 403, 404),
)
RECEIPT = parameter("receipt", "query", "The comment's receipt.", required=True)
PATCH_COMMENT = Operation(
    summary="Its writer edits a comment while it waits",
    description="Five times at most. It is scored and decided afresh, and counts against the reader's limit. What was "
    "flagged once is never published by an edit: a moderator reads it.",
    security=NOBODY,
    parameters=(RECEIPT,),
    body=EditedComment,
    answers={200: ("Edited.", answers.Edited)},
    refusals=(400, 401, 403, 404, 409, 413, 415, 422, 429),
)
POST_WITHDRAW = Operation(
    summary="Its writer takes a comment back",
    security=NOBODY,
    parameters=(RECEIPT,),
    answers={200: ("Withdrawn.", answers.Standing)},
    refusals=(401, 404, 409, 429),
)
POST_APPEAL = Operation(
    summary="Its writer asks for another look at a refused comment, once",
    description="A person who has not refused it looks again. A receipt opens what came of it.",
    security=NOBODY,
    parameters=(RECEIPT,),
    body=NewAppeal,
    answers={202: ("Asked for.", answers.Appealed)},
    refusals=(400, 401, 404, 409, 413, 415, 422, 429),
)


def blueprint(limits: Limits) -> Blueprint:
    """The routes under ``/api/v1/comments``."""
    api = Blueprint("comments_api", __name__, url_prefix="/api/v1/comments")

    @api.get("/<comment_id>")
    @operation(GET_COMMENT)
    def get_comment(comment_id: str) -> Response:
        if bearer_text() is None:
            return private_answer(_standing(comment_id))
        actor = moderator(READ)
        with services().database.reading() as db:
            comment = comment_reached(db, actor, READ, comment_id)
            decisions = decisions_of(db, comment.id)
            scores = scores_of(db, comment.id)
            flag_kinds = kinds_on(db, [comment.id]).get(comment.id, ())
        # It gives its holder what is its writer's, such as withdrawing: the site may have it, its moderators not.
        receipt = services().keys.receipt(comment.id) if actor.account_id is None else None
        private = services().configuration.current().private_data.places(comment.body)
        return private_answer(moderation_answers.Whole.of(comment, scores, decisions, receipt, private, flag_kinds))

    @api.post("/<comment_id>/decisions")
    @operation(POST_DECISION)
    def post_decision(comment_id: str) -> Response:
        actor = moderator(MODERATE)
        sent = json_sent(request, NewDecision)
        ruling = Ruling(
            verdict=Verdict(sent.outcome),
            reason_id=sent.reason,
            sentence=sent.sentence,
            note=sent.note,
            revision=sent.revision,
            anyway=True,  # a program can't press twice; whoever has the comment open is told who decided
        )
        ruled = decide_comment(services(), actor, comment_id, ruling)
        answer = moderation_answers.Ruled(id=ruled.comment_id, status=ruled.status, revision=ruled.revision)
        return private_answer(answer)

    @api.get("/<comment_id>/audit")
    @operation(GET_AUDIT)
    def get_audit(comment_id: str) -> Response:
        actor = moderator(READ)
        with services().database.reading() as db:
            comment = comment_reached(db, actor, READ, comment_id)
            events = events_about(db, comment.site_id, comment.id)
        return private_answer(
            moderation_answers.Events(events=[moderation_answers.Event.of(event) for event in events])
        )

    @api.patch("/<comment_id>")
    @operation(PATCH_COMMENT)
    def patch_comment(comment_id: str) -> Response:
        _check_receipt(comment_id)
        edited = edit_in(limits, comment_id, json_sent(request, EditedComment).body)
        message = standing_told(edited.status, edited.why, language())
        return private_answer(answers.Edited(status=edited.status, message=message, edits_left=edited.left))

    @api.post("/<comment_id>/withdraw")
    @operation(POST_WITHDRAW)
    def post_withdraw(comment_id: str) -> Response:
        limits.count_address()
        _check_receipt(comment_id)
        withdraw(services(), comment_id)
        return private_answer(_standing(comment_id))

    @api.post("/<comment_id>/appeal")
    @operation(POST_APPEAL)
    def post_appeal(comment_id: str) -> Response:
        limits.count_address()
        _check_receipt(comment_id)
        appeal = ask_for_another_look(services(), comment_id, json_sent(request, NewAppeal).text)
        told = Message("appeal_arrived").told(language())
        answer = answers.Appealed(id=appeal.id, message=told, asked_at=appeal.asked_at, answer_by=appeal.due_at)
        return private_answer(answer, 202)

    return api


def _standing(comment_id: str) -> answers.Standing:
    """Where it stands, and nothing else: whoever holds the link sees it."""
    _check_receipt(comment_id)
    with services().database.reading() as db:
        comment = find_comment(db, comment_id)
        if comment is None:
            raise CommentNotFound
        return answers.Standing.of(comment, newest_decision(db, comment_id))


def _check_receipt(comment_id: str) -> None:
    receipt = request.args.get("receipt")
    if receipt is None:
        raise ReceiptMissing
    if not services().keys.is_receipt(comment_id, receipt):
        raise CommentNotFound
