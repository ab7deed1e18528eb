"""What every page of the desk shares: the menu, who is signed in, and which sites they may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from moderation.core.actor import EVERYWHERE, Actor
from moderation.storage.desk_lists import Scope
from moderation.storage.legal import Pressing, pressing
from moderation.storage.sites import Site, all_sites
from moderation.web.access import person, services
from moderation.web.rendering import page

READ, MODERATE, SENIOR, ADMIN = "read", "moderate", "senior", "admin"
QUEUE = "/review"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    href: str
    words: str
    here: bool


def desk_page(template: str, status: int = 200, /, *, here: str, **context: Any) -> Response:
    """A page of the desk; ``here`` is the address of the menu's item that it belongs to."""
    actor = person()
    return page(template, status, me=actor.name, menu=_menu(actor, here), alarm=_alarm(actor), **context)


def _menu(actor: Actor, here: str) -> list[MenuItem]:
    items: dict[str, str] = {
        QUEUE: "Queue",
        f"{QUEUE}/map": "Score map",
        f"{QUEUE}/articles": "Articles",
        f"{QUEUE}/rules": "House rules",
    }
    if actor.may_anywhere(SENIOR):
        items["/legal"] = "Legal"
    if any(READ in rights and site not in actor.sections for site, rights in actor.rights.items()):
        items["/audit"] = "Audit log"
    if any(ADMIN in rights for rights in actor.rights.values()):
        items["/admin"] = "Admin"
    return [MenuItem(href=href, words=words, here=href == here) for href, words in items.items()]


def _alarm(actor: Actor) -> Pressing | None:
    """What of the legal queue presses, for whoever may decide about it; None where nothing does."""
    if not actor.may_anywhere(SENIOR):
        return None
    now = services().clock()
    soon = now + timedelta(hours=services().configuration.current().legal.due_soon_hours)
    everywhere = SENIOR in actor.rights.get(EVERYWHERE, ()) and not actor.sections
    with services().database.reading() as db:
        sites = None if everywhere else [s.id for s in sites_with(actor, SENIOR, db) if actor.reaches(s.id, None)]
        found = pressing(db, sites, now=now, soon=soon)
    return found if found.overdue or found.soon else None


def sites_with(actor: Actor, right: str, session: Session) -> tuple[Site, ...]:
    """The sites on which this person holds the right."""
    return tuple(site for site in all_sites(session) if actor.may(right, site.id))


def scopes_of(actor: Actor, sites: Iterable[Site]) -> tuple[Scope, ...]:
    """These sites as far as this person reaches in them."""
    return tuple(Scope(site_id=site.id, sections=actor.sections.get(site.id)) for site in sites)


def everywhere(actor: Actor, right: str) -> bool:
    """Whether this person holds the right on every site, those to come included."""
    return right in actor.rights.get(EVERYWHERE, ())
