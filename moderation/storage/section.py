"""What the comment section shows of a discussion: threads in some order, the first replies of each, and how many there
are. Each question is answered by an index from its first row to its last, whatever shape the threads have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal_column, select, tuple_, union_all
from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.storage.addresses import ArticleAddress
from moderation.storage.articles import Article, Place
from moderation.storage.base import built_once, one_of, table_of
from moderation.storage.comments import OPENINGS, SHOWN, Comment
from moderation.storage.discussion import Place as At
from moderation.storage.discussion import all_below, is_gone
from moderation.storage.discussions import Discussion
from moderation.storage.moderator_workspace import CommentFlag, FlagKind, featured_among
from moderation.storage.sites import Site

FEATURED_FIRST = 20
"""So many featured threads come before the others; further ones stand among them."""
NEWS = 100
"""New comments are counted so far."""


class Order(StrEnum):
    NEWEST = "newest"
    OLDEST = "oldest"
    FEATURED = "featured"


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionPlace(Place):
    """What the section needs of an article and its discussion. ``discussion_revision`` is None where the discussion has
    no row: then nothing of it may be kept.
    """

    external_id: str
    title: str
    url: str | None
    site_name: str
    discussion_revision: int | None
    notice_kind: str | None
    notice: str | None
    notice_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A comment of the section. ``answers`` is the other reply that a reply answers."""

    comment: Comment
    featured: bool
    answers: Comment | None = None

    @property
    def gone(self) -> bool:
        return is_gone(self.comment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A comment that stands under no other, its first replies, and how many it has. ``comes_first``: before all others,
    as something in it is featured.
    """

    opening: Shown
    replies: tuple[Shown, ...]
    count: int
    comes_first: bool = False


# --- where ------------------------------------------------------------------------------------------------------------

_A, _S, _D = table_of(Article).c, table_of(Site).c, table_of(Discussion).c
_PLACE = (
    select(
        *(_A[name] for name in Place.__dataclass_fields__ if name in _A),
        *(_A.external_id, _A.title, _A.url, _S.rules_revision, _S.name.label("site_name")),
        *(_D.revision.label("discussion_revision"), _D.notice_kind, _D.notice, _D.notice_until),
    )
    .join_from(table_of(Article), table_of(Site), _S.id == _A.site_id)
    .outerjoin(table_of(Discussion), _D.id == _A.id)
)
_NAMED = table_of(Article).alias("named")
_MEANT = func.coalesce(_NAMED.c.joined_into, _NAMED.c.id)
_ADDRESS = table_of(ArticleAddress).c
_ONE_NAMED = (
    select(_MEANT)
    .where(_NAMED.c.site_id == bindparam("site"), _NAMED.c.external_id == bindparam("name"))
    .scalar_subquery()
)
_BY_NAME = _PLACE.where(_A.id == _ONE_NAMED)
_NAMES = select(_NAMED.c.external_id, _MEANT.label("id")).where(
    _NAMED.c.site_id == bindparam("site"), one_of(_NAMED.c.external_id, "names")
)
_ADDRESSES = select(_ADDRESS.address, _ADDRESS.article_id.label("id")).where(
    _ADDRESS.site_id == bindparam("site"), one_of(_ADDRESS.address, "addresses")
)
_BY_ADDRESS = (
    _PLACE.add_columns(_ADDRESS.address)
    .join(table_of(ArticleAddress), _ADDRESS.article_id == _A.id)
    .where(_ADDRESS.site_id == bindparam("site"), one_of(_ADDRESS.address, "addresses"))
)
_BY_IDS = _PLACE.where(one_of(_A.id, "ids"))


def place_named(connection: Connection, site_id: str, name: str) -> SectionPlace | None:
    """The article that a site calls so, or that what it called so has become a part of."""
    row = connection.execute(_BY_NAME, {"site": site_id, "name": name}).first()
    return _place(row._mapping) if row else None


def place_at(connection: Connection, site_id: str, addresses: Sequence[str]) -> SectionPlace | None:
    """The article at the first of these canonical addresses that names any."""
    rows = connection.execute(_BY_ADDRESS, {"site": site_id, "addresses": list(addresses)}).all()
    found = {row.address: row for row in rows}
    first = next((found[address] for address in addresses if address in found), None)
    return _place(first._mapping) if first is not None else None


def places_asked(
    connection: Connection, site_id: str, names: Sequence[str], addresses: Sequence[str]
) -> tuple[dict[str, SectionPlace], dict[str, SectionPlace]]:
    """The articles behind these names, and those at these canonical addresses, of those that name any."""
    asked = {"site": site_id}
    by_name = {row.external_id: row.id for row in connection.execute(_NAMES, {**asked, "names": list(names)})}
    there = {**asked, "addresses": list(addresses)}
    by_address = {row.address: row.id for row in connection.execute(_ADDRESSES, there)}
    ids = sorted({*by_name.values(), *by_address.values()})
    places = {row.id: _place(row._mapping) for row in connection.execute(_BY_IDS, {"ids": ids})}
    return (
        {name: places[id_] for name, id_ in by_name.items()},
        {address: places[id_] for address, id_ in by_address.items()},
    )


def _place(row: Mapping[Any, Any]) -> SectionPlace:
    return SectionPlace(**{name: row[name] for name in _PLACE_FIELDS})


_PLACE_FIELDS = tuple(name for name in SectionPlace.__dataclass_fields__ if name != "revision")


# --- how many ---------------------------------------------------------------------------------------------------------

_C = table_of(Comment).c
_SHOWN: ColumnElement[bool] = literal_column(SHOWN)
_COUNTS = (
    select(_C.article_id, func.count())
    .where(one_of(_C.article_id, "articles"), _C.status == Status.APPROVED.value)
    .group_by(_C.article_id)
)
_NEWEST = select(func.max(_C.published_at)).where(_C.article_id == bindparam("article"), _SHOWN)
_ANY_NEW = (
    select(_C.published_at)
    .where(_C.article_id == bindparam("article"), _C.published_at > bindparam("since"), _SHOWN)
    .where(_C.status == Status.APPROVED.value)
    .limit(NEWS)
    .subquery()
)
_NEWS = select(func.count(), func.max(_ANY_NEW.c.published_at))


def published_under(connection: Connection, article_ids: Iterable[str]) -> dict[str, int]:
    """How many comments are published under each of these articles, replies included; those with none are left out."""
    return {row[0]: row[1] for row in connection.execute(_COUNTS, {"articles": sorted(article_ids)})}


def newest_under(connection: Connection, article_id: str) -> datetime | None:
    """When the last comment that is shown under an article was published."""
    newest: datetime | None = connection.scalar(_NEWEST, {"article": article_id})
    return newest


def news_since(connection: Connection, article_id: str, since: datetime) -> tuple[int, datetime | None]:
    """How many comments were published under an article after that moment, ``NEWS`` at most, and when the last was."""
    row = connection.execute(_NEWS, {"article": article_id, "since": since}).one()
    return row[0], row[1]


# --- threads ----------------------------------------------------------------------------------------------------------


def threads(
    session: Session, article_id: str, order: Order, *, after: At | None, limit: int, replies: int
) -> list[Thread]:
    """One page of an article's threads, behind the opening with this time and id, each with its first ``replies``. In
    the order ``FEATURED`` the first page holds the featured ones beside.
    """
    featured = _featured(session, article_id) if order is Order.FEATURED else []
    first = _in_order(session, featured) if after is None else []
    others = _page(Comment.article_id == article_id, OPENINGS, descending=order is not Order.OLDEST, after=after)
    if featured:
        others = others.where(Comment.id.not_in(featured))
    openings = [*first, *session.scalars(others.limit(limit))]
    below, counts = _first_replies(session, openings, replies)
    shown = {
        one.comment.id: one for one in _shown(session, [*openings, *(reply for its in below.values() for reply in its)])
    }
    return [
        Thread(
            opening=shown[opening.id],
            replies=tuple(shown[reply.id] for reply in below.get(opening.id, ())),
            count=counts.get(opening.id, 0),
            comes_first=after is None and opening.id in featured,
        )
        for opening in openings
    ]


def replies_in(session: Session, opening: Comment, *, after: At | None, limit: int) -> list[Shown]:
    """The replies of one thread, oldest first, behind the one with this time and id."""
    if opening.thread_id is not None:
        page = _page(Comment.thread_id == opening.id, SHOWN, descending=False, after=after)
        found = list(session.scalars(page.where(Comment.id != opening.id).limit(limit)))
    else:
        found = [reply for reply in _unfilled(session, opening) if after is None or _at(reply) > after][:limit]
    return _shown(session, found)


def _page(where: Any, among: str, *, descending: bool, after: At | None) -> Select[Comment]:
    query = select(Comment).where(where, literal_column(among))
    if after is not None:
        here, there = tuple_(Comment.created_at, Comment.id), tuple_(*after)
        query = query.where(here < there if descending else here > there)
    if descending:
        return query.order_by(Comment.created_at.desc(), Comment.id.desc())
    return query.order_by(Comment.created_at, Comment.id)


_FEATURED = (
    select(func.coalesce(_C.thread_id, _C.id).label("id"))
    .join(CommentFlag, CommentFlag.comment_id == _C.id)
    .where(
        CommentFlag.article_id == bindparam("article"),
        CommentFlag.kind == FlagKind.FEATURED.value,
        _C.status == Status.APPROVED.value,
        _SHOWN,
    )
)
_FEATURED_THREADS = (
    select(Comment.id)
    .where(Comment.id.in_(_FEATURED), literal_column(OPENINGS))
    .order_by(Comment.created_at.desc(), Comment.id.desc())
    .limit(FEATURED_FIRST)
)


def _featured(session: Session, article_id: str) -> list[str]:
    """The openings of the threads in which something is featured, the newest first."""
    return list(session.scalars(_FEATURED_THREADS, {"article": article_id}))


_COUNT_REPLIES = (
    select(_C.thread_id, func.count() - 1).where(one_of(_C.thread_id, "threads"), _SHOWN).group_by(_C.thread_id)
)


@built_once
def _firsts(openings: int, replies: int) -> Any:
    """The ids of the first replies of so many threads, in one question of which each part ends by itself."""
    parts = []
    for number in range(openings):
        thread = bindparam(f"thread_{number}", type_=_C.id.type)
        one = select(_C.id).where(_C.thread_id == thread, _C.id != thread, _SHOWN)
        parts.append(select(one.order_by(_C.created_at, _C.id).limit(replies).subquery()))
    return union_all(*parts)


def _first_replies(
    session: Session, openings: Sequence[Comment], replies: int
) -> tuple[dict[str, list[Comment]], dict[str, int]]:
    """The first replies of each of these threads, oldest first, and how many each has."""
    with_replies = [opening for opening in openings if opening.replies_shown]
    filled = [opening.id for opening in with_replies if opening.thread_id is not None]
    found: dict[str, list[Comment]] = defaultdict(list)
    counts: dict[str, int] = {}
    if filled:
        counts = {row[0]: row[1] for row in session.execute(_COUNT_REPLIES, {"threads": filled})}
        asked = {f"thread_{number}": thread for number, thread in enumerate(filled)}
        ids = list(session.scalars(_firsts(len(filled), replies), asked))
        for reply in session.scalars(
            select(Comment).where(Comment.id.in_(ids)).order_by(Comment.created_at, Comment.id)
        ):
            found[reply.thread_id or ""].append(reply)
    for opening in with_replies:
        if opening.thread_id is None:
            below = _unfilled(session, opening)
            found[opening.id], counts[opening.id] = below[:replies], len(below)
    return found, counts


def _unfilled(session: Session, opening: Comment) -> list[Comment]:
    """The replies of a thread from before there were any, oldest first."""
    return sorted(all_below(session, [opening])[0], key=_at)


def _in_order(session: Session, ids: Sequence[str]) -> list[Comment]:
    found = {comment.id: comment for comment in session.scalars(select(Comment).where(Comment.id.in_(ids)))}
    return [found[id_] for id_ in ids]


def _at(comment: Comment) -> At:
    return comment.created_at, comment.id


def _shown(session: Session, comments: Sequence[Comment]) -> list[Shown]:
    known = {comment.id: comment for comment in comments}
    replied_to = {comment.id: comment.in_reply_to or comment.parent_id for comment in comments if not comment.opening}
    missing = {id_ for id_ in replied_to.values() if id_ is not None} - known.keys()
    if missing:
        known |= {one.id: one for one in session.scalars(select(Comment).where(Comment.id.in_(missing), Comment.shown))}
    featured = featured_among(session, [comment.id for comment in comments]) if comments else set()
    found = []
    for comment in comments:
        other = known.get(replied_to.get(comment.id) or "")
        tells = other is not None and not other.opening
        found.append(Shown(comment=comment, featured=comment.id in featured, answers=other if tells else None))
    return found
