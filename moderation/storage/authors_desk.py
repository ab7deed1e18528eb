"""What the desk shows of an author: their record, and their comments page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.core.reach import Scope
from moderation.storage.articles import Article
from moderation.storage.authors import FOREVER, Author
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.reach import within_any
from moderation.storage.site_rules import AuthorDecision, AuthorKind, newest_author_decision


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorRecord:
    """An author and what became of their comments. ``latest`` are statuses of the last five, newest first, this
    comment set aside; ``first`` says that there is no other. ``decision`` is what was decided about them last.
    """

    author: Author
    latest: tuple[str, ...]
    decision: AuthorDecision | None

    @property
    def first(self) -> bool:
        return not self.latest

    def stands(self, now: datetime) -> AuthorKind | None:
        """What holds for them now: trusted, muted or banned; None where nothing does."""
        return stands_of(self.author, now)


def stands_of(author: Author, now: datetime) -> AuthorKind | None:
    """What holds for an author now."""
    if author.banned_until is not None and author.banned_until > now:
        return AuthorKind.BANNED
    if author.muted_until is not None and author.muted_until > now:
        return AuthorKind.MUTED
    return AuthorKind.TRUSTED if author.trusted else None


def until_of(author: Author, now: datetime) -> datetime | None:
    """Until when an author is muted or banned; None where they aren't, or until it is lifted."""
    ends = author.banned_until if stands_of(author, now) is AuthorKind.BANNED else author.muted_until
    return None if ends is None or ends <= now or ends >= FOREVER else ends


def record_of(session: Session, author: Author, *, exclude: str | None = None) -> AuthorRecord:
    """The record of an author; ``but`` is the comment that is looked at, which doesn't count among the latest."""
    query = select(Comment.status).where(Comment.author_id == author.id)
    if exclude is not None:
        query = query.where(Comment.id != exclude)
    latest = session.scalars(query.order_by(Comment.id.desc()).limit(5)).all()
    return AuthorRecord(author=author, latest=tuple(latest), decision=newest_author_decision(session, author.id))


def comments_by(
    session: Session,
    author_id: str,
    scopes: Sequence[Scope],
    *,
    before: str | None = None,
    limit: int,
) -> Sequence[tuple[Comment, Article]]:
    """An author's comments within these scopes, the newest first, each with its article, from behind the comment
    ``before`` on.
    """
    query = (
        select(Comment, Article).join(Article, Article.id == Comment.article_id).where(Comment.author_id == author_id)
    )
    query = query.where(within_any(scopes, table_of(Article).c.site_id, table_of(Article).c.section))
    if before is not None:
        query = query.where(Comment.id < before)
    return session.execute(query.order_by(Comment.id.desc()).limit(limit)).all()
