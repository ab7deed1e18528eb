"""The queue index: one narrow row a comment, with what the desk sorts, filters and counts by. ``comments.lifecycle``
writes it with every change of status.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    bindparam,
    insert,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.core.comment import MARKS, WAITING, Status
from moderation.core.conditions import NAME_SIGNALS, OUTSIDE, SCORED_SIGNALS, SIGNALS
from moderation.core.policy import Signals
from moderation.core.reach import Location
from moderation.core.scores import LABELS
from moderation.core.text.likeness import BUCKETS, buckets
from moderation.storage.articles import Article, Place
from moderation.storage.base import Base, BigCount, table_of
from moderation.storage.comments import Comment
from moderation.storage.holds import HELD

SLOTS = ("severity", "severity_2")
"""The columns that hold a comment's severity. The queue is sorted by one of them (``storage.severity_order``); while a
changed policy weighs everything anew, the new numbers gather in the other.
"""
_WAITING = "waiting IS TRUE"
_ESCALATED = "escalated IS TRUE"
_BY_PERSON = "by_person IS NOT NULL"


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class QueueIndex(Base):
    """What the desk must find quickly about a comment. ``number`` counts comments in the order of their arrival.

    ``by_policy`` is what the policy decided last, ``by_person`` what anybody else did (None: nobody). ``article_at`` is
    when the article was published, or else registered. ``bucket_0`` to ``bucket_3`` find texts that are alike
    (``core.likeness``). The signals are those that the policy decided from, on the natural scale; those of the name,
    ``spam`` and the author's record are NULL where they don't apply, as in comments from before there were any;
    ``outside`` holds those of other classifiers by their own names, None for one that gave no answer, and is NULL where
    none was asked. ``severity_policy`` says under what the newest severity was made
    (``core.severity.severity_version``); None: it must be made anew.
    """

    __tablename__ = "queue_index"
    __table_args__ = (
        *(
            Index(f"ix_queue_index_{slot}", "site_id", text(f"{slot} DESC"), "received_at", "number", **_only(_WAITING))
            for slot in SLOTS
        ),
        # Finds what another policy has weighed.
        Index("ix_queue_index_severity_policy", "severity_policy", "number", **_only(_WAITING)),
        Index("ix_queue_index_oldest", "site_id", "received_at", "number", **_only(_WAITING)),
        Index(
            "ix_queue_index_newest_article",
            "site_id",
            text("article_at DESC"),
            "article_id",
            "received_at",
            "number",
            **_only(_WAITING),
        ),
        *(
            Index(
                f"ix_queue_index_article_{slot}",
                *("article_id", text(f"{slot} DESC"), "received_at", "number"),
                **_only(_WAITING),
            )
            for slot in SLOTS
        ),
        # These two hold all that the score map asks for, their own conditions too, so that it is read from them alone.
        Index(
            "ix_queue_index_map",
            *("site_id", "article_id", "section", "escalated", *LABELS, "relevance", "number", "waiting"),
            *("scored", "readable"),
            **_only(f"{_WAITING} AND scored IS TRUE AND readable IS TRUE"),
        ),
        Index(
            "ix_queue_index_undecidable",
            *("site_id", "scored", "language", "article_id", "section", "escalated", "number", "waiting", "readable"),
            **_only(f"{_WAITING} AND (scored IS FALSE OR readable IS FALSE)"),
        ),
        *(Index(f"ix_queue_index_bucket_{n}", f"bucket_{n}", **_only(_WAITING)) for n in range(4)),
        # Nearly the same text by others lately, wherever it stands now. Two numbers at once: one alone is often met.
        # They come first: an index that begins with the site and holds what was decided too draws away the questions
        # about what waits there.
        Index("ix_queue_index_alike_01", "bucket_0", "bucket_1", "site_id", "received_at"),
        Index("ix_queue_index_alike_23", "bucket_2", "bucket_3", "site_id", "received_at"),
        # What the figures count by is in these two, so that they are read from there alone.
        Index("ix_queue_index_status", "site_id", "status", text("decided_at DESC"), "number", "by_person", "section"),
        Index("ix_queue_index_arrived", "site_id", "received_at", "section"),
        Index("ix_queue_index_escalated", "site_id", "waiting", "number", **_only(_ESCALATED)),
        Index("ix_queue_index_first", "site_id", "number", **_only(_WAITING)),
        Index("ix_queue_index_by_person", "site_id", text("number DESC"), **_only(_BY_PERSON)),
    )

    number: Mapped[int] = mapped_column(BigCount, primary_key=True)
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), unique=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id"))
    section: Mapped[str | None]
    """Its article's, as that is now: an article takes its comments along."""
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id"))
    is_reply: Mapped[bool]
    article_mode: Mapped[str | None]
    article_at: Mapped[datetime]
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    status: Mapped[str]
    waiting: Mapped[bool]
    flags: Mapped[int]
    severity: Mapped[int]
    severity_2: Mapped[int]
    severity_policy: Mapped[str | None]
    escalated: Mapped[bool]
    by_policy: Mapped[str | None]
    by_person: Mapped[str | None]
    toxicity: Mapped[float | None]
    severe_toxicity: Mapped[float | None]
    obscene: Mapped[float | None]
    threat: Mapped[float | None]
    insult: Mapped[float | None]
    identity_attack: Mapped[float | None]
    sexual_explicit: Mapped[float | None]
    relevance: Mapped[float | None]
    links: Mapped[int]
    reports: Mapped[int]
    author_approved: Mapped[int]
    author_age_days: Mapped[int | None]
    author_rejected_share: Mapped[float | None]
    trusted: Mapped[bool]
    staff: Mapped[bool | None]
    subscriber: Mapped[bool | None]
    verified: Mapped[bool | None]
    terms: Mapped[int]
    private_data: Mapped[int] = mapped_column(server_default="0")
    scored: Mapped[bool]
    readable: Mapped[bool]
    language: Mapped[str | None]
    holds: Mapped[int]
    too_short: Mapped[bool | None]
    """NULL but where the text is too short for its relevance to be told."""
    bucket_0: Mapped[int | None]
    bucket_1: Mapped[int | None]
    bucket_2: Mapped[int | None]
    bucket_3: Mapped[int | None]
    spam: Mapped[float | None]
    name_toxicity: Mapped[float | None]
    name_severe_toxicity: Mapped[float | None]
    name_obscene: Mapped[float | None]
    name_threat: Mapped[float | None]
    name_insult: Mapped[float | None]
    name_identity_attack: Mapped[float | None]
    name_sexual_explicit: Mapped[float | None]
    name_links: Mapped[int | None]
    name_terms: Mapped[int | None]
    outside: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


