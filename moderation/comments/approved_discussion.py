"""What people have approved under an article, close at hand: from it relevance learns what belongs there.

It is read from the comments themselves, so that an approval, its undo, a rejection, a withdrawal and an erasure each
change what the next comment is held against, and nothing has to be kept in step.
"""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

from cachetools import TTLCache
from sqlalchemy import Connection

from moderation.core.scores import Subject
from moderation.scoring.relevance_discussion import MOST
from moderation.services import Services
from moderation.storage.approved_subjects import approved_subjects, revision_of

CLOSE_AT_HAND = 256
KEPT_SECONDS = 60.0
"""Scores that are renewed change no discussion's revision: their vectors are seen after this at the latest."""
_Approved = tuple[tuple[str, Subject], ...]
_recent: TTLCache[tuple[str, str], tuple[int, _Approved]] = TTLCache(CLOSE_AT_HAND, KEPT_SECONDS)
_lock = Lock()


def approved_there(
    connection: Connection, article_id: str, *, exclude: Collection[str] = (), revision: int | None = None
) -> tuple[Subject, ...]:
    """What was approved there, newest first, one of each author and none of those in ``exclude`` (ids of authors): what
    somebody wrote before makes nothing that they write now belong. ``revision`` is the discussion's, where it is known.
    """
    if revision is None:
        revision = revision_of(connection, article_id)
    if not revision:
        return ()  # nothing was ever published there
    key = (str(connection.engine.url), article_id)
    with _lock:
        known = _recent.get(key)
    if known is None or known[0] != revision:
        known = (revision, approved_subjects(connection, article_id, limit=MOST))
        with _lock:
            _recent[key] = known
    return tuple(subject for author_id, subject in known[1] if author_id not in exclude)


def approved_discussion(services: Services, article_id: str, *, exclude: Collection[str] = ()) -> tuple[Subject, ...]:
    """The same over a connection of its own."""
    with services.database.asking() as connection:
        return approved_there(connection, article_id, exclude=exclude)
