"""The docket: one narrow row a comment, with what the desk sorts, filters and counts by. ``record`` keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, bindparam, insert, literal_column, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from moderation.core.comment import WAITING, Status
from moderation.core.likeness import bands
from moderation.core.policy import NAME_SIGNALS, Signals
from moderation.core.scores import LABELS
from moderation.storage.articles import Article, Place
from moderation.storage.base import Base, table_of

_WAITING = "waiting IS TRUE"
_ESCALATED = "escalated IS TRUE"
_BY_PERSON = "by_person IS NOT NULL"


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Docket(Base):
    """What the desk must find quickly about a comment. ``number`` counts comments in the order of their arrival.

    ``by_policy`` is what the policy decided last, ``by_person`` what anybody else did (None: nobody). ``article_at`` is
    when the article was published, or else registered. ``band_0`` to ``band_3`` find texts that are alike
    (``core.likeness``). The signals are those that the policy decided from, on the natural scale; those of the name and
    ``spam`` are NULL where they don't apply, as in comments from before there were any.
    """

    __tablename__ = "docket"
    __table_args__ = (
        Index("ix_docket_flagged", "site_id", text("flags DESC"), "received_at", "number", **_only(_WAITING)),
        Index("ix_docket_oldest", "site_id", "received_at", "number", **_only(_WAITING)),
        Index(
            "ix_docket_newest_article",
            "site_id",
            text("article_at DESC"),
            "article_id",
            "received_at",
            "number",
            **_only(_WAITING),
        ),
        Index("ix_docket_article", "article_id", text("flags DESC"), "received_at", "number", **_only(_WAITING)),
        # Holds all that the score map asks for, its own condition too, so that it is read from here alone.
        Index(
            "ix_docket_map",
            "site_id",
            "article_id",
            "section",
            "escalated",
            *LABELS,
            "relevance",
            "number",
            "waiting",
            **_only(_WAITING),
        ),
        *(Index(f"ix_docket_band_{n}", f"band_{n}", **_only(_WAITING)) for n in range(4)),
        # Nearly the same text by others lately, wherever it stands now. Two numbers at once: one alone is often met.
        Index("ix_docket_alike_01", "site_id", "band_0", "band_1", "received_at"),
        Index("ix_docket_alike_23", "site_id", "band_2", "band_3", "received_at"),
        # What the figures count by is in these two, so that they are read from there alone.
        Index("ix_docket_status", "site_id", "status", text("decided_at DESC"), "number", "by_person", "section"),
        Index("ix_docket_arrived", "site_id", "received_at", "section"),
        Index("ix_docket_escalated", "site_id", "waiting", "number", **_only(_ESCALATED)),
        Index("ix_docket_first", "site_id", "number", **_only(_WAITING)),
        Index("ix_docket_by_person", "site_id", text("number DESC"), **_only(_BY_PERSON)),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    comment_id: Mapped[str] = mapped_column(ForeignKey("comments.id"), unique=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"))
    article_id: Mapped[str] = mapped_column(ForeignKey("articles.id"))
    section: Mapped[str | None]
    author_id: Mapped[str] = mapped_column(ForeignKey("authors.id"))
    is_reply: Mapped[bool]
    article_mode: Mapped[str | None]
    article_at: Mapped[datetime]
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    status: Mapped[str]
    waiting: Mapped[bool]
    flags: Mapped[int]
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
    trusted: Mapped[bool]
    terms: Mapped[int]
    scored: Mapped[bool]
    readable: Mapped[bool]
    language: Mapped[str | None]
    holds: Mapped[int]
    band_0: Mapped[int | None]
    band_1: Mapped[int | None]
    band_2: Mapped[int | None]
    band_3: Mapped[int | None]
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


WAITS: ColumnElement[bool] = literal_column(f"docket.{_WAITING}")
"""Written as the partial indexes have it: SQLite takes them for nothing else."""

INSERT = insert(table_of(Docket))
_THIS = table_of(Docket).c.comment_id == bindparam("of")
_BY_WHOM = select(table_of(Docket).c.by_person).where(_THIS)
_PLACE = select(table_of(Docket).c.section, table_of(Docket).c.escalated).where(_THIS)
_MOVE = update(table_of(Docket)).where(_THIS)


def docket_row(
    comment: Mapping[str, Any], article: Place | Article, signals: Signals, *, by_policy: Status | None
) -> dict[str, Any]:
    """The row of a comment that arrives; ``comment`` holds the columns of ``Comment``."""
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
        "escalated": False,
        "by_policy": by_policy.value if by_policy else None,
        "by_person": None,
        **_signal_columns(signals),
        **band_columns(comment["body"]),
    }


def band_columns(body: str) -> dict[str, int | None]:
    """What finds texts that are like this one."""
    return {f"band_{number}": value for number, value in enumerate(bands(body) or (None,) * 4)}


def judged(signals: Signals, *, status: Status, flags: int, decided_at: datetime | None) -> dict[str, Any]:
    """What changes when the policy decides about a comment that has been in the docket before."""
    return {
        **_signal_columns(signals),
        "status": status.value,
        "waiting": status in WAITING,
        "flags": flags,
        "decided_at": decided_at,
        "by_policy": status.value,
    }


def moved(status: Status, *, decided_at: datetime | None) -> dict[str, Any]:
    """What changes when anybody but the policy decides."""
    return {
        "status": status.value,
        "waiting": status in WAITING,
        "decided_at": decided_at,
        "by_person": status.value,
    }


def change(connection: Any, comment_id: str, values: Mapping[str, Any]) -> None:
    """Changes columns of a comment's row."""
    connection.execute(_MOVE.values(**values), {"of": comment_id})


def by_person(connection: Any, comment_id: str) -> str | None:
    """What anybody but the policy decided last about a comment."""
    decided: str | None = connection.scalar(_BY_WHOM, {"of": comment_id})
    return decided


def section_of(connection: Any, comment_id: str) -> str | None:
    """The section under which a comment was written."""
    return place_of(connection, comment_id)[0]


def place_of(connection: Any, comment_id: str) -> tuple[str | None, bool]:
    """The section under which a comment was written, and whether it is left to a senior moderator."""
    row = connection.execute(_PLACE, {"of": comment_id}).first()
    return (row.section, bool(row.escalated)) if row is not None else (None, False)


def is_escalated(connection: Any, comment_id: str) -> bool:
    """Whether a comment is left to a senior moderator."""
    return place_of(connection, comment_id)[1]


def _signal_columns(signals: Signals) -> dict[str, Any]:
    values = signals.values
    return {
        **{name: values.get(name) for name in (*LABELS, "relevance", "spam", *NAME_SIGNALS)},
        **{name: int(values.get(name, 0)) for name in ("links", "reports", "author_approved", "terms")},
        "trusted": bool(values.get("trusted", 0)),
        "scored": signals.scored,
        "readable": signals.readable,
        "language": signals.language,
        "holds": len(signals.holds),
    }
