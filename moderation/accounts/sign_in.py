"""Signing in and out, by password and, with a second factor, a code; and who is behind a cookie or a token."""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError

from moderation.accounts.accounts import is_admin_everywhere
from moderation.accounts.passwords import matches
from moderation.accounts.totp import recovery_digests, secrets_of, step_of
from moderation.core.actor import Actor
from moderation.core.audit_chain import SYSTEM as SYSTEM_CHAIN
from moderation.core.errors import InvalidField, WrongCredential
from moderation.core.ids import is_id
from moderation.core.keyring import Keys
from moderation.core.reach import MODERATE, READ, limited_to
from moderation.core.signing import keyed
from moderation.core.text.written import display_name
from moderation.services import Services
from moderation.storage.accounts import (
    MAXIMUM_NAME,
    Account,
    Granted,
    WebSession,
    account_named,
    end_sessions,
    grants_of,
    live_session,
    live_token,
    locked_account,
    note_work,
    rights_of,
    session_told_as,
)
from moderation.storage.sites import digest_of
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

log = logging.getLogger(__name__)

SIGN_IN_LASTS = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=5)
"""So often at most a sign-in's work is noted: a page that only reads writes no more than that."""
CODE_WITHIN = timedelta(minutes=5)
LONGEST_AGENT = 200


class SignInFailed(WrongCredential):
    """Name or password is wrong, or the account is disabled; which of them is not told."""


class CodeWrong(WrongCredential):
    """The second factor's code is wrong, was used before, or the password was given too long ago."""


class PasswordNotTaken(WrongCredential):
    """Name and password are right, and this account signs in by the provider alone."""


class PasswordTooLongAgo(CodeWrong):
    """Nothing shows that the password was given a few minutes ago at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that has begun: the text for its cookie, and whose it is."""

    cookie: str
    account: Account


@dataclass(eq=False)
class CodeNeeded(Exception):
    """Name and password are right, and the account has a second factor. ``proof`` is what shows the first half, for a
    few minutes.
    """

    proof: str


def account_asked_for(services: Services, name: str) -> tuple[str, Account | None]:
    """A name as accounts have it, however it was typed, and the account, if there is one."""
    try:
        name = display_name(name, "name", MAXIMUM_NAME)
    except InvalidField:
        name = ""  # nobody has it; the answer and its time are those for a wrong password
    with services.database.reading() as session:
        return name, account_named(session, name)


def sign_in(
    services: Services, account: Account | None, password: str, *, agent: str | None = None, known: bool = False
) -> SignedIn:
    """Checks the password of the account that was asked for, if there is one, and starts a session. ``agent`` is what
    the browser calls itself; ``known``: it has signed in before.

    Raises ``SignInFailed``, ``CodeNeeded`` where a code must follow, ``PasswordNotTaken`` and ``PasswordsBusy``.
    """
    usable = account is not None and account.disabled_at is None
    kept = account.password_hash if account and usable else None
    correct = matches(services.password_hasher, kept, password, known=known)
    if account is None or not usable or not correct:
        _note_failure(services, account)
        raise SignInFailed("name", "or password is wrong. Please try again.")
    if not _by_password(services, account):
        _note_failure(services, account, {"at": "password", "why": "by the provider alone"})
        raise PasswordNotTaken("password", "is not what this account signs in by.")
    if account.totp_secret is not None:
        raise CodeNeeded(_proof(services, account, services.clock() + CODE_WITHIN))
    cookie = run_in_unit_of_work(services, lambda unit: start_session(unit, account.id, agent))
    return SignedIn(cookie=cookie, account=account)


def proven_account(services: Services, proof: str) -> Account:
    """Whose password was given a few minutes ago at most, as a proof of ours shows. Nothing of one that is forged or
    late counts as an attempt at anything. Raises ``PasswordTooLongAgo``.
    """
    account_id = proof.partition(".")[0]
    with services.database.reading() as session:
        account = session.get(Account, account_id) if is_id(account_id) else None
    if account is None or not _proves(services, account, proof, services.clock()):
        raise PasswordTooLongAgo("code", "came too late: begin again with your name and password.")
    return account


