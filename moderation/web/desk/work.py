"""Around the queue: who is at which comment, what one did and takes back, saved views, and one's preferences."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import regex
from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from moderation.accounts.reachable import scopes_reached
from moderation.core.errors import ActionNotFound, InvalidField, ModerationError
from moderation.core.messages import Message
from moderation.core.reach import READ
from moderation.core.scores import LABELS
from moderation.desk.locks import lock_comment, release
from moderation.desk.saved_views import DeskPreferences, remove_view, save_preferences, save_view
from moderation.desk.undo import Undone, undo
from moderation.desk.wordlists import TERMS
from moderation.storage.actions import ModeratorAction, newest_action, own_actions, subjects_of
from moderation.storage.desk import lines_of, standing_of
from moderation.web.desk.blur import blurs_over
from moderation.web.desk.comment_view import Reading
from moderation.web.desk.queue_view import View
from moderation.web.desk.responses import asked_by_script, back_to, code_of, facts, refused
from moderation.web.desk.words import action_words
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.languages import language
from moderation.web.shared.rendering import known_id, path_within, tidy
from moderation.web.shared.signals import signal_name
from moderation.web.shared.wording import beginning, status_word

ACTIONS = f"{QUEUE}/actions"
SHOWN = 50
MAX_TOLD = 20
"""Of an undone batch, a script is told of so many comments."""
_LEVEL = regex.compile(r"[01](?:[.,][0-9]{1,4})?|[.,][0-9]{1,4}")


def blueprint() -> Blueprint:
    """The routes ``/review/locks``, ``.../undo``, ``.../actions``, ``.../views`` and ``.../preferences``."""
    pages = Blueprint("desk_work_pages", __name__)

    @pages.post(f"{QUEUE}/locks")
    def locks() -> Response:
        return _lock(known_id(request.form.get("open", "")), known_id(request.form.get("leave", "")))

    @pages.post(f"{QUEUE}/undo")
    def take_back() -> Response:
        return _undo(request.form.get("action_id", ""))

    @pages.get(ACTIONS)
    def actions() -> Response:
        return _actions_page()

    @pages.post(f"{QUEUE}/views")
    def views() -> Response:
        return _save_view()

    @pages.post(f"{QUEUE}/views/<view_id>/remove")
    def forget(view_id: str) -> Response:
        remove_view(services(), person(), known_id(view_id))
        return back_to(None)

    @pages.get(f"{QUEUE}/preferences")
    def preferences() -> Response:
        return _preferences_page()

    @pages.post(f"{QUEUE}/preferences")
    def change_preferences() -> Response:
        try:
            save_preferences(services(), person(), DeskPreferences(blur=_levels()))
        except InvalidField as error:
            return _preferences_page(error)
        return redirect(f"{QUEUE}/preferences?kept=1", 303)

    return pages


def _save_view() -> Response:
    form, actor = request.form, person()
    view = View.saved(urlsplit(path_within(form.get("back", ""), QUEUE, QUEUE)).query).changed()
    with services().database.reading() as db:
        made_for = view.made_for(scopes_reached(db, actor, READ))
    name, shared = tidy(form.get("name", ""), 500), bool(form.get("shared"))
    save_view(services(), actor, name, view.query, shared=shared, made_for=made_for)
    return redirect(view.href, 303)


def _lock(opened: str, left: str) -> Response:
    if opened == "-":
        release(services(), person(), left)
        return facts({})
    try:
        got = lock_comment(services(), person(), opened, leaving=left)
    except ModerationError as error:
        return refused(error)
    return facts({"mine": got.mine, "by": got.by, "status": got.status, "revision": got.revision})


# --- taking back ------------------------------------------------------------------------------------------------------


def _undo(action_id: str) -> Response:
    actor = person()
    try:
        if not action_id:
            with services().database.reading() as db:
                last = newest_action(db, actor.account_id) if actor.account_id else None
            if last is None:
                raise ActionNotFound
            action_id = last.id
        undone = undo(services(), actor, action_id)
    except ModerationError as error:
        if asked_by_script():
            return refused(error)
        return _actions_page(error)
    return facts(_told(undone)) if asked_by_script() else back_to(undone.action_id)


def _told(undone: Undone) -> dict[str, Any]:
    """What became of it, and where its first comments stand now."""
    with services().database.reading() as db:
        reading = Reading(db, person())
        standing = standing_of(db, subjects_of(db, undone.action_id, limit=MAX_TOLD), reading.scopes)
    return {
        "action_id": undone.action_id,
        "words": action_words(undone.words),
        "total": undone.total,
        "done": undone.done,
        "skipped": undone.skipped,
        "running": undone.running,
        "comments": [
            {"id": comment, "status": status, "revision": revision, "words": status_word(status)}
            for comment, (status, revision) in standing.items()
        ],
    }


def _actions_page(problem: ModerationError | None = None) -> Response:
    """One's own last actions, each with its undo."""
    actor = person()
    with services().database.reading() as db:
        reading = Reading(db, actor)
        actions = own_actions(db, actor.account_id, limit=SHOWN) if actor.account_id else ()
        subjects = {action.id: subjects_of(db, action.id, limit=1) for action in actions if action.total == 1}
        found = [subject for ids in subjects.values() for subject in ids]
        standing = standing_of(db, found, reading.scopes)
        lines = {line.id: line for line in lines_of(db, [comment for comment in found if comment in standing])}
        blurs = blurs_over(db, reading.preferences, list(lines))
    return desk_page(
        "desk/actions.html",
        code_of(problem) if problem else 200,
        here=QUEUE,
        problem=problem.told(language()) if problem else None,
        actions=[_action_shown(action, lines.get(next(iter(subjects.get(action.id, ())), ""))) for action in actions],
        blurs=blurs,
    )


def _action_shown(action: ModeratorAction, line: Any) -> dict[str, Any]:
    return {
        "id": action.id,
        "words": action_words(action.words),
        "at": action.made_at,
        "total": 1 if action.kind == TERMS else action.total,  # how many comments it was about, and a term is none
        "comment": line,
        "undone": action.undone_by is not None,
    }


# --- preferences ------------------------------------------------------------------------------------------------------


def _levels() -> dict[str, float]:
    levels = {}
    for label in LABELS:
        text = tidy(request.form.get(label, ""), 20)
        if not text:
            continue
        if not _LEVEL.fullmatch(text):
            raise InvalidField(label.replace("_", " "), Message("blur_level_unusable"))
        levels[label] = float(text.replace(",", "."))
    return levels


def _preferences_page(problem: InvalidField | None = None) -> Response:
    with services().database.reading() as db:
        blur = Reading(db, person()).preferences.blur
    levels = [
        {
            "label": label,
            "words": beginning(signal_name(label)),
            "level": tidy(request.form.get(label, ""), 20) if problem else f"{blur[label]:g}" if label in blur else "",
        }
        for label in LABELS
    ]
    return desk_page(
        "desk/preferences.html",
        422 if problem else 200,
        here=QUEUE,
        levels=levels,
        problem=problem.told(language()) if problem else None,
        changed="kept" in request.args and not problem,
    )
