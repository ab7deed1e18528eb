"""The public page of a site's rules, or of one of its sections: made from the configuration, what the desk has set, and
the figures. What is refused, what software does, where people decide, and how often software was right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, abort
from sqlalchemy.orm import Session

from moderation.accounts.sites import key_behind
from moderation.comments.discussion_state import Standing, standing
from moderation.config.configuration import Configuration
from moderation.core.comment import Mode
from moderation.core.conditions import NAME_SCORES, OUTSIDE, TEXT_SCORES, WORDLIST_SIGNALS
from moderation.core.intervals import ENOUGH
from moderation.core.messages import noted, told
from moderation.storage.articles import Place
from moderation.storage.articles_desk import sections_of
from moderation.storage.figures import FlagOutcomes, flag_outcomes
from moderation.storage.site_rules import wider_settings
from moderation.storage.sites import KeyKind, Site
from moderation.web.reader.public_comment import DEMO
from moderation.web.shared.access import services
from moderation.web.shared.cache import recently
from moderation.web.shared.languages import gettext, language
from moderation.web.shared.rendering import argument, page, tell_times_of

NAME = "rules_of_site"
KEPT_FOR = timedelta(minutes=10)
COMPARED = 5000
"""How many decisions of people, the newest, software is compared with."""
_LOOKED_FOR = (
    (
        frozenset({"toxicity", "insult", "obscene", "identity_attack"}),
        noted("abuse, insults and hate"),
    ),
    (frozenset({"threat"}), noted("threats")),
    (frozenset({"sexual_explicit"}), noted("sexual content")),
    (frozenset({"private_data"}), noted("private information, such as addresses and telephone numbers")),
    (frozenset({"spam", "links"}), noted("advertising and links")),
    (frozenset({"relevance"}), noted("whether a comment is about the article")),
    (WORDLIST_SIGNALS, noted("words that the newsroom has listed")),
    (NAME_SCORES, noted("names that attack somebody")),
    (frozenset({"reports"}), noted("reports by readers")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What software does by itself."""

    looks_for: tuple[str, ...]
    asks_others: bool
    rejects: bool
    approves: bool
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """How often people agreed with software, of 100; None where too few were decided to say."""

    compared: int
    flagged_rejected: int | None
    unflagged_approved: int | None


def blueprint() -> Blueprint:
    """The route ``/rules``."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/rules")
    def rules() -> Response:
        asked, configuration = argument("site") or DEMO, services().configuration.current()
        with services().database.reading() as db:
            site = _site(db, asked)
            own: frozenset[str] = recently("sections with rules", KEPT_FOR, maximum=100).get(
                (site.id, site.rules_revision, configuration.hash), lambda: _sections(db, configuration, site.id)
            )
            section = argument("section") if argument("section") in own else None
            stands = _standing(db, configuration, site, section)
            outcomes: FlagOutcomes = recently("outcomes of flags", KEPT_FOR, maximum=100).get(
                site.id, lambda: flag_outcomes(db, site.id, limit=COMPARED)
            )
        tell_times_of(site.id)
        answer = page(
            "reader/rules.html",
            masthead=site.name,
            reasons=configuration.reasons,
            doing=_doing(configuration, site.id, section, stands.rules.mode),
            right=_right(outcomes),
            comments=stands.rules,
            closed=None if stands.closed is None else told(stands.closed, language()),
            site=asked,
            section=section,
            sections=sorted(own - {section}),
        )
        answer.headers["Cache-Control"] = "public, max-age=60, s-maxage=300"
        return answer

    return pages


def _site(db: Session, asked: str) -> Site:
    """The site of this name, or of this publishable key."""
    site = db.get(Site, asked) if asked.isascii() and asked.isprintable() else None
    if site is None:
        key = key_behind(db.connection(), asked)
        site = db.get(Site, key.site_id) if key is not None and key.kind == KeyKind.PUBLISHABLE else None
    if site is None:
        abort(404, noted("There is no such site here. Its address may be mistyped."))
    return site


def _standing(db: Session, configuration: Configuration, site: Site, section: str | None) -> Standing:
    """Where a new article of the site, or of that section, would stand."""
    now = services().clock()
    place = Place(
        id="",
        site_id=site.id,
        section=section,
        mode=None,
        version=0,
        published_at=None,
        created_at=now,
        verified=True,
        rules_revision=site.rules_revision,
    )
    settings = services().site_rules.rules(db, place).settings
    return standing(configuration.comments, place, settings, now=now)


def _sections(db: Session, configuration: Configuration, site_id: str) -> frozenset[str]:
    """The site's sections for which the desk or the configuration says something of their own."""
    policy, desk = configuration.policy, {row.section for row in wider_settings(db, site_id)} - {""}
    configured = {*configuration.comments.sections, *policy.sections}
    configured |= {section for site, section in policy.site_sections if site == site_id}
    return frozenset(desk | (configured & set(sections_of(db, site_id))))


def _doing(configuration: Configuration, site_id: str, section: str | None, mode: Mode) -> Doing:
    rules = configuration.policy.rules_for(site_id, section)
    asked = {one.signal for effect in ("reject", "flag") for one in rules.whole(effect)}
    rejecting = {one.signal for one in rules.whole("reject")}
    scored = rejecting & (TEXT_SCORES | NAME_SCORES | {"links", "private_data"})
    return Doing(
        looks_for=tuple(gettext(words) for about, words in _LOOKED_FOR if asked & about),
        asks_others=configuration.scoring.outside.on,
        rejects=bool(scored) or any(signal.startswith(OUTSIDE) for signal in rejecting),
        approves=bool(rules.approve),
        mode=mode,
    )


def _right(outcomes: FlagOutcomes) -> Right:
    flagged = outcomes.flagged_rejected + outcomes.flagged_approved
    unflagged = outcomes.unflagged_rejected + outcomes.unflagged_approved
    return Right(
        compared=flagged + unflagged,
        flagged_rejected=round(100 * outcomes.flagged_rejected / flagged) if flagged >= ENOUGH else None,
        unflagged_approved=round(100 * outcomes.unflagged_approved / unflagged) if unflagged >= ENOUGH else None,
    )
