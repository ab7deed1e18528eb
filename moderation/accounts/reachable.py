"""What somebody asks for by its id: found, if they reach it. What they don't reach answers as what isn't there."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.errors import ArticleNotFound, AuthorNotFound, CommentNotFound, SiteNotFound
from moderation.core.ids import is_id
from moderation.core.reach import Location, demand, somewhere_on, whole
from moderation.storage import queue_index
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.comments import Comment, find_comment
from moderation.storage.sites import Site


def comment_reached(session: Session, actor: Actor, right: str, comment_id: str, *, lock: bool = False) -> Comment:
    """A comment with which this actor may do that; with ``lock`` nobody else changes it until this transaction ends.

    Raises ``CommentNotFound``, and ``RightMissing`` where they may only read it.
    """
    comment = find_comment(session, comment_id, lock=lock)
    at = queue_index.location_of(session.connection(), comment.id) if comment is not None else None
    demand(actor, right, at, CommentNotFound)
    assert comment is not None
    return comment


def article_reached(session: Session, actor: Actor, right: str, article_id: str) -> Article:
    """An article, by our own id, with which this actor may do that. Raises ``ArticleNotFound`` or ``RightMissing``."""
    article = session.get(Article, article_id) if is_id(article_id) else None
    at = Location(site_id=article.site_id, section=article.section) if article is not None else None
    demand(actor, right, at, ArticleNotFound)
    assert article is not None
    return article


def author_reached(
    session: Session, actor: Actor, right: str, author_id: str, *, altogether: bool = False, lock: bool = False
) -> Author:
    """An author with whom this actor may do that. ``altogether``: it touches what they write in every section, so that
    no limit to sections may hold. Raises ``AuthorNotFound`` or ``RightMissing``.
    """
    query = select(Author).where(Author.id == author_id)
    query = query.with_for_update(key_share=True) if lock else query
    author = session.scalar(query) if is_id(author_id) else None
    seen = somewhere_on(author.site_id) if author is not None else None
    at = whole(author.site_id) if author is not None and altogether else seen
    demand(actor, right, at, AuthorNotFound, seen=seen)
    assert author is not None
    return author


def site_reached(session: Session, actor: Actor, right: str, site_id: str, section: str | None = None) -> Site:
    """A site with all of which, or with one section of which, this actor may do that. Raises ``SiteNotFound`` or
    ``RightMissing``.
    """
    site = session.get(Site, site_id) if site_id.isascii() and site_id.isprintable() else None
    at = Location(site_id=site_id, section=section) if site is not None else None
    demand(actor, right, at, SiteNotFound, seen=somewhere_on(site_id))
    assert site is not None
    return site
