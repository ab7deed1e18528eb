"""A site registers an article, or changes it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import unescape

import regex

from moderation.comments.article_vectors import prepared_article
from moderation.comments.extraction import ExtractionFailed, extracted
from moderation.core.comment import Mode
from moderation.core.errors import InvalidField
from moderation.core.ids import new_id
from moderation.core.messages import Message
from moderation.core.text.written import as_written, sameness
from moderation.services import Services
from moderation.storage import queue_index
from moderation.storage.articles import Article, find_article, find_place, hold_article
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
    """Stores an article, or changes it, and prepares it for relevance. Returns it and whether it is new. With its
    section its comments change theirs, in the same moment: whoever is limited to sections loses or gains them.
    """

    def work(unit: UnitOfWork) -> tuple[Article, bool]:
        article = find_article(unit.session, site_id, form.external_id, lock=True)
        new = article is None
        if article is None:
            article = Article(
                id=new_id(unit.now),
                site_id=site_id,
                external_id=form.external_id,
                version=0,
                mode=None,
                created_at=unit.now,
            )
            unit.session.add(article)
        mode_before = article.mode
        if not new and article.section != form.section:
            hold_article(unit.session, article.id)
            rest = queue_index.left_behind(unit.session, article.id, form.section)
            queue_index.move_section(unit.session, rest, form.section)
        _fill(article, form, new=new)
        article.updated_at = unit.now
        if new or mode_before != article.mode:
            closed = article.mode in (Mode.CLOSED, Mode.HIDDEN)
            event = "article.closed" if closed else "article.opened"
            payload = {"from": mode_before, "to": article.mode, "version": article.version}
            unit.event(site_id, actor, event, article.id, payload)
        return article, new

    _move_most(services, site_id, form)
    article, new = run_in_unit_of_work(services, work)
    prepared_article(services, article)
    return article, new


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