@dataclass(frozen=True, slots=True)
class Weight:
    """A comment's severity, and under what it was made (``core.severity.severity_version``)."""

    severity: int
    version: str

    @property
    def columns(self) -> dict[str, Any]:
        return {**dict.fromkeys(SLOTS, self.severity), "severity_policy": self.version or None}


UNWEIGHED = Weight(0, "")
"""No policy has weighed it yet: its severity is made soon, where it waits."""


WAITS: ColumnElement[bool] = literal_column(f"queue_index.{_WAITING}")
"""Written as the partial indexes have it: SQLite takes them for nothing else."""

DECIDABLE: ColumnElement[bool] = literal_column("queue_index.scored IS TRUE AND queue_index.readable IS TRUE")
"""Where scores may decide something: a pack gave them, and could read the text. ``ix_queue_index_map`` says so too."""
UNDECIDABLE: ColumnElement[bool] = literal_column("(queue_index.scored IS FALSE OR queue_index.readable IS FALSE)")

INSERT = insert(table_of(QueueIndex))
_THIS = table_of(QueueIndex).c.comment_id == bindparam("of")
_BY_WHOM = select(table_of(QueueIndex).c.by_person).where(_THIS)
_NUMBER = select(table_of(QueueIndex).c.number).where(_THIS)
_BY_POLICY = select(table_of(QueueIndex).c.by_policy).where(_THIS)
_LOCATION = select(
    table_of(QueueIndex).c.site_id, table_of(QueueIndex).c.section, table_of(QueueIndex).c.escalated
).where(_THIS)
_MOVE = update(table_of(QueueIndex)).where(_THIS)
_TABLE = table_of(QueueIndex)
_AT_ONCE = 500
"""Numbers that one statement names."""


def queue_index_row(
    comment: Mapping[str, Any],
    article: Place | Article,
    signals: Signals,
    weight: Weight,
    *,
    by_policy: Status | None,
    findable: bool = True,
) -> dict[str, Any]:
    """The row of a comment that arrives; ``comment`` holds the columns of ``Comment``. ``findable``: as one of those
    that say nearly the same.
    """
    return {
        "comment_id": comment["id"],
        "site_id": comment["site_id"],
        "article_id": article.id,
        "section": article.section,
        "author_id": comment["author_id"],
        "is_reply": comment["parent_id"] is not None,
        "article_mode": article.mode,
        "article_at": article.published_at or article.created_at,
        "received_at": comment["received_at"],
        "decided_at": comment["decided_at"],
        "status": comment["status"],
        "waiting": comment["status"] in WAITING,
        "flags": comment["flags"],
        **weight.columns,
        "escalated": False,
        "by_policy": by_policy.value if by_policy else None,
        "by_person": None,
        **_signal_columns(signals),
        **(bucket_columns(comment["body"]) if findable else _NO_BUCKETS),
    }


