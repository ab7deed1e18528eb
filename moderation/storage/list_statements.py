"""The statements of the desk's lists (``desk_lists``), built once for all views of one shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Integer,
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

from moderation.core.comment import Status
from moderation.core.reach import Scope
from moderation.storage.articles import Article
from moderation.storage.base import built_once, one_of, table_of
from moderation.storage.comments import Comment
from moderation.storage.moderator_workspace import CommentFlag, FlagKind
from moderation.storage.queue_index import DECIDABLE, SLOTS, UNDECIDABLE, WAITS, QueueIndex
from moderation.storage.reach import within, within_any
from moderation.storage.reports import OPEN_REPORTS, ReportedComment


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the statements of a view depend on. Where a name stands for a value, the value is a parameter: ``sections``,
    ``articles``, ``author``, ``low`` and ``high`` of ``signal``, ``language``, ``before`` and ``sought``. ``search`` is
    False where there is nothing to look for; ``scored`` tells the two kinds of comments apart whose scores decide
    nothing.
    """

    scopes: tuple[Scope, ...]
    statuses: tuple[Status, ...] | None
    escalated: bool | None
    flag: FlagKind | None
    reported: bool
    signal: str | None
    scored: bool | None
    sections: bool
    articles: bool
    author: bool
    language: bool
    before: bool
    search: bool | None

    @property
    def waiting(self) -> bool:
        return self.statuses is None


@dataclass(frozen=True, slots=True)
class Lane:
    """What one index has in the list's order: what has a status in a scope, or waits under an article. ``shape`` names
    no scopes here: no statement of a lane depends on a view's others, and looking one up would hash them all.
    """

    shape: Shape
    scope: Scope | None = None
    status: Status | None = None


Key = tuple[Column[Any], bool]
"""A column that a list is ordered by, and whether the highest comes first."""

C = table_of(QueueIndex).c
COLUMNS = (
    *(C.comment_id, C.number, *(C[slot] for slot in SLOTS)),
    *(C.received_at, C.article_at, C.article_id, C.decided_at),
)
_ESCALATED: ColumnElement[bool] = literal_column("queue_index.escalated IS TRUE")
_FLAG = table_of(CommentFlag).c
_REPORTED = table_of(ReportedComment).c
_SEARCH = table("comment_search", column("rowid"))
_LIMIT = bindparam("limit", type_=Integer)

NEWEST_NUMBER = select(func.max(C.number))
FIRST_WAITING = select(func.min(C.number)).where(C.site_id == bindparam("site"), WAITS)
PLACED = select(*COLUMNS).where(one_of(C.number, "numbers"))
ARTICLES = select(Article.id, Article.site_id, Article.section).where(one_of(Article.id, "articles"))


def lanes(shape: Shape, scopes: tuple[Scope, ...]) -> Iterator[Lane]:
    """A view's lanes by scope and status; ``shape`` as a lane has it."""
    for scope in scopes:
        for status in shape.statuses or (None,):
            yield Lane(shape, scope, status)


@built_once
def walking(lane: Lane, keys: tuple[Key, ...], behind: int | None = None) -> Select[Any]:
    """The rows of a lane in their order, ``limit`` of them. ``behind``: those that differ from the place
    ``place_0``, ``place_1`` ... in this key first, and lie behind it.
    """
    query = select(*COLUMNS).where(*_in_lane(lane)).order_by(*(key.desc() if falls else key for key, falls in keys))
    if behind is not None:
        same = (key == bindparam(f"place_{n}") for n, (key, _) in enumerate(keys[:behind]))
        key, falls = keys[behind]
        edge: BindParameter[Any] = bindparam(f"place_{behind}")
        query = query.where(*same, key < edge if falls else key > edge)
    return query.limit(_LIMIT)


@built_once
def counting(lane: Lane) -> Select[int]:
    """How many a lane has, ``limit`` at most."""
    one: Select[Any] = select(literal_column("1")).select_from(table_of(QueueIndex))
    some = one.where(*_in_lane(lane)).limit(_LIMIT).subquery()
    if lane.scope is not None and lane.shape.waiting and not lane.shape.escalated:
        # Two indexes together hold what waits on a site with all that is asked here: no row is looked up.
        halves = [one.where(*_in_lane(lane), half).limit(_LIMIT).subquery() for half in (DECIDABLE, UNDECIDABLE)]
        some = union_all(*(select(literal_column("1")).select_from(half) for half in halves)).limit(_LIMIT).subquery()
    return select(func.count()).select_from(some)


@built_once
def numbers_in(lane: Lane) -> Select[int]:
    """The numbers of some in a lane, ``limit`` of them."""
    return select(C.number).where(*_in_lane(lane)).limit(_LIMIT)


@built_once
def place_of(scopes: tuple[Scope, ...]) -> Select[Any]:
    """The row of the comment ``id``, within these scopes."""
    return select(*COLUMNS).where(C.comment_id == bindparam("id"), _within_any(scopes))


