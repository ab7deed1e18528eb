"""Term lists and modes as intake needs them with every comment: kept in memory while their site's revision stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cachetools import LRUCache
from sqlalchemy import Connection, Select, bindparam, select, update
from sqlalchemy.orm import Session

from moderation.core.cache import Cached
from moderation.core.comment import Mode
from moderation.core.discussion_hours import NOTHING_SET, Cause, Setting, Settings, hours_from
from moderation.core.wordlist import NO_TERMS, Term, TermList
from moderation.storage.articles import Article, Place
from moderation.storage.base import table_of
from moderation.storage.database import connection_of
from moderation.storage.site_rules import ModeSetting
from moderation.storage.site_rules import Term as TermRow
from moderation.storage.sites import Site

MAX_ARTICLES = 2000
"""So many articles' own rules are kept for a site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the desk has set that concerns one article: modes of it and around it, and the terms that hold comments."""

    settings: Settings = NOTHING_SET
    site_terms: TermList = NO_TERMS
    article_terms: TermList = NO_TERMS


_Own = tuple[Setting | None, Setting | None, TermList]
"""What holds for one article alone: what was set by hand, a surge, its terms."""
_NOTHING_OWN: _Own = (None, None, NO_TERMS)


@dataclass(slots=True)
class _Entry:
    """One site's rules at one revision."""

    revision: int
    site: Setting | None
    switch: Setting | None
    sections: dict[str, Setting]
    terms: TermList
    articles: Cached[str, _Own] = field(default_factory=lambda: Cached(LRUCache(MAX_ARTICLES)))


class SiteRulesCache:
    """Reads rules when a site's revision has moved on, and keeps them until it does again. Threads may share it."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def rules(self, asked: Session | Connection, place: Place | Article) -> Rules:
        """What holds for an article now."""
        revision = place.rules_revision if isinstance(place, Place) else rules_revision(asked, place.site_id)
        entry = self._entries.get(place.site_id)
        if entry is None or entry.revision != revision:
            entry = self._entries[place.site_id] = _entry(connection_of(asked), place.site_id, revision)
        by_hand, surge, terms = _NOTHING_OWN
        if place.id:  # else it is one that isn't there (yet)
            by_hand, surge, terms = entry.articles.get(
                place.id, lambda: _own(connection_of(asked), place.site_id, place.id)
            )
        section = entry.sections.get(place.section) if place.section else None
        return Rules(
            settings=Settings(site=entry.site, section=section, article=by_hand, surge=surge, switch=entry.switch),
            site_terms=entry.terms,
            article_terms=terms,
        )


def rules_revision(asked: Session | Connection, site_id: str) -> int:
    return connection_of(asked).scalar(_REVISION, {"of": site_id}) or 0


def site_rules_lock(site_id: str) -> str:
    """The name of the lock under which a site's wordlists and modes are changed."""
    return f"site rules {site_id}"


def site_rules_changed(session: Session, site_id: str) -> None:
    """Tells everybody who keeps the site's rules that they have changed."""
    session.execute(
        update(Site).where(Site.id == site_id).values(rules_revision=Site.rules_revision + 1),
        execution_options={"synchronize_session": False},
    )


_SETTINGS, _TERMS = table_of(ModeSetting), table_of(TermRow)
_REVISION = select(table_of(Site).c.rules_revision).where(table_of(Site).c.id == bindparam("of"))
_WIDER = select(_SETTINGS).where(_SETTINGS.c.site_id == bindparam("site"), _SETTINGS.c.article_id == "")
_OWN = select(_SETTINGS).where(
    _SETTINGS.c.site_id == bindparam("site"), _SETTINGS.c.section == "", _SETTINGS.c.article_id == bindparam("article")
)
_LIVE = select(_TERMS.c.id, _TERMS.c.term, _TERMS.c.why).where(
    _TERMS.c.site_id == bindparam("site"), _TERMS.c.removed_at.is_(None)
)
_SITE_TERMS = _LIVE.where(_TERMS.c.article_id.is_(None)).order_by(_TERMS.c.id)
_ARTICLE_TERMS = _LIVE.where(_TERMS.c.article_id == bindparam("article")).order_by(_TERMS.c.id)


def _entry(connection: Connection, site_id: str, revision: int) -> _Entry:
    rows = connection.execute(_WIDER, {"site": site_id}).all()
    by_place = {(row.section, row.cause): setting_from(row) for row in rows}
    return _Entry(
        revision=revision,
        site=by_place.get(("", Cause.HAND)),
        switch=by_place.get(("", Cause.SWITCH)),
        sections={section: setting for (section, cause), setting in by_place.items() if section},
        terms=_terms(connection, _SITE_TERMS, {"site": site_id}, of_article=False),
    )


def _own(connection: Connection, site_id: str, article_id: str) -> _Own:
    asked = {"site": site_id, "article": article_id}
    rows = {row.cause: setting_from(row) for row in connection.execute(_OWN, asked)}
    terms = _terms(connection, _ARTICLE_TERMS, asked, of_article=True)
    return rows.get(Cause.HAND), rows.get(Cause.SURGE), terms


def _terms(connection: Connection, query: Select[Any], asked: dict[str, str], *, of_article: bool) -> TermList:
    rows: Sequence[Any] = connection.execute(query, asked).all()
    if not rows:
        return NO_TERMS
    return TermList(Term(id=row.id, text=row.term, why=row.why, of_article=of_article) for row in rows)


def setting_from(row: Any) -> Setting:
    """A stored setting, from a row or from the mapped class."""
    return Setting(
        cause=Cause(row.cause),
        mode=Mode(row.mode) if row.mode else None,
        sentence=row.sentence,
        hours=hours_from(row.hours),
        close_after_days=row.close_after_days,
        why=row.why,
        account_id=row.account_id,
        since=row.since,
    )