_NO_BUCKETS: dict[str, int | None] = {f"bucket_{number}": None for number in range(BUCKETS)}


def bucket_columns(body: str) -> dict[str, int | None]:
    """What finds texts that are like this one."""
    return {f"bucket_{number}": value for number, value in enumerate(buckets(body) or (None,) * BUCKETS)}


def moved(status: Status, *, decided_at: datetime | None) -> dict[str, Any]:
    """What changes with a comment's status."""
    return {"status": status.value, "waiting": status in WAITING, "decided_at": decided_at}


def judged(signals: Signals, weight: Weight, *, flags: int, by_policy: Status | None) -> dict[str, Any]:
    """What changes besides when the policy judges a comment that has been in the queue index before. ``by_policy`` is
    what it decides; None: nothing yet about this text.
    """
    decided = by_policy.value if by_policy else None
    return {**_signal_columns(signals), **weight.columns, "flags": flags, "by_policy": decided}


def scored(signals: Signals) -> dict[str, Any]:
    """What changes when scores come for a comment that the policy no longer decides about."""
    return {
        **{name: signals.values.get(name) for name in sorted(SCORED_SIGNALS)},
        "outside": _outside(signals),
        "scored": True,
        "readable": signals.readable,
        "language": signals.language,
        "too_short": _too_short(signals),
    }


def forgotten() -> dict[str, Any]:
    """What is left in the row of a comment whose text and author are erased: where it stood, and what became of it."""
    nothing = Signals(values={}, scored=False, readable=False)
    return {
        **_signal_columns(nothing),
        **_NO_BUCKETS,
        **UNWEIGHED.columns,
        "flags": 0,
        "escalated": False,
    }


def change(connection: Any, comment_id: str, values: Mapping[str, Any]) -> None:
    """Changes columns of a comment's row. A signal that changes without its severity has it made anew soon."""
    change_all(connection, [(comment_id, values)])


