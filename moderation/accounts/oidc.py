"""Signing in by an OpenID provider: whose account that is, and what the provider's roles let them do from now on.

An account is its provider's ``issuer`` and ``subject`` together. Only an invitation, or an administrator who enters the
subject, makes an account somebody's: an address or a name that the provider tells never does.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from moderation.accounts.accounts import ADMINS, LastAdmin, insert_account, regrant
from moderation.accounts.oidc_trouble import OidcTrouble, Trouble
from moderation.accounts.passwords import NOT_CHOSEN
from moderation.accounts.sign_in import SignedIn, start_session
from moderation.config.sign_in import RoleFromClaim
from moderation.core.actor import EVERYWHERE
from moderation.core.audit_chain import SYSTEM as SYSTEM_CHAIN
from moderation.core.errors import InvalidField, InvitationEnded
from moderation.core.messages import Message
from moderation.core.text.written import display_name
from moderation.services import Services
from moderation.storage.accounts import (
    MAXIMUM_NAME,
    Account,
    Extra,
    Granted,
    Role,
    account_named,
    account_of_subject,
    end_sessions,
    end_vouched_sessions,
    grants_of,
    invited_account,
    locked_account,
)
from moderation.storage.database import lock
from moderation.storage.sites import Site, digest_of
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

log = logging.getLogger(__name__)

NAME_CLAIMS = ("name", "preferred_username")
PROVIDER = "sign-in provider"
"""The actor of what a provider's answer brings about."""


