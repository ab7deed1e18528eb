"""Accounts: made, changed, disabled; their roles and tokens; signing in and out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import delete

from moderation.core.actor import EVERYWHERE, Actor
from moderation.core.audit_chain import SYSTEM as SYSTEM_CHAIN
from moderation.core.errors import InvalidField
from moderation.core.ids import new_id
from moderation.core.text import display_name
from moderation.record import Ledger, recorded
from moderation.services import Services
from moderation.storage.accounts import (
    Account,
    Grant,
    Granted,
    Role,
    Token,
    WebSession,
    account_named,
    all_accounts,
    end_sessions,
    grants_of,
    live_session,
    live_token,
)
from moderation.storage.sites import Right, Site, digest_of

SIGN_IN_LASTS = timedelta(hours=12)
MINIMUM_PASSWORD = 12
MAXIMUM_PASSWORD = 512
MAXIMUM_NAME = 60

_hasher = PasswordHasher()
# Checked against when there is no such account, so that the answer takes as long.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))

_MODERATOR = frozenset({"read", "moderate", "batch_approve"})
_SENIOR = _MODERATOR | {"senior"}
_RIGHTS_OF = {
    Role.MODERATOR: _MODERATOR,
    Role.SENIOR: _SENIOR,
    Role.ADMIN: _SENIOR | {"admin", "articles", "submit", "analyze"},
}
MAXIMUM_SECTIONS = 100


class SignInFailed(InvalidField):
    """Name or password is wrong, or the account is disabled; which of them is not told."""


def add_account(services: Services, actor: str, name: str, password: str, grants: Mapping[str, Granted]) -> str:
    """Makes an account and returns its id. ``grants`` maps a site, or ``*``, to what it may do there.

    Raises ``InvalidField``.
    """
    name = display_name(name, "name", MAXIMUM_NAME)
    check_password(password)

    def work(ledger: Ledger) -> str:
        if account_named(ledger.session, name) is not None:
            raise InvalidField("name", f"there is an account {name!r} already.")
        _check_grants(ledger, grants)
        return insert_account(ledger, actor, name, password, grants)

    return recorded(services, work)


def _check_grants(ledger: Ledger, grants: Mapping[str, Granted]) -> None:
    """Raises ``InvalidField`` for a place that isn't there, and for sections that would limit nothing, or too little:
    rights held everywhere hold in every section, and an administrator's are the whole site's.
    """
    for site_id, granted in grants.items():
        if site_id != EVERYWHERE and ledger.session.get(Site, site_id) is None:
            raise InvalidField("site", f"there is no site {site_id!r}.")
        if granted.sections is None:
            continue
        if EVERYWHERE in grants:
            raise InvalidField("section", "can't limit somebody who has a role on every site.")
        if granted.role is Role.ADMIN:
            raise InvalidField("section", "can't limit an administrator; choose moderator or senior.")
        if not 0 < len(granted.sections) <= MAXIMUM_SECTIONS:
            raise InvalidField("section", f"needs 1 to {MAXIMUM_SECTIONS} names, or none at all for the whole site.")


def check_password(password: str) -> None:
    """Raises ``InvalidField`` for a password that is too short or absurdly long."""
    if not MINIMUM_PASSWORD <= len(password) <= MAXIMUM_PASSWORD:
        raise InvalidField("password", f"needs {MINIMUM_PASSWORD} to {MAXIMUM_PASSWORD} characters.")


def set_password(services: Services, actor: str, name: str, password: str) -> None:
    """Changes a password and ends every sign-in of the account."""
    check_password(password)

    def work(ledger: Ledger, account: Account) -> None:
        account.password_hash = _hasher.hash(password)
        end_sessions(ledger.session, account.id)
        ledger.event(SYSTEM_CHAIN, actor, "account.password_changed", account.id, {})

    _with_account(services, name, work)


def _keep_an_admin(ledger: Ledger, account: Account) -> None:
    """Raises ``InvalidField`` where this account is the only one left that may do everything everywhere."""
    admins = [
        other.id
        for other in all_accounts(ledger.session)
        if other.disabled_at is None and _is_admin_everywhere(grants_of(ledger.session, other.id))
    ]
    if admins == [account.id]:
        raise InvalidField("name", "is the last admin; make another one first.")


def _is_admin_everywhere(grants: Mapping[str, Granted]) -> bool:
    return EVERYWHERE in grants and grants[EVERYWHERE].role is Role.ADMIN


def disable_account(services: Services, actor: str, name: str) -> None:
    """Ends an account and its sign-ins. The last admin can't be disabled."""

    def work(ledger: Ledger, account: Account) -> None:
        _keep_an_admin(ledger, account)
        account.disabled_at = account.disabled_at or ledger.now
        end_sessions(ledger.session, account.id)
        ledger.event(SYSTEM_CHAIN, actor, "account.disabled", account.id, {})

    _with_account(services, name, work)


def enable_account(services: Services, actor: str, name: str) -> None:
    def work(ledger: Ledger, account: Account) -> None:
        account.disabled_at = None
        ledger.event(SYSTEM_CHAIN, actor, "account.enabled", account.id, {})

    _with_account(services, name, work)


def set_grants(services: Services, actor: str, name: str, grants: Mapping[str, Granted]) -> None:
    """Replaces what an account may do, site by site. The last admin stays one."""

    def work(ledger: Ledger, account: Account) -> None:
        _check_grants(ledger, grants)
        if not _is_admin_everywhere(grants):
            _keep_an_admin(ledger, account)
        ledger.session.execute(delete(Grant).where(Grant.account_id == account.id))
        _grant(ledger, account.id, grants)
        ledger.event(SYSTEM_CHAIN, actor, "account.roles_changed", account.id, _told(grants))

    _with_account(services, name, work)