def change_all(connection: Any, changes: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """The same of many comments, each by its id: those that change the same columns in one statement."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for comment_id, values in changes:
        if "severity_policy" not in values and not _WEIGHED.isdisjoint(values):
            values = {**values, "severity_policy": None}  # noqa: PLW2901
        alike.setdefault(tuple(values), []).append({**values, "of": comment_id})
    for rows in alike.values():
        connection.execute(_MOVE, rows)


def by_person(connection: Any, comment_id: str) -> str | None:
    """What anybody but the policy decided last about a comment."""
    decided: str | None = connection.scalar(_BY_WHOM, {"of": comment_id})
    return decided


def number_of(connection: Any, comment_id: str) -> int:
    """A comment's number."""
    number: int = connection.scalar(_NUMBER, {"of": comment_id})
    return number


def articles_waiting(session: Session, before: datetime) -> list[str]:
    """The articles under which something has waited since before then, but for what is left to a senior moderator or
    stands under a legal hold.
    """
    query = _waiting_freely(_C.article_id).where(_C.received_at < before).distinct()
    return list(session.scalars(query))


def waiting_under(session: Session, article_ids: Collection[str], *, limit: int) -> list[str]:
    """The comments that wait under these articles, the oldest first, but for what is left to a senior moderator or
    stands under a legal hold.
    """
    query = _waiting_freely(_C.comment_id).where(_C.article_id.in_(article_ids))
    return list(session.scalars(query.order_by(_C.received_at, _C.number).limit(limit)))


def _waiting_freely(column: ColumnElement[str]) -> Select[str]:
    query = select(column).join_from(_TABLE, table_of(Comment), table_of(Comment).c.id == _C.comment_id)
    return query.where(WAITS, _C.escalated.is_(False), ~HELD)


def by_policy(connection: Any, comment_id: str) -> str | None:
    """What the policy decided last about a comment."""
    decided: str | None = connection.scalar(_BY_POLICY, {"of": comment_id})
    return decided


def location_of(connection: Any, comment_id: str) -> Location | None:
    """Where a comment is: under which site and section, and whether it is left to a senior moderator."""
    row = connection.execute(_LOCATION, {"of": comment_id}).first()
    if row is None:
        return None
    return location_in(row)


def escalated_among(connection: Any, comment_ids: Collection[str]) -> frozenset[str]:
    """Those of these comments that are left to a senior moderator."""
    query = select(_TABLE.c.comment_id).where(_TABLE.c.comment_id.in_(comment_ids), _TABLE.c.escalated.is_(True))
    return frozenset(connection.scalars(query))


def location_in(row: Any) -> Location:
    """Where the comment of this row is."""
    return Location(site_id=row.site_id, section=row.section, escalated=bool(row.escalated))


def left_behind(session: Session, article_id: str, section: str | None) -> list[int]:
    """The numbers of an article's comments that are not in this section."""
    query = select(_TABLE.c.number).join(Comment, Comment.id == _TABLE.c.comment_id)
    query = query.where(Comment.article_id == article_id, _TABLE.c.section.is_distinct_from(section))
    return list(session.scalars(query.order_by(_TABLE.c.number)))


def score_of(connection: Any, comment_id: str, signal: str) -> float | None:
    """A comment's score, 0..1, as it stands now; None where it has none that may decide anything."""
    here = table_of(QueueIndex).c
    score: float | None = connection.scalar(select(here[signal]).where(here.comment_id == comment_id, DECIDABLE))
    return score


def move_section(session: Session, numbers: Sequence[int], section: str | None) -> None:
    """The comments with these numbers are in this section, whose policy may weigh them otherwise."""
    values = {"section": section, "severity_policy": None}
    for start in range(0, len(numbers), _AT_ONCE):
        these = _TABLE.c.number.in_(numbers[start : start + _AT_ONCE])
        session.connection().execute(update(_TABLE).where(these).values(values))


_C = table_of(QueueIndex).c
_VALUES = tuple(_C[signal] for signal in SIGNALS if signal in _C)
SIGNAL_COLUMNS = (
    *_VALUES,
    *(_C[name] for name in ("outside", "scored", "readable", "language", "holds", "too_short")),
)
"""What ``signals_in`` reads."""
_WEIGHED = frozenset(column.name for column in SIGNAL_COLUMNS)


def signals_in(row: Mapping[Any, Any], holds: Sequence[str] = ()) -> Signals:
    """The signals that a row holds in ``SIGNAL_COLUMNS``. ``holds`` are the facts that hold the comment, in words,
    where they are known.
    """
    values = {column.name: float(value) for column in _VALUES if (value := row[column]) is not None}
    outside = {f"{OUTSIDE}{name}": value for name, value in (row[_C.outside] or {}).items()}
    return Signals(
        values=values | {name: value for name, value in outside.items() if value is not None},
        unanswered=frozenset(name for name, value in outside.items() if value is None),
        scored=row[_C.scored],
        readable=row[_C.readable],
        language=row[_C.language],
        holds=tuple(holds) or ("held for a moderator",) * min(row[_C.holds], 1),
        inapplicable=frozenset({"relevance"}) if row[_C.too_short] else frozenset(),
    )


def signals_of_entry(entry: QueueIndex, holds: Sequence[str] = ()) -> Signals:
    """The same of a whole entry."""
    return signals_in({column: getattr(entry, column.name) for column in SIGNAL_COLUMNS}, holds)


_WHOLE = frozenset(column.name for column in _TABLE.columns if isinstance(column.type, Integer))
_UNKNOWN: dict[str, float | None] = dict.fromkeys((*LABELS, "relevance", "spam", *NAME_SIGNALS))


def _signal_columns(signals: Signals) -> dict[str, Any]:
    values = signals.values
    return {
        **_UNKNOWN,
        **{name: int(value) if name in _WHOLE else value for name, value in values.items() if name in _UNKNOWN},
        **{name: int(values.get(name, 0)) for name in ("links", "reports", "author_approved", "terms", "private_data")},
        "author_age_days": None if (days := values.get("author_age_days")) is None else int(days),
        "author_rejected_share": values.get("author_rejected_share"),
        "trusted": bool(values.get("trusted", 0)),
        **{mark: None if (value := values.get(mark)) is None else bool(value) for mark in MARKS},
        "outside": _outside(signals),
        "scored": signals.scored,
        "readable": signals.readable,
        "language": signals.language,
        "holds": len(signals.holds),
        "too_short": _too_short(signals),
    }


def _too_short(signals: Signals) -> bool | None:
    return True if "relevance" in signals.inapplicable else None


def _outside(signals: Signals) -> dict[str, float | None] | None:
    given = {name: value for name, value in signals.values.items() if name.startswith(OUTSIDE)}
    found = {**dict.fromkeys(signals.unanswered), **given}
    return {name.removeprefix(OUTSIDE): value for name, value in sorted(found.items())} or None
