"""An act on many comments: how far it is, what became of it, its undo; and removing all of an article or author."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from moderation.batches import check_everything, remove_everything
from moderation.core.actor import Actor
from moderation.core.errors import ActNotFound, DecidedMeanwhile, InvalidField, NotPossibleNow
from moderation.reaching import article_reached, author_reached
from moderation.review import Ruling, Verdict
from moderation.storage.acts import Act, Everything, among, find_act, how_many
from moderation.storage.score_map import HUNDREDTHS
from moderation.undoing import UNDO, undo
from moderation.web.access import person, services
from moderation.web.comment_view import Reading
from moderation.web.desk_frame import QUEUE, READ, desk_page
from moderation.web.rendering import argument, known_id, path_within

ACTS = f"{QUEUE}/acts"


def blueprint() -> Blueprint:
    """The routes ``/review/acts/<id>``, and ``.../remove`` under an article and an author."""
    pages = Blueprint("acts_pages", __name__)

    @pages.get(f"{ACTS}/<act_id>")
    def act(act_id: str) -> Response:
        return _act_page(act_id)

    @pages.post(f"{ACTS}/<act_id>/undo")
    def take_back(act_id: str) -> Response:
        return _undo(act_id)

    @pages.route(f"{QUEUE}/articles/<article_id>/remove", methods=["GET", "POST"])
    def remove_article(article_id: str) -> Response:
        return _remove(lambda actor: _of_article(actor, known_id(article_id)))

    @pages.route(f"{QUEUE}/authors/<author_id>/remove", methods=["GET", "POST"])
    def remove_author(author_id: str) -> Response:
        return _remove(lambda actor: _of_author(actor, known_id(author_id)))

    return pages


# --- one act ----------------------------------------------------------------------------------------------------------


def _act_page(act_id: str, problem: str | None = None) -> Response:
    actor = person()
    with services().database.reading() as db:
        act = find_act(db, known_id(act_id))
        if act is None or act.account_id != actor.account_id:
            raise ActNotFound
    undoes = act.kind == UNDO
    return desk_page(
        "desk/act.html",
        409 if problem else 200,
        here=QUEUE,
        act=act,
        about=_about(act),
        through=act.done + act.passed,
        running=act.finished_at is None,
        undoes=undoes,
        may_undo=not undoes and act.undone_by is None,
        back=path_within(argument("back", 1000), QUEUE, QUEUE),
        problem=problem,
    )


def _about(act: Act) -> str | None:
    """What an act was about, in words: a band of the map, or all of an article or author."""
    detail = act.detail
    if "signal" in detail:
        signal = detail["signal"].replace("_", " ")
        return f"{signal.capitalize()} from {detail['low'] / HUNDREDTHS:.2f} to {detail['high'] / HUNDREDTHS:.2f}"
    if "alike" in detail:
        return "A comment and all that says nearly the same"
    return f"Everything {detail['everything']}" if "everything" in detail else None


def _undo(act_id: str) -> Response:
    try:
        undone = undo(services(), person(), known_id(act_id))
    except (NotPossibleNow, DecidedMeanwhile) as error:
        return _act_page(act_id, error.detail)
    back = path_within(request.form.get("back", "")[:1000], QUEUE, QUEUE)
    return redirect(f"{ACTS}/{undone.act_id}?{urlencode({'back': back})}", 303)


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
        return _remove_page(place, error.detail)
    return redirect(f"{ACTS}/{begun.act_id}?{urlencode({'back': place.path})}", 303)


def _remove_page(place: _Place, problem: str | None = None) -> Response:
    with services().database.reading() as db:
        count = how_many(db, place.what)
        reading = Reading(db, person())
        taken = among(db, place.what, list(reading.claims))
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