def add_token(services: Services, actor: str, name: str, right: Right) -> str:
    """Makes a token that acts for an account with one right, where the account has it. Returned once.

    Raises ``InvalidField`` where the account has that right nowhere.
    """
    token = "ut_" + secrets.token_urlsafe(30)

    def work(ledger: Ledger, account: Account) -> None:
        grants = grants_of(ledger.session, account.id)
        if not any(right.value in _RIGHTS_OF[granted.role] for granted in grants.values()):
            raise InvalidField("right", f"{right.value!r} is not among this account's own; give it another role first.")
        row = Token(
            id=new_id(ledger.now),
            account_id=account.id,
            digest=digest_of(token),
            right=right.value,
            created_at=ledger.now,
        )
        ledger.session.add(row)
        ledger.event(SYSTEM_CHAIN, actor, "token.created", row.id, {"account": account.id, "right": right.value})

    _with_account(services, name, work)
    return token


def revoke_token(services: Services, actor: str, token_id: str) -> None:
    """Ends a token at once. Raises ``InvalidField`` when there is no such token."""

    def work(ledger: Ledger) -> None:
        row = ledger.session.get(Token, token_id)
        if row is None:
            raise InvalidField("token", "names no token.")
        if row.revoked_at is None:
            row.revoked_at = ledger.now
            ledger.event(SYSTEM_CHAIN, actor, "token.revoked", row.id, {"account": row.account_id, "right": row.right})

    recorded(services, work)


def _with_account(services: Services, name: str, work: Callable[[Ledger, Account], None]) -> None:
    def checked(ledger: Ledger) -> None:
        account = account_named(ledger.session, name)
        if account is None:
            raise InvalidField("name", f"there is no account {name!r}.")
        work(ledger, account)

    recorded(services, checked)


def insert_account(ledger: Ledger, actor: str, name: str, password: str, grants: Mapping[str, Granted]) -> str:
    account = Account(id=new_id(ledger.now), name=name, password_hash=_hasher.hash(password), created_at=ledger.now)
    ledger.session.add(account)
    ledger.session.flush()
    _grant(ledger, account.id, grants)
    ledger.event(SYSTEM_CHAIN, actor, "account.created", account.id, {"roles": _told(grants)})
    return account.id


def _grant(ledger: Ledger, account_id: str, grants: Mapping[str, Granted]) -> None:
    for site_id, granted in grants.items():
        ledger.session.add(
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


def sign_in(services: Services, name: str, password: str) -> str:
    """Checks name and password and starts a session. Returns the text for its cookie. Raises ``SignInFailed``."""
    try:
        name = display_name(name, "name", MAXIMUM_NAME)
    except InvalidField:
        name = ""  # nobody has it; the answer and its time are those for a wrong password
    with services.database.reading() as session:
        account = account_named(session, name)
    usable = account is not None and account.disabled_at is None
    correct = _matches(account.password_hash if account and usable else _NOBODY, password)
    if account is None or not usable or not correct:
        _note_failure(services, account)
        raise SignInFailed("name", "or password is wrong. Please try again.")
    cookie = secrets.token_urlsafe(32)

    def work(ledger: Ledger) -> None:
        ledger.session.add(
            WebSession(
                digest=digest_of(cookie),
                account_id=account.id,
                created_at=ledger.now,
                expires_at=ledger.now + SIGN_IN_LASTS,
            )
        )
        ledger.session.execute(delete(WebSession).where(WebSession.expires_at < ledger.now))
        ledger.event(SYSTEM_CHAIN, f"account:{account.id}", "account.signed_in", account.id, {})

    recorded(services, work)
    return cookie


def sign_out(services: Services, cookie: str) -> None:
    """Ends a session."""

    def work(ledger: Ledger) -> None:
        row = ledger.session.get(WebSession, digest_of(cookie))
        if row is not None:
            ledger.session.delete(row)
            ledger.event(SYSTEM_CHAIN, f"account:{row.account_id}", "account.signed_out", row.account_id, {})

    recorded(services, work)


def account_signed_in(services: Services, cookie: str) -> Actor | None:
    """Who is behind a session's cookie, with what they may do."""
    with services.database.reading() as session:
        account = live_session(session, digest_of(cookie), services.clock())
        return _actor(account, grants_of(session, account.id)) if account else None


def account_with_token(services: Services, token: str) -> Actor | None:
    """Who is behind a token, with the right that it has, on the sites where the account has it."""
    with services.database.reading() as session:
        found = live_token(session, digest_of(token))
        if found is None:
            return None
        row, account = found
        whole = _actor(account, grants_of(session, account.id))
    # Whoever may decide about a comment may read it.
    wanted = {row.right, "read"} if row.right == Right.MODERATE else {row.right}
    rights = {site: frozenset(wanted & held) for site, held in whole.rights.items()}
    return Actor(
        reference=whole.reference,
        name=whole.name,
        account_id=account.id,
        rights={site: held for site, held in rights.items() if held},
        sections=whole.sections,
    )


def _actor(account: Account, grants: Mapping[str, Granted]) -> Actor:
    limited = {site: granted.sections for site, granted in grants.items() if granted.sections is not None}
    return Actor(
        reference=f"account:{account.id}",
        name=account.name,
        account_id=account.id,
        rights={site: _RIGHTS_OF[granted.role] | set(granted.extra) for site, granted in grants.items()},
        sections={site: frozenset(names) for site, names in limited.items()},
    )


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password[: MAXIMUM_PASSWORD + 1])
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


def _note_failure(services: Services, account: Account | None) -> None:
    subject = account.id if account else "unknown"

    def work(ledger: Ledger) -> None:
        ledger.event(SYSTEM_CHAIN, "visitor", "account.sign_in_failed", subject, {})

    recorded(services, work)
