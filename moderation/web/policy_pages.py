"""The policy in force, and what another would have made of the comments that people have decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from moderation.configuration import Configuration
from moderation.core.errors import InvalidField
from moderation.core.reach import everywhere
from moderation.core.recent import Recent
from moderation.replay import Replayed, replayed, told
from moderation.storage.policies import kept_configurations
from moderation.storage.replay import Past, decided_by_people, sections_of, texts_of
from moderation.web.access import person, services
from moderation.web.admin_frame import Told, admin_blueprint, admin_page
from moderation.web.desk_frame import ADMIN, sites_with
from moderation.web.policy_view import HISTORY, policy_view
from moderation.web.rendering import argument
from moderation.web.what_if_view import Against, AnswerView, against_view, answer_view, effects_asked, field_sets
from moderation.what_if import (
    Effects,
    agreement,
    effects_in,
    policy_toml,
    published_against,
    refused_against,
    tried,
)

HOW_MANY = (1_000, 10_000, 100_000)
SECONDS = 30
"""What reading and deciding a comment is taken to last, unless somebody says otherwise."""
MOST_SECONDS = 3600
SHOWN = 25
KEPT_FOR = timedelta(minutes=2)
"""Between two moves of a slider nothing is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the form asks: on which comments, what reading one takes, and the thresholds of that place."""

    site: str | None
    section: str | None
    comments: int
    seconds: float
    effects: Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer, with the comments on which it and the moderators differ, the newest first. ``unread`` and
    ``unscored`` count those whose scores decide nothing. ``partial``: the tables of other sites are not in ``toml``.
    """

    view: AnswerView
    unread: int
    unscored: int
    published: tuple[Against, ...]
    published_count: int
    refused: tuple[Against, ...]
    refused_count: int
    toml: str
    partial: bool


def blueprint() -> Blueprint:
    """The routes ``/admin/policy`` and ``/admin/what-if``."""
    pages = admin_blueprint("policy_pages")
    recent: Recent[Past] = Recent(KEPT_FOR)

    @pages.get("/policy")
    def policy() -> Response:
        with services().database.reading() as db:
            kept = kept_configurations(db, limit=HISTORY)
            view = policy_view(services(), kept, _only_of(db))
        return admin_page("desk/admin_policy.html", here="/admin/policy", policy=view)

    @pages.get("/what-if")
    def what_if() -> Response:
        return _what_if(recent)

    return pages


def _only_of(db: Session) -> list[str] | None:
    """The sites of which this person sees what they change of the policy; None: every one."""
    actor = person()
    return None if everywhere(actor, ADMIN) else [site.id for site in sites_with(actor, ADMIN, db)]


def _what_if(recent: Recent[Past]) -> Response:
    configuration = services().configuration.current()
    with services().database.reading() as db:
        sites = [site.id for site in sites_with(person(), ADMIN, db)]
        sections = sorted({*sections_of(db, sites), *configuration.policy.sections})
        told_of, answer = Told(), None
        try:
            asked = _asked(configuration, sites, sections)
            answer = _answer(db, recent, configuration, asked, sites)
        except InvalidField as error:
            told_of = Told(problem=f"The {error.field} {error.message}")
            effects = effects_in(configuration.policy, None, None)
            asked = Asked(site=None, section=None, comments=HOW_MANY[-1], seconds=SECONDS, effects=effects)
    return admin_page(
        "desk/admin_what_if.html",
        told_of,
        here="/admin/what-if",
        sites=sites,
        sections=sections,
        asked=asked,
        how_many=HOW_MANY,
        sets=field_sets(asked.effects),
        answer=answer,
    )


def _asked(configuration: Configuration, sites: list[str], sections: list[str]) -> Asked:
    site, section = argument("site"), argument("section")
    comments, seconds = argument("comments", 9), argument("seconds", 9) or str(SECONDS)
    place = (site if site in sites else None, section if section in sections else None)
    if not (seconds.isascii() and seconds.isdigit() and 0 < int(seconds) <= MOST_SECONDS):
        raise InvalidField("time", f"for a comment must be 1 to {MOST_SECONDS} whole seconds.")
    sent = "tried" in request.args and (site, section) == (argument("tried_site"), argument("tried_section"))
    return Asked(
        site=place[0],
        section=place[1],
        comments=next((number for number in HOW_MANY if str(number) == comments), HOW_MANY[-1]),
        seconds=float(seconds),
        # Another place has thresholds of its own: the form begins with those.
        effects=effects_asked(request.args) if sent else effects_in(configuration.policy, *place),
    )


def _answer(db: Session, recent: Recent[Past], configuration: Configuration, asked: Asked, sites: list[str]) -> Answer:
    chosen = tuple(sites) if asked.site is None else (asked.site,)
    past = recent.get(
        (chosen, asked.section, asked.comments),
        services().clock(),
        lambda: decided_by_people(db, chosen, asked.section, limit=asked.comments),
    )
    only = _only_of(db)
    other = tried(configuration, asked.site, asked.section, asked.effects)
    before, after = replayed(past, configuration), replayed(past, other)
    published, refused = published_against(after), refused_against(after)
    return Answer(
        view=answer_view(agreement(before), agreement(after), asked.seconds),
        unread=int(np.count_nonzero(~past.readable)),
        unscored=int(np.count_nonzero(~past.scored)),
        published=_against(db, after, published[:SHOWN], other),
        published_count=len(published),
        refused=_against(db, after, refused[:SHOWN], other),
        refused_count=len(refused),
        toml=policy_toml(other.policy if only is None else other.policy.as_seen_from(only)),
        partial=only is not None,
    )


def _against(db: Session, found: Replayed, positions: list[int], other: Configuration) -> tuple[Against, ...]:
    if not positions:
        return ()
    comments = told(db, found, positions, other)
    return against_view(comments, texts_of(db, [comment.comment_id for comment in comments]))
