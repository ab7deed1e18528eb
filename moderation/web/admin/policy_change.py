"""Thresholds, lengths and reasons changed on a page: a form, what would change by it, and putting it in force."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from moderation.accounts.reachable import sites_reached
from moderation.config.configuration import Configuration
from moderation.config.configuration_edit import NotEditable, Where, edited, merged, values_in
from moderation.config.configuration_file import parse_configuration
from moderation.core.errors import ConfigurationError
from moderation.core.messages import noted
from moderation.core.reach import ADMIN
from moderation.setup.configuration_versions import ForceChangedMeanwhile
from moderation.setup.policy_changes import FileEditedMeanwhile, former_configuration, put_in_force
from moderation.storage.accounts import all_accounts
from moderation.storage.policies import configuration_with, newest_configuration
from moderation.storage.replay import sections_of
from moderation.web.admin.frame import admin_page, of_every_site
from moderation.web.admin.policy_change_form import Form, form_of, form_sent, form_view
from moderation.web.admin.policy_difference import differences
from moderation.web.admin.what_if_answer import answer
from moderation.web.admin.what_if_view import threshold_fields
from moderation.web.shared.access import person, services
from moderation.web.shared.form_results import NOTHING_TOLD, Made, Told
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import in_words, tidy
from moderation.web.shared.wording import who

log = logging.getLogger(__name__)

HERE = "/admin/policy"
CHANGE = f"{HERE}/change"
Page = Callable[..., Response]
_MEANWHILE = noted("Something else was put in force meanwhile. Nothing was changed.")
_NOT_EDITABLE = noted(
    "The file is written in a way that this page can’t change. Nothing was changed. "
    "On the page What if you find the table to put into the file yourself."
)
_EDITED = noted(
    "Somebody has edited %(file)s by hand, and that isn’t in force yet. Nothing was overwritten. If it is right, it "
    "takes effect within seconds: then look at your change again. If not, the page Policy says what is."
)
_NO_DATABASE = noted(
    "The database can’t be written just now. Nothing was changed. Try again in a minute, or put the text below into "
    "%(file)s yourself."
)
_WRITTEN = noted("It stands in %(file)s, and what stood there before in %(file)s.before.")
_NOT_WRITTEN = noted(
    "%(file)s on this machine could not be written (%(why)s) and says what it said. What is shown here is in force all "
    "the same, from the database; an edit of the file takes over from it."
)


def add_routes(pages: Blueprint, *, in_force: Page) -> None:
    """The routes under ``/admin/policy`` that change it: for administrators of every site. ``in_force`` shows the
    policy in force, with what was done.
    """

    @pages.get("/policy/change")
    def change() -> Response:
        of_every_site()
        configuration = services().configuration.current()
        where = _where(request.args, configuration)
        values = values_in(configuration, where)
        if "tried" not in request.args:
            return _form_page(configuration, form_of(values, where, configuration))
        # What was tried on the page What if is carried over: all thresholds of a place, and nothing else.
        others = form_of(replace(values, conditions={}), where, configuration)
        raw = dict(others.raw) | request.args.to_dict()
        return _form_page(configuration, form_sent(raw, configuration, where))

    @pages.post("/policy/change")
    def review() -> Response:
        return _with_draft(_review_page)

    @pages.post("/policy/force")
    def force() -> Response:
        def put(configuration: Configuration, form: Form, new: Configuration) -> Response:
            again: Page = lambda told, status: _review_page(configuration, form, new, told, status)  # noqa: E731
            return _put(new, configuration.hash, "page", again, in_force) or _with_draft(_never)

        return _with_draft(put)

    @pages.get("/policy/former")
    def former() -> Response:
        return _former_page()

    @pages.post("/policy/step-back")
    def step_back() -> Response:
        of_every_site()
        found = former_configuration(services())
        if found is None or found.now != request.form.get("base"):
            return _former_page(Told(problem=gettext(_MEANWHILE)), 409)
        done = _put(found.configuration, found.now, "step back", _former_page, in_force)
        return done or _former_page(Told(problem=gettext(_MEANWHILE)), 409)


def _where(asked: Mapping[str, str], configuration: Configuration) -> Where:
    """The place that is asked for; one that nobody knows is everywhere."""
    sites, sections = _places(configuration)
    site, section = tidy(asked.get("site", ""), 200), tidy(asked.get("section", ""), 200)
    return Where(site=site if site in sites else None, section=section if section in sections else None)


def _places(configuration: Configuration) -> tuple[list[str], list[str]]:
    with services().database.reading() as db:
        sites = [site.id for site in sites_reached(db, person(), ADMIN)]
        known = {*sections_of(db, sites), *configuration.policy.sections, *configuration.comments.sections}
    return sites, sorted(known)


# --- the draft --------------------------------------------------------------------------------------------------------


def _with_draft(use: Callable[[Configuration, Form, Configuration], Response]) -> Response:
    """Reads the form and makes of what is in force what it wants; or shows the form again, with what is wrong."""
    of_every_site()
    configuration = services().configuration.current()
    where = _where(request.form, configuration)
    if [request.form.get("site", ""), request.form.get("section", "")] != [where.site or "", where.section or ""]:
        abort(409, gettext("Nobody knows that site or section any more. Nothing was changed; choose another place."))
    base = _base(configuration)
    form = form_sent(request.form, base or configuration, where)
    if form.errors or "edit" in request.form:
        return _form_page(base or configuration, form, base_hash=request.form.get("base"))
    if base is None or base.hash != configuration.hash:
        return _changed_meanwhile(base or configuration, configuration, form)
    try:
        new = edited(configuration, where, form.values)
    except ConfigurationError as error:
        return _form_page(configuration, _with_error(form, error))
    except NotEditable:
        return _form_page(configuration, form, Told(problem=gettext(_NOT_EDITABLE)))
    if new.hash == configuration.hash:
        return _form_page(
            configuration, form, Told(problem=gettext("Nothing is changed yet: this is what is in force."))
        )
    return use(configuration, form, new)


def _base(configuration: Configuration) -> Configuration | None:
    """What the form was made from; None where nobody knows that any more."""
    asked = request.form.get("base", "")
    if asked == configuration.hash:
        return configuration
    with services().database.reading() as db:
        kept = configuration_with(db, tidy(asked, 64))
    try:
        return parse_configuration(kept.text) if kept else None
    except ConfigurationError:
        return None


def _with_error(form: Form, error: ConfigurationError) -> Form:
    """What the file's loader found, beside the field that it names."""
    name = error.key.rpartition(".")[2]
    field = name if name in form.raw else "minimum_length"
    return Form(where=form.where, raw=form.raw, errors={field: error.detail}, values=form.values)


