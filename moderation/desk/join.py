"""Somebody on the desk joins two articles that are one, or parts them again."""

from __future__ import annotations

from sqlalchemy.orm import Session

from moderation.accounts.reachable import article_reached
from moderation.comments.joining import finish_joining, join, part
from moderation.core.actor import Actor
from moderation.core.addresses import canonical_address
from moderation.core.article_ids import article_name
from moderation.core.errors import InvalidField
from moderation.core.messages import Message
from moderation.core.reach import SENIOR
from moderation.services import Services
from moderation.storage.addresses import holders
from moderation.storage.articles import Article, find_article
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work


def join_target(session: Session, actor: Actor, source_id: str, typed: str) -> tuple[Article, Article]:
    """The article that is to become a part of another, and that other one, by the site's name for it or its address.

    Raises ``ArticleNotFound`` or ``RightMissing`` about the first, ``InvalidField`` about what was ``typed``.
    """
    source = article_reached(session, actor, SENIOR, source_id)
    typed = typed.strip()
    target = find_article(session, source.site_id, _name(typed))
    if target is None and typed.startswith(("https://", "http://")):
        address = canonical_address(typed)
        found = holders(session, source.site_id, [address]).get(address)
        target = session.get(Article, found) if found is not None else None
    if target is None:
        raise InvalidField("article", Message("join_target_unknown"))
    target = article_reached(session, actor, SENIOR, target.id)
    if target.id == source.id:
        raise InvalidField("article", Message("join_target_same"))
    if source.joined_into not in (None, target.id):
        raise InvalidField("article", Message("joined_already"))
    return source, target


def _name(typed: str) -> str:
    """The name that was typed; one that no article has, if it can't be one."""
    try:
        return article_name(typed)
    except InvalidField:
        return ""


def join_articles(services: Services, actor: Actor, source_id: str, typed: str) -> None:
    """Makes an article a part of another: comments, wordlist, notes and addresses are that one's. A senior's to do, on
    both. Begun before and cut short, it goes on. Raises as ``join_target`` does.
    """

    def work(unit: UnitOfWork) -> str:
        source, target = join_target(unit.session, actor, source_id, typed)
        if source.joined_into is None:
            join(unit, source, target, actor=actor.reference)
        return target.id

    finish_joining(services, run_in_unit_of_work(services, work))


def part_articles(services: Services, actor: Actor, source_id: str) -> None:
    """Makes an article that has become a part of another stand by itself again. A senior's to do, on both. One that
    does already stays as it is; begun before and cut short, it goes on. Raises ``ArticleNotFound``, ``RightMissing``.
    """

    def work(unit: UnitOfWork) -> None:
        source = article_reached(unit.session, actor, SENIOR, source_id)
        if source.joined_into is not None:
            article_reached(unit.session, actor, SENIOR, source.joined_into)
            part(unit, source, actor=actor.reference)

    run_in_unit_of_work(services, work)
    finish_joining(services, source_id)
