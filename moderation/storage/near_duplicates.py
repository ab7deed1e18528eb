"""Comments much like one: copies of an advertisement, the same complaint from many."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    CompoundSelect,
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    false,
    func,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from moderation.core.reach import Location, Scope
from moderation.core.spam import MIN_WORDS
from moderation.core.text.likeness import BUCKETS, buckets, share_in_common, shingles
from moderation.core.text.scripts import word_count
from moderation.storage.base import built_once, one_of, table_of
from moderation.storage.comments import Comment
from moderation.storage.queue_index import WAITS, QueueIndex, location_in
from moderation.storage.reach import within_any

ALIKE = 0.5
"""The share of word pairs in common from which two comments are much alike."""
NEARLY = 0.8
"""The share from which they say nearly the same, and may be refused together."""
_CANDIDATES = 100
_QUEUE_INDEX = table_of(QueueIndex)
_COMMENTS = select(Comment).where(one_of(Comment.id, "ids"))
_Found = Row[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A waiting comment and how much of it is the same, 0.5..1."""

    comment: Comment
    likeness: float


def similar_waiting(session: Session, comment: Comment, scopes: Sequence[Scope], limit: int = 10) -> list[Alike]:
    """Other comments that wait on the same site, within these scopes, and are much like this one: the most alike first,
    the older first among equals.
    """
    own = buckets(comment.body)
    if own is None:
        return []
    found = sorted(_candidates(session, comment, own, scopes), key=lambda row: (-_in_common(row, own), row.number))
    # A bucket in common is a good guess; the words decide. Twice as many are looked at as are shown.
    ids = [row.comment_id for row in found[: 2 * limit]]
    if not ids:
        return []
    pairs = shingles(comment.body)
    alike = [
        Alike(comment=other, likeness=shared)
        for other in session.scalars(_COMMENTS, {"ids": ids})
        if (shared := share_in_common(pairs, shingles(other.body))) >= ALIKE
    ]
    return sorted(alike, key=lambda one: (-one.likeness, one.comment.received_at, one.comment.id))[:limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearlySame:
    """A waiting comment that says nearly the same, as a bulk action takes it. ``at`` is where it is."""

    comment_id: str
    revision: int
    likeness: float
    at: Location


def nearly_same(session: Session, comment: Comment, limit: int) -> list[NearlySame]:
    """All that waits on the same site and says nearly the same as this comment: the comment itself first, if it waits,
    then the most alike. ``limit`` bounds it.
    """
    own = buckets(comment.body)
    everywhere = [Scope(site_id=comment.site_id)]
    found = _candidates(session, comment, own, everywhere, limit, itself=True) if own else []
    # Whole texts are compared, so no more of them than can be taken; those with most in common first.
    found = sorted(found, key=lambda row: (-_in_common(row, own or ()), row.number))[:limit]
    columns = (
        Comment.id,
        Comment.revision,
        Comment.body,
        _QUEUE_INDEX.c.site_id,
        _QUEUE_INDEX.c.section,
        _QUEUE_INDEX.c.escalated,
    )
    query = select(*columns).join(_QUEUE_INDEX, _QUEUE_INDEX.c.comment_id == Comment.id)
    # However many there are, the one at hand is among them.
    itself = and_(WAITS, _QUEUE_INDEX.c.comment_id == comment.id) if own else false()
    rows = session.execute(query.where(or_(_QUEUE_INDEX.c.number.in_([row.number for row in found]), itself)))
    pairs = shingles(comment.body)
    alike = [
        NearlySame(
            comment_id=row.id,
            revision=row.revision,
            likeness=shared,
            at=location_in(row),
        )
        for row in rows
        if (shared := share_in_common(pairs, shingles(row.body))) >= NEARLY
    ]
    return sorted(alike, key=lambda one: (one.comment_id != comment.id, -one.likeness, one.comment_id))[:limit]


def _candidates(
    session: Session,
    comment: Comment,
    own: tuple[int, ...],
    scopes: Sequence[Scope],
    of_each_bucket: int = _CANDIDATES,
    *,
    itself: bool = False,
) -> Sequence[_Found]:
    """Rows of the queue index that have at least one of the text's buckets."""
    asked = {"site": comment.site_id, "comment": comment.id, **{f"bucket_{n}": own[n] for n in range(BUCKETS)}}
    rows = session.execute(_sharing_a_bucket(tuple(scopes), of_each_bucket, itself), asked)
    return list({row.number: row for row in rows}.values())


@built_once
def _sharing_a_bucket(scopes: tuple[Scope, ...], of_each_bucket: int, itself: bool) -> CompoundSelect[Any]:
    columns = (
        _QUEUE_INDEX.c.number,
        _QUEUE_INDEX.c.comment_id,
        *(_QUEUE_INDEX.c[f"bucket_{n}"] for n in range(BUCKETS)),
    )
    # In a function, so that no index of all that waits on the site is taken: SQLite keeps no figures, and would as soon
    # go through that one as through a bucket's.
    site = func.coalesce(_QUEUE_INDEX.c.site_id, "")
    here = [WAITS, site == bindparam("site")]
    if not itself:
        here.append(_QUEUE_INDEX.c.comment_id != bindparam("comment"))
    here.append(within_any(scopes, site, _QUEUE_INDEX.c.section))
    # One query for each bucket, as each has an index of its own; a campaign's thousands are not all looked at.
    shared = (_QUEUE_INDEX.c[f"bucket_{n}"] == bindparam(f"bucket_{n}") for n in range(BUCKETS))
    of_each = (select(*columns).where(*here, bucket).limit(of_each_bucket) for bucket in shared)
    return union_all(*(select(some.subquery()) for some in of_each))


def _in_common(row: _Found, own: tuple[int, ...]) -> int:
    return sum(int(row[2 + n] == value) for n, value in enumerate(own))


LATELY = timedelta(days=7)
MAX_ALIKE = 20
"""Comments that are looked at for being nearly the same: a campaign is one long before."""


def _sharing(first: int, second: int, text: int) -> Select[Any]:
    """Who wrote the newest comments of a site with both of these numbers of this text, and one of the other two."""
    columns = (_QUEUE_INDEX.c.author_id, *(_QUEUE_INDEX.c[f"bucket_{n}"] for n in range(BUCKETS)))
    here = (_QUEUE_INDEX.c.site_id == bindparam(f"site_{text}"), _QUEUE_INDEX.c.received_at > bindparam("since"))
    numbers: list[BindParameter[int]] = [bindparam(f"of_{text}_{n}") for n in range(BUCKETS)]
    same = (_QUEUE_INDEX.c[f"bucket_{n}"] == numbers[n] for n in (first, second))
    newest = (
        select(*columns).where(*here, *same).order_by(_QUEUE_INDEX.c.received_at.desc()).limit(MAX_ALIKE).subquery()
    )
    in_common = [cast(newest.c[f"bucket_{n}"] == numbers[n], Integer) for n in range(BUCKETS)]
    return select(newest.c.author_id).where(sum(in_common[1:], start=in_common[0]) >= BUCKETS - 1)


@built_once
def _others(known: tuple[int, ...]) -> Select[Any]:
    """How many wrote such a comment, beside so many authors, of each text; the database counts, as there may be
    dozens.
    """
    return select(*(_others_of(text, authors).scalar_subquery() for text, authors in enumerate(known)))


def _others_of(text: int, known: int) -> Select[Any]:
    found = union(_sharing(0, 1, text), _sharing(2, 3, text)).subquery()
    own = [found.c.author_id.not_in([bindparam(f"author_{text}_{n}") for n in range(known)])] if known else []
    return select(func.count()).select_from(found).where(*own)


class Sent(NamedTuple):
    """A text that was sent to a site, and the ids of those who may have sent it before."""

    site_id: str
    body: str
    authors: Collection[str]


def others_alike(connection: Connection, *, site_id: str, body: str, authors: Collection[str], now: datetime) -> int:
    """How many others than ``authors`` (ids) sent nearly the same text to this site within ``LATELY``; 0 for a text of
    few words. Three of its four numbers must be the same: two texts that share four fifths of their word pairs mostly
    do, and strangers almost never.
    """
    (found,) = others_alike_each(connection, [Sent(site_id, body, authors)], now=now)
    return found


def others_alike_each(connection: Connection, texts: Sequence[Sent], *, now: datetime) -> list[int]:
    """The same of each of these texts, in one question."""
    asked: dict[str, Any] = {"since": now - LATELY}
    known: list[int] = []
    places: list[int] = []
    for place, text in enumerate(texts):
        own = buckets(text.body)
        if own is None or word_count(text.body) < MIN_WORDS:
            continue
        number = len(known)
        asked |= {f"of_{number}_{n}": value for n, value in enumerate(own)}
        asked |= {f"author_{number}_{n}": author for n, author in enumerate(text.authors)}
        asked[f"site_{number}"] = text.site_id
        known.append(len(text.authors))
        places.append(place)
    counts = [0] * len(texts)
    if known:
        for place, found in zip(places, connection.execute(_others(tuple(known)), asked).one(), strict=True):
            counts[place] = found
    return counts
