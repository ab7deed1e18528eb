"""Claims: whatever waits for a worker is taken in batches with a lease, done once, and found again when its worker
dies.

A claim is a time in a column of what waits, ``leased_until``: up to then nobody else takes it. Whoever finishes a thing
locks its row first and asks ``Claim.holds``: a worker that took so long that somebody else has it now leaves it alone.
That time is the claim's name, too: whoever takes a thing from another takes it until later than the other had it.

A new kind of work needs three things:

1. a nullable column for the lease (``Mapped[datetime | None]``), and an index that finds what waits, in its order;
2. a ``Work`` that names them: ``Work(key=OutboxEvent.id, leased_until=OutboxEvent.leased_until, waits=(...),
   order=(OutboxEvent.created_at,), lease=timedelta(seconds=60), site=OutboxEvent.site_id)``;
3. a loop: ``claims = Claims(database, clock, work)`` and ``claims.take(20)``; each thing is done, and finished in a
   transaction of its own, which asks ``claim.holds(row.leased_until)`` first and then says that the thing no longer
   waits; ``claim = claims.kept(claim)`` between two of them; ``claims.give_back(claim, left)`` in a ``finally``.

What fails and is tried again later gets the time of its next try as its lease. What must not be tried for ever counts
its attempts, and ``waits`` asks for few of them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from moderation.storage.database import Database, lock
from moderation.storage.sites import Site

Key = Any
"""The primary key of one thing that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A kind of work: the rows of a table that wait.

    ``waits`` are the conditions under which a row does, and ``order`` is by which the first are taken. ``lease`` is how
    long a claim lasts: well longer than what is done between two calls of ``Claims.kept`` takes. With ``site`` a batch
    is shared out evenly among the sites that have something waiting, so that none waits behind another's thousands;
    the index then begins with it. ``alone``: while anybody has a claim, nobody else gets one.
    """

    key: InstrumentedAttribute[Any]
    leased_until: InstrumentedAttribute[datetime | None]
    waits: Sequence[ColumnElement[bool]]
    order: Sequence[InstrumentedAttribute[Any]]
    lease: timedelta
    site: InstrumentedAttribute[Any] | None = None
    alone: bool = False

    def free(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        """What waits, and nobody has."""
        return (*self.waits, self.unleased(now))

    def unleased(self, now: datetime) -> ColumnElement[bool]:
        """What nobody has, or had until now."""
        return or_(self.leased_until.is_(None), self.leased_until < now)

    def extended(self, claim: Claim, now: datetime) -> Claim:
        """This claim from now on, for whoever keeps its new end with the thing at hand (``row.leased_until``)."""
        return replace(claim, until=now + self.lease)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a worker has taken, in its order, and until when nobody else takes it."""

    keys: tuple[Key, ...]
    until: datetime

    def holds(self, leased_until: datetime | None) -> bool:
        """Whether a thing with this lease, read with its row locked, is still this claim's: also after its end, as long
        as nobody else has taken it.
        """
        return leased_until == self.until


def claim(session: Session, work: Work, now: datetime, *, limit: int) -> Claim | None:
    """Takes up to ``limit`` of what waits, in a transaction that writes; None where nothing waits. What another
    transaction is about to take, or has locked for something else, is left out.
    """
    if work.alone:
        lock(session, f"claims of {work.key.class_.__tablename__}")
        if _somebody_is_at_it(session, work, now):
            return None
    keys = _first(session, work, now, limit) if work.site is None else _shared_out(session, work, now, limit)
    return _leased(session, work, keys, now)


def claim_these(session: Session, work: Work, keys: Collection[Key], now: datetime) -> Claim | None:
    """Takes those of these that nobody else has, whether or not they wait."""
    query = select(work.key).where(work.key.in_(keys), work.unleased(now)).order_by(*work.order)
    return _leased(session, work, session.scalars(query.with_for_update(key_share=True)).all(), now)


