"""Articles as the desk lists them, and the comments under one by where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.core.reach import Scope
from moderation.storage.articles import Article
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.queue_index import WAITS, QueueIndex
from moderation.storage.reach import within_any

COUNTED = 1000
"""Counts stop here: a page says "1,000+"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleLine:
    """An article in the list, and how many comments wait under it (more than ``COUNTED`` aren't counted)."""

    article: Article
    waiting: int


def article_lines(
    session: Session, scopes: Sequence[Scope], *, find: str = "", before: str | None = None, limit: int
) -> list[ArticleLine]:
    """Articles within these scopes whose title holds the words in ``find``, the last registered first, from behind the
    id ``before`` on.
    """
    chosen = select(Article.id).where(
        within_any(scopes, table_of(Article).c.site_id, table_of(Article).c.section), Article.joined_into.is_(None)
    )
    for word in find.split():
        chosen = chosen.where(Article.title.icontains(word, autoescape=True))
    if before is not None:
        chosen = chosen.where(Article.id < before)
    page = chosen.order_by(Article.id.desc()).limit(limit).subquery()
    # Of each, so many are counted at most, and by the index of what waits alone.
    some = select(literal(1)).where(QueueIndex.article_id == Article.id, WAITS).limit(COUNTED + 1).correlate(Article)
    waiting = select(func.count()).select_from(some.subquery()).correlate(Article).scalar_subquery()
    query = select(Article, waiting).join(page, page.c.id == Article.id).order_by(Article.id.desc())
    return [ArticleLine(article=article, waiting=count or 0) for article, count in session.execute(query)]


def how_many_under(session: Session, article_id: str, statuses: Sequence[Status]) -> int:
    """How many comments of these statuses an article has; one more than ``COUNTED`` means that there may be more."""
    few = (
        select(literal(1))
        .where(Comment.article_id == article_id, Comment.status.in_(statuses))
        .limit(COUNTED + 1)
        .subquery()
    )
    return session.scalar(select(func.count()).select_from(few)) or 0


def comments_under(
    session: Session, article_id: str, statuses: Sequence[Status], *, before: Comment | None = None, limit: int
) -> list[Comment]:
    """An article's comments of these statuses, the newest first, from behind ``before`` on."""
    found: list[Comment] = []
    for status in statuses:  # an index has each of them in this order
        query = select(Comment).where(Comment.article_id == article_id, Comment.status == status)
        if before is not None:
            query = query.where(tuple_(Comment.created_at, Comment.id) < tuple_(before.created_at, before.id))
        found += session.scalars(query.order_by(Comment.created_at.desc(), Comment.id.desc()).limit(limit))
    return sorted(found, key=lambda comment: (comment.created_at, comment.id), reverse=True)[:limit]


def sections_of(session: Session, site_id: str) -> Sequence[str]:
    """The sections that a site's articles stand in."""
    query = select(Article.section).where(Article.site_id == site_id, Article.section.is_not(None)).distinct()
    return [section for section in session.scalars(query.order_by(Article.section)) if section]
