"""A site registers an article, or changes it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import unescape

import regex
from sqlalchemy import select

from moderation.comments.article_vectors import prepared_article
from moderation.comments.discussion_state import SHUT
from moderation.comments.extraction import ExtractionFailed, extracted
from moderation.comments.joining import finish_joining, join
from moderation.core.addresses import canonical_address
from moderation.core.comment import Mode
from moderation.core.errors import InvalidField
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.core.text.written import as_written, sameness
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.addresses import holders, leave_addresses, take_addresses
from moderation.storage.articles import Article, find_article, find_place, hold_article
from moderation.storage.base import locked
from moderation.storage.discussions import ensure_discussion
from moderation.storage.site_rules import ModeSetting
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work

log = logging.getLogger(__name__)

MOVED_AT_ONCE = 1000
"""Comments that change their section in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleForm:
    """An article as a site describes it, its texts already canonical."""

    external_id: str
    title: str
    paragraphs: tuple[str, ...]
    summary: str | None = None
    key_points: tuple[str, ...] = ()
    url: str | None = None
    section: str | None = None
    source: str | None = None
    byline: str | None = None
    published_at: datetime | None = None
    mode: Mode | None = None
    aliases: tuple[str, ...] = ()


def paragraphs_of(text: str) -> tuple[str, ...]:
    """A plain text's paragraphs: separated by empty lines, or by lines where there are none."""
    separator = "\n\n" if "\n\n" in text else "\n"
    return tuple(" ".join(part.split()) for part in text.split(separator) if part.strip())


_TAG = regex.compile(r"<[a-zA-Z!/?]")


def paragraphs_from_html(html: str, title: str = "") -> tuple[str, ...]:
    """The article's own paragraphs out of a whole page, a part of one, or a text without any markup; not its ``title``
    again. Raises ``InvalidField`` when there is none to be found.
    """
    if not _TAG.search(html):
        return _without_headline(paragraphs_of(as_written(unescape(html), "html")), title)
    try:
        text = extracted(html)
    except ExtractionFailed as error:
        raise InvalidField("html", Message("html_unreadable")) from error
    if not text:
        raise InvalidField("html", Message("html_without_article"))
    # Character references were resolved only now, to whatever they stand for.
    text = as_written(text, "html")
    return _without_headline(tuple(line.strip() for line in text.split("\n") if line.strip()), title)


def _without_headline(paragraphs: tuple[str, ...], title: str) -> tuple[str, ...]:
    """The paragraphs without a first one that says what the title says. What is nothing but its headline stays."""
    if len(paragraphs) > 1 and title and sameness(paragraphs[0]) == sameness(title):
        return paragraphs[1:]
    return paragraphs


def register_article(services: Services, site_id: str, actor: str, form: ArticleForm) -> tuple[Article, bool]:
    """Stores an article, or changes it, and prepares it for relevance. Returns it and whether it is new to the site.
    With its section its comments change theirs, in the same moment: whoever is limited to sections loses or gains them.

    What readers have commented on at its address before, unknown to the site, becomes a part of this article, and the
    name that it had there goes on meaning it.
    Raises ``InvalidField`` for an alias that is no address.
    """
    addresses = addresses_in(form)

    def work(unit: UnitOfWork) -> tuple[Article, bool]:
        article = find_article(unit.session, site_id, form.external_id, lock=True)
        guessed = _unverified_at(unit, site_id, addresses)
        new = article is None
        if article is None:
            article = Article(
                id=new_id(unit.now),
                site_id=site_id,
                external_id=form.external_id,
                version=0,
                mode=None,
                created_at=unit.now,
                verified=True,
            )
            unit.session.add(article)
        mode_before = article.mode
        if not new and article.section != form.section:
            hold_article(unit.session, article.id)
            rest = queue_index.left_behind(unit.session, article.id, form.section)
            queue_index.move_section(unit.session, rest, form.section)
        _fill(article, form, new=new)
        article.closed_at = _closed_at(article, mode_before, unit.now)
        article.updated_at = unit.now
        unit.session.flush()
        if not article.verified:
            article.verified = True
            leave_addresses(unit.connection, article.id)  # what a browser said that it is
            unit.event(site_id, actor, "article.verified", article.id, {"version": article.version})
        ensure_discussion(unit.connection, article.id)
        for other in guessed:
            if other.id != article.id:
                join(unit, other, article, actor=actor)
        take_addresses(unit.connection, site_id, article.id, addresses, unit.now)
        if new or mode_before != article.mode:
            closed = article.mode in SHUT
            event = "article.closed" if closed else "article.opened"
            payload = {"from": mode_before, "to": article.mode, "version": article.version}
            unit.event(site_id, actor, event, article.id, payload)
            if new or closed != (mode_before in SHUT):
                unit.outbox_event(site_id, event, article.id, {"from": mode_before, "to": article.mode})
        return article, new

    _move_most(services, site_id, form)
    article, new = run_in_unit_of_work(services, work)
    finish_joining(services, article.id)
    prepared_article(services, article)
    return article, new


