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
its attempts, and ``waits`` asks for few of them. What may end whoever works at it is a ``Work`` with ``attempts``.
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
from moderation.watching import counts

Key = Any
"""The primary key of one thing that waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A kind of work: the rows of a table that wait.

    ``waits`` are the conditions under which a row does, and ``order`` is by which the first are taken. ``lease`` is how
    long a claim lasts: well longer than what is done between two calls of ``Claims.kept`` takes. With ``site`` a batch
    is shared out evenly among the sites that have something waiting, so that none waits behind another's thousands;
    the index then begins with it. ``alone``: while anybody has a claim, nobody else gets one. ``furthest``: no lease
    ends later than so long from now, unless the clock that gave it has been set back since: nobody waits for that one.
    With ``attempts``, what somebody had whose lease ran out before they were through isn't taken with others again, of
    which one may have been their end, but alone (``Claims.take_left``), and that is counted.
    """

    key: InstrumentedAttribute[Any]
    leased_until: InstrumentedAttribute[datetime | None]
    waits: Sequence[ColumnElement[bool]]
    order: Sequence[InstrumentedAttribute[Any]]
    lease: timedelta
    site: InstrumentedAttribute[Any] | None = None
    alone: bool = False
    furthest: timedelta | None = None
    attempts: InstrumentedAttribute[Any] | None = None

    @property
    def name(self) -> str:
        """That of the table."""
        return str(self.key.class_.__tablename__)

    def free(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        """What waits, and nobody has."""
        return (*self.waits, self.unleased(now))

    def together(self, now: datetime) -> tuple[ColumnElement[bool], ...]:
        """What of it is taken with others."""
        return self.free(now) if self.attempts is None else (*self.waits, self.leased_until.is_(None))

    def unleased(self, now: datetime) -> ColumnElement[bool]:
        """What nobody has, or had until now."""
        over = (self.leased_until.is_(None), self.leased_until < now)
        return or_(*over) if self.furthest is None else or_(*over, self.leased_until > now + self.furthest)

    def left(self, claim: Claim) -> datetime:
        """A lease that ran out before this claim began: for what it had, and nobody is to take with others again."""
        return claim.until - 2 * self.lease

    def extended(self, claim: Claim, now: datetime) -> Claim:
        """This claim from now on, for whoever keeps its new end with the thing at hand (``row.leased_until``)."""
        return replace(claim, until=now + self.lease)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a worker has taken, in its order, and until when nobody else takes it. ``tried``: how many attempts what was
    left had before it was taken alone.
    """

    keys: tuple[Key, ...]
    until: datetime
    tried: int | None = None

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
        lock(session, f"claims of {work.name}")
        if _any(session, [~work.unleased(now)]):
            return None
    return _leased(session, work, _next(session, work, work.together(now), limit, lock_them=True), now)


def claim_left(session: Session, work: Work, key: Key, now: datetime) -> Claim | None:
    """Takes this one alone, and counts that; None where somebody was faster. It has been tried twice then, at least:
    with others, and now.
    """
    assert work.attempts is not None
    query = select(work.attempts).where(work.key == key, *work.free(now), work.leased_until.is_not(None))
    tried = session.scalar(query.with_for_update(key_share=True, skip_locked=True))
    if tried is None:
        return None
    _change(session, work, {work.attempts: max(tried + 1, 2)}, work.key == key)
    held = _leased(session, work, [key], now)
    return held and replace(held, tried=tried)


def claim_these(session: Session, work: Work, keys: Collection[Key], now: datetime) -> Claim | None:
    """Takes those of these that nobody else has, whether or not they wait."""
    query = select(work.key).where(work.key.in_(keys), work.unleased(now)).order_by(*work.order)
    return _leased(session, work, session.scalars(query.with_for_update(key_share=True)).all(), now)


def renew(session: Session, work: Work, held: Claim, now: datetime) -> Claim:
    """The same claim from now on, without what is finished or somebody else has taken since."""
    query = select(work.key).where(work.key.in_(held.keys), work.leased_until == held.until)
    still = set(session.scalars(query.with_for_update(key_share=True)))
    again = _leased(session, work, [key for key in held.keys if key in still], now)
    return replace(held, keys=()) if again is None else replace(again, tried=held.tried)


def give_back(session: Session, work: Work, held: Claim, keys: Collection[Key]) -> None:
    """Lets others take these of what was claimed, at once: what was left, alone again, as if it hadn't been tried."""
    these = (work.key.in_(keys), work.leased_until == held.until)
    if held.tried is None or work.attempts is None:
        _change(session, work, {work.leased_until: None}, *these)
    else:
        _change(session, work, {work.leased_until: work.left(held), work.attempts: held.tried}, *these)


class Claims:
    """What a worker does with one kind of work, each step in a transaction of its own."""

    def __init__(self, database: Database, clock: Callable[[], datetime], work: Work) -> None:
        self._database, self._clock, self._work = database, clock, work

    def take(self, limit: int) -> Claim | None:
        """Takes up to ``limit`` of what waits; None where nothing does, which costs nobody their turn to write."""
        with self._database.reading() as session:
            if not _any(session, self._work.together(self._clock())):
                return None
        taken = self._database.writing(lambda session: claim(session, self._work, self._clock(), limit=limit))
        if taken is not None:
            counts.claimed(self._work.name, by=len(taken.keys))
            counts.claimed_at(self._work.name)
        return taken

    def left(self, limit: int) -> list[Key]:
        """What others had and left, among the first ``limit`` of what waits: what was tried least first, so that one
        that ends whoever takes it comes after those that were only beside it.
        """
        work = self._work
        assert work.attempts is not None
        with self._database.reading() as session:
            now = self._clock()
            if not _any(session, work.free(now)):
                return []
            first = _next(session, work, work.free(now), limit)
            query = select(work.key).where(work.key.in_(first), work.leased_until.is_not(None))
            return list(session.scalars(query.order_by(work.attempts, *work.order)))

    def take_left(self, key: Key) -> Claim | None:
        """Takes one of these alone; None where somebody else has."""
        return self._database.writing(lambda session: claim_left(session, self._work, key, self._clock()))

    def kept(self, held: Claim) -> Claim:
        """The claim, renewed where half of its time is over."""
        if not held.keys or self._clock() < held.until - self._work.lease / 2:
            return held
        return self._database.writing(lambda session: renew(session, self._work, held, self._clock()))

    def give_back(self, held: Claim, keys: Collection[Key]) -> None:
        """Lets others take these at once, rather than at the end of the lease."""
        if keys:
            self._database.writing(lambda session: give_back(session, self._work, held, keys))


def _any(session: Session, where: Sequence[ColumnElement[bool]]) -> bool:
    return session.scalar(select(literal(1)).where(*where).limit(1)) is not None


def _next(
    session: Session, work: Work, waits: Sequence[ColumnElement[bool]], limit: int, *, lock_them: bool = False
) -> Sequence[Key]:
    """The first of these, with ``lock_them`` of those that no other transaction has locked. On SQLite, where one that
    writes has the file to itself, nothing is locked, and nothing need be.
    """

    def first(limit: int, *where: ColumnElement[bool]) -> list[Key]:
        query = select(work.key).where(*waits, *where).order_by(*work.order).limit(limit)
        return list(session.scalars(query.with_for_update(key_share=True, skip_locked=True) if lock_them else query))

    if work.site is None:
        return first(limit)
    return _shared_out(session, work, work.site, waits, limit, first)


def _shared_out(
    session: Session,
    work: Work,
    site: InstrumentedAttribute[Any],
    waits: Sequence[ColumnElement[bool]],
    limit: int,
    first: Callable[..., list[Key]],
) -> list[Key]:
    """An even share for every site, whose oldest waits longest first; what some leave over, whoever has more."""
    oldest = select(work.order[0]).where(site == Site.id, *waits).order_by(*work.order).limit(1)
    found = session.execute(select(Site.id, oldest.correlate(Site).scalar_subquery().label("first"))).all()
    sites = [row.id for row in sorted((row for row in found if row.first is not None), key=lambda row: row.first)]
    share, keys, have_more = max(1, limit // max(1, len(sites))), list[Key](), list[str]()
    for one in sites[:limit]:
        some = first(share, site == one)
        keys += some
        have_more += [one] if len(some) == share else []
    for one in have_more:
        if len(keys) < limit:
            keys += first(limit - len(keys), site == one, work.key.not_in(keys))
    return keys


def _leased(session: Session, work: Work, keys: Sequence[Key], now: datetime) -> Claim | None:
    if not keys:
        return None
    held = Claim(keys=tuple(keys), until=now + work.lease)
    _change(session, work, {work.leased_until: held.until}, work.key.in_(keys))
    return held


def _change(
    session: Session, work: Work, values: dict[InstrumentedAttribute[Any], Any], *where: ColumnElement[bool]
) -> None:
    statement = update(work.key.class_).where(*where).values(values)
    session.execute(statement, execution_options={"synchronize_session": False})
