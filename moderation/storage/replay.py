"""Decided comments as narrow columns of the queue index, many at once: what another policy can be tried on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, Select, String, func, select, type_coerce
from sqlalchemy.orm import Session

from moderation.core.comment import Status
from moderation.core.conditions import OUTSIDE, SIGNALS
from moderation.core.scores import PackStamp
from moderation.storage.articles import Article
from moderation.storage.base import table_of
from moderation.storage.comments import Comment, DecisionRow, ScoreRow
from moderation.storage.queue_index import QueueIndex

DECIDED = (Status.APPROVED, Status.REJECTED)
STATUSES = tuple(Status)
"""``before`` and ``people`` hold positions in here, -1 where nobody decided."""
CHUNK = 20_000
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """What of a comment's surroundings a policy asks for."""

    site_id: str
    section: str | None
    is_reply: bool
    article_mode: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Comments, column by column. ``place`` holds positions in ``places``; ``values`` the signals that the policy
    decided from, NaN where one is missing; ``holds`` how many further facts held a comment; ``too_short`` where nothing
    can be asked about the relevance. ``asked`` says of the signals of other classifiers which comments they were asked
    about.
    """

    number: NDArray[np.int64]
    places: tuple[Place, ...]
    place: NDArray[np.int64]
    before: NDArray[np.int8]
    people: NDArray[np.int8]
    scored: NDArray[np.bool_]
    readable: NDArray[np.bool_]
    holds: NDArray[np.int64]
    too_short: NDArray[np.bool_]
    values: Mapping[str, NDArray[np.float64]]
    asked: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def value(self, signal: str) -> NDArray[np.float64]:
        """A signal of each comment; NaN throughout for one that nobody ever gave."""
        return self.values[signal] if signal in self.values else np.full(len(self), np.nan)

    def was_asked(self, signal: str) -> NDArray[np.bool_]:
        """Which comments another classifier was asked about, whether it answered or not."""
        return self.asked[signal] if signal in self.asked else np.zeros(len(self), dtype=bool)

    def __len__(self) -> int:
        return len(self.number)


_D = table_of(QueueIndex).c
_WORDS = (_D.site_id, _D.section, _D.is_reply, _D.article_mode)
_COLUMNS = (
    _D.number,
    *_WORDS,
    _D.by_policy,
    _D.by_person,
    _D.scored,
    _D.readable,
    _D.holds,
    _D.too_short,
    _D.outside,
    *(_D[signal] for signal in SIGNALS),
)


def decided_by_people(session: Session, site_ids: Sequence[str], section: str | None, *, limit: int) -> Past:
    """The comments of these sites (of one section, if named) that people approved or rejected last, the newest first,
    at most so many. One site at a time: an index holds each site's decided comments in this order.
    """
    found = []
    for site_id in site_ids:
        query = _query().where(
            _D.site_id == site_id, _D.by_person.is_not(None), _D.by_person.in_(DECIDED), _D.by_policy.is_not(None)
        )
        if section is not None:
            query = query.where(_D.section == section)
        found.append(_read(session, query.order_by(_D.number.desc()).limit(limit)))
    whole = _joined(found)
    return _only(whole, np.argsort(-whole.number)[:limit]) if len(found) > 1 else whole


def every_decided(session: Session, *, since: datetime | None = None) -> Iterator[Past]:
    """Every comment received since then that a policy has decided, oldest first, chunk by chunk."""
    query = _query().where(_D.by_policy.is_not(None)).order_by(_D.number).limit(CHUNK)
    if since is not None:
        query = query.where(_D.received_at >= since)
    after = 0
    while len(chunk := _read(session, query.where(_D.number > after))):
        yield chunk
        after = int(chunk.number[-1])


def named(session: Session, numbers: Sequence[int]) -> dict[int, Row[int, str, str | None]]:
    """The comments with these numbers in the queue index: number, id and language."""
    rows = session.execute(select(_D.number, _D.comment_id, _D.language).where(_D.number.in_(numbers)))
    return {row.number: row for row in rows}


def holds_of(session: Session, comment_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The facts, in words, for which the policy's newest decision let these comments wait."""
    rows = session.execute(
        select(DecisionRow.comment_id, DecisionRow.basis)
        .where(DecisionRow.comment_id.in_(comment_ids), DecisionRow.automated.is_(True))
        .order_by(DecisionRow.revision, DecisionRow.id)
    )
    return {comment_id: tuple(basis.get("holds", ())) for comment_id, basis in rows}


_S = table_of(ScoreRow).c
_STAMP = (_S.pack, _S.pack_version, _S.runtime, _S.precision)


def scored_by(session: Session, *, since: datetime | None = None) -> Counter[PackStamp]:
    """How many of the comments of ``every_decided`` have their scores from which pack, and how it was run."""
    query = (
        select(*_STAMP, func.count())
        .join_from(table_of(QueueIndex), table_of(ScoreRow), _S.comment_id == _D.comment_id)
        .where(_D.by_policy.is_not(None))
        .group_by(*_STAMP)
    )
    if since is not None:
        query = query.where(_D.received_at >= since)
    return Counter({_stamp(*words): count for *words, count in session.execute(query)})


def stamps_of(session: Session, comment_ids: Sequence[str]) -> dict[str, PackStamp]:
    """Which pack these comments have their scores from; what isn't scored is left out."""
    rows = session.execute(select(_S.comment_id, *_STAMP).where(_S.comment_id.in_(comment_ids)))
    return {comment_id: _stamp(*words) for comment_id, *words in rows}


