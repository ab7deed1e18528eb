"""All that says nearly the same as one comment, refused together: what that would be, and doing it."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from moderation.core.errors import InvalidField
from moderation.desk.bulk import MAX_ALIKE, all_like, reject_alike
from moderation.desk.decide import Ruling, Verdict
from moderation.storage.desk import lines_of
from moderation.web.desk.bulk import ACTIONS
from moderation.web.desk.comment_view import Reading
from moderation.web.desk.responses import back_to
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.languages import language
from moderation.web.shared.rendering import argument, known_id, path_within

SHOWN = 20
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
        near_duplicates = all_like(db, reading.actor, comment_id, reading.now)
        shown = sorted(near_duplicates.found, key=lambda one: one.likeness)[:SHOWN]
        percents = {one.comment_id: round(one.likeness * 100) for one in shown}
        lines = [reading.entry(line, f"{QUEUE}/comments/{line.id}") for line in lines_of(db, list(percents))]
        open_with = reading.open_with(near_duplicates.taken)
    return desk_page(
        "desk/near_duplicates.html",
        422 if problem else 200,
        here=QUEUE,
        comment_id=comment_id,
        count=len(near_duplicates.found),
        itself=any(one.comment_id == comment_id for one in near_duplicates.found),
        may_reject=near_duplicates.may_reject,
        maximum=MAX_ALIKE,
        open_with=open_with,
        open_elsewhere=len(near_duplicates.taken),
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
        return _alike_page(comment_id, error.sentence(language()))
    if begun.running or begun.skipped:
        back = path_within(form.get("back", "")[:1000], QUEUE, QUEUE)
        return redirect(f"{ACTIONS}/{begun.action_id}?{urlencode({'back': back})}", 303)
    return back_to(begun.action_id)
