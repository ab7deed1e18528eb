"""JSON for the comment section on a site's own pages: what it shows first, further replies, news, counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Blueprint, Response, request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from moderation.core.addresses import canonical_address, name_of
from moderation.core.article_ids import article_name
from moderation.core.errors import ArticleNotFound, CommentNotFound, InvalidField
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, find_comment
from moderation.storage.section import (
    NEWS,
    Order,
    SectionPlace,
    news_since,
    place_at,
    place_named,
    places_asked,
    replies_in,
)
from moderation.storage.sites import Right, Site
from moderation.web.api import section_answers as answers
from moderation.web.api.openapi import EITHER, NOBODY, Operation, operation
from moderation.web.api.public_answers import Body, public_answer
from moderation.web.api.section_head import head_of, stands_at, unknown_place
from moderation.web.api.section_pages import NOTHING, Cursors, counts_of, marked, marker, page_of, whole
from moderation.web.api.section_requests import MOST_COUNTED, CountsQuery, NewsQuery, RepliesQuery, SectionQuery
from moderation.web.api.wire import query_sent
from moderation.web.shared.access import Caller, caller, services
from moderation.web.shared.addresses import own_address
from moderation.web.shared.rendering import known_id

REPLIES = 50
"""Further replies on a page."""

GET_SECTION = Operation(
    summary="All that a comment section shows first",
    description="An article that isn't known yet is answered too, with the name under which its first comment is sent.",
    security=[*EITHER, *NOBODY],
    query=SectionQuery,
    answers={200: ("The article, its rules and a page of threads.", answers.Section), 304: ("Not changed.", None)},
    refusals=(400, 401, 403, 422),
)
GET_REPLIES = Operation(
    summary="Further replies of one thread, oldest first",
    security=[*EITHER, *NOBODY],
    query=RepliesQuery,
    answers={200: ("A page.", answers.FurtherReplies), 304: ("Not changed.", None)},
    refusals=(400, 401, 403, 404, 422),
)
GET_NEWS = Operation(
    summary="How many comments were published since",
    security=[*EITHER, *NOBODY],
    query=NewsQuery,
    answers={200: ("So many, 100 at most.", answers.News), 304: ("Not changed.", None)},
    refusals=(400, 401, 403, 404, 422),
)
GET_COUNTS = Operation(
    summary="How many comments are published under up to 100 articles",
    security=[*EITHER, *NOBODY],
    query=CountsQuery,
    answers={200: ("By what was asked for; what isn't known has none.", answers.Counts), 304: ("Not changed.", None)},
    refusals=(401, 403, 422),
)


def blueprint() -> Blueprint:
    """The routes ``/api/v1/section`` and below, and ``/api/v1/counts``."""
    api = Blueprint("section_api", __name__, url_prefix="/api/v1")

    @api.get("/section")
    @operation(GET_SECTION)
    def get_section() -> Response:
        key, asked = _reader(), query_sent(request.args, SectionQuery)
        with services().database.reading() as db:
            return public_answer(_section(db, key, asked), private=key.secret)

    @api.get("/section/replies")
    @operation(GET_REPLIES)
    def get_replies() -> Response:
        key, asked = _reader(), query_sent(request.args, RepliesQuery)
        with services().database.reading() as db:
            opening = _opening(db, key, known_id(asked.comment))
            cursors = Cursors(opening.id)
            found = replies_in(db, opening, after=cursors.read(asked.cursor), limit=REPLIES + 1)
        following = cursors.after(found[REPLIES - 1].comment) if len(found) > REPLIES else None
        return _answer(answers.replies_of(found[:REPLIES], own_address(), following), key)

    @api.get("/section/news")
    @operation(GET_NEWS)
    def get_news() -> Response:
        key, asked = _reader(), query_sent(request.args, NewsQuery)
        since = marked(asked.since)
        with services().database.reading() as db:
            place = place_named(db.connection(), key.site_id, article_name(asked.article))
            if place is None:
                raise ArticleNotFound
            stands = stands_at(place, services().site_rules.rules(db, place).settings)
            new, newest = news_since(db.connection(), place.id, since) if stands.shown else (0, None)
        return _answer(answers.News(new=min(new, NEWS), newest=marker(newest) if newest else asked.since), key)

    @api.get("/counts")
    @operation(GET_COUNTS)
    def get_counts() -> Response:
        key, asked = _reader(), query_sent(request.args, CountsQuery)
        if len(asked.article) + len(asked.url) > MOST_COUNTED:
            raise InvalidField("article", f"and url have more than {MOST_COUNTED} entries together.")
        with services().database.reading() as db:
            return _answer(_counts(db, key, asked), key)

    return api


def _reader() -> Caller:
    """Whose section it is; what a secret key sees it sees by its right."""
    key = caller()
    if key.secret:
        key.require(Right.READ)
    return key


def _answer(model: BaseModel, key: Caller) -> Response:
    return public_answer(Body.of(model.model_dump_json().encode()), private=key.secret)


def _section(db: Session, key: Caller, asked: SectionQuery) -> Body:
    place = _place(db, key, asked)
    settings = services().site_rules.rules(db, place).settings
    if not place.id or not stands_at(place, settings).shown:
        return whole(head_of(place, settings, count=0, sign_in=key.sign_in), NOTHING)
    page = page_of(db, place, Order(asked.sort), asked.cursor, own_address())
    return whole(head_of(place, settings, count=page.count, sign_in=key.sign_in), page)


def _place(db: Session, key: Caller, asked: SectionQuery) -> SectionPlace:
    """The article that is asked for, by its name or else by its addresses; one that isn't known has no id."""
    connection = db.connection()
    if asked.article is None and asked.url is None:
        raise InvalidField("article", "or url is needed: which article is it?")
    name = article_name(asked.article) if asked.article is not None else None
    found = place_named(connection, key.site_id, name) if name is not None else None
    if found is not None:
        return found
    given = (address for address in (asked.canonical, asked.url) if address is not None)
    addresses = list(dict.fromkeys(map(canonical_address, given)))
    found = place_at(connection, key.site_id, addresses) if addresses else None
    if found is not None:
        return found
    return unknown_place(db.get_one(Site, key.site_id), name if name is not None else name_of(addresses[0]))


