"""Lists of comments for the desk, quick at a million: read from the queue index in the order of its indexes, a page at
a time. What an index can't order is looked for among so many candidates at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    Select,
    bindparam,
    column,
    func,
    literal_column,
    null,
    select,
    table,
    text,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.core.reach import Scope
from moderation.core.scores import LABELS
from moderation.core.text.search_words import Sought
from moderation.storage.articles import Article
from moderation.storage.base import table_of
from moderation.storage.comments import Comment
from moderation.storage.moderator_workspace import CommentFlag, FlagKind
from moderation.storage.queue_index import DECIDABLE, SLOTS, UNDECIDABLE, QueueIndex
from moderation.storage.reach import within, within_any
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
    ``flag``: those with this flag alone. ``slot`` names the severity to sort by (``queue_index.SLOTS``); None: the
    one that counts now.
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
    find: tuple[Sought, ...] | None = None
    order: Order = Order.SEVERITY
    slot: int | None = None

    @property
    def waiting(self) -> bool:
        return self.statuses is None


_C = table_of(QueueIndex).c
_WAITS: ColumnElement[bool] = literal_column("queue_index.waiting IS TRUE")  # as the partial indexes have it
_ESCALATED: ColumnElement[bool] = literal_column("queue_index.escalated IS TRUE")

Behind = tuple[Any, ...]
"""A place in a list: the values by which the list is sorted."""
_Key = tuple[Column[Any], bool]
"""A column that a list is ordered by, and whether the highest comes first."""
_ORDERS: dict[Order, tuple[_Key, ...]] = {
    Order.OLDEST: ((_C.received_at, False), (_C.number, False)),
    Order.NEWEST: ((_C.received_at, True), (_C.number, True)),
    Order.ARTICLE: ((_C.article_at, True), (_C.article_id, False), (_C.received_at, False), (_C.number, False)),
}
_BY_SEVERITY: tuple[tuple[_Key, ...], ...] = tuple(
    ((_C[slot], True), (_C.received_at, False), (_C.number, False)) for slot in SLOTS
)
_LATEST_DECISION: tuple[_Key, ...] = ((_C.decided_at, True), (_C.number, False))
_COLUMNS = (
    *(_C.comment_id, _C.number, *(_C[slot] for slot in SLOTS)),
    *(_C.received_at, _C.article_at, _C.article_id, _C.decided_at),
)
_PLACES = {key: place for place, key in enumerate(_COLUMNS)}


def _asked(session: Session, wanted: Wanted) -> list[ColumnElement[Any]]:
    """The columns, and nothing in place of those that the list's order doesn't ask for: a thousand times come dear."""
    needed = {_C.comment_id, _C.number, *(key for key, _ in _keys(session, wanted))}
    return [column if column in needed else null().label(column.name) for column in _COLUMNS]


def _keys(session: Session, wanted: Wanted) -> tuple[_Key, ...]:
    if not wanted.waiting:
        # What is flagged may wait, or not: then nobody has decided about it.
        return _ORDERS[Order.NEWEST] if wanted.flag else _LATEST_DECISION
    if wanted.order is Order.SEVERITY:
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
    ids = _page(session, wanted, keys, _at(keys, behind) if behind is not None else None, limit + 1)
    if len(ids) <= limit:
        return ids, None
    row = session.execute(select(*(key for key, _ in keys)).where(_C.comment_id == ids[limit - 1])).one()
    return ids[:limit], tuple(row)


def _page(
    session: Session, wanted: Wanted, keys: tuple[_Key, ...], position: _Position | None, limit: int
) -> list[str]:
    few = _few(session, wanted)
    if few is not None:
        rows = [row for row in few if position is None or _sorts(row, keys) > position.sorts]
        return [row.comment_id for row in sorted(rows, key=lambda row: _sorts(row, keys))[:limit]]
    found: list[_Placed] = []
    for lane in _lanes(session, wanted):
        found += _walked(session, lane, keys, position, limit)
    return [row.comment_id for row in sorted(found, key=lambda row: _sorts(row, keys))[:limit]]


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
    one: Select[Any] = select(literal_column("1")).select_from(QueueIndex)
    count = 0
    for lane in _lanes(session, wanted):
        rest = maximum + 1 - count
        if wanted.waiting and not wanted.articles and not wanted.escalated:
            # Two indexes together hold what waits on a site with all that is asked here: no row is looked up.
            halves = [one.where(*lane, half).limit(rest).subquery() for half in (DECIDABLE, UNDECIDABLE)]
            some = union_all(*(select(literal_column("1")).select_from(half) for half in halves)).limit(rest).subquery()
        else:
            some = one.where(*lane).limit(rest).subquery()
        count += session.scalar(select(func.count()).select_from(some)) or 0
        if count > maximum:
            break
    return count


def newest_number(session: Session) -> int:
    """The number of the comment that arrived last."""
    return session.scalar(select(func.max(_C.number))) or 0


def arrived_since(session: Session, wanted: Wanted, number: int, *, maximum: int) -> int:
    """How many comments that the view shows have arrived after that one, counted up to ``maximum``."""
    fresh: Select[Any] = select(_C.number).where(
        _C.number > number, _WAITS, _within_any(wanted.scopes), *_common(wanted)
    )
    if wanted.articles:
        fresh = fresh.where(_unindexed(_C.article_id).in_(wanted.articles))
    if wanted.author_id is not None:
        fresh = fresh.where(_C.author_id == wanted.author_id)
    if wanted.flag is not None:
        fresh = _with_flag(fresh, wanted.flag)
    if wanted.find is not None:
        _, fresh = _matching(session, fresh, wanted.find)
    return session.scalar(select(func.count()).select_from(fresh.limit(maximum).subquery())) or 0


def busiest_articles(session: Session, scope: Scope, *, limit: int) -> list[tuple[str, int]]:
    """Articles by what waits under them: their ids, the one with the most first, and how many."""
    count = func.count().label("count")
    query = select(_C.article_id, count).where(_WAITS, *_within(scope)).group_by(_C.article_id)
    return [(row[0], row[1]) for row in session.execute(query.order_by(count.desc()).limit(limit))]


def sections_waiting(session: Session, scope: Scope, *, limit: int) -> list[str]:
    """The sections in which something waits, by name."""
    query = select(_C.section).where(_WAITS, _C.section.is_not(None), *_within(scope)).distinct()
    return list(session.scalars(query.order_by(_C.section).limit(limit)))


# --- walking an index -------------------------------------------------------------------------------------------------


_Lane = tuple[ColumnElement[bool], ...]
"""Conditions under which one index has the rows in the list's order."""