def addresses_in(form: ArticleForm) -> list[str]:
    """The canonical addresses that an article goes by. Raises ``InvalidField`` for an alias that is none."""
    found = []
    if form.url:
        with suppress(InvalidField):  # it is shown as it is, and found by nobody
            found.append(canonical_address(form.url))
    for alias in form.aliases:
        try:
            found.append(canonical_address(alias))
        except InvalidField as error:
            raise InvalidField("aliases", error.message) from error
    return list(dict.fromkeys(found))


def _unverified_at(unit: UnitOfWork, site_id: str, addresses: Sequence[str]) -> list[Article]:
    """The articles at these addresses of which the site knows nothing yet, held so that nobody else changes them. What
    somebody has closed or hidden on the desk isn't among them: whether its comments show elsewhere, a person says.
    """
    if not addresses:
        return []
    ids = set(holders(unit.session, site_id, addresses).values())
    closed = select(ModeSetting.article_id).where(
        ModeSetting.article_id.in_(ids), ModeSetting.mode.in_((Mode.CLOSED.value, Mode.HIDDEN.value))
    )
    query = select(Article).where(Article.id.in_(ids), Article.verified.is_(False), Article.id.not_in(closed))
    return list(unit.session.scalars(locked(query.order_by(Article.id), key_share=True)))


def _move_most(services: Services, site_id: str, form: ArticleForm) -> None:
    """Of an article that takes many comments into another section, all but the last go ahead, in chunks: nobody else
    who writes shall wait for all of them. Where this is cut short, the site's next try goes on with it.
    """
    with services.database.reading() as session:
        article = find_place(session, site_id, form.external_id)
        if article is None or article.section == form.section:
            return
        numbers = queue_index.left_behind(session, article.id, form.section)
    for start in range(0, len(numbers) - MOVED_AT_ONCE, MOVED_AT_ONCE):
        chunk = numbers[start : start + MOVED_AT_ONCE]
        services.database.writing(partial(queue_index.move_section, numbers=chunk, section=form.section))


def _closed_at(article: Article, mode_before: str | None, now: datetime) -> datetime | None:
    """Since when the site has this article closed: what is sent again stays closed since then."""
    if article.mode not in SHUT:
        return None
    # Of one that was closed before this was kept, the last change is the nearest to it that is known.
    return (article.closed_at or article.updated_at) if mode_before in SHUT else now


def _fill(article: Article, form: ArticleForm, *, new: bool) -> None:
    readable = (form.title, form.summary, list(form.key_points), list(form.paragraphs))
    if new or readable != (article.title, article.summary, article.key_points, article.paragraphs):
        article.version += 1
    article.title, article.summary, article.key_points, article.paragraphs = readable
    article.url = form.url
    article.section = form.section
    article.source = form.source
    article.byline = form.byline
    article.published_at = form.published_at
    article.mode = form.mode.value if form.mode else None