def sign_in_by_code(services: Services, proof: str, code: str, *, agent: str | None = None) -> SignedIn:
    """The second half: checks the code, or a recovery code, and starts the session. A code never works twice.

    Raises ``CodeWrong``.
    """
    account_id, keys = proof.partition(".")[0], services.keys.second_factor

    def work(unit: UnitOfWork) -> SignedIn | None:
        account = locked_account(unit.session, account_id) if is_id(account_id) else None
        if account is None or not _proves(services, account, proof, unit.now):
            return None
        if not _takes(unit, account, keys, code):
            unit.event(SYSTEM_CHAIN, "visitor", "account.sign_in_failed", account.id, {"at": "second factor"})
            return None
        return SignedIn(cookie=start_session(unit, account.id, agent), account=account)

    signed_in = run_in_unit_of_work(services, work)
    if signed_in is None:
        raise CodeWrong("code", "is wrong, was used before, or came too late.")
    return signed_in


def _proof(services: Services, account: Account, ends: datetime) -> str:
    return _proofs(services, account, int(ends.timestamp()))[0]


def _proofs(services: Services, account: Account, ends: int) -> list[str]:
    """The proof under each key, the newest first."""
    signed = f"{account.id}.{ends}"
    # A changed password ends what the old one has begun.
    return [
        f"{signed}.{keyed(secret, 'half signed in', signed, account.password_hash)}"
        for secret in services.keys.sessions.secrets
    ]


def _proves(services: Services, account: Account, proof: str, now: datetime) -> bool:
    ends = proof.split(".")[1:2]
    if not ends or not (ends[0].isascii() and ends[0].isdigit() and len(ends[0]) < 12):
        return False
    right, sent = _proofs(services, account, int(ends[0])), proof.encode("utf-8", "replace")
    proven = any(hmac.compare_digest(one.encode(), sent) for one in right)
    return proven and now.timestamp() <= int(ends[0]) and account.disabled_at is None


def _takes(unit: UnitOfWork, account: Account, keys: Keys, code: str) -> bool:
    """Whether the code is right, and used up with that. The account's row is locked: two at once are one."""
    if account.totp_secret is None:  # taken away meanwhile
        return False
    code = "".join(code.split())
    step = step_of(secrets_of(keys, account.totp_secret), code, unit.now)
    if step is not None and step > (account.totp_last or 0):
        account.totp_last = step
        return True
    digests, kept = recovery_digests(keys, account.id, code), account.recovery or []
    if step is None and not set(digests).isdisjoint(kept):
        account.recovery = [other for other in kept if other not in digests]
        unit.event(SYSTEM_CHAIN, f"account:{account.id}", "account.recovery_code_used", account.id, {})
        return True
    return False


def passwords_hidden(services: Services) -> bool:
    """Whether administrators of every site alone sign in by password, everybody else by the provider."""
    asked = services.configuration.current().sign_in
    return services.settings.oidc is not None and asked.passwords == "admins"


def _by_password(services: Services, account: Account) -> bool:
    if not passwords_hidden(services):
        return True
    with services.database.reading() as session:
        return is_admin_everywhere(grants_of(session, account.id))


def start_session(unit: UnitOfWork, account_id: str, agent: str | None, *, oidc_issuer: str | None = None) -> str:
    """Begins a sign-in, in a transaction under way; returns the text for its cookie, which nothing before it knew.
    ``oidc_issuer``: the provider that vouched for them, where they gave no password.
    """
    cookie = secrets.token_urlsafe(32)
    unit.session.add(
        WebSession(
            digest=digest_of(cookie),
            account_id=account_id,
            created_at=unit.now,
            expires_at=unit.now + SIGN_IN_LASTS,
            worked_at=unit.now,
            agent=agent[:LONGEST_AGENT] if agent else None,
            oidc_issuer=oidc_issuer,
        )
    )
    unit.session.execute(delete(WebSession).where(WebSession.expires_at < unit.now))
    unit.event(
        SYSTEM_CHAIN,
        f"account:{account_id}",
        "account.signed_in",
        account_id,
        {"by": "provider"} if oidc_issuer else {},
    )
    return cookie


def sign_out(services: Services, cookie: str) -> str | None:
    """Ends a session. Returns the issuer of the provider where it was begun, if it was begun at one."""

    def work(unit: UnitOfWork) -> str | None:
        row = unit.session.get(WebSession, digest_of(cookie))
        if row is None:
            return None
        unit.session.delete(row)
        unit.event(SYSTEM_CHAIN, f"account:{row.account_id}", "account.signed_out", row.account_id, {})
        return row.oidc_issuer

    return run_in_unit_of_work(services, work)


