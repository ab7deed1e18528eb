"""All that says nearly the same as one comment, refused together: what that would be, and doing it."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from moderation.batches import MAX_ALIKE, all_like, reject_alike
from moderation.core.errors import InvalidField
from moderation.review import Ruling, Verdict
from moderation.storage.desk import lines_of
from moderation.web.access import person, services
from moderation.web.acts_pages import ACTS
from moderation.web.comment_view import Reading
from moderation.web.desk_answers import back_to
from moderation.web.desk_frame import QUEUE, desk_page
from moderation.web.rendering import argument, known_id, path_within

LISTED = 20
"""So many of them are shown: the least alike, about which one may be mistaken."""


def blueprint() -> Blueprint:
    """The route ``/review/comments/<id>/alike``."""
    pages = Blueprint("alike_pages", __name__)

    @pages.route(f"{QUEUE}/comments/<comment_id>/alike", methods=["GET", "POST"])
    def alike(comment_id: str) -> Response:
        return _alike_page(known_id(comment_id)) if request.method == "GET" else _reject(known_id(comment_id))

    return pages


def _alike_page(comment_id: str, problem: str | None = None) -> Response:
    with services().database.reading() as db:
        reading = Reading(db, person())
        likes = all_like(db, reading.actor, comment_id, reading.now)
        shown = sorted(likes.found, key=lambda one: one.likeness)[:LISTED]
        percents = {one.comment_id: round(one.likeness * 100) for one in shown}
        lines = [reading.entry(line, f"{QUEUE}/comments/{line.id}") for line in lines_of(db, list(percents))]
        open_with = reading.open_with(likes.taken)
    return desk_page(
        "desk/alike.html",
        422 if problem else 200,
        here=QUEUE,
        comment_id=comment_id,
        count=len(likes.found),
        itself=any(one.comment_id == comment_id for one in likes.found),
        may_reject=likes.may_reject,
        most=MAX_ALIKE,
        open_with=open_with,
        open_elsewhere=len(likes.taken),
        lines=lines,
        percents=percents,
        reasons=reading.configuration.reasons,
        back=path_within(request.form.get("back") or argument("back", 1000), QUEUE, f"{QUEUE}/comments/{comment_id}"),
        problem=problem,
        typed=request.form,
    )


def _reject(comment_id: str) -> Response:
    form = request.form
    try:
        ruling = Ruling(
            verdict=Verdict.REJECT,
            reason_id=form.get("reason") or None,
            sentence=form.get("sentence", "")[:5000] or None,
        )
        begun = reject_alike(services(), person(), comment_id, ruling)
    except InvalidField as error:
        return _alike_page(comment_id, error.detail)
    if begun.running or begun.passed:
        back = path_within(form.get("back", "")[:1000], QUEUE, QUEUE)
        return redirect(f"{ACTS}/{begun.act_id}?{urlencode({'back': back})}", 303)
    return back_to(begun.act_id)
