"""Sites and their keys: made, rotated, revoked, from where browsers may use them, and by what readers' tokens are
signed.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from moderation.accounts import sites as site_uses
from moderation.accounts.reachable import sites_reached
from moderation.core.actor import Actor
from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.core.reach import ADMIN, everywhere
from moderation.readers import site_keys
from moderation.readers.keys import LONGEST_KEY, Algorithm
from moderation.storage.reader_keys import reader_keys_of
from moderation.storage.sites import KeyKind, Right, Site, SiteKey, keys_of
from moderation.web.admin.frame import admin_blueprint, admin_page, administered, of_every_site
from moderation.web.admin.lists import site_box
from moderation.web.shared.access import person, services
from moderation.web.shared.form_results import NOTHING_TOLD, Made, Told, field, handled
from moderation.web.shared.languages import gettext

HERE = "/admin/sites"


def blueprint() -> Blueprint:
    """The routes under ``/admin/sites`` and ``/admin/keys``. New sites need an administrator of every site."""
    pages = admin_blueprint("sites_pages")

    @pages.get("/sites")
    def sites() -> Response:
        return _page()

    @pages.post("/sites")
    def add_site() -> Response:
        return handled(_add_site, _page)

    @pages.post("/sites/<site_id>/keys")
    def add_key(site_id: str) -> Response:
        return handled(_add_key, _page, site_id=site_id)

    @pages.post("/keys/<key_id>/rotate")
    def rotate_key(key_id: str) -> Response:
        return handled(_rotate_key, _page, key_id=key_id)

    @pages.post("/keys/<key_id>/revoke")
    def revoke_key(key_id: str) -> Response:
        return handled(_revoke_key, _page, key_id=key_id)

    @pages.post("/keys/<key_id>/origins")
    def change_origins(key_id: str) -> Response:
        return handled(_change_origins, _page, key_id=key_id)

    @pages.post("/sites/<site_id>/reader-key")
    def set_reader_key(site_id: str) -> Response:
        return handled(_set_reader_key, _page, site_id=site_id)

    @pages.post("/sites/<site_id>/reader-key/remove")
    def remove_reader_key(site_id: str) -> Response:
        return handled(_remove_reader_key, _page, site_id=site_id)

    @pages.post("/sites/<site_id>/sign-in")
    def ask_to_sign_in(site_id: str) -> Response:
        return handled(_ask_to_sign_in, _page, site_id=site_id)

    return pages


def _page(told: Told = NOTHING_TOLD, **_asked: str) -> Response:
    with services().database.reading() as db:
        boxes = [
            site_box(site, keys_of(db, site.id), reader_keys_of(db, site.id))
            for site in sites_reached(db, person(), ADMIN)
        ]
    return admin_page(
        "admin/sites.html",
        told,
        here=HERE,
        sites=boxes,
        may_add=everywhere(person(), ADMIN),
        rights=[right.value for right in Right],
        algorithms=[algorithm.value for algorithm in Algorithm],
    )


def _add_site(actor: Actor) -> Made:
    of_every_site()
    site_id, name = field("id"), field("name")
    site_uses.add_site(services(), actor.reference, site_id, name)
    return Made(words=gettext("The site %(site)s is there. Now make its keys.", site=site_id))


def _add_key(actor: Actor, site_id: str) -> Made:
    site = _site(actor, site_id)
    if request.form.get("kind") == KeyKind.PUBLISHABLE:
        return _new_publishable(actor, site.id, field("origins", 5000).split())
    asked = request.form.getlist("right")
    return _new_secret(actor, site.id, [right for right in Right if right.value in asked])


def _new_secret(actor: Actor, site_id: str, rights: list[Right]) -> Made:
    if not rights:
        raise InvalidField("key", Message("key_needs_right"))
    key = site_uses.add_secret_key(services(), actor.reference, site_id, rights)
    return Made(words=gettext("A new secret key for %(site)s.", site=site_id), secret=key)


def _new_publishable(actor: Actor, site_id: str, origins: list[str]) -> Made:
    _check_origins(origins)
    key = site_uses.add_publishable_key(services(), actor.reference, site_id, origins)
    return Made(words=gettext("A new publishable key for %(site)s: %(key)s", site=site_id, key=key))


def _check_origins(origins: list[str]) -> None:
    if not origins:
        raise InvalidField("key", Message("key_needs_origin"))


def _rotate_key(actor: Actor, key_id: str) -> Made:
    key = _key(key_id)
    if key.kind == KeyKind.PUBLISHABLE:
        made = _new_publishable(actor, key.site_id, key.origins)
    else:
        made = _new_secret(actor, key.site_id, [Right(right) for right in key.rights])
    still = gettext("The old one works on until you revoke it.")
    return Made(words=f"{made.words} {still}", secret=made.secret)


def _revoke_key(actor: Actor, key_id: str) -> Made:
    key = _key(key_id)
    site_uses.revoke_key(services(), actor.reference, key.id)
    return Made(words=gettext("The key ending in %(end)s is revoked; it stopped working at once.", end=key.hint))


def _change_origins(actor: Actor, key_id: str) -> Made:
    key = _key(key_id)
    origins = field("origins", 5000).split()
    _check_origins(origins)
    site_uses.change_origins(services(), actor.reference, key.id, origins)
    told = gettext("The key ending in %(end)s now works from %(origins)s.", end=key.hint, origins=", ".join(origins))
    return Made(words=told)


def _set_reader_key(actor: Actor, site_id: str) -> Made:
    site, chosen = _site(actor, site_id), field("algorithm")
    algorithm = next((one for one in Algorithm if one.value == chosen), None)
    if algorithm is None:
        raise InvalidField("algorithm", Message("reader_key_algorithm"))
    key, address, made = field("key", LONGEST_KEY), field("address", 2000), None
    if key and address:
        raise InvalidField("key", Message("reader_key_one_of_two"))
    if address:
        inside = request.form.get("allow_private") == "yes"
        if inside:
            of_every_site()
        site_keys.set_address(services(), actor.reference, site.id, algorithm, address, allow_private=inside)
    else:
        made = site_keys.new_secret() if not key and algorithm is Algorithm.HS256 else None
        site_keys.set_key(services(), actor.reference, site.id, algorithm, made or key)
    words = gettext("Readers’ tokens of %(site)s count when this key has signed them.", site=site.id)
    return Made(words=words, secret=made)


def _remove_reader_key(actor: Actor, site_id: str) -> Made:
    site = _site(actor, site_id)
    site_keys.remove_keys(services(), actor.reference, site.id, former=request.form.get("former") == "yes")
    return Made(words=gettext("Removed. What it has signed counts no more."))


def _ask_to_sign_in(actor: Actor, site_id: str) -> Made:
    site, asked = _site(actor, site_id), request.form.get("asked") == "yes"
    site_keys.ask_to_sign_in(services(), actor.reference, site.id, asked=asked)
    if asked:
        return Made(words=gettext("Readers of %(site)s sign in before they write.", site=site.id))
    return Made(words=gettext("Guests may write on %(site)s again.", site=site.id))


def _site(actor: Actor, site_id: str) -> Site:
    with services().database.reading() as db:
        site = next((site for site in sites_reached(db, actor, ADMIN) if site.id == site_id), None)
    if site is None:
        abort(404, gettext("There is no such site, or this account doesn't administer it."))
    return site


def _key(key_id: str) -> SiteKey:
    return administered(SiteKey, key_id, gettext("There is no such key, or this account doesn't administer its site."))
