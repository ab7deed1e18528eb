"""What the pages of administration share: who may open them, the menu of their own, forms and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, request

from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.reach import everywhere
from moderation.web.access import person
from moderation.web.desk_frame import ADMIN, MenuItem, desk_page

ROOT = "/admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was just done, with the secret, or the codes, that are shown this once and what to do with them."""

    words: str
    secret: str | None = None
    codes: tuple[str, ...] = ()
    hint: str = "It is shown this once. Copy it now to where it will be used."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a form led to: something made, or what was wrong with it."""

    made: Made | None = None
    problem: str | None = None


NOTHING_TOLD = Told()


def admin_blueprint(name: str) -> Blueprint:
    """Routes under ``/admin``: each needs the right ``admin`` on some site."""
    pages = Blueprint(name, __name__, url_prefix=ROOT)

    @pages.before_request
    def admins_only() -> None:
        if not person().may_anywhere(ADMIN):
            abort(403, "This page is for administrators.")

    return pages


def admin_page(template: str, told: Told = NOTHING_TOLD, /, *, here: str, **context: Any) -> Response:
    """A page of administration; ``here`` is the address of the tab that it belongs to."""
    status = 422 if told.problem else 200
    tabs = [MenuItem(href=href, words=words, here=href == here) for href, words in _tabs(person()).items()]
    return desk_page(template, status, here=ROOT, tabs=tabs, made=told.made, problem=told.problem, **context)


def _tabs(actor: Actor) -> dict[str, str]:
    tabs = {
        ROOT: "Overview",
        f"{ROOT}/policy": "Policy",
        f"{ROOT}/what-if": "What if",
        f"{ROOT}/figures": "Figures",
        f"{ROOT}/sites": "Sites and keys",
    }
    return {**tabs, f"{ROOT}/accounts": "Accounts"} if everywhere(actor, ADMIN) else tabs


def handled(use: Callable[..., Made], show: Callable[..., Response], **asked: str) -> Response:
    """Runs what a form asks for and shows what became of it, or what is wrong with the form, on the page itself."""
    try:
        made = use(person(), **asked)
    except InvalidField as error:
        return show(Told(problem=f"The {error.field} {error.message}"), **asked)
    return show(Told(made=made), **asked)


def field(name: str, most: int = 200) -> str:
    """A field of the form, trimmed. Raises ``InvalidField`` for what is far too long or can't be stored."""
    text = request.form.get(name, "").strip()
    if len(text) > most or "\x00" in text:
        raise InvalidField(name, f"can't be used: it is over {most} characters, or holds what can't be stored.")
    return text
