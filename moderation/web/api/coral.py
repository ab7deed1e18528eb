"""The address that Coral's external moderation phase asks."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, Literal

from flask import Blueprint, Response, g, request
from prometheus_client import Counter
from werkzeug.exceptions import RequestEntityTooLarge

from moderation.coral.answer import held
from moderation.coral.asking import ANSWER_WITHIN_SECONDS, answer
from moderation.coral.secret import site_that_signed
from moderation.coral.wire import HEADER, NotCoral, read_question
from moderation.core.errors import SignatureInvalid
from moderation.web.api.answers import Answer, left_out
from moderation.web.api.openapi import CORAL, Operation, operation
from moderation.web.api.wire import json_answer
from moderation.web.shared.access import services
from moderation.web.shared.errors import problem
from moderation.web.shared.languages import language
from moderation.web.shared.limits import Limits, RateLimitExceeded

log = logging.getLogger(__name__)

PATH = "/api/v1/integrations/coral"
QUEUED_SECONDS = 0.5
"""What has waited longer for its turn is held at once: those behind it then have their answer in time."""
IMPATIENT = {PATH: (15, 0.6)}
"""Who comes behind more of these, or behind what will take more seconds, is told soon that the comment is held."""

answers = Counter(
    "moderation_coral_answers_total",
    "What Coral was told: approved, pending, rejected, or held where nothing could be decided.",
    ["site", "answer"],
)
refused = Counter("moderation_coral_refused_total", "Requests in Coral's name whose signature no site's secret fits.")


class Flag(Answer):
    """A flag on the comment."""

    actionType: Literal["FLAG"]
    reason: Literal["COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"]


class RejectionReason(Answer):
    """Why, as Coral's statement of reasons has it."""

    code: str
    detailedExplanation: str
    customReason: str | None = left_out("With the code `OTHER`.")
    legalGrounds: str | None = left_out("Where `[[reasons]]` names any.")


class ModerationAction(Answer):
    """The decision that Coral records."""

    status: Literal["REJECTED"]
    rejectionReason: RejectionReason


class CoralAnswer(Answer):
    """What becomes of the comment in Coral. `reasons` says the same in words, and is dropped there."""

    status: Literal["APPROVED", "PREMOD", "REJECTED"]
    reasons: list[str]
    actions: list[Flag] | None = left_out("Flags.")
    moderationAction: ModerationAction | None = left_out("With `REJECTED`.")


POST_CORAL = Operation(
    summary="Coral's external moderation phase asks what becomes of a comment",
    description="Nothing of it is stored. Whatever is signed gets an answer that Coral understands: what can't be read "
    "or decided in time is held (`PREMOD`).",
    security=CORAL,
    answers={200: ("What becomes of it.", CoralAnswer)},
    refusals=(401,),
)


def blueprint(limits: Limits) -> Blueprint:
    """The route ``/api/v1/integrations/coral``."""
    api = Blueprint("coral_api", __name__)

    @api.post(PATH)
    @operation(POST_CORAL)
    def post_coral() -> Response:
        body = request.get_data()
        with services().database.asking() as connection:
            site = site_that_signed(services().keys.webhooks, connection, request.headers.get(HEADER, ""), body)
        if site is None:
            refused.inc()
            log.warning("a request in Coral's name was refused: its signature fits no site's secret")
            raise SignatureInvalid
        outcome, told = _answer(limits, site, body)
        answers.labels(site, outcome).inc()
        return _told(told)

    @api.errorhandler(SignatureInvalid)
    def refuse(error: SignatureInvalid) -> Response:
        g.problem_extra = {"code": error.code}
        return problem(401, error.told(language()), [], {"WWW-Authenticate": HEADER})

    @api.errorhandler(Exception)
    def hold(error: Exception) -> Response:
        """Where Coral gets an error it goes on as if nobody had been asked: nothing is published for that."""
        large = isinstance(error, RequestEntityTooLarge)
        if not large:
            log.exception("the check of a comment of Coral's failed; it is held", exc_info=error)
        answers.labels("", "held").inc()
        return _told(held("the request is too large" if large else "the check failed"))

    return api


def _answer(limits: Limits, site: str, body: bytes) -> tuple[str, dict[str, Any]]:
    waited = float(request.environ.get("moderation.waited_seconds", 0.0))
    if waited > QUEUED_SECONDS:
        return "held", held("too many ask at once")
    try:
        question = read_question(body)
        limits.count_site(site)
    except NotCoral as error:
        log.warning("Coral sent what can't be read", extra={"problem": str(error)})
        return "held", held(f"The request {error}")
    except RateLimitExceeded:
        return "held", held("more comments than [rate_limits] per_site allows")
    return answer(services(), site, question, seconds=ANSWER_WITHIN_SECONDS - waited)


def _told(content: dict[str, Any]) -> Response:
    told = json_answer(CoralAnswer(**content))
    told.headers["Cache-Control"] = "private, no-store"
    return told


def hold_for_load() -> tuple[str, Sequence[tuple[str, str]], bytes]:
    """What the web server answers for us to who has too many ahead: status line, headers, body."""
    answers.labels("", "held").inc()
    return "200 OK", (("Content-Type", "application/json"), ("Cache-Control", "private, no-store")), _HELD


_HELD = json.dumps(held("too many ask at once")).encode()
