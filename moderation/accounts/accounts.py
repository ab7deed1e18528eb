"""Accounts: made, invited, changed, disabled; what they may do, and their tokens."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from moderation.accounts.passwords import NOT_CHOSEN, check_password, hash_of, matches
from moderation.accounts.sites import site_named
from moderation.core.actor import EVERYWHERE, Actor
from moderation.core.audit_chain import SYSTEM as SYSTEM_CHAIN
from moderation.core.errors import InvalidField, InvitationEnded, WrongCredential
from moderation.core.ids import new_id
from moderation.core.messages import LANGUAGES, Message
from moderation.core.reach import MAXIMUM_SECTIONS
from moderation.core.text.written import display_name
from moderation.services import Services
from moderation.storage.accounts import (
    MAXIMUM_NAME,
    Account,
    Grant,
    Granted,
    Role,
    Token,
    account_named,
    all_accounts,
    end_sessions,
    grants_of,
    invited_account,
    locked_account,
    rights_of,
)
from moderation.storage.database import lock
from moderation.storage.sites import Right, digest_of
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

INVITATION_LASTS = timedelta(days=7)


class LastAdmin(InvalidField):
    """Nobody else is left who may do everything everywhere and can sign in without a provider."""


def add_account(services: Services, actor: str, name: str, password: str, grants: Mapping[str, Granted]) -> str:
    """Makes an account and returns its id. ``grants`` maps a site, or ``*``, to what it may do there.

    Raises ``InvalidField``.
    """
    name = display_name(name, "name", MAXIMUM_NAME)
    check_password(password)
    hashed = hash_of(services.password_hasher, password)

    def work(unit: UnitOfWork) -> str:
        if account_named(unit.session, name) is not None:
            raise InvalidField("name", Message("account_name_taken", {"name": repr(name)}))
        _check_grants(unit, grants)
        return insert_account(unit, actor, name, hashed, grants).id

    return run_in_unit_of_work(services, work)


def _check_grants(unit: UnitOfWork, grants: Mapping[str, Granted]) -> None:
    """Raises ``InvalidField`` for a place that isn't there, and for sections that would limit nothing, or too little:
    rights held everywhere hold in every section, and an administrator's are the whole site's.
    """
    for site_id, granted in grants.items():
        if site_id != EVERYWHERE:
            site_named(unit.session, site_id)
        if granted.sections is None:
            continue
        if EVERYWHERE in grants:
            raise InvalidField("section", Message("sections_on_every_site"))
        if granted.role is Role.ADMIN:
            raise InvalidField("section", Message("sections_for_admin"))
        if not 0 < len(granted.sections) <= MAXIMUM_SECTIONS:
            raise InvalidField("section", Message("sections_too_many", {"maximum": MAXIMUM_SECTIONS}))


def invite(services: Services, actor: str, name: str, grants: Mapping[str, Granted]) -> str:
    """Makes an account without a password. Returns the invitation, whose holder chooses it: the only time that it is
    seen. Raises ``InvalidField``.
    """
    name = display_name(name, "name", MAXIMUM_NAME)
    token = secrets.token_urlsafe(24)

    def work(unit: UnitOfWork) -> None:
        if account_named(unit.session, name) is not None:
            raise InvalidField("name", Message("account_name_taken", {"name": repr(name)}))
        _check_grants(unit, grants)
        account = insert_account(unit, actor, name, NOT_CHOSEN, grants)
        _invited(unit, actor, account, token)

    run_in_unit_of_work(services, work)
    return token


def invite_again(services: Services, actor: str, name: str) -> str:
    """A new invitation to choose a password, for somebody whose link has ended or who has forgotten theirs. Links made
    before end; the present password works until a new one is chosen.
    """
    token = secrets.token_urlsafe(24)
    _with_account(services, name, lambda unit, account: _invited(unit, actor, account, token))
    return token


def _invited(unit: UnitOfWork, actor: str, account: Account, token: str) -> None:
    account.invitation, account.invitation_ends_at = digest_of(token), unit.now + INVITATION_LASTS
    unit.event(SYSTEM_CHAIN, actor, "account.invited", account.id, {})


def invited_name(services: Services, token: str) -> str:
    """The name of the account that an invitation is for. Raises ``InvitationEnded``."""
    with services.database.reading() as session:
        account = invited_account(session, digest_of(token), services.clock())
    if account is None:
        raise InvitationEnded
    return account.name


def accept_invitation(services: Services, token: str, password: str) -> None:
    """Sets the password that the invitation's holder has chosen, and ends every sign-in of the account.

    Raises ``InvitationEnded``, ``InvalidField``.
    """
    invited_name(services, token)  # before the costly hash
    check_password(password)
    hashed = hash_of(services.password_hasher, password)

    def work(unit: UnitOfWork) -> None:
        found = invited_account(unit.session, digest_of(token), unit.now)
        account = locked_account(unit.session, found.id) if found else None
        if account is None or account.invitation != digest_of(token):
            raise InvitationEnded
        account.password_hash = hashed
        account.invitation = account.invitation_ends_at = None
        end_sessions(unit.session, account.id)
        unit.event(SYSTEM_CHAIN, f"account:{account.id}", "account.password_chosen", account.id, {})

    run_in_unit_of_work(services, work)


def choose_own_language(services: Services, owner: Actor, language: str | None) -> None:
    """In which language the owner's pages are from now on; None: as the site has it, or the browser. It is nobody
    else's business, and no event. Raises ``InvalidField``.
    """
    if language is not None and language not in LANGUAGES["desk"]:
        raise InvalidField("language", Message("language_not_offered", {"offered": ", ".join(LANGUAGES["desk"])}))

    def work(unit: UnitOfWork) -> None:
        unit.session.get_one(Account, owner.account_id).language = language

    run_in_unit_of_work(services, work)


def change_own_password(services: Services, owner: Actor, old: str, new: str, *, cookie: str) -> None:
    """Changes the owner's password and ends every sign-in but this one.

    Raises ``InvalidField``, and ``WrongCredential`` for an old one that isn't.
    """
    check_password(new)
    with services.database.reading() as session:
        account = session.get(Account, owner.account_id)
    if account is None or not matches(services.password_hasher, account.password_hash, old, known=True):
        raise WrongCredential("password", Message("password_not_present"))
    hashed = hash_of(services.password_hasher, new)

    def work(unit: UnitOfWork, account: Account) -> None:
        account.password_hash = hashed
        account.invitation = account.invitation_ends_at = None
        end_sessions(unit.session, account.id, exclude=digest_of(cookie))
        unit.event(SYSTEM_CHAIN, owner.reference, "account.password_changed", account.id, {})

    _with_account(services, account.name, work)


def set_password(services: Services, actor: str, name: str, password: str) -> None:
    """Changes a password and ends every sign-in of the account."""
    check_password(password)
    hashed = hash_of(services.password_hasher, password)

    def work(unit: UnitOfWork, account: Account) -> None:
        account.password_hash = hashed
        account.invitation = account.invitation_ends_at = None
        end_sessions(unit.session, account.id)
        unit.event(SYSTEM_CHAIN, actor, "account.password_changed", account.id, {})

    _with_account(services, name, work)


def _keep_an_admin(unit: UnitOfWork, account: Account) -> None:
    """Raises ``LastAdmin`` where this account is the only one left that may do everything everywhere and can sign
    in: neither disabled nor still to choose a password. The transaction must hold ``ADMINS``.
    """
    usable = (other for other in all_accounts(unit.session) if other.disabled_at is None and other.password_hash)
    admins = [other.id for other in usable if is_admin_everywhere(grants_of(unit.session, other.id))]
    if admins == [account.id]:
        raise LastAdmin("name", Message("last_admin"))


def is_admin_everywhere(grants: Mapping[str, Granted]) -> bool:
    return EVERYWHERE in grants and grants[EVERYWHERE].role is Role.ADMIN


ADMINS = "administrators"
"""The lock under which accounts lose rights: two changes at once would each leave the admin that the other takes."""


def disable_account(services: Services, actor: str, name: str) -> None:
    """Ends an account and its sign-ins. The last admin can't be disabled."""

    def work(unit: UnitOfWork, account: Account) -> None:
        _keep_an_admin(unit, account)
        account.disabled_at = account.disabled_at or unit.now
        end_sessions(unit.session, account.id)
        unit.event(SYSTEM_CHAIN, actor, "account.disabled", account.id, {})

    _with_account(services, name, work, under=ADMINS)


