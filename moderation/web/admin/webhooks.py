"""Where sites are told of events: endpoints added, tried, given new secrets, removed; deliveries sent again."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from moderation.accounts.reachable import sites_reached
from moderation.core.actor import Actor
from moderation.core.reach import ADMIN, everywhere, reachable, whole
from moderation.storage.webhook_figures import figures_of, newest_attempts, newest_deliveries
from moderation.storage.webhooks import WebhookEndpoint, endpoints_of
from moderation.web.admin.frame import admin_blueprint, admin_page, administered, of_every_site
from moderation.web.shared.access import person, services
from moderation.web.shared.form_results import NOTHING_TOLD, Made, Told, field, handled
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import LARGEST_COUNT, whole_number
from moderation.webhooks import endpoints
from moderation.webhooks.kinds import KINDS

HERE = "/admin/webhooks"
A_PAGE = 50
EXAMPLE = "https://cms.example/comments/events"


def blueprint() -> Blueprint:
    """The routes under ``/admin/webhooks``. Each endpoint needs an administrator of its site, a private address one of
    every site.
    """
    pages = admin_blueprint("webhooks_pages")

    @pages.get("/webhooks")
    def webhooks() -> Response:
        return _page()

    @pages.post("/webhooks")
    def add() -> Response:
        return handled(_add, _page)

    @pages.get("/webhooks/<endpoint_id>")
    def deliveries(endpoint_id: str) -> Response:
        return _deliveries(endpoint_id=endpoint_id)

    @pages.post("/webhooks/<endpoint_id>/test")
    def test(endpoint_id: str) -> Response:
        return handled(_test, _deliveries, endpoint_id=endpoint_id)

    @pages.post("/webhooks/<endpoint_id>/rotate")
    def rotate(endpoint_id: str) -> Response:
        return handled(_rotate, _deliveries, endpoint_id=endpoint_id)

    @pages.post("/webhooks/<endpoint_id>/retire")
    def retire(endpoint_id: str) -> Response:
        return handled(_retire, _deliveries, endpoint_id=endpoint_id)

    @pages.post("/webhooks/<endpoint_id>/redeliver")
    def again(endpoint_id: str) -> Response:
        return handled(_again, _deliveries, endpoint_id=endpoint_id)

    @pages.post("/webhooks/<endpoint_id>/remove")
    def remove(endpoint_id: str) -> Response:
        return handled(_remove, _page, endpoint_id=endpoint_id)

    return pages


# --- pages ------------------------------------------------------------------------------------------------------------


def _page(told: Told = NOTHING_TOLD, **_asked: str) -> Response:
    with services().database.reading() as db:
        sites = sites_reached(db, person(), ADMIN, altogether=True)
        found = endpoints_of(db, [site.id for site in sites])
        figures = figures_of(db, [endpoint.id for endpoint in found])
    boxes = [(site, [(one, figures[one.id]) for one in found if one.site_id == site.id]) for site in sites]
    return admin_page(
        "admin/webhooks.html",
        told,
        here=HERE,
        boxes=boxes,
        kinds=KINDS,
        example=EXAMPLE,
        may_go_inside=everywhere(person(), ADMIN),
    )


def _deliveries(told: Told = NOTHING_TOLD, *, endpoint_id: str) -> Response:
    endpoint = _endpoint(endpoint_id)
    before = whole_number(request.args.get("before", ""), largest=LARGEST_COUNT)
    dead = request.args.get("only") == "dead"
    with services().database.reading() as db:
        found = newest_deliveries(db, endpoint.id, before=before, dead=dead, limit=A_PAGE + 1)
        attempts = newest_attempts(db, [one.number for one in found])
        figures = figures_of(db, [endpoint.id])[endpoint.id]
    shown = found[:A_PAGE]
    rows = [(one, last.words if (last := attempts.get(one.number)) else None) for one in shown]
    following = found[A_PAGE - 1].number if len(found) > A_PAGE else None
    return admin_page(
        "admin/webhook.html",
        told,
        here=HERE,
        endpoint=endpoint,
        figures=figures,
        rows=rows,
        following=following,
        dead=dead,
    )


# --- what forms do ----------------------------------------------------------------------------------------------------


def _add(actor: Actor) -> Made:
    site_id = field("site")
    if not reachable(actor, ADMIN, whole(site_id)):
        abort(404, gettext("There is no such site, or this account doesn’t administer it."))
    inside = request.form.get("allow_private") == "yes"
    if inside:
        of_every_site()
    made = endpoints.add_endpoint(
        services(),
        actor.reference,
        site_id,
        field("url", 2000),
        request.form.getlist("event"),
        allow_private=inside,
    )
    return Made(
        words=gettext("The endpoint is there. Its secret, to check signatures with:"),
        secret=made.secret,
    )


def _test(actor: Actor, endpoint_id: str) -> Made:
    endpoint = _endpoint(endpoint_id)
    sent = endpoints.send_test(services(), actor.reference, endpoint.id)
    if sent.arrived:
        return Made(words=gettext("The test event arrived. The answer was %(answer)s.", answer=sent.words))
    return Made(words=gettext("The test event did not arrive: %(why)s.", why=sent.words))


def _rotate(actor: Actor, endpoint_id: str) -> Made:
    endpoint = _endpoint(endpoint_id)
    return Made(
        words=gettext("A new secret. Deliveries are signed with the old one too, until you retire it."),
        secret=endpoints.rotate_secret(services(), actor.reference, endpoint.id),
    )


def _retire(actor: Actor, endpoint_id: str) -> Made:
    endpoint = _endpoint(endpoint_id)
    endpoints.retire_secret(services(), actor.reference, endpoint.id)
    return Made(words=gettext("Deliveries are signed with the newest secret alone."))


def _again(actor: Actor, endpoint_id: str) -> Made:
    endpoint = _endpoint(endpoint_id)
    number = whole_number(request.form.get("delivery", ""), largest=LARGEST_COUNT)
    if number is None:
        endpoints.redeliver_dead(services(), actor.reference, endpoint.id)
        return Made(words=gettext("Everything that was given up is being sent again."))
    endpoints.redeliver(services(), actor.reference, endpoint.id, number)
    return Made(words=gettext("The event is being sent again."))


def _remove(actor: Actor, endpoint_id: str) -> Made:
    endpoint = _endpoint(endpoint_id, removed_too=True)
    if endpoint.removed_at is None:
        endpoints.remove_endpoint(services(), actor.reference, endpoint.id)
    return Made(words=gettext("The endpoint is removed. Nothing is sent there any more."))


def _endpoint(endpoint_id: str, *, removed_too: bool = False) -> WebhookEndpoint:
    refusal = gettext("There is no such endpoint, or this account doesn’t administer its site.")
    endpoint = administered(WebhookEndpoint, endpoint_id, refusal)
    if endpoint.removed_at is not None and not removed_too:
        abort(404, refusal)
    return endpoint
