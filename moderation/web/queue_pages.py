"""The queue: what waits, and what was decided, as lists that can be filtered and walked through by keyboard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from moderation.core.actor import Actor
from moderation.core.comment import WAITING, Status
from moderation.storage.articles import Article
from moderation.storage.comments import find_comment
from moderation.storage.desk import (
    Wanted,
    account_names,
    busiest_articles,
    how_many,
    listed,
    position_of,
)
from moderation.storage.sites import Site
from moderation.web.access import person, services
from moderation.web.desk_frame import MODERATE, QUEUE, READ, card_for, desk_page, sites_with
from moderation.web.rendering import argument, known_id
from moderation.web.wording import STATUS_WORDS

PAGE = 20
ARTICLES = 30
VIEWS = {
    "waiting": ("Waiting", WAITING),
    "approved": ("Published", (Status.APPROVED,)),
    "rejected": ("Rejected", (Status.REJECTED,)),
    "withdrawn": ("Withdrawn", (Status.WITHDRAWN, Status.EXPIRED)),
}


def blueprint() -> Blueprint:
    """The route ``/review``."""
    pages = Blueprint("queue_pages", __name__)

    @pages.get(QUEUE)
    def queue() -> Response:
        return _queue_page(_View.asked())

    return pages


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What the address asks to see. All of it is in the address, so that a view can be sent to a colleague."""

    status: str = "waiting"
    site: str = ""
    article: str = ""
    find: str = ""
    after: str = ""

    @staticmethod
    def asked() -> _View:
        status = argument("status")
        return _View(
            status=status if status in VIEWS else "waiting",
            site=argument("site"),
            article=argument("article"),
            find=argument("find"),
            after=argument("after"),
        )

    @property
    def href(self) -> str:
        keys = {
            "status": self.status,
            "site": self.site,
            "article": self.article,
            "find": self.find,
            "after": self.after,
        }
        query = urlencode({k: v for k, v in keys.items() if v and (k, v) != ("status", "waiting")})
        return f"{QUEUE}?{query}" if query else QUEUE

    def wanted(self, site_ids: tuple[str, ...]) -> Wanted:
        return Wanted(
            site_ids=tuple(site for site in site_ids if site == self.site) if self.site else site_ids,
            statuses=VIEWS[self.status][1],
            article_id=self.article or None,
            find=self.find,
        )


def _queue_page(view: _View) -> Response:
    actor = person()
    with services().database.reading() as db:
        sites = sites_with(actor, READ, db)
        wanted = view.wanted(tuple(site.id for site in sites))
        last = find_comment(db, known_id(view.after)) if view.after else None
        found = listed(db, wanted, after=position_of(last, wanted) if last else None, limit=PAGE + 1)
        items, further = found[:PAGE], found[PAGE:]
        shown = _view_shown(db, view, wanted, sites)
        done = _done(db, actor, view)
        names = account_names(db)
    following = [*(item.comment.id for item in found[1:]), ""]
    return desk_page(
        "desk/queue.html",
        here=QUEUE,
        view=shown,
        items=[
            card_for(actor, item, names, back=_back(view, then)) for item, then in zip(items, following, strict=False)
        ],
        next=replace(view, after=items[-1].comment.id).href if further else None,
        reasons=services().configuration.current().reasons,
        done=done,
    )


def _back(view: _View, following: str) -> str:
    """Where a decision leads: to the same view, at the comment that followed."""
    return f"{view.href}#c-{following}" if following else view.href


def _view_shown(db: Session, view: _View, wanted: Wanted, sites: tuple[Site, ...]) -> dict[str, object]:
    articles = [
        {"id": article.id, "title": article.title, "count": count}
        for article, count in busiest_articles(db, wanted, limit=ARTICLES)
    ]
    if view.article and all(article["id"] != view.article for article in articles):
        chosen = db.get(Article, known_id(view.article))
        if chosen is not None and chosen.site_id in wanted.site_ids:
            articles.insert(0, {"id": chosen.id, "title": chosen.title, "count": 0})
    return {
        "title": VIEWS[view.status][0],
        "total": how_many(db, wanted),
        "order_words": "Most flagged first, then oldest" if view.status == "waiting" else "Latest decision first",
        "statuses": [
            {
                "href": replace(view, status=status, after="").href,
                "words": words,
                "here": status == view.status,
                # What waits is few and counted at once; what was ever decided is not.
                "count": how_many(db, Wanted(site_ids=wanted.site_ids)) if status == "waiting" else None,
            }
            for status, (words, _) in VIEWS.items()
        ],
        "status": view.status,
        "site": view.site,
        "sites": sites,
        "article": view.article,
        "articles": articles,
        "find": view.find,
        "filtered": bool(view.site or view.article or view.find or view.after),
    }


def _done(db: Session, actor: Actor, view: _View) -> dict[str, object] | None:
    """What was just decided, with its undo."""
    comment = find_comment(db, known_id(argument("done"))) if argument("done") else None
    if comment is None or not actor.may(READ, comment.site_id):
        return None
    return {
        "id": comment.id,
        "status": comment.status,
        "revision": comment.revision,
        "words": f"{STATUS_WORDS[comment.status].capitalize()}.",
        "name": comment.author_name,
        "body": comment.body,
        "may_reopen": actor.may(MODERATE, comment.site_id) and comment.status in (Status.APPROVED, Status.REJECTED),
        "back": _back(view, comment.id),
    }
