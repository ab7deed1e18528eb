"""Who could decide about a comment: the accounts in use that have the right where it is."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from moderation.accounts.sign_in import actor_of
from moderation.core.reach import DECIDE, Location, reachable
from moderation.storage.accounts import all_accounts, every_grant


def may_decide_at(session: Session, places: Collection[Location]) -> dict[Location, frozenset[str]]:
    """The ids of these accounts, for each place. One that is disabled, or invited and not yet there, is not among
    them.
    """
    if not places:
        return {}
    grants = every_grant(session)
    actors = [
        actor_of(account.id, account.name, grants[account.id])
        for account in all_accounts(session)
        if account.disabled_at is None and account.invitation is None and account.id in grants
    ]
    return {
        at: frozenset(actor.account_id for actor in actors if actor.account_id and reachable(actor, DECIDE, at))
        for at in places
    }
