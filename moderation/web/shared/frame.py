"""What every page of the desk shares: the menu, who is signed in, and which sites they may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.reach import Scope, everywhere, reachable, scopes, somewhere_altogether, somewhere_on, whole
from moderation.storage.legal import Pressing, pressing
from moderation.storage.sites import Site, all_sites
from moderation.web.shared.access import person, services
from moderation.web.shared.rendering import page
from moderation.web.shared.waiting_counts import waiting

READ, MODERATE, SENIOR, ADMIN = "read", "moderate", "senior", "admin"
QUEUE = "/review"


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuItem:
    href: str
    words: str
    here: bool


def desk_page(template: str, status: int = 200, /, *, here: str, db: Session | None = None, **context: Any) -> Response:
    """A page of the desk; ``here`` is the address of the menu's item that it belongs to, ``db`` where the page has read
    already: what it has counted there isn't counted again.
    """
    actor = person()
    with services().database.reading() if db is None else nullcontext(db) as session:
        sites = _sites(session)
        waits = waiting(session, scopes_of(actor, _with_right(sites, actor, READ)))
        alarm = _alarm(session, actor, sites)
    return page(template, status, me=actor.name, menu=_menu(actor, here), alarm=alarm, waits=waits, **context)


def _menu(actor: Actor, here: str) -> list[MenuItem]:
    items: dict[str, str] = {
        QUEUE: "Queue",
        f"{QUEUE}/map": "Score map",
        f"{QUEUE}/articles": "Articles",
        f"{QUEUE}/rules": "Site rules",
    }
    if actor.may_anywhere(SENIOR):
        items["/legal"] = "Legal"
    if somewhere_altogether(actor, READ):
        items["/audit"] = "Audit log"
    if actor.may_anywhere(ADMIN):
        items["/admin"] = "Admin"
    return [MenuItem(href=href, words=words, here=href == here) for href, words in items.items()]


def _alarm(db: Session, actor: Actor, sites: Iterable[Site]) -> Pressing | None:
    """What of the legal queue presses, for whoever may decide about it; None where nothing does."""
    if not actor.may_anywhere(SENIOR):
        return None
    now = services().clock()
    soon = now + timedelta(hours=services().configuration.current().legal.due_soon_hours)
    theirs = [site.id for site in _with_right(sites, actor, SENIOR, altogether=True)]
    found = pressing(db, None if everywhere(actor, SENIOR) else theirs, now=now, soon=soon)
    return found if found.overdue or found.soon else None


def sites_with(actor: Actor, right: str, session: Session, *, altogether: bool = False) -> tuple[Site, ...]:
    """The sites on which this person holds the right, in some sections at least, or ``altogether``."""
    return _with_right(_sites(session), actor, right, altogether=altogether)


def _sites(session: Session) -> Sequence[Site]:
    """Every site, asked for once a page."""
    if "sites" not in session.info:
        session.info["sites"] = all_sites(session)
    sites: Sequence[Site] = session.info["sites"]
    return sites


def _with_right(sites: Iterable[Site], actor: Actor, right: str, *, altogether: bool = False) -> tuple[Site, ...]:
    where = whole if altogether else somewhere_on
    return tuple(site for site in sites if reachable(actor, right, where(site.id)))


def scopes_of(actor: Actor, sites: Iterable[Site], right: str = READ) -> tuple[Scope, ...]:
    """These sites as far as this person has the right in them."""
    return scopes(actor, right, [site.id for site in sites])
