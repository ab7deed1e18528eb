"""One comment on the desk: everything that a decision needs, and the decision."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import Blueprint, request
from werkzeug.wrappers import Response

from moderation.core.errors import (
    CommentNotFound,
    DecidedMeanwhile,
    InvalidField,
    ModerationError,
    NotPossibleNow,
    OpenWithColleague,
)
from moderation.core.messages import Message
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.desk.statements import Correction, correct_statement
from moderation.storage.appeals import appeal_about
from moderation.storage.audit import events_about
from moderation.web.desk.comment_view import Reading
from moderation.web.desk.history import history
from moderation.web.desk.queue_view import View
from moderation.web.desk.responses import (
    asked_by_script,
    back_to,
    code_of,
    facts,
    meanwhile_words,
    refused,
    revision_of,
)
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.languages import language
from moderation.web.shared.rendering import argument, known_id, page, path_within
from moderation.web.shared.wording import status_word


def blueprint() -> Blueprint:
    """The routes under ``/review/comments``."""
    pages = Blueprint("comment_pages", __name__, url_prefix=f"{QUEUE}/comments")

    @pages.get("/<comment_id>")
    def comment(comment_id: str) -> Response:
        return comment_page(comment_id)

    @pages.get("/<comment_id>/pane")
    def pane(comment_id: str) -> Response:
        with services().database.reading() as db:
            view = View.asked()
            here = view.changed(after=view.after, at=known_id(comment_id)).href
            found = Reading(db, person()).pane(known_id(comment_id), back=view.href, here=here, find=view.sought)
        if found is None:
            raise CommentNotFound
        return page("desk/_comment.html", **found)

    @pages.post("/<comment_id>/approve")
    def approve(comment_id: str) -> Response:
        return _decide(comment_id, Verdict.APPROVE)

    @pages.post("/<comment_id>/reject")
    def reject(comment_id: str) -> Response:
        return _decide(comment_id, Verdict.REJECT)

    @pages.post("/<comment_id>/reopen")
    def reopen(comment_id: str) -> Response:
        return _decide(comment_id, Verdict.REOPEN)

    @pages.post("/<comment_id>/statement")
    def statement(comment_id: str) -> Response:
        return _correct(comment_id)

    return pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A decision that wasn't taken, with what was typed for it. ``conflict`` says what somebody else made of the
    comment and ``problem`` what is wrong; ``open_with`` is a colleague who has it open: pressed once more, it is taken.
    """

    status: int
    conflict: tuple[str, str] | None = None
    problem: str | None = None
    open_with: str | None = None
    reason: str = ""
    sentence: str = ""
    note: str = ""


def comment_page(comment_id: str, told: Refused | None = None) -> Response:
    """The page of one comment; after a decision that wasn't taken with why (``told``). Raises ``CommentNotFound``."""
    back = path_within(request.form.get("back") or argument("back", 500), QUEUE, QUEUE)
    with services().database.reading() as db:
        reading = Reading(db, person())
        found = reading.pane(known_id(comment_id), back=back, here=f"{QUEUE}/comments/{known_id(comment_id)}")
        if found is None:
            raise CommentNotFound
        item = found["item"]
        made = found["decisions"]
        happened = history(
            events_about(db, item.site, item.id),
            made,
            names=reading.names,
            reasons=reading.configuration.reasons,
        )
        if told and told.open_with:
            found["item"] = replace(item, anyway=True)
        return desk_page(
            "desk/comment.html",
            told.status if told else 200,
            here=QUEUE,
            db=db,
            refused=told or Refused(status=200),
            history=happened,
            back=back,
            whole=True,
            appeal=appeal_about(db, item.id),
            statement=made[-1].statement if made else None,
            **found,
        )


# --- decisions --------------------------------------------------------------------------------------------------------


def _decide(comment_id: str, verdict: Verdict) -> Response:
    form = request.form
    typed = {name: form.get(name, "")[:5000] for name in ("reason", "sentence", "note")}
    try:
        if verdict is Verdict.REJECT and not typed["reason"]:
            raise InvalidField("reason", Message("refusal_reason_missing"))
        ruling = Ruling(
            verdict=verdict,
            reason_id=typed["reason"] or None,
            sentence=typed["sentence"] or None,
            note=typed["note"] or None,
            revision=revision_of(form.get("revision", "")),
            anyway=bool(form.get("anyway")),
        )
        ruled = decide_comment(services(), person(), known_id(comment_id), ruling)
    except ModerationError as error:
        if asked_by_script():
            return refused(error)
        if not isinstance(error, (DecidedMeanwhile, NotPossibleNow, InvalidField, OpenWithColleague)):
            raise
        return comment_page(comment_id, refusal(error, typed))
    if not asked_by_script():
        return back_to(ruled.action_id)
    words = status_word(ruled.status)
    said = {"id": ruled.comment_id, "status": ruled.status, "revision": ruled.revision, "words": words}
    return facts({**said, "action_id": ruled.action_id})


def _correct(comment_id: str) -> Response:
    form = request.form
    typed = {name: form.get(name, "")[:5000] for name in ("reason", "sentence", "note")}
    try:
        correction = Correction(
            reason_id=typed["reason"] or None,
            sentence=typed["sentence"] or None,
            why=typed["note"],
            revision=revision_of(form.get("revision", "")),
        )
        ruled = correct_statement(services(), person(), known_id(comment_id), correction)
    except (DecidedMeanwhile, NotPossibleNow, InvalidField) as error:
        return comment_page(comment_id, refusal(error, typed))
    return back_to(ruled.action_id)


def refusal(error: ModerationError, typed: dict[str, str]) -> Refused:
    """Why a decision wasn't taken, for the comment's page. ``typed``: ``reason``, ``sentence`` and ``note``."""
    reason, sentence, note = (typed.get(name, "") for name in ("reason", "sentence", "note"))
    told = Refused(status=code_of(error), reason=reason, sentence=sentence, note=note)
    if isinstance(error, DecidedMeanwhile):
        return replace(told, conflict=(meanwhile_words(error), error.told(language())))
    if isinstance(error, OpenWithColleague):
        return replace(told, open_with=error.by)
    return replace(told, problem=error.told(language()))
