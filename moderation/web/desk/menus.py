"""The menus of articles and sections that a list or the score map can be narrowed to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from moderation.core.reach import Scope
from moderation.storage.desk import titles_of
from moderation.storage.desk_lists import busiest_articles, sections_waiting
from moderation.web.shared.cache import recently
from moderation.web.shared.rendering import known_id

ARTICLES = 30
SECTIONS = 60
KEPT_FOR = timedelta(seconds=15)
"""A menu, with its counts, may be so old."""
KEPT = 250


def article_menu(db: Session, scopes: Sequence[Scope], *, site: str, chosen: Iterable[str]) -> list[dict[str, Any]]:
    """The articles under which most waits, on one site or on all, each with how much that is, and those ``chosen``."""
    busy = [found for scope in scopes if site in ("", scope.site_id) for found in _busiest(db, scope)]
    counts = dict(sorted(busy, key=lambda found: -found[1])[:ARTICLES])
    named = {known_id(article) for article in chosen}
    titles = titles_of(db, [*counts, *sorted(named - set(counts))], scopes)
    return [
        {"id": article, "title": title, "count": counts.get(article, 0), "chosen": article in named}
        for article, title in titles.items()
    ]


def section_menu(db: Session, scopes: Iterable[Scope], *, chosen: Iterable[str]) -> list[str]:
    """The sections in which something waits, and those that are chosen."""
    return sorted({section for scope in scopes for section in _sections(db, scope)} | set(chosen))


def _busiest(db: Session, scope: Scope) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = recently("articles", KEPT_FOR, maximum=KEPT).get(
        scope, lambda: busiest_articles(db, scope, limit=ARTICLES)
    )
    return found


def _sections(db: Session, scope: Scope) -> list[str]:
    found: list[str] = recently("sections", KEPT_FOR, maximum=KEPT).get(
        scope, lambda: sections_waiting(db, scope, limit=SECTIONS)
    )
    return found
