"""What a moderator does with a comment beside deciding about it: leave it to a senior, feature it, send it to the
newsroom, note something about it, set aside what readers reported of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from moderation.core.errors import ModerationError, OpenWithColleague
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.desk.flags import add_note, flag_comment, remove_note, unflag_comment
from moderation.desk.reports import set_reports_aside
from moderation.storage.desk import standing_of
from moderation.storage.moderator_workspace import FlagKind, NoteAbout
from moderation.web.desk.comment import comment_page, refusal
from moderation.web.desk.comment_view import Reading
from moderation.web.desk.responses import asked_by_script, back_to, facts, refused, revision_of
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE
from moderation.web.shared.rendering import known_id

_WORDS = {
    FlagKind.ESCALATED: ("left to a senior", "no longer left to a senior"),
    FlagKind.FEATURED: ("featured", "no longer featured"),
    FlagKind.NEWSROOM: ("sent to the newsroom", "taken back from the newsroom"),
}


def blueprint() -> Blueprint:
    """The routes ``/review/comments/<id>/flags/<kind>``, ``.../reports``, ``.../notes`` and
    ``/review/notes/<id>/remove``.
    """
    pages = Blueprint("flag_pages", __name__)

    @pages.post(f"{QUEUE}/comments/<comment_id>/flags/<any(escalated, featured, newsroom):kind>")
    def flags(comment_id: str, kind: str) -> Response:
        return _flag(known_id(comment_id), FlagKind(kind))

    @pages.post(f"{QUEUE}/comments/<comment_id>/reports")
    def reports_aside(comment_id: str) -> Response:
        return _response(
            known_id(comment_id),
            "reports set aside",
            lambda: set_reports_aside(services(), person(), known_id(comment_id)),
        )

    @pages.post(f"{QUEUE}/comments/<comment_id>/notes")
    def notes(comment_id: str) -> Response:
        text = request.form.get("note", "")
        return _response(
            comment_id,
            "noted",
            lambda: add_note(services(), person(), NoteAbout.COMMENT, known_id(comment_id), text),
        )

    @pages.post(f"{QUEUE}/notes/<note_id>/remove")
    def away(note_id: str) -> Response:
        return _response(
            request.form.get("comment", ""),
            "note removed",
            lambda: remove_note(services(), person(), known_id(note_id)),
        )

    return pages


def _flag(comment_id: str, kind: FlagKind) -> Response:
    """Puts the flag on, or with the form's ``off`` takes it off; with ``approve`` the comment is published first."""
    form = request.form
    note = form.get("note") or None
    if form.get("off"):
        return _response(comment_id, _WORDS[kind][1], lambda: unflag_comment(services(), person(), comment_id, kind))

    def flagged() -> str | None:
        return flag_comment(services(), person(), comment_id, kind, note, anyway=bool(form.get("anyway")))

    if not form.get("approve"):
        return _response(comment_id, _WORDS[kind][0], flagged)

    def published_and_flagged() -> list[str]:
        revision, anyway = revision_of(form.get("revision", "")), bool(form.get("anyway"))
        ruling = Ruling(verdict=Verdict.APPROVE, revision=revision, anyway=anyway)
        ruled = decide_comment(services(), person(), comment_id, ruling)
        return [action for action in (ruled.action_id, flagged()) if action]

    return _response(comment_id, _WORDS[kind][0], published_and_flagged)


def _response(comment_id: str, words: str, work: Callable[[], str | list[str] | None]) -> Response:
    try:
        done = work()
    except ModerationError as error:
        if asked_by_script():
            return refused(error)
        if not isinstance(error, OpenWithColleague):
            raise
        return comment_page(comment_id, refusal(error, {}))
    actions = done if isinstance(done, list) else [done] if done else []
    if asked_by_script():
        return facts({"id": comment_id, "words": words, "action_ids": actions, **_standing(comment_id)})
    return back_to(actions[-1] if actions else None)


def _standing(comment_id: str) -> dict[str, Any]:
    with services().database.reading() as db:
        found = standing_of(db, [comment_id], Reading(db, person()).scopes).get(comment_id)
    return {"status": found[0], "revision": found[1]} if found else {}
