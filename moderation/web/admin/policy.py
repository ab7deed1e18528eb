"""The policy in force, and what another would have made of the comments that people have decided."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from moderation.accounts.reachable import sites_reached
from moderation.config.configuration import Configuration
from moderation.core.conditions import Effects
from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.core.reach import ADMIN, everywhere
from moderation.policy_lab.what_if import tried
from moderation.setup.policy_changes import file_differs
from moderation.storage.accounts import all_accounts
from moderation.storage.policies import kept_configurations
from moderation.storage.replay import sections_of
from moderation.web.admin import policy_change as change_pages
from moderation.web.admin.frame import admin_blueprint, admin_page
from moderation.web.admin.policy_view import HISTORY, policy_view
from moderation.web.admin.what_if_answer import HOW_MANY, SECONDS, answer
from moderation.web.admin.what_if_view import effects_asked, field_sets
from moderation.web.shared.access import person, services
from moderation.web.shared.form_results import NOTHING_TOLD, Told
from moderation.web.shared.languages import language
from moderation.web.shared.rendering import argument

MAX_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the form asks: on which comments, what reading one takes, and the thresholds of that place."""

    site: str | None
    section: str | None
    comments: int
    seconds: float
    effects: Effects


def blueprint() -> Blueprint:
    """The routes ``/admin/policy`` and ``/admin/what-if``."""
    pages = admin_blueprint("policy_pages")

    @pages.get("/policy")
    def policy() -> Response:
        return _policy()

    change_pages.add_routes(pages, in_force=_policy)

    @pages.get("/what-if")
    def what_if() -> Response:
        return _what_if()

    return pages


def _policy(told: Told = NOTHING_TOLD, *, warning: str | None = None) -> Response:
    """The page of the policy in force. ``warning``: what went with a change that was made, and should be looked at."""
    chief = everywhere(person(), ADMIN)
    with services().database.reading() as db:
        kept = kept_configurations(db, limit=HISTORY)
        names = {account.id: account.name for account in all_accounts(db)}
        view = policy_view(services(), kept, _only_of(db), names)
    return admin_page(
        "admin/policy.html",
        told,
        here="/admin/policy",
        policy=view,
        may_change=chief,
        step_back=chief and len(kept) > 1,
        differs=chief and not view.refused and file_differs(services()),
        warning=warning,
    )


def _only_of(db: Session) -> list[str] | None:
    """The sites of which this person sees what they change of the policy; None: every one."""
    actor = person()
    return None if everywhere(actor, ADMIN) else [site.id for site in sites_reached(db, actor, ADMIN)]


def _what_if() -> Response:
    configuration = services().configuration.current()
    with services().database.reading() as db:
        sites = [site.id for site in sites_reached(db, person(), ADMIN)]
        sections = sorted({*sections_of(db, sites), *configuration.policy.sections})
        told_of, found = Told(), None
        try:
            asked = _asked(configuration, sites, sections)
            found = answer(
                db,
                configuration,
                tried(configuration, asked.site, asked.section, asked.effects),
                sites=sites if asked.site is None else [asked.site],
                section=asked.section,
                comments=asked.comments,
                seconds=asked.seconds,
                only=_only_of(db),
            )
        except InvalidField as error:
            told_of = Told(problem=error.sentence(language()))
            effects = configuration.policy.thresholds_in(None, None)
            asked = Asked(site=None, section=None, comments=HOW_MANY[-1], seconds=SECONDS, effects=effects)
    return admin_page(
        "admin/what_if.html",
        told_of,
        here="/admin/what-if",
        sites=sites,
        sections=sections,
        asked=asked,
        how_many=HOW_MANY,
        sets=field_sets(asked.effects, configuration.condition_keys),
        answer=found,
        carry=request.query_string.decode("ascii", "ignore") if everywhere(person(), ADMIN) else None,
    )


def _asked(configuration: Configuration, sites: list[str], sections: list[str]) -> Asked:
    site, section = argument("site"), argument("section")
    comments, seconds = argument("comments", 9), argument("seconds", 9) or str(SECONDS)
    place = (site if site in sites else None, section if section in sections else None)
    if not (seconds.isascii() and seconds.isdigit() and 0 < int(seconds) <= MAX_SECONDS):
        raise InvalidField("time", Message("reading_seconds_unusable", {"maximum": MAX_SECONDS}))
    sent = "tried" in request.args and (site, section) == (argument("tried_site"), argument("tried_section"))
    known = configuration.condition_keys
    return Asked(
        site=place[0],
        section=place[1],
        comments=next((number for number in HOW_MANY if str(number) == comments), HOW_MANY[-1]),
        seconds=float(seconds),
        # Another place has thresholds of its own: the form begins with those.
        effects=effects_asked(request.args, known) if sent else configuration.policy.thresholds_in(*place),
    )
