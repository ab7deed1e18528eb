"""Site rules: how a site and its sections take comments, the big switch, and the site's list of terms."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, request
from werkzeug.wrappers import Response

from moderation.accounts.reachable import sites_reached
from moderation.core.discussion_hours import Cause
from moderation.core.errors import InvalidField, SiteNotFound
from moderation.core.messages import Message
from moderation.core.reach import MODERATE, READ, SENIOR, reachable, scopes, somewhere_on, whole
from moderation.desk.discussion_settings import Spot, end_read_only, make_read_only, set_mode
from moderation.desk.wordlists import add_terms, remove_term
from moderation.storage.articles_desk import sections_of
from moderation.storage.desk import account_names
from moderation.storage.site_rules import live_terms, wider_settings
from moderation.storage.site_rules_cache import setting_from
from moderation.web.desk.discussion_settings_view import (
    MODE_HINTS,
    MODE_WORDS,
    form_shown,
    set_by,
    summary,
    terms_shown,
)
from moderation.web.desk.forms import Problem, done_here, field, form_response, mode_chosen
from moderation.web.shared.access import person, services
from moderation.web.shared.frame import QUEUE, desk_page
from moderation.web.shared.rendering import argument, known_id

RULES = f"{QUEUE}/rules"


def blueprint() -> Blueprint:
    """The routes under ``/review/rules``."""
    pages = Blueprint("rules_pages", __name__, url_prefix=RULES)

    @pages.get("")
    def rules() -> Response:
        return _rules_page(argument("site"))

    @pages.post("/<site_id>/mode")
    def mode(site_id: str) -> Response:
        return _response(site_id, "mode", lambda: _set(site_id))

    @pages.post("/<site_id>/read-only")
    def read_only(site_id: str) -> Response:
        if request.form.get("off"):
            return _response(site_id, "opened", lambda: end_read_only(services(), person(), site_id))
        return _response(
            site_id, "closed", lambda: make_read_only(services(), person(), site_id, field("sentence") or None)
        )

    @pages.post("/<site_id>/terms")
    def terms(site_id: str) -> Response:
        return _response(site_id, "there", lambda: _add(site_id))

    @pages.post("/<site_id>/terms/<term_id>/remove")
    def off(site_id: str, term_id: str) -> Response:
        return _response(site_id, "removed", lambda: remove_term(services(), person(), known_id(term_id)))

    return pages


def _set(site_id: str) -> str | None:
    section = field("section", 200)
    if "section" in request.form and not section:
        raise InvalidField("section", Message("section_missing"))
    return set_mode(services(), person(), Spot(site_id=site_id, section=section), mode_chosen())


def _add(site_id: str) -> str | None:
    return add_terms(services(), person(), site_id, field("terms", 500_000).splitlines(), field("why", 1000))


def _response(site_id: str, said: str, work: Callable[[], str | None]) -> Response:
    return form_response(
        work,
        lambda problem: _rules_page(site_id, problem),
        RULES,
        said,
        site=site_id,
    )


def _rules_page(site_id: str, problem: Problem | None = None) -> Response:
    actor = person()
    with services().database.reading() as db:
        sites = sites_reached(db, actor, READ)
        site = next((site for site in sites if site_id in ("", site.id)), None)
        if site is None:
            raise SiteNotFound
        settings = {(row.section, row.cause): setting_from(row) for row in wider_settings(db, site.id)}
        names = account_names(db)
        known = {*sections_of(db, site.id), *(section for section, _ in settings if section)}
        terms = list(live_terms(db, site.id, None))
        done = done_here(db, actor)
    known |= services().configuration.current().comments.sections.keys()
    here = scopes(actor, READ, [site.id])
    reached = sorted(section for section in known if any(scope.reaches(site.id, section) for scope in here))
    typed = request.form.get("section") if problem is not None and "mode" in request.form else None
    by_hand = settings.get(("", Cause.HAND))
    switch = settings.get(("", Cause.SWITCH))
    sections = [
        {
            "name": name,
            "summary": summary(settings.get((name, Cause.HAND))),
            "by": set_by(settings[name, Cause.HAND], names) if (name, Cause.HAND) in settings else None,
            "form": form_shown(settings.get((name, Cause.HAND)), typed=typed == name),
            "open": typed == name,
        }
        for name in reached
    ]
    wrong_site_form = problem is not None and "mode" in request.form and "section" not in request.form
    return desk_page(
        "desk/rules.html",
        problem.status if problem else 200,
        here=RULES,
        site=site,
        sites=sites,
        switch=switch,
        switch_by=set_by(switch, names) if switch else None,
        summary=summary(by_hand),
        summary_by=set_by(by_hand, names) if by_hand else None,
        configured=services()
        .configuration.current()
        .comments.rules_for(site=site.id, section=None, reply=False, article_mode=None),
        form=form_shown(by_hand, typed=wrong_site_form),
        form_open=wrong_site_form,
        sections=sections,
        mode_words=MODE_WORDS,
        mode_hints=MODE_HINTS,
        terms=terms_shown(terms, names),
        may=reachable(actor, MODERATE, whole(site.id)),
        may_set=reachable(actor, SENIOR, somewhere_on(site.id)),
        may_set_site=reachable(actor, SENIOR, whole(site.id)),
        problem=problem,
        typed=request.form,
        done=done,
    )