def enable_account(services: Services, actor: str, name: str) -> None:
    def work(unit: UnitOfWork, account: Account) -> None:
        account.disabled_at = None
        unit.event(SYSTEM_CHAIN, actor, "account.enabled", account.id, {})

    _with_account(services, name, work, under=ADMINS)


def set_grants(services: Services, actor: str, name: str, grants: Mapping[str, Granted]) -> None:
    """Replaces what an account may do, site by site. The last admin stays one."""
    _with_account(services, name, lambda unit, account: regrant(unit, actor, account, grants), under=ADMINS)


def set_grant(services: Services, actor: str, name: str, site_id: str, granted: Granted | None) -> None:
    """Changes what an account may do on one site, or on every site; None: nothing. The rest stays as it is."""

    def work(unit: UnitOfWork, account: Account) -> None:
        grants = {site: held for site, held in grants_of(unit.session, account.id).items() if site != site_id}
        regrant(unit, actor, account, grants if granted is None else {**grants, site_id: granted})

    _with_account(services, name, work, under=ADMINS)


def regrant(unit: UnitOfWork, actor: str, account: Account, grants: Mapping[str, Granted]) -> None:
    """Replaces what an account may do, in a transaction that holds ``ADMINS``. Raises ``InvalidField``."""
    _check_grants(unit, grants)
    if not is_admin_everywhere(grants):
        _keep_an_admin(unit, account)
    unit.session.execute(delete(Grant).where(Grant.account_id == account.id))
    _grant(unit, account.id, grants)
    unit.event(SYSTEM_CHAIN, actor, "account.roles_changed", account.id, _told(grants))