def _changed_meanwhile(base: Configuration, now: Configuration, form: Form) -> Response:
    """The form again, on top of what somebody else has put in force."""
    values = merged(values_in(base, form.where), form.values, values_in(now, form.where))
    with services().database.reading() as db:
        newest = newest_configuration(db)
        by = gettext("the file") if newest is None or newest.from_file else who(newest.actor, _names(db))
    problem = gettext("Something else was put in force meanwhile, by %(name)s. Nothing was overwritten.", name=by)
    if newest:
        problem = gettext(
            "Something else was put in force meanwhile, by %(name)s on %(time)s. Nothing was overwritten.",
            name=by,
            time=in_words(newest.effective_at),
        )
    told = Told(problem=problem)
    return _form_page(now, form_of(values, form.where, now), told, status=409, theirs=differences(base, now))


def _names(db: Session) -> dict[str, str]:
    return {account.id: account.name for account in all_accounts(db)}


def _never(_configuration: Configuration, _form: Form, _new: Configuration) -> Response:
    abort(409, gettext("Something else was put in force meanwhile. Nothing was overwritten; go back and look again."))


def _put(new: Configuration, base: str, source: str, again: Page, in_force: Page) -> Response | None:
    """Puts it in force and shows that; None where something else was put in force meanwhile."""
    name = services().settings.config_path.name
    try:
        not_written = put_in_force(services(), person().reference, new, base=base, source=source)
    except ForceChangedMeanwhile:
        return None
    except FileEditedMeanwhile:
        return again(Told(problem=gettext(_EDITED, file=name)), 409)
    except SQLAlchemyError:
        log.exception("a configuration could not be put in force")
        return again(Told(problem=gettext(_NO_DATABASE, file=name)), 503)
    done = gettext("It is in force.")
    if source == "step back":
        done = gettext("What was in force before is in force again.")
    if not_written is None:
        written = gettext(_WRITTEN, file=name)
        return in_force(Told(made=Made(words=f"{done} {written}")))
    return in_force(Told(made=Made(words=done)), warning=gettext(_NOT_WRITTEN, file=name, why=not_written))


# --- the pages --------------------------------------------------------------------------------------------------------


def _form_page(
    configuration: Configuration,
    form: Form,
    told: Told = NOTHING_TOLD,
    *,
    base_hash: str | None = None,
    status: int = 200,
    theirs: tuple[str, ...] = (),
) -> Response:
    sites, sections = _places(configuration)
    page = admin_page(
        "admin/policy_change.html",
        told,
        here=HERE,
        form=form,
        view=form_view(form, configuration),
        base=base_hash or configuration.hash,
        sites=sites,
        sections=sections,
        theirs=theirs,
        problems=len(form.errors),
    )
    if status != 200:
        page.status_code = status
    elif form.errors:
        page.status_code = 422
    return page


def _review_page(
    configuration: Configuration,
    form: Form,
    new: Configuration,
    told: Told = NOTHING_TOLD,
    status: int = 200,
) -> Response:
    where = form.where
    known = threshold_fields(configuration.condition_keys)
    thresholds = {name: text for name, text in form.raw.items() if name in known and text}
    place = {"site": where.site or "", "section": where.section or ""}
    asked = {"tried": "1", **place, **{f"tried_{key}": value for key, value in place.items()}, **thresholds}
    return _difference_page(
        configuration,
        new,
        where,
        told,
        status,
        action=f"{HERE}/force",
        fields={"base": configuration.hash, **place, **form.raw},
        what_if=urlencode(asked),
    )


def _former_page(told: Told = NOTHING_TOLD, status: int = 200) -> Response:
    of_every_site()
    configuration, found = services().configuration.current(), former_configuration(services())
    if found is None:
        abort(409, gettext("There is nothing before what is in force, or this version can’t read it any more."))
    fields = {"base": found.now}
    return _difference_page(
        configuration, found.configuration, Where(), told, status, action=f"{HERE}/step-back", fields=fields
    )


def _difference_page(
    configuration: Configuration,
    new: Configuration,
    where: Where,
    told: Told,
    status: int,
    *,
    action: str,
    fields: Mapping[str, str],
    what_if: str | None = None,
) -> Response:
    with services().database.reading() as db:
        sites = [site.id for site in sites_reached(db, person(), ADMIN)] if where.site is None else [where.site]
        found = answer(db, configuration, new, sites=sites, section=where.section)
    page = admin_page(
        "admin/policy_change_review.html",
        told,
        here=HERE,
        lines=differences(configuration, new),
        view=found.view,
        where=where,
        action=action,
        fields=fields,
        what_if=what_if,
        text=new.text,
        file=services().settings.config_path.name,
        could_not=status == 503,
    )
    if status != 200:
        page.status_code = status
    return page
