"""Administration: figures, the policy in force, sites with their keys, accounts."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response, abort, request

from moderation import accounts as account_uses
from moderation import sites as site_uses
from moderation.core.actor import EVERYWHERE, Actor
from moderation.core.errors import InvalidField
from moderation.storage.accounts import Account, Extra, Granted, Role, all_accounts, grants_of
from moderation.storage.figures import figures
from moderation.storage.policies import newest_configuration
from moderation.storage.sites import KeyKind, Right, Site, SiteKey, keys_of
from moderation.web.access import person, services
from moderation.web.admin_view import AccountRow, SiteBox, account_row, site_box
from moderation.web.desk_frame import ADMIN, desk_page, everywhere, sites_with
from moderation.web.figures_view import figures_view
from moderation.web.policy_view import policy_view
from moderation.web.rendering import known_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was just done, with the secret that is shown this once."""

    words: str
    secret: str | None = None


def blueprint() -> Blueprint:
    """The routes under ``/admin``. Each needs the right ``admin``, for accounts and new sites on every site."""
    pages = Blueprint("admin_pages", __name__, url_prefix="/admin")

    @pages.before_request
    def admins_only() -> None:
        if not any(ADMIN in rights for rights in person().rights.values()):
            abort(403, "This page is for administrators.")

    pages.add_url_rule("", view_func=_admin_page)
    for path, use in _FORMS.items():
        pages.add_url_rule(path, use.__name__.strip("_"), _shown(use), methods=["POST"])
    return pages


def _shown(use: Callable[..., Made]) -> Callable[..., Response]:
    """Shows what a use case made, or what is wrong with the form, on the page itself."""

    def view(**asked: str) -> Response:
        try:
            return _admin_page(made=use(person(), **asked))
        except InvalidField as error:
            return _admin_page(problem=f"The {error.field} {error.message}")

    return view


def _admin_page(made: Made | None = None, problem: str | None = None) -> Response:
    actor, now = person(), services().clock()
    with services().database.reading() as db:
        sites = sites_with(actor, ADMIN, db)
        counted = figures(db, [site.id for site in sites], now=now)
        kept = newest_configuration(db)
        boxes: list[SiteBox] = [site_box(site, keys_of(db, site.id)) for site in sites]
        rows: list[AccountRow] | None = None
        if everywhere(actor, ADMIN):
            rows = [account_row(account, grants_of(db, account.id)) for account in all_accounts(db)]
    return desk_page(
        "desk/admin.html",
        422 if problem else 200,
        here="/admin",
        figures=figures_view(counted, services().configuration.current().reasons, now),
        policy=policy_view(services(), kept),
        sites=boxes,
        accounts=rows,
        rights=[right.value for right in Right],
        roles=[role.value for role in Role],
        made=made,
        problem=problem,
    )


# --- sites and keys ---------------------------------------------------------------------------------------------------


def _add_site(actor: Actor) -> Made:
    _everywhere(actor)
    site_id, name = _field("id"), _field("name")
    site_uses.add_site(services(), actor.reference, site_id, name)
    return Made(words=f"The site {site_id} is there. Now make its keys.")


def _add_key(actor: Actor, site_id: str) -> Made:
    site = _site(actor, site_id)
    if request.form.get("kind") == KeyKind.PUBLISHABLE:
        return _new_publishable(actor, site.id, _field("origins", 5000).split())
    asked = request.form.getlist("right")
    return _new_secret(actor, site.id, [right for right in Right if right.value in asked])


def _new_secret(actor: Actor, site_id: str, rights: list[Right]) -> Made:
    if not rights:
        raise InvalidField("key", "needs one right at least.")
    key = site_uses.add_secret_key(services(), actor.reference, site_id, rights)
    return Made(words=f"A new secret key for {site_id}.", secret=key)


def _new_publishable(actor: Actor, site_id: str, origins: list[str]) -> Made:
    if not origins:
        raise InvalidField("key", "needs one origin at least, such as https://news.example.")
    key = site_uses.add_publishable_key(services(), actor.reference, site_id, origins)
    return Made(words=f"A new publishable key for {site_id}: {key}")


def _rotate_key(actor: Actor, key_id: str) -> Made:
    key = _key(actor, key_id)
    if key.kind == KeyKind.PUBLISHABLE:
        made = _new_publishable(actor, key.site_id, key.origins)
    else:
        made = _new_secret(actor, key.site_id, [Right(right) for right in key.rights])
    return Made(words=f"{made.words} The old one works on until you revoke it.", secret=made.secret)


