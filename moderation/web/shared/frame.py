"""What every page of the desk shares: the menu, who is signed in, what waits for them and what presses."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from moderation.accounts.reachable import every_site
from moderation.core.actor import Actor
from moderation.core.reach import ADMIN, DECIDE, READ, SENIOR, anywhere, everywhere, reachable, scopes, whole
from moderation.storage.legal import Pressing, pressing
from moderation.storage.sites import Site
from moderation.web.shared.access import person, services
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import page
from moderation.web.shared.waiting_counts import appeals_waiting, counted, waiting

QUEUE = "/review"
APPEALS = "/review/appeals"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    href: str
    words: str
    here: bool
    waits: str = ""
    """How much waits there, where the menu says so."""


def desk_page(template: str, status: int = 200, /, *, here: str, db: Session | None = None, **context: Any) -> Response:
    """A page of the desk; ``here`` is the address of the menu's item that it belongs to, ``db`` where the page has read
    already: what it has counted there isn't counted again.
    """
    actor = person()
    with services().database.reading() if db is None else nullcontext(db) as session:
        sites = every_site(session)
        waits = waiting(session, scopes(actor, READ, [site.id for site in sites]))
        alarm = _alarm(session, actor, sites)
        appeals = appeals_waiting(session, actor, scopes(actor, DECIDE, [site.id for site in sites]))
    return page(template, status, me=actor.name, menu=_menu(actor, here, appeals), alarm=alarm, waits=waits, **context)


def _menu(actor: Actor, here: str, appeals: int) -> list[MenuItem]:
    items: dict[str, str] = {
        QUEUE: gettext("Queue"),
        APPEALS: gettext("Appeals"),
        f"{QUEUE}/map": gettext("Score map"),
        f"{QUEUE}/articles": gettext("Articles"),
        f"{QUEUE}/rules": gettext("Site rules"),
    }
    if anywhere(actor, SENIOR):
        items["/legal"] = gettext("Legal")
    if anywhere(actor, READ, altogether=True):
        items["/audit"] = gettext("Audit log")
    if anywhere(actor, ADMIN):
        items["/admin"] = gettext("Admin")
    waits = {APPEALS: counted(appeals) if appeals else ""}
    return [
        MenuItem(href=href, words=words, here=href == here, waits=waits.get(href, "")) for href, words in items.items()
    ]


def _alarm(db: Session, actor: Actor, sites: Iterable[Site]) -> Pressing | None:
    """What of the legal queue presses, for whoever may decide about it; None where nothing does."""
    if not anywhere(actor, SENIOR):
        return None
    now = services().clock()
    soon = now + timedelta(hours=services().configuration.current().legal.due_soon_hours)
    theirs = [site.id for site in sites if reachable(actor, SENIOR, whole(site.id))]
    found = pressing(db, None if everywhere(actor, SENIOR) else theirs, now=now, soon=soon)
    return found if found.overdue or found.soon else None