def add_token(services: Services, actor: str, name: str, right: Right) -> str:
    """Makes a token that acts for an account with one right, where the account has it. Returned once.

    Raises ``InvalidField`` where the account has that right nowhere.
    """
    token = "ut_" + secrets.token_urlsafe(30)

    def work(unit: UnitOfWork, account: Account) -> None:
        grants = grants_of(unit.session, account.id)
        if not any(right.value in rights_of(granted) for granted in grants.values()):
            raise InvalidField("right", Message("right_not_own", {"right": repr(right.value)}))
        row = Token(
            id=new_id(unit.now),
            account_id=account.id,
            digest=digest_of(token),
            right=right.value,
            created_at=unit.now,
        )
        unit.session.add(row)
        unit.event(SYSTEM_CHAIN, actor, "token.created", row.id, {"account": account.id, "right": right.value})

    _with_account(services, name, work)
    return token


def revoke_token(services: Services, actor: str, token_id: str) -> None:
    """Ends a token at once. Raises ``InvalidField`` when there is no such token."""

    def work(unit: UnitOfWork) -> None:
        row = unit.session.get(Token, token_id)
        if row is None:
            raise InvalidField("token", Message("token_unknown"))
        if row.revoked_at is None:
            row.revoked_at = unit.now
            unit.event(SYSTEM_CHAIN, actor, "token.revoked", row.id, {"account": row.account_id, "right": row.right})

    run_in_unit_of_work(services, work)


def _with_account(
    services: Services, name: str, work: Callable[[UnitOfWork, Account], None], *, under: str | None = None
) -> None:
    """Runs ``work`` on the account of this name, ``under`` a lock if one is named. Raises ``InvalidField``."""

    def checked(unit: UnitOfWork) -> None:
        if under is not None:
            lock(unit.session, under)  # before anything is read
        account = account_named(unit.session, name)
        if account is None:
            raise InvalidField("name", Message("account_unknown", {"name": repr(name)}))
        work(unit, account)

    run_in_unit_of_work(services, checked)


def insert_account(unit: UnitOfWork, actor: str, name: str, hashed: str, grants: Mapping[str, Granted]) -> Account:
    """An account whose password has this hash (``passwords.hash_of``), in a transaction under way."""
    account = Account(id=new_id(unit.now), name=name, password_hash=hashed, created_at=unit.now)
    unit.session.add(account)
    unit.session.flush()
    _grant(unit, account.id, grants)
    unit.event(SYSTEM_CHAIN, actor, "account.created", account.id, {"roles": _told(grants)})
    return account


def _grant(unit: UnitOfWork, account_id: str, grants: Mapping[str, Granted]) -> None:
    for site_id, granted in grants.items():
        unit.session.add(
            Grant(
                account_id=account_id,
                site_id=site_id,
                role=granted.role.value,
                sections=None if granted.sections is None else list(granted.sections),
                extra=sorted(granted.extra),
            )
        )


def _told(grants: Mapping[str, Granted]) -> dict[str, Any]:
    """What the audit log keeps of rights."""
    return {
        site: {"role": granted.role.value}
        | ({} if granted.sections is None else {"sections": list(granted.sections)})
        | ({"extra": sorted(granted.extra)} if granted.extra else {})
        for site, granted in grants.items()
    }
