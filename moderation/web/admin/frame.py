"""What the pages of administration share: who may open them, the menu of their own, forms and what becomes of them."""

from __future__ import annotations

from typing import Any, TypeVar

from flask import Blueprint, Response, abort

from moderation.core.actor import Actor
from moderation.core.reach import ADMIN, anywhere, everywhere, reachable, whole
from moderation.storage.sites import SiteKey
from moderation.storage.webhooks import WebhookEndpoint
from moderation.web.shared.access import person, services
from moderation.web.shared.form_results import NOTHING_TOLD, Told
from moderation.web.shared.frame import MenuItem, desk_page
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import known_id

ROOT = "/admin"
T = TypeVar("T", SiteKey, WebhookEndpoint)


def admin_blueprint(name: str) -> Blueprint:
    """Routes under ``/admin``: each needs the right ``admin`` on some site."""
    pages = Blueprint(name, __name__, url_prefix=ROOT)

    @pages.before_request
    def admins_only() -> None:
        if not anywhere(person(), ADMIN):
            abort(403, gettext("This page is for administrators."))

    return pages


def of_every_site() -> None:
    """Refuses whoever doesn't administer every site."""
    if not everywhere(person(), ADMIN):
        abort(403, gettext("This needs an administrator of every site."))


def administered(kind: type[T], id_: str, refusal: str) -> T:
    """What belongs to a site, by its id; whoever doesn't administer that site is refused with these words, as if there
    were none.
    """
    with services().database.reading() as db:
        found = db.get(kind, known_id(id_))
    if found is None or not reachable(person(), ADMIN, whole(found.site_id)):
        abort(404, refusal)
    return found


def admin_page(template: str, told: Told = NOTHING_TOLD, /, *, here: str, **context: Any) -> Response:
    """A page of administration; ``here`` is the address of the tab that it belongs to."""
    status = 422 if told.problem else 200
    tabs = [MenuItem(href=href, words=words, here=href == here) for href, words in _tabs(person()).items()]
    return desk_page(template, status, here=ROOT, tabs=tabs, made=told.made, problem=told.problem, **context)


def _tabs(actor: Actor) -> dict[str, str]:
    tabs = {
        ROOT: gettext("Overview"),
        f"{ROOT}/policy": gettext("Policy"),
        f"{ROOT}/what-if": gettext("What if"),
        f"{ROOT}/figures": gettext("Figures"),
        f"{ROOT}/sites": gettext("Sites and keys"),
        f"{ROOT}/webhooks": gettext("Webhooks"),
    }
    return {**tabs, f"{ROOT}/accounts": gettext("Accounts")} if everywhere(actor, ADMIN) else tabs
