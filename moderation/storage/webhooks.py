"""Where sites are told of events: their endpoints, what is to be delivered to each, and what became of every try."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, bindparam, exists, func, insert, select, text, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from moderation.storage.base import Base, BigCount, locked, table_of
from moderation.storage.outbox import OutboxEvent


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class WebhookEndpoint(Base):
    """An address of a site's own that is told of its events: of the kinds in ``events``, of all where there is none.

    ``secret`` and ``former_secret`` are encrypted; every delivery is signed with both. While nothing reaches it,
    ``failing_since`` says since when, ``failures`` how many rounds in a row have failed. ``retry_at``: when the next
    round may begin; after one that reached it, when that ended. ``leased_until``: see ``storage.claims``.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id"), index=True)
    url: Mapped[str]
    events: Mapped[list[str]]
    allow_private: Mapped[bool]
    secret: Mapped[str]
    former_secret: Mapped[str | None]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    retry_at: Mapped[datetime]

    def wants(self, kind: str) -> bool:
        return not self.events or kind in self.events


class WebhookDelivery(Base):
    """One event for one endpoint. It is open while ``next_at`` says when to try next; then it has been delivered, or
    given up for dead; a test that failed is neither. ``event_id`` is what the receiver knows the event by, ``sequence``
    counts the events about one subject, ``happened_at`` is when the event took place. What is sent is made when it is
    sent: no text is kept here.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        # With the time of the oldest, which the figures ask for.
        Index("ix_webhook_deliveries_due", "endpoint_id", "next_at", "created_at", **_only("next_at IS NOT NULL")),
        Index("ix_webhook_deliveries_dead", "endpoint_id", "number", "dead_at", **_only("dead_at IS NOT NULL")),
        # Those that have ended too: an erasure asks for all about a comment.
        Index("ix_webhook_deliveries_subject", "endpoint_id", "subject", "number"),
        Index("ix_webhook_deliveries_endpoint", "endpoint_id", "number"),
        Index("ix_webhook_deliveries_about", "subject"),
    )

    number: Mapped[int] = mapped_column(BigCount, primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("webhook_endpoints.id"))
    event_id: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigCount)
    payload: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    first_tried_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    dead_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """One try: the receiver's HTTP status and the beginning of its answer, or the ``error`` that kept us from one."""

    __tablename__ = "webhook_attempts"

    id: Mapped[int] = mapped_column(BigCount, primary_key=True)
    delivery: Mapped[int] = mapped_column(ForeignKey("webhook_deliveries.number"), index=True)
    tried_at: Mapped[datetime]
    milliseconds: Mapped[int]
    status: Mapped[int | None]
    answer: Mapped[str | None]
    error: Mapped[str | None]

    @property
    def words(self) -> str:
        return words_of(self.status, self.answer, self.error)


def words_of(status: int | None, answer: str | None, error: str | None) -> str:
    """What became of a try, for whoever looks at it: ``200``, ``503: try later``, ``the connection was refused``."""
    if error is not None:
        return error
    return " ".join(f"{status}: {answer}".split()) if answer else str(status)


class WebhookSequence(Base):
    """How many events about one subject have been handed on."""

    __tablename__ = "webhook_sequences"

    subject: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int] = mapped_column(BigCount)


# --- endpoints --------------------------------------------------------------------------------------------------------


def endpoints_of(session: Session, site_ids: Collection[str]) -> Sequence[WebhookEndpoint]:
    """The live endpoints of these sites, by site, oldest first."""
    here = select(WebhookEndpoint).where(WebhookEndpoint.site_id.in_(site_ids), WebhookEndpoint.removed_at.is_(None))
    return session.scalars(here.order_by(WebhookEndpoint.site_id, WebhookEndpoint.id)).all()


def any_endpoint(session: Session) -> bool:
    """Whether an endpoint's secret is stored."""
    return bool(session.scalar(select(exists().select_from(WebhookEndpoint))))


def find_endpoint(session: Session, endpoint_id: str, *, lock: bool = False) -> WebhookEndpoint | None:
    """A live endpoint; with ``lock`` nobody else changes it until this transaction ends."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.removed_at.is_(None))
    return session.scalar(locked(query, key_share=True) if lock else query)


# --- handing on -------------------------------------------------------------------------------------------------------


def next_sequences(session: Session, subjects: Collection[str]) -> dict[str, int]:
    """How many events about each of these have been handed on so far."""
    found = select(WebhookSequence).where(WebhookSequence.subject.in_(subjects))
    return dict.fromkeys(subjects, 0) | {row.subject: row.last for row in session.scalars(found)}


def keep_sequences(session: Session, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Keeps how many there are now."""
    known = [{"of": subject, "now": after[subject]} for subject in sorted(after) if before[subject]]
    new = [{"subject": subject, "last": after[subject]} for subject in sorted(after) if not before[subject]]
    if known:
        session.connection().execute(_COUNT_ON, known)
    if new:
        session.execute(insert(table_of(WebhookSequence)), new)