def _opening(db: Session, key: Caller, comment_id: str) -> Comment:
    """A thread's first comment, where readers see it."""
    comment = find_comment(db, comment_id)
    if comment is None or comment.site_id != key.site_id or not (comment.shown and comment.opening):
        raise CommentNotFound
    article = db.get_one(Article, comment.article_id)
    place = place_named(db.connection(), key.site_id, article.external_id)
    if place is None or not stands_at(place, services().site_rules.rules(db, place).settings).shown:
        raise CommentNotFound
    return comment


def _counts(db: Session, key: Caller, asked: CountsQuery) -> answers.Counts:
    """One name or address that can be none doesn't cost a front page the counts of all others."""
    refused: dict[str, str] = {}
    names = _usable(asked.article, article_name, refused)
    addresses = _usable(asked.url, canonical_address, refused)
    by_name, by_address = places_asked(
        db.connection(), key.site_id, sorted(set(names.values())), sorted(set(addresses.values()))
    )
    places = {place.id: place for place in (*by_name.values(), *by_address.values())}
    shown = [p for p in places.values() if stands_at(p, services().site_rules.rules(db, p).settings).shown]
    counts = counts_of(db, shown)
    found = {asked_for: by_name.get(name) for asked_for, name in names.items()}
    found |= {asked_for: by_address.get(address) for asked_for, address in addresses.items()}
    told = {asked_for: counts.get(place.id, 0) if place else 0 for asked_for, place in found.items()}
    return answers.Counts(counts=told, refused=refused)


def _usable(asked: Iterable[str], kept_as: Callable[[str], str], refused: dict[str, str]) -> dict[str, str]:
    """What each is kept as; what can't be kept is among the ``refused``, with the reason."""
    found = {}
    for one in asked:
        try:
            found[one] = kept_as(one)
        except InvalidField as error:
            refused[one] = error.detail
    return found
