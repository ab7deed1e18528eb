"""The second factor of an account: set up, taken away, its recovery codes made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from moderation.accounts.passwords import matches
from moderation.accounts.totp import new_recovery_codes, recovery_digests, secrets_of, step_of
from moderation.core.audit_chain import SYSTEM as SYSTEM_CHAIN
from moderation.core.errors import InvalidField, WrongCredential
from moderation.core.keyring import Keys
from moderation.core.messages import Message
from moderation.services import Services
from moderation.storage.accounts import Account, locked_account
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


class _Owner(Protocol):
    """The signed-in owner of an account."""

    @property
    def reference(self) -> str: ...

    @property
    def account_id(self) -> str | None: ...


def check_own_password(services: Services, owner: _Owner, password: str) -> None:
    """Raises ``WrongCredential`` unless this is the owner's password."""
    with services.database.reading() as session:
        account = session.get(Account, owner.account_id)
    hasher = services.password_hasher
    if account is None or not matches(hasher, account.password_hash, password, known=True):
        raise WrongCredential("password", Message("password_not_present"))


def set_up(services: Services, owner: _Owner, salt: str, code: str) -> list[str]:
    """Asks for a code at every sign-in from now on, where ``code`` shows that the app has taken the secret of ``salt``.
    Returns the recovery codes: the only time that they are seen. Raises ``WrongCredential``.
    """
    keys = services.keys.second_factor

    def work(unit: UnitOfWork, account: Account) -> list[str]:
        step = step_of(secrets_of(keys, salt), code, unit.now)
        if step is None:
            raise WrongCredential("code", Message("code_wrong"))
        account.totp_secret, account.totp_last = salt, step
        unit.event(SYSTEM_CHAIN, owner.reference, "account.second_factor_set", account.id, {})
        return _new_codes(keys, account)

    return _with_own(services, owner, work)


def renew_recovery_codes(services: Services, owner: _Owner) -> list[str]:
    """Makes new recovery codes; the old ones stop working. Raises ``InvalidField`` without a second factor."""
    keys = services.keys.second_factor

    def work(unit: UnitOfWork, account: Account) -> list[str]:
        if account.totp_secret is None:
            raise InvalidField("second factor", Message("second_factor_off"))
        unit.event(SYSTEM_CHAIN, owner.reference, "account.recovery_codes_renewed", account.id, {})
        return _new_codes(keys, account)

    return _with_own(services, owner, work)


def take_away(services: Services, actor: str, account_id: str) -> None:
    """Ends the second factor of an account: by its owner, or by an administrator for somebody whose phone is gone."""

    def work(unit: UnitOfWork) -> None:
        account = locked_account(unit.session, account_id)
        if account is None or account.totp_secret is None:
            return
        account.totp_secret = account.totp_last = account.recovery = None
        unit.event(SYSTEM_CHAIN, actor, "account.second_factor_removed", account.id, {})

    run_in_unit_of_work(services, work)


def _new_codes(keys: Keys, account: Account) -> list[str]:
    codes = new_recovery_codes()
    account.recovery = [recovery_digests(keys, account.id, code)[0] for code in codes]
    return codes


def _with_own(services: Services, owner: _Owner, work: Callable[[UnitOfWork, Account], list[str]]) -> list[str]:
    def checked(unit: UnitOfWork) -> list[str]:
        account = locked_account(unit.session, owner.account_id or "")
        if account is None:
            raise InvalidField("account", Message("account_gone"))
        return work(unit, account)

    return run_in_unit_of_work(services, checked)
