"""Two articles that are one become one: what belongs to the one is the other's, and its name and addresses mean it."""

from __future__ import annotations

from functools import partial

from sqlalchemy import update
from sqlalchemy.orm import Session

from moderation.services import Services
from moderation.storage import joining
from moderation.storage.addresses import move_addresses
from moderation.storage.articles import Article, hold_article
from moderation.storage.discussions import Discussion
from moderation.storage.site_rules_cache import site_rules_changed
from moderation.unit_of_work import UnitOfWork

MOVED_AT_ONCE = 1000
"""Comments that move in one transaction."""


def join(unit: UnitOfWork, source: Article, target: Article, *, actor: str) -> None:
    """The ``source`` becomes a part of the ``target``, of the same site. Of many comments the first move in this
    transaction and the others by ``finish_joining``, after it; new ones come in under the target at once.
    """
    session = unit.session
    for article_id in sorted((source.id, target.id)):
        hold_article(session, article_id)
    source.joined_into = target.id
    session.flush()
    move_addresses(unit.connection, source.id, target.id)
    joining.move_rest(session, source.id, target.id)
    joining.move_comments(session, source.id, target, most=MOVED_AT_ONCE)
    site_rules_changed(session, source.site_id)
    for article in (source, target):
        unit.increment(Discussion, article.id, revision=1)
    unit.event(source.site_id, actor, "article.joined", target.id, {"joined": source.id, "name": source.external_id})


def finish_joining(services: Services, target_id: str) -> None:
    """Moves the comments that are left behind under what has become a part of this article, in chunks: nobody else who
    writes shall wait for all of them. Where this is cut short, whoever joins the two again or sends the article goes
    on with it.
    """
    with services.database.reading() as session:
        left = joining.unfinished(session, target_id)
    for source_id in left:
        while services.database.writing(partial(_move_some, source_id=source_id)) == MOVED_AT_ONCE:
            pass


def _move_some(session: Session, source_id: str) -> int:
    source = session.get_one(Article, source_id)
    if source.joined_into is None:
        return 0
    target = session.get_one(Article, source.joined_into)
    moved = joining.move_comments(session, source_id, target, most=MOVED_AT_ONCE)
    if moved:  # in the database's own words: somebody else's removal must not be counted away
        session.execute(update(Discussion).where(Discussion.id == target.id).values(revision=Discussion.revision + 1))
    return moved
