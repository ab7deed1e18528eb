"""The score map: what waits, counted along one signal in hundredths, and what lies within a score range of it.

A comment whose scores decide nothing, in a language that no pack reads or not scored, is in no range: it is counted by
itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, Select, bindparam, cast, func, insert, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from moderation.core.reach import Scope
from moderation.core.scores import LABELS
from moderation.storage.actions import CHOSEN, ActionItem, ItemState, how_many_items
from moderation.storage.base import built_once, one_of, table_of
from moderation.storage.comments import Comment
from moderation.storage.queue_index import DECIDABLE, UNDECIDABLE, WAITS, QueueIndex
from moderation.storage.reach import within

SIGNALS = (*LABELS, "relevance")
HUNDREDTHS = 100
_QUEUE_INDEX, _COMMENTS, _ITEMS = table_of(QueueIndex), table_of(Comment), table_of(ActionItem)
_Query = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """What the map shows: scopes, and within them one article (our own id) or one section."""

    scopes: tuple[Scope, ...]
    article_id: str | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRange:
    """Scores of one signal from ``low`` up to below ``high``, in hundredths; 100 itself belongs to the last."""

    signal: str
    low: int
    high: int

    def holds(self, score: float) -> bool:
        """Whether a score, 0..1, lies within."""
        return self.low <= _column(math.floor(score * HUNDREDTHS + 1e-9)) < self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How many comments wait in each hundredth of a signal, with the queue index's numbers of the oldest and the newest
    of each; and how many wait without that score, in each language that no pack reads (most first), and not scored.
    """

    counts: tuple[int, ...]
    examples: tuple[tuple[int, ...], ...]
    without: int
    unread: Mapping[str, int]
    unscored: int

    @property
    def total(self) -> int:
        return sum(self.counts) + self.without + self.undecidable

    @property
    def undecidable(self) -> int:
        """How many have no scores that may decide anything."""
        return sum(self.unread.values()) + self.unscored

    def within(self, score_range: ScoreRange) -> int:
        return sum(self.counts[score_range.low : score_range.high])


def histogram(session: Session, area: Area, signal: str) -> Histogram:
    """What waits there, counted."""
    counts, without = [0] * HUNDREDTHS, 0
    examples: list[set[int]] = [set() for _ in counts]
    for scope in area.scopes:
        by_hundredth = _by_hundredth(_place(area, scope), signal, _dialect(session))
        for hundredth, count, oldest, newest in session.execute(by_hundredth, _values(area)):
            if hundredth is None:
                without += count
                continue
            column = _column(hundredth)
            counts[column] += count
            examples[column] |= {oldest, newest}
    unread, unscored = _undecidable(session, area)
    return Histogram(
        counts=tuple(counts),
        examples=tuple(tuple(sorted(some)) for some in examples),
        without=without,
        unread=unread,
        unscored=unscored,
    )


def _column(hundredth: int) -> int:
    return min(max(hundredth, 0), HUNDREDTHS - 1)


def _undecidable(session: Session, area: Area) -> tuple[Mapping[str, int], int]:
    """How many wait in each language that no pack reads, and how many not scored."""
    found: Counter[str] = Counter()
    unscored = 0
    for scope in area.scopes:
        for was_scored, code, count in session.execute(_by_language(_place(area, scope)), _values(area)):
            if was_scored:
                found[code or "und"] += count
            else:
                unscored += count
    return dict(found.most_common()), unscored


def numbers_within(session: Session, area: Area, score_range: ScoreRange, *, limit: int) -> list[int]:
    """The queue index's numbers of some comments in a score range."""
    found: list[int] = []
    for scope in area.scopes:
        some = _some_within(_place(area, scope), score_range.signal, _dialect(session))
        found += session.scalars(some, {**_values(area, score_range), "limit": limit - len(found)})
    return found


def among(session: Session, area: Area, score_range: ScoreRange, ids: Collection[str]) -> list[str]:
    """Those of these comments that lie in a score range."""
    found: list[str] = []
    for scope in area.scopes if ids else ():
        these = _these_within(_place(area, scope), score_range.signal, _dialect(session))
        found += session.scalars(these, {**_values(area, score_range), "ids": ids})
    return found


def sampled(session: Session, numbers: Sequence[int], signal: str) -> dict[str, float]:
    """The scores of these comments by their ids, as far as they still wait with scores that may decide something, the
    highest score first.
    """
    return dict(session.execute(_sample(signal), {"numbers": numbers}).all()) if numbers else {}


