"""Who has which comment open: it is theirs for a few minutes, so that no two people read the same one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from moderation.accounts.reachable import comment_reached
from moderation.core.actor import Actor
from moderation.core.comment import WAITING
from moderation.core.reach import READ
from moderation.services import Services
from moderation.storage.accounts import Account
from moderation.storage.moderator_workspace import CommentLock, release_locks

LASTS = timedelta(minutes=3)
"""An open page says so again before this is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockResult:
    """Whether the comment is the asker's now; else whose it is, for moderators' eyes. And where it stands."""

    mine: bool
    by: str | None
    status: str
    revision: int


def lock_comment(services: Services, actor: Actor, comment_id: str, *, leaving: str | None = None) -> LockResult:
    """Opens a comment, and leaves another. A comment that no longer waits is nobody's. Raises ``CommentNotFound``."""
    now = services.clock()

    def work(session: Session) -> LockResult:
        comment = comment_reached(session, actor, READ, comment_id)
        assert actor.account_id is not None
        release_locks(session, actor.account_id, leaving, now)
        found = session.get(CommentLock, comment_id)
        if found is not None and found.account_id != actor.account_id:
            account = session.get_one(Account, found.account_id)
            return LockResult(mine=False, by=account.name, status=comment.status, revision=comment.revision)
        if comment.status in WAITING:
            session.merge(CommentLock(comment_id=comment_id, account_id=actor.account_id, until=now + LASTS))
        return LockResult(mine=True, by=None, status=comment.status, revision=comment.revision)

    return services.database.writing(work)


def release(services: Services, actor: Actor, comment_id: str) -> None:
    """Leaves a comment."""
    account_id, now = actor.account_id, services.clock()
    if account_id is not None:
        services.database.writing(lambda session: release_locks(session, account_id, comment_id, now))
