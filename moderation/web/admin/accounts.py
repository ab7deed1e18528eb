"""Accounts: who may sign in, what they may do where, and what an administrator can do for or against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, abort, request, url_for

from moderation.accounts import accounts as account_uses
from moderation.accounts.oidc import link_subject
from moderation.accounts.oidc_trouble import LONGEST_SUBJECT
from moderation.accounts.reachable import sites_reached
from moderation.accounts.second_factor import take_away
from moderation.accounts.sign_in import end_all_sessions, end_session, idle_since
from moderation.core.actor import EVERYWHERE, Actor
from moderation.core.errors import InvalidField, clipped
from moderation.core.messages import Message
from moderation.core.reach import ADMIN
from moderation.storage.accounts import (
    Account,
    Extra,
    Granted,
    Role,
    Token,
    all_accounts,
    grants_of,
    sessions_of,
    tokens_of,
)
from moderation.storage.sites import Site
from moderation.web.admin.frame import admin_blueprint, admin_page, of_every_site
from moderation.web.admin.lists import account_row
from moderation.web.shared.access import person, services
from moderation.web.shared.form_results import NOTHING_TOLD, Made, Told, field, handled
from moderation.web.shared.languages import gettext
from moderation.web.shared.rendering import known_id
from moderation.web.shared.sign_ins import provider_name, session_row

HERE = "/admin/accounts"


def blueprint() -> Blueprint:
    """The routes under ``/admin/accounts``: for administrators of every site."""
    pages = admin_blueprint("accounts_pages")

    pages.before_request(of_every_site)

    @pages.get("/accounts")
    def accounts() -> Response:
        return _all_page()

    @pages.post("/accounts")
    def invite() -> Response:
        return handled(_invite, _all_page)

    @pages.get("/accounts/<account_id>")
    def account(account_id: str) -> Response:
        return _one_page(account_id=account_id)

    for path, use in _FORMS.items():
        rule, name = f"/accounts/<account_id>/{path}", use.__name__.strip("_")
        pages.add_url_rule(rule, name, _form(use), methods=["POST"])
    return pages


def _form(use: Callable[..., Made]) -> Callable[..., Response]:
    def view(account_id: str) -> Response:
        return handled(use, _one_page, account_id=account_id)

    return view


def _all_page(told: Told = NOTHING_TOLD) -> Response:
    now = services().clock()
    with services().database.reading() as db:
        rows = [account_row(account, grants_of(db, account.id), now) for account in all_accounts(db)]
        sites = sites_reached(db, person(), ADMIN)
    return admin_page(
        "admin/accounts.html", told, here=HERE, accounts=rows, sites=sites, roles=list(Role), provider=provider_name()
    )


def _one_page(told: Told = NOTHING_TOLD, *, account_id: str) -> Response:
    account, now = _account(account_id), services().clock()
    idle = idle_since(services(), now)
    with services().database.reading() as db:
        row = account_row(account, grants_of(db, account.id), now)
        sessions = [session_row(session) for session in sessions_of(db, account.id, now, idle_since=idle)]
        tokens = tokens_of(db, account.id)
        sites = sites_reached(db, person(), ADMIN)
    return admin_page(
        "admin/account.html",
        told,
        here=HERE,
        account=row,
        own=account.id == person().account_id,
        sessions=sessions,
        tokens=tokens,
        sites=sites,
        roles=list(Role),
        provider=provider_name(),
        roles_from_there=bool(services().configuration.current().sign_in.oidc.roles),
    )


def _invite(actor: Actor) -> Made:
    name = field("name")
    role = _role(request.form.get("role", ""))
    if role is None:
        raise InvalidField("role", Message("role_missing"))
    token = account_uses.invite(services(), actor.reference, name, {_place(): _granted(role)})
    return _link(gettext("%(name)s is invited.", name=name), token)


def _invite_again(actor: Actor, account_id: str) -> Made:
    account = _account(account_id)
    if account.disabled_at is not None:
        raise InvalidField("account", Message("account_disabled"))
    token = account_uses.invite_again(services(), actor.reference, account.name)
    return _link(gettext("A new link for %(name)s; those before it open nothing any more.", name=account.name), token)


def _link(words: str, token: str) -> Made:
    days = account_uses.INVITATION_LASTS.days
    return Made(
        words=words,
        secret=url_for("invitation", token=token, _external=True),
        hint=gettext(
            "Give them this link: whoever opens it chooses the password. It works once, within %(days)s days, and is "
            "shown here this once.",
            days=days,
        ),
    )


def _set_role(actor: Actor, account_id: str) -> Made:
    account = _account(account_id)
    role, place = _role(request.form.get("role", "")), _place()
    if account.id == actor.account_id and place == EVERYWHERE and role is not Role.ADMIN:
        raise InvalidField("role", Message("own_role"))
    account_uses.set_grant(services(), actor.reference, account.name, place, _granted(role) if role else None)
    return Made(words=gettext("The rights of %(name)s are changed.", name=account.name))


def _disable(actor: Actor, account_id: str) -> Made:
    account = _account(account_id)
    if account.id == actor.account_id:
        raise InvalidField("account", Message("own_account"))
    account_uses.disable_account(services(), actor.reference, account.name)
    return Made(words=gettext("%(name)s is disabled and signed out everywhere.", name=account.name))


def _enable(actor: Actor, account_id: str) -> Made:
    account = _account(account_id)
    account_uses.enable_account(services(), actor.reference, account.name)
    return Made(words=gettext("%(name)s can sign in again.", name=account.name))


def _remove_second_factor(actor: Actor, account_id: str) -> Made:
    account = _account(account_id)
    take_away(services(), actor.reference, account.id)
    return Made(
        words=gettext(
            "%(name)s signs in by password alone now, until they set up a second factor again.", name=account.name
        )
    )


def _link_subject(actor: Actor, account_id: str) -> Made:
    account, client = _account(account_id), services().settings.oidc
    subject = "" if "unlink" in request.form else field("subject", LONGEST_SUBJECT)
    if client is None or ("unlink" not in request.form and not (subject and subject.isprintable())):
        raise InvalidField("subject", Message("subject_missing"))
    link_subject(services(), actor.reference, account.id, client.issuer, subject)
    if subject:
        return Made(words=gettext("%(name)s signs in as that from now on.", name=account.name))
    return Made(words=gettext("Nobody signs in to this account from there any more."))


def _end_session(actor: Actor, account_id: str) -> Made:
    account = _account(account_id)
    end_session(services(), actor.reference, account.id, field("session"))
    return Made(words=gettext("That sign-in has ended."))


def _end_all_sessions(actor: Actor, account_id: str) -> Made:
    account = _account(account_id)
    end_all_sessions(services(), actor.reference, account.id)
    return Made(words=gettext("%(name)s is signed out everywhere.", name=account.name))


def _revoke_token(actor: Actor, account_id: str) -> Made:
    account, token_id = _account(account_id), known_id(field("token"))
    with services().database.reading() as db:
        token = db.get(Token, token_id)
    if token is None or token.account_id != account.id:
        raise InvalidField("token", Message("token_of_another"))
    account_uses.revoke_token(services(), actor.reference, token.id)
    return Made(words=gettext("The token is revoked; it stopped working at once."))


def _account(account_id: str) -> Account:
    with services().database.reading() as db:
        account = db.get(Account, known_id(account_id))
    if account is None:
        abort(404, gettext("There is no such account."))
    return account


def _role(text: str) -> Role | None:
    """The role of this name; None for the empty text. Raises ``InvalidField``."""
    if text and text not in list(Role):
        raise InvalidField("role", Message("not_offered_of", {"offered": ", ".join(Role)}))
    return Role(text) if text else None


def _granted(role: Role) -> Granted:
    """The role with the sections and further rights of the form; no section named: all of them."""
    names = tuple(name.strip() for name in field("sections", 2000).split(",") if name.strip())
    extra = [right for right in Extra if right.value in request.form.getlist("extra")]
    return Granted(role=role, sections=names or None, extra=frozenset(extra))


def _place() -> str:
    """The site that a role is for, or every site. Raises ``InvalidField``."""
    place = field("site", 64)
    with services().database.reading() as db:
        if place != EVERYWHERE and db.get(Site, place) is None:
            raise InvalidField("site", Message("site_not_there", {"site": repr(clipped(place))}))
    return place


_FORMS: Mapping[str, Callable[..., Made]] = {
    "invite": _invite_again,
    "role": _set_role,
    "disable": _disable,
    "enable": _enable,
    "second-factor": _remove_second_factor,
    "subject": _link_subject,
    "end-session": _end_session,
    "end-sessions": _end_all_sessions,
    "revoke-token": _revoke_token,
}
"""What each form of an account's page does, by the end of the address that it is sent to."""