@built_once
def choosing(shape: Shape, keys: tuple[Key, ...], dialect: str) -> Select[Any]:
    """The newest ``limit`` of what a view asks for; of what has a flag or was reported, those that got
    it last. In no order. A search
    among what waits begins at the number ``first``.
    """
    # Nothing in place of the columns that the list's order doesn't ask for: a thousand times they come dear.
    needed = {C.comment_id, C.number, *(key for key, _ in keys)}
    query = select(*(one if one in needed else null().label(one.name) for one in COLUMNS))
    query = query.where(_within_any(shape.scopes), *_common(shape))
    query = query.where(WAITS if shape.statuses is None else unindexed(C.status).in_(list(shape.statuses)))
    if shape.articles:
        query = query.where(one_of(unindexed(C.article_id), "articles"))
    if shape.flag is not None:
        query = _with_flag(query, shape.flag)
    if shape.reported:
        query = query.join(table_of(ReportedComment), _REPORTED.comment_id == C.comment_id).where(text(OPEN_REPORTS))
    if shape.author and (shape.search is not None or shape.flag is not None or shape.reported):
        query = query.where(unindexed(C.author_id) == bindparam("author"))
    if shape.search is not None:
        newest, query = _matching(query, shape, dialect)
        if shape.waiting:
            query = query.where(newest >= bindparam("first"))
        return query.order_by(newest.desc()).limit(_LIMIT)
    if shape.flag is not None:
        return query.order_by(_FLAG.made_at.desc()).limit(_LIMIT)
    if shape.reported:
        return query.order_by(_REPORTED.newest_at.desc()).limit(_LIMIT)
    theirs = select(Comment.id).order_by(Comment.created_at.desc()).limit(_LIMIT)
    if shape.author:
        theirs = theirs.where(Comment.author_id == bindparam("author"))
    if shape.articles:
        theirs = theirs.where(one_of(Comment.article_id, "articles"))
    if shape.statuses is not None:
        theirs = theirs.where(Comment.status.in_(list(shape.statuses)))
    return query.where(C.comment_id.in_(theirs))


@built_once
def arriving(shape: Shape, dialect: str) -> Select[int]:
    """How many that a view shows have a number over ``number``, counted up to ``limit``."""
    fresh: Select[Any] = select(C.number).where(
        C.number > bindparam("number"), WAITS, _within_any(shape.scopes), *_common(shape)
    )
    if shape.articles:
        fresh = fresh.where(one_of(unindexed(C.article_id), "articles"))
    if shape.author:
        fresh = fresh.where(C.author_id == bindparam("author"))
    if shape.flag is not None:
        fresh = _with_flag(fresh, shape.flag)
    if shape.search is not None:
        _, fresh = _matching(fresh, shape, dialect)
    return select(func.count()).select_from(fresh.limit(_LIMIT).subquery())


# --- conditions -------------------------------------------------------------------------------------------------------


def _in_lane(lane: Lane) -> list[ColumnElement[bool]]:
    """Conditions under which one index has the rows in the list's order: said as a partial index has them."""
    if lane.scope is None:
        # Not by its site: then the article's own index is the one that is read.
        return [WAITS, C.article_id == bindparam("article"), *_common(lane.shape)]
    if lane.status is not None:
        standing: ColumnElement[bool] = C.status == lane.status.value
    else:
        standing = C.waiting == true() if lane.shape.escalated else WAITS
    return [standing, *within(lane.scope, C.site_id, C.section, C.escalated), *_common(lane.shape)]


def _common(shape: Shape) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if shape.waiting and shape.escalated is not None:
        conditions.append(_ESCALATED if shape.escalated else literal_column("queue_index.escalated IS FALSE"))
    if shape.sections:
        conditions.append(one_of(C.section, "sections"))
    if shape.signal is not None:
        conditions += [C[shape.signal].between(bindparam("low"), bindparam("high")), DECIDABLE]
    if shape.scored is not None:
        conditions += [UNDECIDABLE, C.scored == shape.scored]
    if shape.language:
        conditions.append(C.language == bindparam("language"))
    if shape.before:
        conditions.append(unindexed(C.received_at) <= bindparam("before"))
    return conditions


def _within_any(scopes: tuple[Scope, ...]) -> ColumnElement[bool]:
    """Within one of these scopes, asked of rows that are found otherwise."""
    return within_any(scopes, unindexed(C.site_id), C.section, C.escalated)


def unindexed(of: Column[Any]) -> ColumnElement[Any]:
    """The column, as no index has it: what is rarer is to be looked for first, and SQLite's planner can't know."""
    return func.coalesce(of, of)


def _with_flag(query: Select[Any], kind: FlagKind) -> Select[Any]:
    return query.join(table_of(CommentFlag), (_FLAG.comment_id == C.comment_id) & (_FLAG.kind == kind.value))


def _matching(query: Select[Any], shape: Shape, dialect: str) -> tuple[ColumnElement[Any], Select[Any]]:
    """Those that have all the words, and what counts their arrival; none where there was nothing to look for."""
    if not shape.search:
        return C.number, query.where(literal_column("1 = 0"))
    if dialect == "sqlite":
        # By its own number the search index runs backwards from the newest, and stops where enough is found.
        query = query.join(_SEARCH, _SEARCH.c.rowid == C.number).where(text("comment_search MATCH :sought"))
        return _SEARCH.c.rowid, query
    query = query.join(table_of(Comment), table_of(Comment).c.id == C.comment_id)
    asked = bindparam("sought", type_=TSQUERY)
    return C.number, query.where(literal_column("comments.search").op("@@")(asked))