def _revoke_key(actor: Actor, key_id: str) -> Made:
    key = _key(actor, key_id)
    site_uses.revoke_key(services(), actor.reference, key.id)
    return Made(words=f"The key ending in {key.hint} is revoked; it stopped working at once.")


def _site(actor: Actor, site_id: str) -> Site:
    with services().database.reading() as db:
        site = next((site for site in sites_with(actor, ADMIN, db) if site.id == site_id), None)
    if site is None:
        abort(404, "There is no such site, or this account doesn't administer it.")
    return site


def _key(actor: Actor, key_id: str) -> SiteKey:
    with services().database.reading() as db:
        key = db.get(SiteKey, known_id(key_id))
    if key is None or not actor.may(ADMIN, key.site_id):
        abort(404, "There is no such key, or this account doesn't administer its site.")
    return key


# --- accounts ---------------------------------------------------------------------------------------------------------


def _add_account(actor: Actor) -> Made:
    _everywhere(actor)
    name, password = _field("name"), secrets.token_urlsafe(15)
    role = _role(request.form.get("role", ""))
    if role is None:
        raise InvalidField("role", "is missing.")
    account_uses.add_account(services(), actor.reference, name, password, {_place(): _granted(role)})
    return Made(words=f"The account {name} is there, with this password:", secret=password)


def _set_role(actor: Actor, account_id: str) -> Made:
    account = _account(actor, account_id)
    with services().database.reading() as db:
        grants = grants_of(db, account.id)
    role, place = _role(request.form.get("role", "")), _place()
    if role is None:
        grants.pop(place, None)
    else:
        grants[place] = _granted(role)
    if account.id == actor.account_id and (EVERYWHERE not in grants or grants[EVERYWHERE].role is not Role.ADMIN):
        raise InvalidField("role", "is your own, and taking it away would lock you out; ask another administrator.")
    account_uses.set_grants(services(), actor.reference, account.name, grants)
    return Made(words=f"The rights of {account.name} are changed.")


def _disable_account(actor: Actor, account_id: str) -> Made:
    account = _account(actor, account_id)
    if account.id == actor.account_id:
        raise InvalidField("account", "is your own; ask another administrator.")
    account_uses.disable_account(services(), actor.reference, account.name)
    return Made(words=f"{account.name} is disabled and signed out everywhere.")


def _enable_account(actor: Actor, account_id: str) -> Made:
    account = _account(actor, account_id)
    account_uses.enable_account(services(), actor.reference, account.name)
    return Made(words=f"{account.name} can sign in again.")


def _account(actor: Actor, account_id: str) -> Account:
    _everywhere(actor)
    with services().database.reading() as db:
        account = db.get(Account, known_id(account_id))
    if account is None:
        abort(404, "There is no such account.")
    return account


def _everywhere(actor: Actor) -> None:
    if not everywhere(actor, ADMIN):
        abort(403, "This needs an administrator of every site.")


def _role(text: str) -> Role | None:
    """The role of this name; None for the empty text. Raises ``InvalidField``."""
    if text and text not in list(Role):
        raise InvalidField("role", f"must be one of {', '.join(Role)}.")
    return Role(text) if text else None


def _granted(role: Role) -> Granted:
    """The role with the sections and further rights of the form; no section named: all of them."""
    names = tuple(name.strip() for name in _field("sections", 2000).split(",") if name.strip())
    extra = [right for right in Extra if right.value in request.form.getlist("extra")]
    return Granted(role=role, sections=names or None, extra=frozenset(extra))


def _place() -> str:
    """The site that a role is for, or every site. Raises ``InvalidField``."""
    place = _field("site", 64)
    with services().database.reading() as db:
        if place != EVERYWHERE and db.get(Site, place) is None:
            raise InvalidField("site", f"{place!r} is not there.")
    return place


def _field(name: str, most: int = 200) -> str:
    """A field of the form, trimmed. Raises ``InvalidField`` for what is far too long or can't be stored."""
    text = request.form.get(name, "").strip()
    if len(text) > most or "\x00" in text:
        raise InvalidField(name, f"can't be used: it is over {most} characters, or holds what can't be stored.")
    return text


_FORMS: Mapping[str, Callable[..., Made]] = {
    "/sites": _add_site,
    "/sites/<site_id>/keys": _add_key,
    "/keys/<key_id>/rotate": _rotate_key,
    "/keys/<key_id>/revoke": _revoke_key,
    "/accounts": _add_account,
    "/accounts/<account_id>/role": _set_role,
    "/accounts/<account_id>/disable": _disable_account,
    "/accounts/<account_id>/enable": _enable_account,
}
"""What each form of the page does, by the address that it is sent to."""
