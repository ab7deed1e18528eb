"""Moderators at a newsroom's desk, behind its doors: what each may do, and what stands in the database afterwards."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.ids import new_id
from moderation.desk.decide import Ruled, Ruling, Verdict, decide_comment
from moderation.desk.undo import Undone, undo
from moderation.storage.accounts import Account, Grant, Role
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, DecisionRow
from moderation.storage.outbox import OutboxEvent
from moderation.storage.queue_index import QueueIndex
from tests.newsroom import Newsroom

REASONS = """
[[reasons]]
id = "spam"
label = "Spam"
reader = "It advertises something."

[[reasons]]
id = "off-topic"
label = "Off-topic"
reader = "It is not about the article."
"""

_numbers = itertools.count()


@dataclass(slots=True)
class Colleague:
    """Somebody with an account, and with these rights on the newsroom's site."""

    newsroom: Newsroom
    actor: Actor

    def decide(self, comment_id: str, verdict: str = "approve", **more: Any) -> Ruled:
        ruling = Ruling(verdict=Verdict(verdict), **more)
        return decide_comment(self.newsroom.services, self.actor, comment_id, ruling)

    def action(self, comment_id: str, verdict: str = "approve", **more: Any) -> str:
        """Decides and returns the action's id."""
        action_id = self.decide(comment_id, verdict, **more).action_id
        assert action_id is not None
        return action_id

    def undo(self, action_id: str | None) -> Undone:
        assert action_id is not None
        return undo(self.newsroom.services, self.actor, action_id)


def colleague(
    newsroom: Newsroom, *rights: str, sections: frozenset[str] | None = None, granted: bool = False
) -> Colleague:
    """Somebody with these rights, a moderator's where none are named. With ``granted`` the database says so too."""
    name = f"moderator {next(_numbers)}"
    account_id = new_id(newsroom.clock.now)

    def insert(session: Session) -> None:
        session.add(Account(id=account_id, name=name, password_hash="-", created_at=newsroom.clock.now))
        session.flush()
        if granted:
            role = Role.SENIOR if "senior" in rights else Role.MODERATOR
            extra = ["batch_reject"] if "batch_reject" in rights else []
            session.add(Grant(account_id=account_id, site_id=newsroom.site, role=role, extra=extra))

    newsroom.services.database.writing(insert)
    held = {newsroom.site: frozenset(rights or ("read", "moderate", "batch_approve"))}
    limited = {newsroom.site: sections} if sections is not None else {}
    actor = Actor(reference=f"account:{account_id}", name=name, account_id=account_id, rights=held, sections=limited)
    return Colleague(newsroom=newsroom, actor=actor)


def standing(newsroom: Newsroom, comment_id: str) -> dict[str, Any]:
    """All that a decision about a comment changes and undoing it must restore."""
    with newsroom.services.database.reading() as session:
        comment = session.get_one(Comment, comment_id)
        author = session.get_one(Author, comment.author_id)
        row = session.scalars(select(QueueIndex).where(QueueIndex.comment_id == comment_id)).one()
        newest = session.scalars(
            select(DecisionRow)
            .where(DecisionRow.comment_id == comment_id)
            .order_by(DecisionRow.revision.desc(), DecisionRow.id.desc())
        ).first()
        refused = comment.status == "rejected"
        return {
            "status": comment.status,
            "published_at": comment.published_at,
            "place": (comment.shown, comment.opening, comment.replies_shown),
            "author": (author.approved, author.rejected),
            "queue_index": (row.status, row.waiting, row.by_person, row.by_policy, row.flags, row.escalated),
            "told": (newest.reason_id, newest.reader_sentence, newest.statement) if refused and newest else None,
        }


def notices(newsroom: Newsroom, subject: str) -> set[str]:
    """What the site will be told about something."""
    with newsroom.services.database.reading() as session:
        return set(session.scalars(select(OutboxEvent.kind).where(OutboxEvent.subject == subject)))


def count(newsroom: Newsroom, status: str) -> int:
    """How many of the site's comments have this status."""
    with newsroom.services.database.reading() as session:
        query = select(func.count()).select_from(Comment)
        return session.scalar(query.where(Comment.site_id == newsroom.site, Comment.status == status)) or 0
