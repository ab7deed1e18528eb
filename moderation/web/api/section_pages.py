"""Pages of threads as the section is answered them, made once for each revision of a discussion.

The revision is read with every request and changes in the transaction that changes what readers see, so that what was
removed is gone at once, whichever process removed it. For a few seconds only a page is kept at all: a process of the
version before, beside which this one may run during an upgrade, counts no revisions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import regex
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from moderation.core.errors import CursorInvalid
from moderation.storage.comments import Comment
from moderation.storage.section import Order, SectionPlace, Thread, newest_under, published_under, threads
from moderation.web.api import section_answers as answers
from moderation.web.api.public_answers import SHARED_SECONDS, Body
from moderation.web.shared.access import services
from moderation.web.shared.cache import recently

THREADS = 25
"""Threads on a page."""
FIRST_REPLIES = 3
"""Replies of each that come with it."""
KEPT_BYTES = 32 * 1024 * 1024
"""Of pages, and of whole answers: whoever asks under many names of this host fills no memory."""
KEPT_COUNTS = 10_000
_BESIDE = 1024
"""Bytes that keeping anything takes beside."""
_KEPT = timedelta(seconds=SHARED_SECONDS)
_MARKER = regex.compile(r"[0-9a-f]{1,14}")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of threads as JSON, and how many comments the discussion has in all."""

    count: int
    json: bytes


class Cursors:
    """Where a page of one list ends, signed: a cursor of another list opens nothing."""

    def __init__(self, *of: str) -> None:
        secrets = list(reversed(services().keys.cursors.secrets))
        self._signed = URLSafeSerializer(secrets, salt=" ".join(("section", *of)))

    def after(self, comment: Comment) -> str:
        return str(self._signed.dumps([comment.created_at.isoformat(), comment.id]))

    def read(self, cursor: str | None) -> tuple[datetime, str] | None:
        """Raises ``CursorInvalid``."""
        if cursor is None:
            return None
        try:
            moment, comment_id = self._signed.loads(cursor)
            return datetime.fromisoformat(moment), str(comment_id)
        except (BadData, ValueError, TypeError) as error:
            raise CursorInvalid from error


def page_of(session: Session, place: SectionPlace, order: Order, cursor: str | None, base: str) -> Page:
    """A page of an article's threads. ``base`` is this service's own address, with a slash at its end. Raises
    ``CursorInvalid``.
    """
    if cursor is not None or place.discussion_revision is None:
        return _made(session, place, order, cursor, base)
    key = (place.id, place.discussion_revision, order, base)
    kept = recently(
        "section pages", _KEPT, maximum=KEPT_BYTES, timer=time.monotonic, size=lambda made: len(made.json) + _BESIDE
    )
    page: Page = kept.get(key, lambda: _made(session, place, order, None, base))
    return page


def whole(head: answers.SectionHead, page: Page) -> Body:
    """A head and a page as one answer."""
    above = head.model_dump_json().encode()
    kept = recently(
        "section answers", _KEPT, maximum=KEPT_BYTES, timer=time.monotonic, size=lambda made: made.size + _BESIDE
    )
    body: Body = kept.get((above, page.json), lambda: Body.of(above[:-1] + b"," + page.json[1:]))
    return body


NOTHING = Page(0, answers.SectionPage(comments=[], next=None, newest="0").model_dump_json().encode())
"""What an article shows that isn't known, or whose comments are hidden."""


def counts_of(session: Session, places: list[SectionPlace]) -> dict[str, int]:
    """How many comments are published under each of these articles, by our ids."""
    kept = recently("section counts", _KEPT, maximum=KEPT_COUNTS, timer=time.monotonic)
    found: dict[str, int] = {}
    for place in places:
        count = kept.kept((place.id, place.discussion_revision))
        if count is not None:
            found[place.id] = count
    missing = [place for place in places if place.id not in found]
    if missing:
        counted = published_under(session.connection(), [place.id for place in missing])
        for place in missing:
            found[place.id] = counted.get(place.id, 0)
            if place.discussion_revision is not None:
                kept.put((place.id, place.discussion_revision), found[place.id])
    return found


def marker(moment: datetime | None) -> str:
    """A moment as ``newest`` tells it."""
    return f"{round(moment.timestamp() * 1_000_000):x}" if moment is not None else "0"


def marked(text: str) -> datetime:
    """The moment of a marker. Raises ``CursorInvalid``."""
    if not _MARKER.fullmatch(text):
        raise CursorInvalid
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(text, 16))
    except OverflowError as error:
        raise CursorInvalid from error


def _made(session: Session, place: SectionPlace, order: Order, cursor: str | None, base: str) -> Page:
    cursors = Cursors(place.id, order)
    after = cursors.read(cursor)
    found = threads(session, place.id, order, after=after, limit=THREADS + 1, replies=FIRST_REPLIES)
    featured = sum(one.comes_first for one in found)
    more = len(found) > featured + THREADS
    page = found[: featured + THREADS]
    content = answers.SectionPage(
        comments=[answers.thread_of(one, base, _following(one)) for one in page],
        next=cursors.after(page[-1].opening.comment) if more else None,
        newest=marker(newest_under(session.connection(), place.id)),
    )
    count = published_under(session.connection(), [place.id]).get(place.id, 0)
    return Page(count, content.model_dump_json().encode())


def _following(thread: Thread) -> str | None:
    if thread.count <= len(thread.replies) or not thread.replies:
        return None
    return Cursors(thread.opening.comment.id).after(thread.replies[-1].comment)
