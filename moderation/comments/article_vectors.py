"""The scorer's side of an article: computed once per version and pack, kept in the database and close at hand."""

from __future__ import annotations

import logging
from threading import Lock

from cachetools import LRUCache
from sqlalchemy.orm import Session

from moderation.comments.preparation import prepare_in_time
from moderation.core.scores import PreparedArticle
from moderation.services import Services
from moderation.storage.articles import Article, Place, PreparedVersion, forget_older_versions, prepared_version

log = logging.getLogger(__name__)

CLOSE_AT_HAND = 256
_recent: LRUCache[tuple[str, int, str], PreparedArticle] = LRUCache(CLOSE_AT_HAND)
_lock = Lock()


def prepared_article(
    services: Services, article: Article | Place, *, timeout_s: float | None = None
) -> PreparedArticle | None:
    """What relevance is judged against; None where the article has no text, or the pack fails or is too slow. Without
    ``timeout_s`` the configuration says what is too slow.
    """
    made_by = services.scorer.prepares_as
    key = (article.id, article.version, made_by)
    with _lock:
        if key in _recent:
            return _recent[key]
    prepared = _kept(services, key) or _compute(services, article.id, article.version, timeout_s)
    if prepared is not None:
        with _lock:
            _recent[key] = prepared
    return prepared


def _kept(services: Services, key: tuple[str, int, str]) -> PreparedArticle | None:
    with services.database.reading() as session:
        row = prepared_version(session, *key)
        return row.prepared if row else None


def _compute(services: Services, article_id: str, version: int, timeout_s: float | None) -> PreparedArticle | None:
    with services.database.reading() as session:
        article = session.get_one(Article, article_id)
    text = article.text
    if article.version != version:  # changed this very moment
        return prepared_article(services, article, timeout_s=timeout_s)
    if text is None:
        return None
    seconds = services.configuration.current().scoring.timeout_seconds if timeout_s is None else timeout_s
    try:
        prepared = prepare_in_time(services.scorer, text, seconds)
    except Exception as error:  # a pack may fail in its own ways; for want of it no comment is lost
        log.warning("an article could not be prepared for relevance", extra={"problem": type(error).__name__})
        return None

    def keep(session: Session) -> None:
        forget_older_versions(session, article_id, version)
        if prepared_version(session, article_id, version, prepared.made_by) is None:
            session.add(
                PreparedVersion(
                    article_id=article_id,
                    version=version,
                    made_by=prepared.made_by,
                    passages=list(prepared.passages),
                    vectors=prepared.vectors,
                )
            )

    services.database.writing(keep)
    return prepared
