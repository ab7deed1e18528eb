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

from sqlalchemy import BigInteger, Integer, Row, Select, cast, func, insert, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from moderation.core.reach import Scope
from moderation.core.scores import LABELS
from moderation.storage.actions import CHOSEN, ActionItem, ItemState, how_many_items
from moderation.storage.articles import Article
from moderation.storage.base import table_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A comment of a score range: its score, its article's title, its language, and the label that is highest in it."""

    comment_id: str
    body: str
    title: str
    score: float
    language: str | None
    strongest: tuple[str, float] | None


def histogram(session: Session, area: Area, signal: str) -> Histogram:
    """What waits there, counted."""
    counts, without = [0] * HUNDREDTHS, 0
    examples: list[set[int]] = [set() for _ in counts]
    numbers = _QUEUE_INDEX.c.number
    where = _hundredth(session, signal)
    for scope in area.scopes:
        counted = _decidable(select(where, func.count(), func.min(numbers), func.max(numbers)), scope, area)
        for hundredth, count, oldest, newest in session.execute(counted.group_by(where)):
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
    scored, language = _QUEUE_INDEX.c.scored, _QUEUE_INDEX.c.language
    for scope in area.scopes:
        query = _waiting(select(scored, language, func.count()).where(UNDECIDABLE), scope, area)
        for was_scored, code, count in session.execute(query.group_by(scored, language)):
            if was_scored:
                found[code or "und"] += count
            else:
                unscored += count
    return dict(found.most_common()), unscored


def numbers_within(session: Session, area: Area, score_range: ScoreRange, *, limit: int) -> list[int]:
    """The queue index's numbers of some comments in a score range."""
    found: list[int] = []
    for scope in area.scopes:
        some = _within(session, select(_QUEUE_INDEX.c.number), scope, area, score_range).limit(limit - len(found))
        found += session.scalars(some)
    return found


def among(session: Session, area: Area, score_range: ScoreRange, ids: Collection[str]) -> list[str]:
    """Those of these comments that lie in a score range."""
    found: list[str] = []
    for scope in area.scopes if ids else ():
        within_score_range = _within(session, select(_QUEUE_INDEX.c.comment_id), scope, area, score_range)
        found += session.scalars(within_score_range.where(_QUEUE_INDEX.c.comment_id.in_(ids)))
    return found


def sampled(session: Session, numbers: Sequence[int], signal: str) -> list[Sampled]:
    """These comments, as far as they still wait with scores that may decide something, the highest score first."""
    score = _QUEUE_INDEX.c[signal]
    query = (
        select(
            *(Comment.id, Comment.body, Article.title, score.label("score")),
            *(_QUEUE_INDEX.c[name] for name in ("language", *LABELS)),
        )
        .join(_QUEUE_INDEX, _QUEUE_INDEX.c.comment_id == Comment.id)
        .join(Article, Article.id == Comment.article_id)
        .where(_QUEUE_INDEX.c.number.in_(numbers), WAITS, DECIDABLE, score.is_not(None))
        .order_by(score.desc(), _QUEUE_INDEX.c.number)
    )
    return [_sampled(row) for row in session.execute(query)]


def _sampled(row: Row[*tuple[Any, ...]]) -> Sampled:
    labels = {label: value for label in LABELS if (value := row._mapping[_QUEUE_INDEX.c[label]]) is not None}
    strongest = max(labels, key=lambda label: labels[label], default=None)
    return Sampled(
        comment_id=row.id,
        body=row.body,
        title=row.title,
        score=row.score,
        language=row.language,
        strongest=(strongest, labels[strongest]) if strongest is not None else None,
    )


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
        there = _within(session, select(_QUEUE_INDEX.c.number), scope, area, score_range)
        chosen = select(*columns).join(_COMMENTS, _COMMENTS.c.id == _QUEUE_INDEX.c.comment_id)
        chosen = chosen.where(_QUEUE_INDEX.c.number.in_(there.correlate(None)))
        session.connection().execute(insert(_ITEMS).from_select(CHOSEN, chosen))
        at = how_many_items(session, action_id)
    return at


def _within(
    session: Session, query: Select[*tuple[Any, ...]], scope: Scope, area: Area, score_range: ScoreRange
) -> Select[*tuple[Any, ...]]:
    high = HUNDREDTHS if score_range.high >= HUNDREDTHS else score_range.high - 1
    return _decidable(query, scope, area).where(_hundredth(session, score_range.signal).between(score_range.low, high))


def _decidable(query: _Query, scope: Scope, area: Area) -> _Query:
    return _waiting(query, scope, area).where(DECIDABLE)


def _waiting(query: _Query, scope: Scope, area: Area) -> _Query:
    columns = _QUEUE_INDEX.c
    query = query.where(*within(scope, columns.site_id, columns.section, columns.escalated), WAITS)
    if area.article_id is not None:
        query = query.where(_QUEUE_INDEX.c.article_id == area.article_id)
    if area.section is not None:
        query = query.where(_QUEUE_INDEX.c.section == area.section)
    return query


def _hundredth(session: Session, signal: str) -> ColumnElement[int]:
    """The hundredth that a score lies in: 0.29 lies in the 29th, whatever binary makes of it."""
    scaled = _QUEUE_INDEX.c[signal] * HUNDREDTHS + 1e-9
    # A cast cuts off in SQLite, and rounds in PostgreSQL.
    return cast(scaled if session.connection().dialect.name == "sqlite" else func.floor(scaled), Integer)
