"""A bulk action: how far it is, what became of it, its undo; and removing all of an article or author."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from moderation.accounts.reachable import article_reached, author_reached
from moderation.core.actor import Actor
from moderation.core.errors import ActionNotFound, DecidedMeanwhile, InvalidField, NotPossibleNow
from moderation.core.messages import noted
from moderation.core.reach import READ
from moderation.desk.bulk import check_everything, remove_everything
from moderation.desk.decide import Ruling, Verdict
from moderation.desk.undo import UNDO, undo
from moderation.storage.actions import Everything, ModeratorAction, among, find_action, how_many
from moderation.storage.score_map import HUNDREDTHS
from moderation.web.desk.comment_view import Reading
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.languages import gettext, language
from moderation.web.shared.rendering import argument, known_id, path_within
from moderation.web.shared.signals import signal_name
from moderation.web.shared.wording import beginning

ACTIONS = f"{QUEUE}/actions"


def blueprint() -> Blueprint:
    """The routes ``/review/actions/<id>``, and ``.../remove`` under an article and an author."""
    pages = Blueprint("bulk_pages", __name__)

    @pages.get(f"{ACTIONS}/<action_id>")
    def action(action_id: str) -> Response:
        return _action_page(action_id)

    @pages.post(f"{ACTIONS}/<action_id>/undo")
    def take_back(action_id: str) -> Response:
        return _undo(action_id)

    @pages.route(f"{QUEUE}/articles/<article_id>/remove", methods=["GET", "POST"])
    def remove_article(article_id: str) -> Response:
        return _remove(lambda actor: _of_article(actor, known_id(article_id)))

    @pages.route(f"{QUEUE}/authors/<author_id>/remove", methods=["GET", "POST"])
    def remove_author(author_id: str) -> Response:
        return _remove(lambda actor: _of_author(actor, known_id(author_id)))

    return pages


# --- one action -------------------------------------------------------------------------------------------------------


def _action_page(action_id: str, problem: str | None = None) -> Response:
    actor = person()
    with services().database.reading() as db:
        action = find_action(db, known_id(action_id))
        if action is None or action.account_id != actor.account_id:
            raise ActionNotFound
    undoes = action.kind == UNDO
    return desk_page(
        "desk/bulk_action.html",
        409 if problem else 200,
        here=QUEUE,
        action=action,
        about=_about(action),
        through=action.done + action.skipped,
        running=action.finished_at is None,
        undoes=undoes,
        may_undo=not undoes and action.undone_by is None,
        back=path_within(argument("back", 1000), QUEUE, QUEUE),
        problem=problem,
    )


_EVERYTHING = {
    "under this article": noted("Everything under one article"),
    "by this author": noted("Everything by one author"),
}


def _about(action: ModeratorAction) -> str | None:
    """What an action was about, in words: a range of the map, or all of an article or author."""
    detail = action.detail
    if "signal" in detail:
        low, high = f"{detail['low'] / HUNDREDTHS:.2f}", f"{detail['high'] / HUNDREDTHS:.2f}"
        signal = beginning(signal_name(detail["signal"]))
        return gettext("%(signal)s from %(low)s to %(high)s", signal=signal, low=low, high=high)
    if "alike" in detail:
        return gettext("A comment and all that says nearly the same")
    return gettext(_EVERYTHING[detail["everything"]]) if detail.get("everything") in _EVERYTHING else None


def _undo(action_id: str) -> Response:
    try:
        undone = undo(services(), person(), known_id(action_id))
    except (NotPossibleNow, DecidedMeanwhile) as error:
        return _action_page(action_id, error.told(language()))
    back = path_within(request.form.get("back", "")[:1000], QUEUE, QUEUE)
    return redirect(f"{ACTIONS}/{undone.action_id}?{urlencode({'back': back})}", 303)


# --- everything under an article or by an author ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What everything is removed of, and where it is shown."""

    what: Everything
    name: str
    path: str


def _of_article(actor: Actor, article_id: str) -> _Place:
    with services().database.reading() as db:
        article = article_reached(db, actor, READ, article_id)
        what = Everything(site_id=article.site_id, article_id=article.id)
        check_everything(db, actor, what)
    return _Place(what=what, name=article.title, path=f"{QUEUE}/articles/{article.id}")


def _of_author(actor: Actor, author_id: str) -> _Place:
    with services().database.reading() as db:
        author = author_reached(db, actor, READ, author_id)
        what = Everything(site_id=author.site_id, author_id=author.id)
        check_everything(db, actor, what)
    return _Place(what=what, name=author.name, path=f"{QUEUE}/authors/{author.id}")


def _remove(find: Callable[[Actor], _Place]) -> Response:
    actor = person()
    place = find(actor)
    if request.method == "GET":
        return _remove_page(place)
    form = request.form
    try:
        ruling = Ruling(
            verdict=Verdict.REJECT,
            reason_id=form.get("reason") or None,
            sentence=form.get("sentence", "")[:5000] or None,
            note=form.get("note", "")[:5000] or None,
        )
        begun = remove_everything(services(), actor, place.what, ruling)
    except InvalidField as error:
        return _remove_page(place, error.sentence(language()))
    return redirect(f"{ACTIONS}/{begun.action_id}?{urlencode({'back': place.path})}", 303)


def _remove_page(place: _Place, problem: str | None = None) -> Response:
    with services().database.reading() as db:
        count = how_many(db, place.what)
        reading = Reading(db, person())
        taken = among(db, place.what, list(reading.locks))
        open_with = reading.open_with(taken)
    context: dict[str, Any] = {
        "open_elsewhere": len(taken),
        "open_with": open_with,
        "place": place,
        "count": count,
        "reasons": services().configuration.current().reasons,
        "problem": problem,
        "typed": request.form,
    }
    return desk_page("desk/remove.html", 422 if problem else 200, here=QUEUE, **context)