def renew(session: Session, work: Work, held: Claim, now: datetime) -> Claim:
    """The same claim from now on, without what is finished or somebody else has taken since."""
    query = select(work.key).where(work.key.in_(held.keys), work.leased_until == held.until)
    still = set(session.scalars(query.with_for_update(key_share=True)))
    keys = tuple(key for key in held.keys if key in still)
    return _leased(session, work, keys, now) or replace(held, keys=())


def give_back(session: Session, work: Work, held: Claim, keys: Collection[Key]) -> None:
    """Lets others take these of what was claimed, at once."""
    _lease_until(session, work, None, work.key.in_(keys), work.leased_until == held.until)


class Claims:
    """What a worker does with one kind of work, each step in a transaction of its own."""

    def __init__(self, database: Database, clock: Callable[[], datetime], work: Work) -> None:
        self._database, self._clock, self._work = database, clock, work

    def take(self, limit: int) -> Claim | None:
        """Takes up to ``limit`` of what waits; None where nothing does, which costs nobody their turn to write."""
        with self._database.reading() as session:
            if not _any_waiting(session, self._work, self._clock()):
                return None
        return self._database.writing(lambda session: claim(session, self._work, self._clock(), limit=limit))

    def kept(self, held: Claim) -> Claim:
        """The claim, renewed where half of its time is over."""
        if not held.keys or self._clock() < held.until - self._work.lease / 2:
            return held
        return self._database.writing(lambda session: renew(session, self._work, held, self._clock()))

    def give_back(self, held: Claim, keys: Collection[Key]) -> None:
        """Lets others take these at once, rather than at the end of the lease."""
        if keys:
            self._database.writing(lambda session: give_back(session, self._work, held, keys))


def _any_waiting(session: Session, work: Work, now: datetime) -> bool:
    return session.scalar(select(literal(1)).where(*work.free(now)).limit(1)) is not None


def _somebody_is_at_it(session: Session, work: Work, now: datetime) -> bool:
    return session.scalar(select(literal(1)).where(~work.unleased(now)).limit(1)) is not None


def _first(
    session: Session, work: Work, now: datetime, limit: int, *where: ColumnElement[bool], exclude: Collection[Key] = ()
) -> list[Key]:
    """On SQLite, where a transaction that writes has the file to itself, nothing is locked, and nothing need be."""
    query = select(work.key).where(*work.free(now), *where).order_by(*work.order).limit(limit)
    if exclude:
        query = query.where(work.key.not_in(exclude))
    return list(session.scalars(query.with_for_update(key_share=True, skip_locked=True)))


def _shared_out(session: Session, work: Work, now: datetime, limit: int) -> list[Key]:
    """An even share for every site, whose oldest waits longest first; what some leave over, whoever has more."""
    assert work.site is not None
    oldest = select(work.order[0]).where(work.site == Site.id, *work.free(now)).order_by(*work.order).limit(1)
    first = oldest.correlate(Site).scalar_subquery()
    found = session.execute(select(Site.id, first.label("first"))).all()
    sites = [row.id for row in sorted((row for row in found if row.first is not None), key=lambda row: row.first)]
    share, keys, have_more = max(1, limit // max(1, len(sites))), list[Key](), list[str]()
    for site in sites[:limit]:
        some = _first(session, work, now, share, work.site == site)
        keys += some
        have_more += [site] if len(some) == share else []
    for site in have_more:
        if len(keys) < limit:
            keys += _first(session, work, now, limit - len(keys), work.site == site, exclude=keys)
    return keys


def _leased(session: Session, work: Work, keys: Sequence[Key], now: datetime) -> Claim | None:
    if not keys:
        return None
    held = Claim(keys=tuple(keys), until=now + work.lease)
    _lease_until(session, work, held.until, work.key.in_(keys))
    return held


def _lease_until(session: Session, work: Work, until: datetime | None, *where: ColumnElement[bool]) -> None:
    statement = update(work.key.class_).where(*where).values({work.leased_until: until})
    session.execute(statement, execution_options={"synchronize_session": False})
