"""The public page of a site's rules, made from its configuration and its figures: what is refused, what software does,
where people decide, and how often software was right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, abort
from sqlalchemy.orm import Session

from moderation.accounts.sites import key_behind
from moderation.config.configuration import Configuration
from moderation.core.comment import Mode
from moderation.core.conditions import NAME_SCORES, OUTSIDE, TEXT_SCORES, WORDLIST_SIGNALS
from moderation.core.intervals import ENOUGH
from moderation.core.messages import noted
from moderation.storage.figures import Marks, marks_and_people
from moderation.storage.sites import KeyKind, Site
from moderation.web.reader.public_comment import DEMO
from moderation.web.shared.access import services
from moderation.web.shared.cache import recently
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import argument, page, tell_times_of

NAME = "rules_of_site"
KEPT_FOR = timedelta(minutes=10)
COMPARED = 5000
"""How many decisions of people, the newest, the marks of software are compared with."""
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
    marked_refused: int | None
    unmarked_published: int | None


def blueprint() -> Blueprint:
    """The route ``/rules``."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/rules")
    def rules() -> Response:
        asked = argument("site") or DEMO
        with services().database.reading() as db:
            site = _site(db, asked)
            marks: Marks = recently("marks of software", KEPT_FOR, maximum=100).get(
                site.id, lambda: marks_and_people(db, site.id, limit=COMPARED)
            )
        tell_times_of(site.id)
        configuration = services().configuration.current()
        answer = page(
            "reader/rules.html",
            masthead=site.name,
            reasons=configuration.reasons,
            doing=_doing(configuration, site.id),
            right=_right(marks),
            comments=configuration.comments.rules_for(site=site.id, section=None, reply=False, article_mode=None),
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


def _doing(configuration: Configuration, site_id: str) -> Doing:
    rules = configuration.policy.rules_for(site_id)
    asked = {one.signal for effect in ("reject", "flag") for one in rules.whole(effect)}
    rejecting = {one.signal for one in rules.whole("reject")}
    scored = rejecting & (TEXT_SCORES | NAME_SCORES | {"links", "private_data"})
    return Doing(
        looks_for=tuple(gettext(words) for about, words in _LOOKED_FOR if asked & about),
        asks_others=configuration.scoring.outside.on,
        rejects=bool(scored) or any(signal.startswith(OUTSIDE) for signal in rejecting),
        approves=bool(rules.approve),
        mode=configuration.comments.rules_for(site=site_id, section=None, reply=False, article_mode=None).mode,
    )


def _right(marks: Marks) -> Right:
    marked = marks.marked_refused + marks.marked_published
    unmarked = marks.unmarked_refused + marks.unmarked_published
    return Right(
        compared=marked + unmarked,
        marked_refused=round(100 * marks.marked_refused / marked) if marked >= ENOUGH else None,
        unmarked_published=round(100 * marks.unmarked_published / unmarked) if unmarked >= ENOUGH else None,
    )
