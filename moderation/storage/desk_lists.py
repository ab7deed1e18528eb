"""Lists of comments for the desk, quick at a million: read from the queue index in the order of its indexes, a page at
a time. What an index can't order is looked for among so many candidates at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.core.reach import Scope
from moderation.core.scores import LABELS
from moderation.core.text.search_words import Sought
from moderation.storage import list_statements
from moderation.storage.list_statements import COLUMNS, C, Key, Lane, Shape
from moderation.storage.moderator_workspace import FlagKind
from moderation.storage.queue_index import SLOTS, WAITS
from moderation.storage.reach import within
from moderation.storage.search_index import fts5_query, tsquery
from moderation.storage.severity_order import serving_slot

RANGED = (*LABELS, "relevance")
"""The signals that a list can be narrowed to a range of."""
CANDIDATES = 1000
"""Among so many of what a search finds, or an author wrote, the newest ones, a list chooses."""
COUNTED = 1000
"""Counts stop here: a page says "1,000+"."""


class Order(StrEnum):
    """In which order what waits is read."""

    SEVERITY = "severity"
    """The most severe first, the oldest of equals."""
    OLDEST = "oldest"
    NEWEST = "newest"
    ARTICLE = "article"
    """The newest article first, under it the oldest comment."""


class Unusable(StrEnum):
    """Why a comment's scores decide nothing."""

    UNREAD = "unread"
    """No pack reads its language."""
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRange:
    """A signal from ``low`` to ``high``, both included; what has no scores that may decide anything is in none."""

    signal: str
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which comments a view of the desk asks for. ``statuses`` None: those that wait. ``articles`` are our own ids.
    What is escalated waits apart (None: both). ``before``: arrived at this time or before. ``find`` None: no search.
    ``flag``: those with this flag alone; ``reported``: those with reports that nobody has decided about. ``slot``
    names the severity to sort by (``queue_index.SLOTS``); None: the one that counts now.
    """

    scopes: tuple[Scope, ...]
    statuses: tuple[Status, ...] | None = None
    escalated: bool | None = False
    sections: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    author_id: str | None = None
    score_range: ScoreRange | None = None
    unusable: Unusable | None = None
    language: str | None = None
    before: datetime | None = None
    flag: FlagKind | None = None
    reported: bool = False
    find: tuple[Sought, ...] | None = None
    order: Order = Order.SEVERITY
    slot: int | None = None

    @property
    def waiting(self) -> bool:
        return self.statuses is None


Behind = tuple[Any, ...]
"""A place in a list: the values by which the list is sorted."""
_ORDERS: dict[Order, tuple[Key, ...]] = {
    Order.OLDEST: ((C.received_at, False), (C.number, False)),
    Order.NEWEST: ((C.received_at, True), (C.number, True)),
    Order.ARTICLE: ((C.article_at, True), (C.article_id, False), (C.received_at, False), (C.number, False)),
}
_BY_SEVERITY: tuple[tuple[Key, ...], ...] = tuple(
    ((C[slot], True), (C.received_at, False), (C.number, False)) for slot in SLOTS
)
_LATEST_DECISION: tuple[Key, ...] = ((C.decided_at, True), (C.number, False))
_PLACES = {column: place for place, column in enumerate(COLUMNS)}


def _shape(wanted: Wanted) -> Shape:
    return Shape(
        scopes=wanted.scopes,
        statuses=wanted.statuses,
        escalated=wanted.escalated,
        flag=wanted.flag,
        reported=wanted.reported,
        signal=wanted.score_range.signal if wanted.score_range else None,
        scored=None if wanted.unusable is None else wanted.unusable is Unusable.UNREAD,
        sections=bool(wanted.sections),
        articles=bool(wanted.articles),
        author=wanted.author_id is not None,
        language=wanted.language is not None,
        before=wanted.before is not None,
        search=None if wanted.find is None else bool(wanted.find),
    )


def _values(session: Session, wanted: Wanted) -> dict[str, Any]:
    """The parameters of its statements."""
    values: dict[str, Any] = {
        "sections": wanted.sections,
        "articles": wanted.articles,
        "author": wanted.author_id,
        "language": wanted.language,
        "before": wanted.before,
    }
    if wanted.score_range is not None:
        values |= {"low": wanted.score_range.low, "high": wanted.score_range.high}
    if wanted.find:
        values["sought"] = fts5_query(wanted.find) if _dialect(session) == "sqlite" else tsquery(wanted.find)
    return values


def _dialect(session: Session) -> str:
    return session.connection().dialect.name


def _keys(session: Session, wanted: Wanted) -> tuple[Key, ...]:
    if not wanted.waiting and not wanted.reported:
        # What is flagged may wait, or not: then nobody has decided about it.
        return _ORDERS[Order.NEWEST] if wanted.flag else _LATEST_DECISION
    if wanted.reported or wanted.order is Order.SEVERITY:
        return _BY_SEVERITY[serving_slot(session) if wanted.slot is None else wanted.slot]
    return _ORDERS[wanted.order]


def page_of(session: Session, wanted: Wanted, *, after: str | None = None, limit: int) -> list[str]:
    """The ids of one page of a list, after this comment, also when that no longer is in it."""
    keys = _keys(session, wanted)
    return _page(session, wanted, keys, _position(session, wanted, after, keys) if after else None, limit)


def page_behind(
    session: Session, wanted: Wanted, *, behind: Behind | None, limit: int
) -> tuple[list[str], Behind | None]:
    """The ids of one page of what waits, behind a place in the list, wherever the comment that stood there is now; and
    the place behind which it goes on, None at the end. In the order of severity ``wanted.slot`` must be the one under
    which the place was told.
    """
    keys = _keys(session, wanted)
    if behind is not None and len(behind) != len(keys):
        raise ValueError("a place of another list")
    ids = _page(session, wanted, keys, behind, limit + 1)
    if len(ids) <= limit:
        return ids, None
    row = session.execute(select(*(key for key, _ in keys)).where(C.comment_id == ids[limit - 1])).one()
    return ids[:limit], tuple(row)


def _page(session: Session, wanted: Wanted, keys: tuple[Key, ...], position: Behind | None, limit: int) -> list[str]:
    rows, places = _few(session, wanted), _places(keys)
    if rows is None:
        rows = [
            row
            for lane, asked in _lanes(session, wanted)
            for row in _walked(session, lane, asked, keys, position, limit)
        ]
    placed = sorted((_sorts([row[at] for at in places], keys), row.comment_id) for row in rows)
    begins = None if position is None else _sorts(position, keys)
    return [comment for at, comment in placed if begins is None or at > begins][:limit]


def how_many(session: Session, wanted: Wanted, *, maximum: int = COUNTED) -> int:
    """How many there are; one more than ``maximum`` stands for any number beyond."""
    few = _few(session, wanted)
    if few is not None:
        return min(len(few), maximum + 1)
    key = ("count", wanted, maximum)
    if key not in session.info:  # a page tells it here and there
        session.info[key] = _counted(session, wanted, maximum)
    counted: int = session.info[key]
    return counted


def _counted(session: Session, wanted: Wanted, maximum: int) -> int:
    count = 0
    for lane, asked in _lanes(session, wanted):
        some = list_statements.counting(lane)
        count += session.scalar(some, {**asked, "limit": maximum + 1 - count}) or 0
        if count > maximum:
            break
    return count


def newest_number(session: Session) -> int:
    """The number of the comment that arrived last."""
    return session.scalar(list_statements.NEWEST_NUMBER) or 0


def arrived_since(session: Session, wanted: Wanted, number: int, *, maximum: int) -> int:
    """How many comments that the view shows have arrived after that one, counted up to ``maximum``."""
    fresh = list_statements.arriving(_shape(wanted), _dialect(session))
    return session.scalar(fresh, {**_values(session, wanted), "number": number, "limit": maximum}) or 0


def busiest_articles(session: Session, scope: Scope, *, limit: int) -> list[tuple[str, int]]:
    """Articles by what waits under them: their ids, the one with the most first, and how many."""
    count = func.count().label("count")
    query = select(C.article_id, count).where(WAITS, *_within(scope)).group_by(C.article_id)
    return [(row[0], row[1]) for row in session.execute(query.order_by(count.desc()).limit(limit))]


def sections_waiting(session: Session, scope: Scope, *, limit: int) -> list[str]:
    """The sections in which something waits, by name."""
    query = select(C.section).where(WAITS, C.section.is_not(None), *_within(scope)).distinct()
    return list(session.scalars(query.order_by(C.section).limit(limit)))


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    return within(scope, C.site_id, C.section, C.escalated)


# --- walking an index -------------------------------------------------------------------------------------------------


_Placed = Row[*tuple[Any, ...]]
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _lanes(session: Session, wanted: Wanted) -> Iterator[tuple[Lane, dict[str, Any]]]:
    """What one index has in the list's order, each with the parameters of its statements."""
    shape, asked = replace(_shape(wanted), scopes=()), _values(session, wanted)
    if not (wanted.articles and wanted.waiting):
        yield from ((lane, asked) for lane in list_statements.lanes(shape, wanted.scopes))
        return
    for article in session.execute(list_statements.ARTICLES, {"articles": wanted.articles}):
        if any(scope.reaches(article.site_id, article.section) for scope in wanted.scopes):
            yield Lane(shape), {**asked, "article": article.id}


