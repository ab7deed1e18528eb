"""A published comment on a page of its own, which can be linked to for good, and its quotation by oEmbed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode, urljoin

import regex
from flask import Blueprint, Response, abort, json, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from moderation.comments.discussion_state import standing
from moderation.core.addresses import taken_apart
from moderation.core.comment import Status
from moderation.core.errors import InvalidField
from moderation.storage.articles import Article
from moderation.storage.comments import Comment, find_comment
from moderation.storage.moderator_workspace import featured_among
from moderation.storage.sites import Site
from moderation.web.api.answers import initial_of
from moderation.web.api.public_answers import Body, public_answer
from moderation.web.shared.access import services
from moderation.web.shared.addresses import below_root, own_address, rooted
from moderation.web.shared.rendering import argument, known_id, page, tell_times_of, whole_number
from moderation.web.shared.wording import day, short

NAME = "public_comment_pages"
DEMO = "demo"
"""The site whose articles stand here. A newsroom's own articles stand on its own pages."""
DESCRIBED = 200
"""Characters of a comment in the preview of a link to it."""
WIDTHS = (220, 550)
"""The narrowest and the widest quotation, in pixels."""
_PATH = regex.compile(r"/comments/([0-9a-z]{1,64})/?")
_GONE = "This comment is no longer here. Its writer or a moderator has taken it away."
_UNKNOWN = "There is no such comment here. It may never have been published, or its address was mistyped."


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A published comment and where it stands. ``answers`` is whom it answers, where readers see that."""

    comment: Comment
    article: Article
    site: Site
    featured: bool
    answers: Comment | None

    @property
    def title(self) -> str:
        return f"{self.comment.author_name} on “{self.article.title}”"

    @property
    def marks(self) -> list[str]:
        return self.comment.marks


def blueprint() -> Blueprint:
    """The route ``/oembed``."""
    pages = Blueprint(NAME, __name__)

    @pages.get("/oembed")
    def oembed() -> Response:
        if argument("format") not in ("", "json"):
            raise InvalidField("format", "can be json alone: leave it out.")
        found = published(_id_in(argument("url", 2000)))
        return public_answer(Body.of(json.dumps(_quotation(found)).encode()))

    return pages


def public_page(comment_id: str) -> Response:
    """The page of a published comment. One that is gone answers 410, one that never was there 404."""
    found = published(comment_id)
    comment, address = found.comment, comment_address(comment_id)
    tell_times_of(comment.site_id)
    answer = page(
        "reader/published.html",
        masthead=found.site.name,
        found=found,
        initial=initial_of(comment.author_name),
        address=address,
        oembed=f"{own_address()}oembed?{urlencode({'url': address})}",
        described=short(" ".join(comment.body.split()), DESCRIBED),
        href=address_of(found.article),
        parent_address=comment_address(found.answers.id) if found.answers else None,
    )
    answer.headers["Cache-Control"] = "public, max-age=0, s-maxage=10"
    return answer


def published(comment_id: str) -> Published:
    """A comment as everybody may see it. Answers 404 and 410 for what nobody may."""
    with services().database.reading() as db:
        comment = find_comment(db, known_id(comment_id))
        if comment is None or comment.published_at is None:
            abort(404, _UNKNOWN)
        if comment.status != Status.APPROVED:
            abort(410, _GONE)
        article = db.get_one(Article, comment.article_id)
        if not _is_shown(db, article):
            abort(404, _UNKNOWN)
        other = find_comment(db, comment.in_reply_to or comment.parent_id or "")
        return Published(
            comment=comment,
            article=article,
            site=db.get_one(Site, comment.site_id),
            featured=bool(featured_among(db, [comment.id])),
            answers=other if other is not None and other.status == Status.APPROVED else None,
        )


def comment_address(comment_id: str) -> str:
    """Where a comment stands for good."""
    return f"{own_address()}comments/{comment_id}"


def address_of(article: Article) -> str | None:
    """Where an article can be read: here, or on its own site where that told."""
    if article.site_id == DEMO:
        return f"/articles/{quote(article.external_id)}"
    return article.url


def _is_shown(db: Session, article: Article) -> bool:
    settings = services().site_rules.rules(db, article).settings
    comments = services().configuration.current().comments
    return standing(comments, article, settings, now=services().clock()).shown


def _id_in(url: str) -> str:
    """The comment that an address of this service is of."""
    parts = taken_apart(url)
    found = _PATH.fullmatch(below_root(parts.path) or "")
    if parts.scheme not in ("http", "https") or parts.netloc != request.host or found is None:
        abort(404, "`url` must be the address of a comment here, such as the one that its page has.")
    return found[1]


def _quotation(found: Published) -> dict[str, object]:
    comment = found.comment
    narrowest, widest = WIDTHS
    asked = whole_number(argument("maxwidth"))
    width = widest if asked is None else min(widest, max(narrowest, asked))
    return {
        "version": "1.0",
        "type": "rich",
        "title": found.title,
        "author_name": comment.author_name,
        "author_url": comment_address(comment.id),
        "provider_name": found.site.name,
        "provider_url": own_address(),
        "cache_age": 10,
        "width": width,
        "height": None,
        "html": str(_quoted(found)),
    }


def _quoted(found: Published) -> Markup:
    """The comment as a quotation that needs neither a script nor a style of ours."""
    comment = found.comment
    paragraphs = Markup("").join(
        Markup('<p dir="auto">{}</p>').format(Markup("<br>").join(paragraph.split("\n")))
        for paragraph in comment.body.split("\n\n")
    )
    address, told = comment_address(comment.id), day(comment.created_at)
    by = Markup('<a href="{}"><bdi>{}</bdi>, {}</a>').format(address, comment.author_name, told)
    href = address_of(found.article)
    about = Markup("<bdi>{}</bdi>").format(found.article.title)
    if href is not None:
        about = Markup('<a href="{}">{}</a>').format(urljoin(own_address(), rooted(href)), about)
    return Markup('<blockquote class="moderation-quotation" cite="{}">{}<footer>{} · {}</footer></blockquote>').format(
        address, paragraphs, by, about
    )