def _stamp(name: str, version: str, runtime: str, precision: str) -> PackStamp:
    return PackStamp(name=name, version=version, runtime=runtime, precision=precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A comment to read: whose, under what, and its text."""

    body: str
    author: str
    title: str


def texts_of(session: Session, comment_ids: Sequence[str]) -> dict[str, Read]:
    """The texts of these comments."""
    rows = session.execute(
        select(Comment.id, Comment.body, Comment.author_name, Article.title)
        .join(Article, Article.id == Comment.article_id)
        .where(Comment.id.in_(comment_ids))
    )
    return {row.id: Read(body=row.body, author=row.author_name, title=row.title) for row in rows}


def sections_of(session: Session, site_ids: Sequence[str]) -> list[str]:
    """The sections that the articles of these sites name."""
    named = select(Article.section).where(Article.site_id.in_(site_ids), Article.section.is_not(None)).distinct()
    return sorted(section for section in session.scalars(named) if section)


def _query() -> Select[Any]:
    # Truth values as the driver gives them: numpy takes either kind, and turning each into a bool takes its time.
    columns: list[Any] = [type_coerce(column, String) for column in _COLUMNS]
    return select(*columns).select_from(table_of(QueueIndex))


def _read(session: Session, query: Select[Any]) -> Past:
    """Reads by the driver's plain cursor and turns every thousand rows into columns at once: a hundred thousand rows
    as objects take twice as long.
    """
    found, known = [], _Places()
    with session.connection().execute(query) as result:
        cursor: Any = result.cursor
        while rows := cursor.fetchmany(AT_ONCE):
            found.append(_columns(rows, known))
    return _joined(found)


class _Places(dict[tuple[Any, ...], int]):
    """Places by what tells them apart, numbered as they come."""

    def __missing__(self, words: tuple[Any, ...]) -> int:
        self[words] = number = len(self)
        return number

    @property
    def listed(self) -> tuple[Place, ...]:
        return tuple(Place(site, section, bool(reply), mode) for site, section, reply, mode in self)


def _columns(rows: Sequence[tuple[Any, ...]], known: _Places) -> Past:
    number, site, section, reply, mode, before, people, scored, readable, holds, short, outside, *signals = zip(
        *rows, strict=True
    )
    more, asked = _outside(outside)
    place = [known[words] for words in zip(site, section, reply, mode, strict=True)]
    return Past(
        number=np.array(number, dtype=np.int64),
        places=known.listed,
        place=np.array(place, dtype=np.int64),
        before=_codes(before),
        people=_codes(people),
        scored=np.array(scored, dtype=bool),
        readable=np.array(readable, dtype=bool),
        holds=np.array(holds, dtype=np.int64),
        too_short=np.array(short, dtype=bool),
        values={name: np.array(column, dtype=np.float64) for name, column in zip(SIGNALS, signals, strict=True)} | more,
        asked=asked,
    )


def _outside(
    column: Sequence[Any],
) -> tuple[dict[str, NDArray[np.float64]], dict[str, NDArray[np.bool_]]]:
    """What other classifiers said, by signal, and which comments each was asked about."""
    values: dict[str, NDArray[np.float64]] = {}
    asked: dict[str, NDArray[np.bool_]] = {}
    for position, given in enumerate(column):
        if given is None:
            continue
        for name, value in (given if isinstance(given, dict) else json.loads(given)).items():
            signal = f"{OUTSIDE}{name}"
            if signal not in asked:
                values[signal] = np.full(len(column), np.nan)
                asked[signal] = np.zeros(len(column), dtype=bool)
            asked[signal][position] = True
            if value is not None:
                values[signal][position] = value
    return values, asked


def _joined(parts: Sequence[Past]) -> Past:
    """Parts one after the other, each with places of its own."""
    places: dict[Place, int] = {}
    place = [
        np.array([places.setdefault(one, len(places)) for one in part.places], dtype=np.int64)[part.place]
        for part in parts
    ]

    outside = sorted({name for part in parts for name in part.asked})

    def column(kind: type, read: Callable[[Past], Any]) -> Any:
        return np.concatenate([read(part) for part in parts] or [np.array([], dtype=kind)])

    return Past(
        number=column(np.int64, lambda part: part.number),
        places=tuple(places),
        place=np.concatenate(place or [np.array([], dtype=np.int64)]),
        before=column(np.int8, lambda part: part.before),
        people=column(np.int8, lambda part: part.people),
        scored=column(bool, lambda part: part.scored),
        readable=column(bool, lambda part: part.readable),
        holds=column(np.int64, lambda part: part.holds),
        too_short=column(bool, lambda part: part.too_short),
        values={
            name: column(np.float64, lambda part, name=name: part.value(name))  # type: ignore[misc]
            for name in dict.fromkeys((*SIGNALS, *outside))
        },
        asked={
            name: column(bool, lambda part, name=name: part.was_asked(name))  # type: ignore[misc]
            for name in outside
        },
    )


def _only(past: Past, chosen: NDArray[np.intp]) -> Past:
    """The comments at these positions, in this order."""
    return Past(
        number=past.number[chosen],
        places=past.places,
        place=past.place[chosen],
        before=past.before[chosen],
        people=past.people[chosen],
        scored=past.scored[chosen],
        readable=past.readable[chosen],
        holds=past.holds[chosen],
        too_short=past.too_short[chosen],
        values={name: column[chosen] for name, column in past.values.items()},
        asked={name: column[chosen] for name, column in past.asked.items()},
    )


_POSITIONS: dict[str | None, int] = {None: -1} | {status.value: n for n, status in enumerate(STATUSES)}


def _codes(words: Sequence[str | None]) -> NDArray[np.int8]:
    return np.array([_POSITIONS[word] for word in words], dtype=np.int8)
