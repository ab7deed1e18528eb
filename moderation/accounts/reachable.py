"""What somebody asks for by its id: found, if they reach it. What they don't reach answers as what isn't there. And the
sites that somebody reaches, for lists.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.errors import (
    AppealNotFound,
    ArticleNotFound,
    AuthorNotFound,
    CaseNotFound,
    CommentNotFound,
    ReporterNotFound,
    RightMissing,
    SiteNotFound,
)
from moderation.core.ids import is_id
from moderation.core.reach import (
    READ,
    SENIOR,
    Location,
    Scope,
    anywhere,
    demand,
    reachable,
    scopes,
    somewhere_on,
    whole,
)
from moderation.storage import queue_index
from moderation.storage.appeals import Appeal, find_appeal
from moderation.storage.articles import Article
from moderation.storage.authors import Author
from moderation.storage.base import locked
from moderation.storage.comments import Comment, find_comment
from moderation.storage.legal import LegalCase
from moderation.storage.reports import Reporter
from moderation.storage.sites import Site, all_sites


def comment_reached(session: Session, actor: Actor, right: str, comment_id: str, *, lock: bool = False) -> Comment:
    """A comment with which this actor may do that; with ``lock`` nobody else changes it until this transaction ends.

    Raises ``CommentNotFound``, and ``RightMissing`` where they may only read it.
    """
    comment = find_comment(session, comment_id, lock=lock)
    at = queue_index.location_of(session.connection(), comment.id) if comment is not None else None
    demand(actor, right, at, CommentNotFound)
    assert comment is not None
    return comment


def appeal_reached(session: Session, actor: Actor, appeal_id: str) -> Appeal:
    """An appeal about a comment that this actor may see. Raises ``AppealNotFound``."""
    appeal = find_appeal(session, appeal_id) if is_id(appeal_id) else None
    at = queue_index.location_of(session.connection(), appeal.comment_id) if appeal is not None else None
    demand(actor, READ, at, AppealNotFound)
    assert appeal is not None
    return appeal


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
    query = locked(query, key_share=True) if lock else query
    author = session.scalar(query) if is_id(author_id) else None
    seen = somewhere_on(author.site_id) if author is not None else None
    at = whole(author.site_id) if author is not None and altogether else seen
    demand(actor, right, at, AuthorNotFound, seen=seen)
    assert author is not None
    return author


def reporter_reached(
    session: Session, actor: Actor, right: str, reporter_id: str, *, altogether: bool = False, lock: bool = False
) -> Reporter:
    """A reporter with whom this actor may do that. ``altogether``: it touches what they report in every section. Raises
    ``ReporterNotFound`` or ``RightMissing``.
    """
    query = select(Reporter).where(Reporter.id == reporter_id)
    reporter = session.scalar(locked(query) if lock else query) if is_id(reporter_id) else None
    seen = somewhere_on(reporter.site_id) if reporter is not None else None
    at = whole(reporter.site_id) if reporter is not None and altogether else seen
    demand(actor, right, at, ReporterNotFound, seen=seen)
    assert reporter is not None
    return reporter


def site_reached(session: Session, actor: Actor, right: str, site_id: str, section: str | None = None) -> Site:
    """A site with all of which, or with one section of which, this actor may do that. Raises ``SiteNotFound`` or
    ``RightMissing``.
    """
    site = session.get(Site, site_id) if site_id.isascii() and site_id.isprintable() else None
    at = Location(site_id=site_id, section=section) if site is not None else None
    demand(actor, right, at, SiteNotFound, seen=somewhere_on(site_id))
    assert site is not None
    return site


def case_reached(session: Session, actor: Actor, case_id: str, *, lock: bool = False) -> LegalCase:
    """A legal case that this person may see and decide: a senior's of the whole site, for the law knows no sections.

    Raises ``CaseNotFound``, and ``RightMissing`` for whoever may see none, whatever they ask for.
    """
    if not anywhere(actor, SENIOR, altogether=True):
        raise RightMissing(SENIOR)
    query = select(LegalCase).where(LegalCase.id == case_id)
    legal_case = session.scalar(locked(query) if lock else query) if is_id(case_id) else None
    if legal_case is None or not reachable(actor, SENIOR, whole(legal_case.site_id)):
        raise CaseNotFound
    return legal_case


def sites_reached(session: Session, actor: Actor, right: str, *, altogether: bool = False) -> tuple[Site, ...]:
    """The sites on which somebody has this right, in some sections at least, or ``altogether``."""
    where = whole if altogether else somewhere_on
    return tuple(site for site in every_site(session) if reachable(actor, right, where(site.id)))


def scopes_reached(session: Session, actor: Actor, right: str) -> tuple[Scope, ...]:
    """How far somebody has this right on every site where they have it."""
    return scopes(actor, right, [site.id for site in every_site(session)])


def every_site(session: Session) -> Sequence[Site]:
    """All sites, asked for once in a session that reads."""
    if "sites" not in session.info:
        session.info["sites"] = all_sites(session)
    sites: Sequence[Site] = session.info["sites"]
    return sites