def _walked(
    session: Session,
    lane: Lane,
    asked: dict[str, Any],
    keys: tuple[Key, ...],
    position: Behind | None,
    limit: int,
) -> list[_Placed]:
    if position is None:
        return list(session.execute(list_statements.walking(lane, keys), {**asked, "limit": limit}))
    asked = asked | {f"place_{n}": value for n, value in enumerate(position)}
    rows: list[_Placed] = []
    # The place itself splits the list into pieces, each of which an index has in one stretch.
    for behind in reversed(range(len(keys))):
        rows += session.execute(list_statements.walking(lane, keys, behind), {**asked, "limit": limit - len(rows)})
        if len(rows) == limit:
            break
    return rows


def _position(session: Session, wanted: Wanted, comment_id: str, keys: tuple[Key, ...]) -> Behind | None:
    # A comment that isn't reached is no place in a list: where the list goes on would tell how severe it is.
    row = session.execute(list_statements.place_of(wanted.scopes), {"id": comment_id}).first()
    position = tuple(row[at] for at in _places(keys)) if row is not None else (None,)
    return None if None in position else position


def _places(keys: tuple[Key, ...]) -> list[int]:
    """Where a row has these columns."""
    return [_PLACES[key] for key, _ in keys]


def _sorts(values: Sequence[Any], keys: tuple[Key, ...]) -> tuple[Any, ...]:
    """What puts rows into the list's order: a falling key counts downwards."""
    return tuple(_falling(value) if falls else value for (_, falls), value in zip(keys, values, strict=True))