class Vouched(Protocol):
    """Whom a provider vouches for."""

    @property
    def issuer(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def claims(self) -> Mapping[str, Any]: ...


def claims_wanted(services: Services) -> tuple[str, ...]:
    """Which claims a sign-in goes by."""
    asked = services.configuration.current().sign_in.oidc
    return (*((asked.roles_claim,) if asked.roles else ()), *((NAME_CLAIMS[0],) if asked.new_accounts else ()))


def sign_in_vouched(
    services: Services, vouched: Vouched, *, invitation: str | None = None, agent: str | None = None
) -> SignedIn:
    """Signs somebody in for whom a provider vouches, as the holder of an ``invitation`` where there is one: from then
    on its account is theirs. Their roles are put in force first, and where they have none left, their sign-ins end.

    Raises ``OidcTrouble`` and ``InvitationEnded``.
    """

    def work(unit: UnitOfWork) -> SignedIn | OidcTrouble:
        lock(unit.session, ADMINS)  # before anything is read: rights change here, and two first sign-ins are one
        outcome = _admitted(services, unit, vouched, invitation)
        if isinstance(outcome, Trouble):
            return OidcTrouble(outcome)
        cookie = start_session(unit, outcome.id, agent, oidc_issuer=vouched.issuer)
        return SignedIn(cookie=cookie, account=outcome)

    done = run_in_unit_of_work(services, work)
    if isinstance(done, OidcTrouble):
        note_trouble(services, done.trouble)
        raise done
    return done


def note_trouble(services: Services, trouble: Trouble) -> None:
    """Writes into the audit log that nobody was signed in, and why."""

    def work(unit: UnitOfWork) -> None:
        unit.event(SYSTEM_CHAIN, "visitor", "account.sign_in_failed", "unknown", {"at": "provider", "why": trouble})

    run_in_unit_of_work(services, work)


def link_subject(services: Services, actor: str, account_id: str, issuer: str, subject: str) -> None:
    """Makes an account that of whom the provider calls so; the empty subject: of nobody there. What the provider
    vouched for before ends. Raises ``InvalidField`` for a subject that has another account.
    """

    def work(unit: UnitOfWork) -> None:
        account = locked_account(unit.session, account_id)
        if account is None:
            raise InvalidField("account", Message("account_unknown", {"name": repr(account_id)}))
        other = account_of_subject(unit.session, issuer, subject) if subject else None
        if other is not None and other.id != account.id:
            raise InvalidField("subject", Message("subject_taken"))
        if _link(unit, actor, account, issuer if subject else None, subject or None):
            end_vouched_sessions(unit.session, account.id)

    run_in_unit_of_work(services, work)


def _admitted(services: Services, unit: UnitOfWork, vouched: Vouched, invitation: str | None) -> Account | Trouble:
    asked = services.configuration.current().sign_in.oidc
    grants = _granted(unit, asked.roles_of(vouched.claims)) if asked.roles else None
    account = account_of_subject(unit.session, vouched.issuer, vouched.subject)
    invited = _invited(unit, invitation) if invitation is not None else None
    refused = _refused(account, invited, grants, new_accounts=asked.new_accounts)
    if refused is not None:
        return refused
    found = account or invited
    if found is None:
        found = insert_account(unit, PROVIDER, _free_name(unit, vouched), NOT_CHOSEN, grants or {})
        _link(unit, PROVIDER, found, vouched.issuer, vouched.subject)
    elif grants is not None:
        _put_in_force(unit, found, grants)
    if not grants_of(unit.session, found.id):
        end_sessions(unit.session, found.id)
        return Trouble.NO_ROLE
    if invited is not None:
        _link(unit, f"account:{found.id}", found, vouched.issuer, vouched.subject)
        found.invitation = found.invitation_ends_at = None
        end_sessions(unit.session, found.id)
    return found


def _refused(
    account: Account | None, invited: Account | None, grants: Mapping[str, Granted] | None, *, new_accounts: bool
) -> Trouble | None:
    """Why they get into no account as it is. An invitation stays: its holder may come back with another login."""
    found = account or invited
    if found is None and not new_accounts:
        return Trouble.UNKNOWN
    if account is not None and invited is not None and account.id != invited.id:
        return Trouble.TAKEN
    if found is not None and found.disabled_at is not None:
        return Trouble.DISABLED
    return Trouble.NO_ROLE if account is None and grants == {} else None


def _invited(unit: UnitOfWork, invitation: str) -> Account:
    found = invited_account(unit.session, digest_of(invitation), unit.now)
    account = locked_account(unit.session, found.id) if found else None
    if account is None or account.invitation != digest_of(invitation):
        raise InvitationEnded
    return account


def _link(unit: UnitOfWork, actor: str, account: Account, issuer: str | None, subject: str | None) -> bool:
    if (account.oidc_issuer, account.oidc_subject) == (issuer, subject):
        return False
    account.oidc_issuer, account.oidc_subject = issuer, subject
    # Without the subject, which is somebody's name at the provider.
    unit.event(SYSTEM_CHAIN, actor, "account.linked" if subject else "account.unlinked", account.id, {})
    return True


def _put_in_force(unit: UnitOfWork, account: Account, grants: Mapping[str, Granted]) -> None:
    if grants == grants_of(unit.session, account.id):
        return
    try:
        regrant(unit, PROVIDER, account, grants)
    except LastAdmin as kept:
        log.warning("the roles of account %s stay as they are: it %s", account.id, kept.message)


def _granted(unit: UnitOfWork, roles: Sequence[RoleFromClaim]) -> dict[str, Granted]:
    """What roles come to, site by site: the highest of each, in the sections of all that are as high."""
    grants: dict[str, Granted] = {}
    for site in sorted({role.site for role in roles}):
        if site != EVERYWHERE and unit.session.get(Site, site) is None:
            log.warning("[[sign_in.oidc.roles]] names the site %r, which isn't there", site)
            continue
        here = [role for role in roles if role.site == site]
        rank = max(role.rank for role in here)
        highest = [role for role in here if role.rank == rank]
        sections = sorted({section for role in highest for section in role.sections})
        grants[site] = Granted(
            role=Role(highest[0].role),
            sections=tuple(sections) if all(role.sections for role in highest) else None,
            extra=frozenset(Extra(right) for role in highest for right in role.extra),
        )
    if EVERYWHERE in grants:  # sections would take away of what holds everywhere
        grants = {site: granted for site, granted in grants.items() if granted.sections is None}
    return grants


def _free_name(unit: UnitOfWork, vouched: Vouched) -> str:
    """What colleagues will call a new account: as the provider does, with a number where somebody is called so."""
    name = next(iter(_names(vouched)), "?")
    number = 1
    tried = name
    while account_named(unit.session, tried) is not None:
        number += 1
        tried = f"{name[: MAXIMUM_NAME - 8]} {number}"
    return tried


def _names(vouched: Vouched) -> Iterable[str]:
    for told in (*(vouched.claims.get(claim) for claim in NAME_CLAIMS), vouched.subject):
        if isinstance(told, str):
            try:
                yield display_name(told, "name", MAXIMUM_NAME)
            except InvalidField:
                continue
