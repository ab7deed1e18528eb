"""Two articles that are one become one: what belongs to the one is the other's, and its name and addresses mean it.
They can be parted again: comments and addresses go back to where they were, and with them what has answered them since.
Wordlist, notes and legal cases stay where they are.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import update
from sqlalchemy.orm import Session

from moderation.services import Services
from moderation.storage import joining
from moderation.storage.addresses import give_back_addresses, move_addresses
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


def part(unit: UnitOfWork, source: Article, *, actor: str) -> None:
    """The ``source``, a part of another article, stands by itself again. Of many comments the first go back in this
    transaction and the others by ``finish_joining``.
    """
    session, target_id = unit.session, source.joined_into
    assert target_id is not None
    for article_id in sorted((source.id, target_id)):
        hold_article(session, article_id)
    source.joined_into = None
    session.flush()
    give_back_addresses(unit.connection, target_id, source.id)
    joining.take_along_replies(session, source.id)
    joining.return_comments(session, source, most=MOVED_AT_ONCE)
    site_rules_changed(session, source.site_id)
    for article_id in (source.id, target_id):
        unit.increment(Discussion, article_id, revision=1)
    unit.event(source.site_id, actor, "article.parted", target_id, {"parted": source.id, "name": source.external_id})


def finish_joining(services: Services, article_id: str) -> None:
    """Moves the comments that are left behind under what has become a part of this article, and back to it what came
    from it while it was a part itself; in chunks: nobody else who writes shall wait for all of them. Where this is cut
    short, whoever does the same again or sends the article goes on with it.
    """
    with services.database.reading() as session:
        left = joining.unfinished(session, article_id)
        away = joining.is_away(session, article_id)  # nearly never: no article takes a writer's turn for it
    for source_id in left:
        while services.database.writing(partial(_move_some, source_id=source_id)) == MOVED_AT_ONCE:
            pass
    while away and services.database.writing(partial(_return_some, source_id=article_id)) == MOVED_AT_ONCE:
        pass


def _move_some(session: Session, source_id: str) -> int:
    source = session.get_one(Article, source_id)
    if source.joined_into is None:
        return 0
    target = session.get_one(Article, source.joined_into)
    moved = joining.move_comments(session, source_id, target, most=MOVED_AT_ONCE)
    if moved:
        _count_up(session, target.id)
    return moved


def _return_some(session: Session, source_id: str) -> int:
    source = session.get_one(Article, source_id)
    if source.joined_into is not None:
        return 0
    lose = joining.holders_of(session, source_id)
    returned = joining.return_comments(session, source, most=MOVED_AT_ONCE)
    for article_id in sorted({source_id, *lose}) if returned else ():
        _count_up(session, article_id)
    return returned


def _count_up(session: Session, article_id: str) -> None:
    """In the database's own words: somebody else's removal must not be counted away."""
    session.execute(update(Discussion).where(Discussion.id == article_id).values(revision=Discussion.revision + 1))
