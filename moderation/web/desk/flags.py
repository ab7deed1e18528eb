"""What a moderator does with a comment beside deciding about it: leave it to a senior, feature it, send it to the
newsroom, note something about it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from moderation.core.errors import ModerationError, OpenWithColleague
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.desk.flags import add_note, mark, remove_note, unmark
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
    """The routes ``/review/comments/<id>/marks/<kind>``, ``.../notes`` and ``/review/notes/<id>/remove``."""
    pages = Blueprint("mark_pages", __name__)

    @pages.post(f"{QUEUE}/comments/<comment_id>/marks/<any(escalated, featured, newsroom):kind>")
    def marks(comment_id: str, kind: str) -> Response:
        return _mark(known_id(comment_id), FlagKind(kind))

    @pages.post(f"{QUEUE}/comments/<comment_id>/notes")
    def notes(comment_id: str) -> Response:
        text = request.form.get("note", "")
        return _answered(
            comment_id,
            "noted",
            lambda: add_note(services(), person(), NoteAbout.COMMENT, known_id(comment_id), text),
        )

    @pages.post(f"{QUEUE}/notes/<note_id>/remove")
    def away(note_id: str) -> Response:
        return _answered(
            request.form.get("comment", ""),
            "note removed",
            lambda: remove_note(services(), person(), known_id(note_id)),
        )

    return pages


def _mark(comment_id: str, kind: FlagKind) -> Response:
    """Puts the mark on, or with the form's ``off`` takes it off; with ``approve`` the comment is published first."""
    form = request.form
    note = form.get("note") or None
    if form.get("off"):
        return _answered(comment_id, _WORDS[kind][1], lambda: unmark(services(), person(), comment_id, kind))

    def marked() -> str | None:
        return mark(services(), person(), comment_id, kind, note, anyway=bool(form.get("anyway")))

    if not form.get("approve"):
        return _answered(comment_id, _WORDS[kind][0], marked)

    def published_and_flagged() -> list[str]:
        revision, anyway = revision_of(form.get("revision", "")), bool(form.get("anyway"))
        ruling = Ruling(verdict=Verdict.APPROVE, revision=revision, anyway=anyway)
        ruled = decide_comment(services(), person(), comment_id, ruling)
        return [action for action in (ruled.action_id, marked()) if action]

    return _answered(comment_id, _WORDS[kind][0], published_and_flagged)


def _answered(comment_id: str, words: str, work: Callable[[], str | list[str] | None]) -> Response:
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
        return facts({"id": comment_id, "words": words, "acts": actions, **_standing(comment_id)})
    return back_to(actions[-1] if actions else None)


def _standing(comment_id: str) -> dict[str, Any]:
    with services().database.reading() as db:
        found = standing_of(db, [comment_id], Reading(db, person()).scopes).get(comment_id)
    return {"status": found[0], "revision": found[1]} if found else {}