def _lanes(session: Session, wanted: Wanted) -> Iterator[_Lane]:
    common = _common(wanted)
    if wanted.articles and wanted.waiting:
        # Not by its site: then its own index is the one that is read.
        for article in session.scalars(select(Article).where(Article.id.in_(wanted.articles))):
            if any(scope.holds(article) for scope in wanted.scopes):
                yield (_WAITS, _C.article_id == article.id, *common)
        return
    for scope in wanted.scopes:
        for status in wanted.statuses or (None,):
            yield (*_standing(wanted, status), *_within(scope), *common)


def _standing(wanted: Wanted, status: Status | None) -> list[ColumnElement[bool]]:
    """Said as the partial index has it that is to be read."""
    if status is not None:
        return [_C.status == status.value]
    return [_C.waiting == true()] if wanted.escalated else [_WAITS]


def _common(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.waiting and wanted.escalated is not None:
        conditions.append(_ESCALATED if wanted.escalated else literal_column("queue_index.escalated IS FALSE"))
    if wanted.sections:
        conditions.append(_C.section.in_(wanted.sections))
    if wanted.score_range is not None:
        signal = _C[wanted.score_range.signal]
        conditions += [signal.between(wanted.score_range.low, wanted.score_range.high), DECIDABLE]
    if wanted.unusable is not None:
        conditions += [UNDECIDABLE, _C.scored == (wanted.unusable is Unusable.UNREAD)]
    if wanted.language is not None:
        conditions.append(_C.language == wanted.language)
    if wanted.before is not None:
        conditions.append(_unindexed(_C.received_at) <= wanted.before)
    return conditions


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    return within(scope, _C.site_id, _C.section, _C.escalated)


def _walked(
    session: Session, lane: _Lane, keys: Sequence[_Key], position: _Position | None, limit: int
) -> list[_Placed]:
    query = select(*_COLUMNS).where(*lane).order_by(*(key.desc() if falls else key for key, falls in keys))
    if position is None:
        return list(session.execute(query.limit(limit)))
    rows: list[_Placed] = []
    # The place itself splits the list into pieces, each of which an index has in one stretch.
    for beyond in position.beyond:
        rows += session.execute(query.where(*beyond).limit(limit - len(rows)))
        if len(rows) == limit:
            break
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    sorts: tuple[Any, ...]
    beyond: tuple[_Lane, ...]


def _position(session: Session, wanted: Wanted, comment_id: str, keys: Sequence[_Key]) -> _Position | None:
    # A comment that isn't reached is no place in a list: where the list goes on would tell how severe it is.
    found = select(*_COLUMNS).where(_C.comment_id == comment_id, _within_any(wanted.scopes))
    row = session.execute(found).first()
    if row is None or any(row._mapping[key] is None for key, _ in keys):
        return None
    return _at(keys, tuple(row._mapping[key] for key, _ in keys))


def _at(keys: Sequence[_Key], values: Behind) -> _Position:
    beyond = []
    for last in reversed(range(len(keys))):
        same = [key == value for (key, _), value in zip(keys[:last], values, strict=False)]
        key, falls = keys[last]
        beyond.append((*same, key < values[last] if falls else key > values[last]))
    sorts = tuple(_falling(value) if falls else value for (_, falls), value in zip(keys, values, strict=True))
    return _Position(sorts=sorts, beyond=tuple(beyond))


_Placed = Row[*tuple[Any, ...]]
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _sorts(row: _Placed, keys: Sequence[_Key]) -> tuple[Any, ...]:
    """What puts rows into the list's order: a falling key counts downwards."""
    return tuple(_falling(row[_PLACES[key]]) if falls else row[_PLACES[key]] for key, falls in keys)


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
        or (wanted.articles and not wanted.waiting)
    ):
        return _candidates(session, wanted)
    if not (wanted.score_range or wanted.unusable or wanted.language or wanted.sections or wanted.before):
        return None
    numbers: list[int] = []
    for lane in _lanes(session, wanted):
        numbers += session.scalars(select(_C.number).where(*lane).limit(CANDIDATES + 1 - len(numbers)))
        if len(numbers) > CANDIDATES:
            return None
    return list(session.execute(select(*_COLUMNS).where(_C.number.in_(numbers)))) if numbers else []


