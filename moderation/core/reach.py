"""Reach: whether somebody may touch a comment, an article, an author or a site. It is asked here and nowhere else, by
pages, by the API and by what goes on in the background, of people, tokens and keys alike.

``reachable`` answers for one thing, and ``demand`` raises what a refusal is told as. ``scopes`` is the same answer for
lists, for the database to narrow them by (``storage.reach``). ``anywhere`` and ``everywhere`` are for what is about no
certain thing: a menu, a page of administration. Things by their ids are found in ``accounts.reachable``.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from moderation.core.actor import EVERYWHERE, Actor
from moderation.core.errors import ModerationError, RightMissing

READ, MODERATE, SENIOR, ADMIN = "read", "moderate", "senior", "admin"
DECIDE = "decide"
"""Deciding about a comment: ``moderate``, and ``senior`` too where it is left to a senior moderator. The site's own
key, which is nobody's account, decides about those as well.
"""

MAXIMUM_SECTIONS = 100
"""Of a site, to which somebody may be limited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a thing is: in a section of a site, or in none (None), as what belongs to the whole site is. ``shared``: in
    no section, and still for everybody who has anything to do with the site, as its authors are. ``escalated``: it is a
    comment that is left to a senior moderator.
    """

    site_id: str
    section: str | None = None
    shared: bool = False
    escalated: bool = False


def whole(site_id: str) -> Location:
    """What is the whole site's: whoever is limited to sections has no part in it."""
    return Location(site_id=site_id)


def somewhere_on(site_id: str) -> Location:
    """What everybody shares who has anything to do with the site, be it in one section alone."""
    return Location(site_id=site_id, shared=True)


def reachable(actor: Actor, right: str, at: Location) -> bool:
    """Whether somebody has this right there."""
    limited = actor.sections.get(at.site_id)
    inside = limited is None or at.shared or at.section in limited
    held = actor.rights.get(at.site_id, frozenset()) | actor.rights.get(EVERYWHERE, frozenset())
    return inside and held.issuperset(_needed(actor, right, at))


def demand(
    actor: Actor, right: str, at: Location | None, absent: type[ModerationError], *, seen: Location | None = None
) -> None:
    """Raises ``absent`` where nothing is, or nothing that this actor may see: the two are told alike. Raises
    ``RightMissing`` for what they may see, but not do this with. ``seen``: where seeing it is asked about, if that is
    wider than ``at``.
    """
    if at is None or not (reachable(actor, READ, seen or at) or reachable(actor, right, at)):
        raise absent
    for needed in _needed(actor, right, at):
        if not reachable(actor, needed, at):
            raise RightMissing(needed)


def account_of(actor: Actor, right: str) -> str:
    """The account of whoever does what somebody answers for by name. Raises ``RightMissing`` for a site's key, which is
    nobody, whatever its rights.
    """
    if actor.account_id is None:
        raise RightMissing(right)
    return actor.account_id


def anywhere(actor: Actor, right: str, *, altogether: bool = False) -> bool:
    """Whether somebody has this right at all, be it in one section alone, or ``altogether``, on the whole of a site."""
    return any(right in held and not (altogether and site in actor.sections) for site, held in actor.rights.items())


def everywhere(actor: Actor, right: str) -> bool:
    """Whether somebody has this right on the whole of every site, those to come included."""
    return right in actor.rights.get(EVERYWHERE, ()) and not actor.sections


def limited_to(actor: Actor, rights: Collection[str]) -> Actor:
    """The same one with these rights at most, wherever they have them: what a token lends."""
    held = {site: having & frozenset(rights) for site, having in actor.rights.items()}
    return replace(actor, rights={site: having for site, having in held.items() if having})


def sites_of(actor: Actor) -> tuple[str, ...]:
    """The sites that somebody has rights on; none are named where they have any on every site."""
    return () if EVERYWHERE in actor.rights else tuple(actor.rights)


def extent(actor: Actor, right: str) -> Hashable:
    """The same for two people who have this right in exactly the same places."""
    sites = frozenset(site for site, held in actor.rights.items() if right in held)
    return sites, frozenset(actor.sections.items())


def _needed(actor: Actor, right: str, at: Location) -> tuple[str, ...]:
    if right != DECIDE:
        return (right,)
    return (MODERATE, SENIOR) if at.escalated and actor.account_id is not None else (MODERATE,)


# --- many things at once ----------------------------------------------------------------------------------------------


class Placed(Protocol):
    """What stands on a site, in a section or in none: an article."""

    @property
    def site_id(self) -> str: ...

    @property
    def section(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A site, or some sections of it alone; with what is left to a senior moderator there, or without."""

    site_id: str
    sections: frozenset[str] | None = None
    escalated: bool = True

    def reaches(self, site_id: str, section: str | None) -> bool:
        return site_id == self.site_id and (self.sections is None or section in self.sections)

    def holds(self, placed: Placed) -> bool:
        return self.reaches(placed.site_id, placed.section)

    def covers(self, other: Scope) -> bool:
        """Whether all of the other lies within this one."""
        if other.site_id != self.site_id or other.escalated > self.escalated:
            return False
        return self.sections is None or (other.sections is not None and other.sections <= self.sections)


def scopes(actor: Actor, right: str, site_ids: Iterable[str]) -> tuple[Scope, ...]:
    """How far somebody has this right on each of these sites; one where they don't have it is left out."""
    return tuple(
        Scope(
            site_id=site_id,
            sections=actor.sections.get(site_id),
            escalated=reachable(actor, right, Location(site_id=site_id, shared=True, escalated=True)),
        )
        for site_id in site_ids
        if reachable(actor, right, somewhere_on(site_id))
    )