def _falling(value: Any) -> float:
    if isinstance(value, datetime):
        return -(value - _EPOCH).total_seconds()
    return -(value or 0)


# --- choosing among candidates ----------------------------------------------------------------------------------------


def _few(session: Session, wanted: Wanted) -> list[_Placed] | None:
    """All that the view shows, in no order, where that is little or no index has its order; None: walk an index."""
    key = ("few", wanted)
    if key not in session.info:  # a page lists them and counts them
        session.info[key] = _looked_for(session, wanted)
    found: list[_Placed] | None = session.info[key]
    return found


def _looked_for(session: Session, wanted: Wanted) -> list[_Placed] | None:
    if (
        wanted.find is not None
        or wanted.author_id is not None
        or wanted.flag is not None
        or wanted.reported
        or (wanted.articles and not wanted.waiting)
    ):
        return _candidates(session, wanted)
    if not (wanted.score_range or wanted.unusable or wanted.language or wanted.sections or wanted.before):
        return None
    numbers: list[int] = []
    for lane, asked in _lanes(session, wanted):
        some = list_statements.numbers_in(lane)
        numbers += session.scalars(some, {**asked, "limit": CANDIDATES + 1 - len(numbers)})
        if len(numbers) > CANDIDATES:
            return None
    return list(session.execute(list_statements.PLACED, {"numbers": numbers})) if numbers else []


def _candidates(session: Session, wanted: Wanted) -> list[_Placed]:
    asked = {**_values(session, wanted), "limit": CANDIDATES + 1}
    if wanted.find is not None and wanted.waiting:
        asked["first"] = _first_waiting(session, wanted.scopes)
    query = list_statements.choosing(_shape(wanted), _keys(session, wanted), _dialect(session))
    return list(session.execute(query, asked))


def _first_waiting(session: Session, scopes: Sequence[Scope]) -> int:
    """The number of the earliest comment that waits on these sites: what was there before it need not be searched."""
    key = ("first waiting", *scopes)
    if key not in session.info:  # what is left to seniors is looked for as well
        firsts = [session.scalar(list_statements.FIRST_WAITING, {"site": scope.site_id}) for scope in scopes]
        session.info[key] = min((first for first in firsts if first is not None), default=0)
    first: int = session.info[key]
    return first