def _candidates(session: Session, wanted: Wanted) -> list[_Placed]:
    """The newest ``CANDIDATES`` of what the view asks for; of what has a flag, those that got it last."""
    query = select(*_asked(session, wanted)).where(_within_any(wanted.scopes), *_common(wanted))
    if wanted.statuses is None:
        query = query.where(_WAITS)
    else:
        query = query.where(_unindexed(_C.status).in_([status.value for status in wanted.statuses]))
    if wanted.articles:
        query = query.where(_unindexed(_C.article_id).in_(wanted.articles))
    if wanted.flag is not None:
        query = _with_flag(query, wanted.flag)
    if wanted.find is not None:
        newest, matching = _matching(session, query, wanted.find)
        if wanted.author_id is not None:
            matching = matching.where(_unindexed(_C.author_id) == wanted.author_id)
        if wanted.waiting:
            matching = matching.where(newest >= _first_waiting(session, wanted.scopes))
        return list(session.execute(matching.order_by(newest.desc()).limit(CANDIDATES + 1)))
    if wanted.flag is not None:
        if wanted.author_id is not None:
            query = query.where(_unindexed(_C.author_id) == wanted.author_id)
        return list(session.execute(query.order_by(_FLAG.made_at.desc()).limit(CANDIDATES + 1)))
    theirs = select(Comment.id).order_by(Comment.created_at.desc()).limit(CANDIDATES + 1)
    if wanted.author_id is not None:
        theirs = theirs.where(Comment.author_id == wanted.author_id)
    if wanted.articles:
        theirs = theirs.where(Comment.article_id.in_(wanted.articles))
    if wanted.statuses is not None:
        theirs = theirs.where(Comment.status.in_([status.value for status in wanted.statuses]))
    return list(session.execute(query.where(_C.comment_id.in_(theirs))))


_FLAG = table_of(CommentFlag).c


def _with_flag(query: Select[Any], kind: FlagKind) -> Select[Any]:
    return query.join(table_of(CommentFlag), (_FLAG.comment_id == _C.comment_id) & (_FLAG.kind == kind.value))


def _first_waiting(session: Session, scopes: Sequence[Scope]) -> int:
    """The number of the earliest comment that waits on these sites: what was there before it need not be searched."""
    key = ("first waiting", *scopes)
    if key not in session.info:  # what is left to seniors is looked for as well
        firsts = [
            session.scalar(select(func.min(_C.number)).where(_C.site_id == scope.site_id, _WAITS)) for scope in scopes
        ]
        session.info[key] = min((first for first in firsts if first is not None), default=0)
    first: int = session.info[key]
    return first


def _within_any(scopes: Sequence[Scope]) -> ColumnElement[bool]:
    """Within one of these scopes, asked of rows that are found otherwise."""
    return within_any(scopes, _unindexed(_C.site_id), _C.section, _C.escalated)


def _unindexed(of: Column[Any]) -> ColumnElement[Any]:
    """The column, as no index has it: what is rarer is to be looked for first, and SQLite's planner can't know."""
    return func.coalesce(of, of)


_SEARCH = table("comment_search", column("rowid"))


def _matching(session: Session, query: Select[Any], find: tuple[Sought, ...]) -> tuple[ColumnElement[Any], Select[Any]]:
    """Those that have all the words, and what counts their arrival; none where there was nothing to look for."""
    if not find:
        return _C.number, query.where(literal_column("1 = 0"))
    if session.connection().dialect.name == "sqlite":
        matching = text("comment_search MATCH :sought").bindparams(sought=fts5_query(find))
        # By its own number the search index runs backwards from the newest, and stops where enough is found.
        return _SEARCH.c.rowid, query.join(_SEARCH, _SEARCH.c.rowid == _C.number).where(matching)
    query = query.join(table_of(Comment), table_of(Comment).c.id == _C.comment_id)
    asked = bindparam("sought", tsquery(find), type_=TSQUERY, unique=True)
    return _C.number, query.where(literal_column("comments.search").op("@@")(asked))