_COUNTED = table_of(WebhookSequence)
_COUNT_ON = update(_COUNTED).where(_COUNTED.c.subject == bindparam("of")).values(last=bindparam("now"))


def delivery_row(endpoint_id: str, event: OutboxEvent, sequence: int, now: datetime) -> dict[str, Any]:
    """A new delivery of an event."""
    return {
        "endpoint_id": endpoint_id,
        "event_id": event.id,
        "kind": event.kind,
        "subject": event.subject,
        "sequence": sequence,
        "payload": event.payload,
        "happened_at": event.created_at,
        "created_at": now,
        "next_at": now,
    }


def waiting_until(
    session: Session, endpoint_ids: Collection[str], subjects: Collection[str]
) -> dict[tuple[str, str], datetime]:
    """By endpoint and subject, of these: until when what is open about it waits for its next try."""
    query = (
        select(WebhookDelivery.endpoint_id, WebhookDelivery.subject, func.max(WebhookDelivery.next_at).label("until"))
        .where(
            WebhookDelivery.endpoint_id.in_(endpoint_ids),
            WebhookDelivery.subject.in_(subjects),
            WebhookDelivery.next_at.is_not(None),
        )
        .group_by(WebhookDelivery.endpoint_id, WebhookDelivery.subject)
    )
    return {(row.endpoint_id, row.subject): row.until for row in session.execute(query)}


def insert_deliveries(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores new deliveries, in this order."""
    if rows:
        session.execute(insert(table_of(WebhookDelivery)), list(rows))


# --- delivering -------------------------------------------------------------------------------------------------------


def due_deliveries(
    session: Session, endpoint_id: str, now: datetime, *, limit: int, least_tried: bool = False
) -> Sequence[WebhookDelivery]:
    """What is to be sent to an endpoint now, oldest first: no event whose subject has an earlier one that must wait for
    its next try. ``least_tried``: of each subject the earliest alone, those first that were tried least.
    """
    earlier = aliased(WebhookDelivery)
    waits = exists().where(
        earlier.endpoint_id == endpoint_id,
        earlier.subject == WebhookDelivery.subject,
        earlier.number < WebhookDelivery.number,
        earlier.next_at.is_not(None) if least_tried else earlier.next_at > now,
    )
    query = select(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.next_at <= now, ~waits
    )
    order = (WebhookDelivery.attempts,) if least_tried else ()
    return session.scalars(query.order_by(*order, WebhookDelivery.number).limit(limit)).all()


def hold_back(session: Session, delivery: WebhookDelivery, until: datetime) -> None:
    """What comes after a delivery, about the same subject, waits until then."""
    later = update(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == delivery.endpoint_id,
        WebhookDelivery.subject == delivery.subject,
        WebhookDelivery.number > delivery.number,
        WebhookDelivery.next_at.is_not(None),
    )
    session.connection().execute(later.values(next_at=until))


def store_attempts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps what became of tries."""
    session.execute(insert(table_of(WebhookAttempt)), list(rows))


def give_up(session: Session, endpoint_id: str, now: datetime, *, older_than: datetime) -> int:
    """Gives up what has waited since before then for an endpoint that nothing reaches; returns how much."""
    statement = update(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.next_at.is_not(None),
        WebhookDelivery.created_at <= older_than,
    )
    done = session.connection().execute(statement.values(next_at=None, dead_at=now))
    return int(done.rowcount)


def find_delivery(session: Session, number: int, *, lock: bool = False) -> WebhookDelivery | None:
    """One delivery; with ``lock`` nobody else changes it until this transaction ends."""
    return session.get(
        WebhookDelivery, number, with_for_update={"key_share": True} if lock else None, populate_existing=lock
    )


def reopen(session: Session, now: datetime, *which: ColumnElement[bool]) -> int:
    """Tries these deliveries again, as if they were new; returns how many."""
    again = {
        "next_at": now,
        "created_at": now,
        "attempts": 0,
        "first_tried_at": None,
        "delivered_at": None,
        "dead_at": None,
    }
    return int(session.connection().execute(update(WebhookDelivery).where(*which).values(again)).rowcount)