def renewed_session(services: Services, cookie: str) -> str:
    """The text for the cookie of a sign-in that goes on under it: whoever has a copy of the one before is out. The same
    text where that sign-in has ended meanwhile.
    """

    def work(unit: UnitOfWork) -> str:
        row = unit.session.get(WebSession, digest_of(cookie))
        if row is None:
            return cookie
        anew = secrets.token_urlsafe(32)
        row.digest = digest_of(anew)
        return anew

    return run_in_unit_of_work(services, work)


def end_session(services: Services, actor: str, account_id: str, told_as: str) -> None:
    """Ends one of an account's sign-ins: its own, or an administrator anybody's. One that has ended stays so."""

    def work(unit: UnitOfWork) -> None:
        row = session_told_as(unit.session, account_id, told_as)
        if row is not None:
            unit.session.delete(row)
            unit.event(SYSTEM_CHAIN, actor, "account.session_ended", account_id, {})

    run_in_unit_of_work(services, work)


def end_all_sessions(services: Services, actor: str, account_id: str, *, exclude: str | None = None) -> None:
    """Ends every sign-in of an account, or every one but that of the cookie ``but``."""

    def work(unit: UnitOfWork) -> None:
        end_sessions(unit.session, account_id, exclude=digest_of(exclude) if exclude else None)
        unit.event(SYSTEM_CHAIN, actor, "account.sessions_ended", account_id, {})

    run_in_unit_of_work(services, work)


def idle_since(services: Services, now: datetime) -> datetime:
    """A sign-in that was last worked under before that has ended. Work is noted late: those minutes are on top."""
    return now - timedelta(minutes=services.configuration.current().sign_in.idle_minutes) - NOTED_EVERY


def account_signed_in(services: Services, cookie: str, *, at_work: bool = True) -> Actor | None:
    """Who is behind a session's cookie, with what they may do. ``at_work``: a person asks, not their page by itself."""
    digest, now = digest_of(cookie), services.clock()
    with services.database.asking() as connection:
        found = live_session(connection, digest, now, idle_since=idle_since(services, now))
    if found is None:
        return None
    if at_work and (found.worked_at is None or now - found.worked_at >= NOTED_EVERY):
        _note_work(services, digest, now)
    return replace(actor_of(found.account_id, found.name, found.grants), language=found.language)


def _note_work(services: Services, digest: str, now: datetime) -> None:
    """Who only reads goes on reading, at once, where nothing can be written: the next page notes it."""
    try:
        services.database.writing_soon(lambda session: note_work(session, digest, now))
    except SQLAlchemyError as error:
        log.warning("that somebody is at work could not be noted", extra={"problem": type(error).__name__})


def account_at_work(services: Services, account_id: str) -> Actor | None:
    """An account as it is now, for what goes on after its request; None where it is disabled meanwhile."""
    with services.database.reading() as session:
        account = session.get(Account, account_id)
        usable = account is not None and account.disabled_at is None
        return actor_of(account.id, account.name, grants_of(session, account_id)) if account and usable else None


def account_with_token(services: Services, token: str) -> Actor | None:
    """Who is behind a token, with the right that it has, on the sites where the account has it."""
    with services.database.reading() as session:
        found = live_token(session, digest_of(token))
        if found is None:
            return None
        row, account = found
        whole = actor_of(account.id, account.name, grants_of(session, account.id))
    # Whoever may decide about a comment may read it.
    return limited_to(whole, {row.right, READ} if row.right == MODERATE else {row.right})


def actor_of(account_id: str, name: str, grants: Mapping[str, Granted]) -> Actor:
    """An account as somebody who acts, with what is granted to it."""
    limited = {site: granted.sections for site, granted in grants.items() if granted.sections is not None}
    return Actor(
        reference=f"account:{account_id}",
        name=name,
        account_id=account_id,
        rights={site: rights_of(granted) for site, granted in grants.items()},
        sections={site: frozenset(names) for site, names in limited.items()},
    )


def _note_failure(services: Services, account: Account | None, payload: Mapping[str, str] | None = None) -> None:
    subject = account.id if account else "unknown"

    def work(unit: UnitOfWork) -> None:
        unit.event(SYSTEM_CHAIN, "visitor", "account.sign_in_failed", subject, payload or {})

    run_in_unit_of_work(services, work)