@built_once
def _sample(signal: str) -> Select[str, float]:
    score, numbers = _QUEUE_INDEX.c[signal], _QUEUE_INDEX.c.number
    query = select(_QUEUE_INDEX.c.comment_id, score)
    query = query.where(one_of(numbers, "numbers"), WAITS, DECIDABLE, score.is_not(None))
    return query.order_by(score.desc(), numbers)


def choose_score_range(session: Session, action_id: str, area: Area, score_range: ScoreRange) -> int:
    """Chooses all that waits in a score range for an action, each at its revision, the oldest first, and counts it."""
    at = 0
    for scope in area.scopes:
        columns = (
            literal(action_id),
            func.row_number().over(order_by=_QUEUE_INDEX.c.number) + literal(at, BigInteger),
            _QUEUE_INDEX.c.comment_id,
            literal(ItemState.CHOSEN.value),
            literal({}, _ITEMS.c.before.type),
            _COMMENTS.c.revision,
        )
        # The index that holds all scores finds them; the rest is looked up for these alone.
        there = _numbers_within(_place(area, scope), score_range.signal, _dialect(session))
        chosen = select(*columns).join(_COMMENTS, _COMMENTS.c.id == _QUEUE_INDEX.c.comment_id)
        chosen = chosen.where(_QUEUE_INDEX.c.number.in_(there.params(_values(area, score_range)).correlate(None)))
        session.connection().execute(insert(_ITEMS).from_select(CHOSEN, chosen))
        at = how_many_items(session, action_id)
    return at


# --- statements -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of an area: in one scope, under the one article ``article`` or in the one section ``section`` or not."""

    scope: Scope
    of_article: bool
    of_section: bool


def _place(area: Area, scope: Scope) -> _Place:
    return _Place(scope, area.article_id is not None, area.section is not None)


def _values(area: Area, score_range: ScoreRange | None = None) -> dict[str, Any]:
    """The parameters of its statements."""
    values: dict[str, Any] = {"article": area.article_id, "section": area.section}
    if score_range is not None:
        high = HUNDREDTHS if score_range.high >= HUNDREDTHS else score_range.high - 1
        values |= {"low": score_range.low, "high": high}
    return values


def _dialect(session: Session) -> str:
    return session.connection().dialect.name


@built_once
def _by_hundredth(place: _Place, signal: str, dialect: str) -> _Query:
    hundredth, numbers = _hundredth(signal, dialect), _QUEUE_INDEX.c.number
    query = select(hundredth, func.count(), func.min(numbers), func.max(numbers)).where(*_waiting(place), DECIDABLE)
    return query.group_by(hundredth)


@built_once
def _by_language(place: _Place) -> _Query:
    scored, language = _QUEUE_INDEX.c.scored, _QUEUE_INDEX.c.language
    return select(scored, language, func.count()).where(UNDECIDABLE, *_waiting(place)).group_by(scored, language)


@built_once
def _some_within(place: _Place, signal: str, dialect: str) -> Select[int]:
    return _numbers_within(place, signal, dialect).limit(bindparam("limit", type_=Integer))


@built_once
def _these_within(place: _Place, signal: str, dialect: str) -> Select[str]:
    comment_id = _QUEUE_INDEX.c.comment_id
    return select(comment_id).where(*_within(place, signal, dialect), one_of(comment_id, "ids"))


def _numbers_within(place: _Place, signal: str, dialect: str) -> Select[int]:
    return select(_QUEUE_INDEX.c.number).where(*_within(place, signal, dialect))


def _within(place: _Place, signal: str, dialect: str) -> list[ColumnElement[bool]]:
    inside = _hundredth(signal, dialect).between(bindparam("low"), bindparam("high"))
    return [*_waiting(place), DECIDABLE, inside]


def _waiting(place: _Place) -> list[ColumnElement[bool]]:
    columns = _QUEUE_INDEX.c
    conditions = [*within(place.scope, columns.site_id, columns.section, columns.escalated), WAITS]
    if place.of_article:
        conditions.append(columns.article_id == bindparam("article"))
    if place.of_section:
        conditions.append(columns.section == bindparam("section"))
    return conditions


def _hundredth(signal: str, dialect: str) -> ColumnElement[int]:
    """The hundredth that a score lies in: 0.29 lies in the 29th, whatever binary makes of it."""
    scaled = _QUEUE_INDEX.c[signal] * HUNDREDTHS + 1e-9
    # A cast cuts off in SQLite, and rounds in PostgreSQL.
    return cast(scaled if dialect == "sqlite" else func.floor(scaled), Integer)
