"""Who could decide about a comment: the accounts in use that have the right where it is."""

from __future__ import annotations

from sqlalchemy.orm import Session

from moderation.accounts.sign_in import actor_of
from moderation.core.reach import DECIDE, Location, reachable
from moderation.storage.accounts import all_accounts, grants_of


def may_decide_at(session: Session, at: Location) -> frozenset[str]:
    """The ids of these accounts. One that is disabled, or invited and not yet there, is not among them."""
    return frozenset(
        account.id
        for account in all_accounts(session)
        if account.disabled_at is None
        and account.invitation is None
        and reachable(actor_of(account.id, account.name, grants_of(session, account.id)), DECIDE, at)
    )
