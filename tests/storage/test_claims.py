"""Claims: two workers never have the same thing, what a dead one had is found again, and nothing is done twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from moderation.comments.rescoring import WORK as SCORING
from moderation.storage.claims import Claim, Claims, Work, claim, claim_these
from moderation.storage.database import Database
from moderation.storage.sites import Site, SiteKey
from tests.plans import plans_of

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
WORK = Work(
    key=SiteKey.id,
    leased_until=SiteKey.revoked_at,  # a column that holds a time will do
    waits=(SiteKey.hint == "waits",),
    order=(SiteKey.created_at, SiteKey.id),
    lease=LEASE,
)
"""Any table will do: keys that wait, say, to be looked at."""
SHARED = Work(**{name: getattr(WORK, name) for name in WORK.__dataclass_fields__} | {"site": SiteKey.site_id})


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def waiting(database: Database, number: int, site: str = "a") -> None:
    """So many things that wait, the first the oldest."""

    def work(session: Session) -> None:
        if session.get(Site, site) is None:
            session.add(Site(id=site, name=site, created_at=NOON))
            session.flush()
        row = {"site_id": site, "kind": "secret", "hint": "waits", "rights": [], "origins": []}
        started = session.scalar(select(func.count()).select_from(SiteKey)) or 0
        rows = [
            row | {"id": (name := f"{site}{n:03}"), "digest": name, "created_at": NOON + timedelta(seconds=started + n)}
            for n in range(number)
        ]
        session.execute(insert(SiteKey), rows)

    database.writing(work)


def finish(database: Database, held: Claim, key: str) -> bool:
    """What every kind of work does with a thing at its end. Returns whether it was this claim's to finish."""

    def work(session: Session) -> bool:
        row = session.get_one(SiteKey, key, with_for_update=True)
        if not held.holds(row.revoked_at):
            return False
        row.hint, row.revoked_at = f"{row.hint} no more", None
        return True

    return database.writing(work)


def test_workers_at_once_claim_disjoint_batches_and_do_each_thing_once(database: Database, clock: Clock) -> None:
    waiting(database, 60)
    workers = 4
    together = threading.Barrier(workers)

    def worker(_: int) -> list[str]:
        claims, done = Claims(database, clock, WORK), []
        together.wait()
        while (held := claims.take(7)) is not None:
            done += [key for key in held.keys if finish(database, held, key)]
        return done

    with ThreadPoolExecutor(workers) as pool:
        done = [key for each in pool.map(worker, range(workers)) for key in each]
    assert sorted(done) == [f"a{n:03}" for n in range(60)]
    with database.reading() as session:
        assert set(session.scalars(select(SiteKey.hint))) == {"waits no more"}


@pytest.mark.postgres
def test_a_worker_waits_for_no_other_that_is_about_to_claim(postgres_url: str, clock: Clock) -> None:
    database = Database(postgres_url)
    waiting(database, 5)

    def work(session: Session) -> tuple[Claim | None, Claim | None]:
        mine = claim(session, WORK, clock(), limit=3)
        return mine, Claims(database, clock, WORK).take(3)  # another transaction, while this one goes on

    mine, others = database.writing(work)
    database.close()
    assert mine is not None
    assert others is not None
    assert (mine.keys, others.keys) == (("a000", "a001", "a002"), ("a003", "a004"))


def test_what_a_dead_worker_had_is_found_when_its_lease_has_ended(database: Database, clock: Clock) -> None:
    waiting(database, 3)
    dead, other = Claims(database, clock, WORK).take(2), Claims(database, clock, WORK)
    assert dead is not None
    assert [held.keys for held in iter(lambda: other.take(5), None)] == [("a002",)]
    clock.move(LEASE.total_seconds() + 1)
    again = other.take(2)
    assert again is not None
    assert again.keys == dead.keys
    # The dead one was only slow: what it had is not its own any more.
    assert [finish(database, dead, key) for key in dead.keys] == [False, False]
    Claims(database, clock, WORK).give_back(dead, dead.keys)
    assert [held.keys for held in iter(lambda: other.take(5), None)] == [("a002",)]  # and not what is another's now
    assert [finish(database, again, key) for key in again.keys] == [True, True]


def test_a_claim_is_kept_while_its_worker_works_and_only_what_is_left_of_it(database: Database, clock: Clock) -> None:
    waiting(database, 3)
    claims = Claims(database, clock, WORK)
    first = claims.take(3)
    assert first is not None
    assert claims.kept(first) is first
    assert finish(database, first, "a000")
    clock.move(LEASE.total_seconds() * 0.6)
    kept = claims.kept(first)
    assert kept.keys == ("a001", "a002")
    clock.move(LEASE.total_seconds() * 0.6)  # the first lease would have ended
    assert Claims(database, clock, WORK).take(3) is None
    assert finish(database, kept, "a001")
    assert not finish(database, first, "a002")


def test_nobody_keeps_what_another_has_taken(database: Database, clock: Clock) -> None:
    waiting(database, 2)
    claims = Claims(database, clock, WORK)
    slow = claims.take(2)
    assert slow is not None
    clock.move(LEASE.total_seconds() + 1)
    assert Claims(database, clock, WORK).take(1) is not None
    assert claims.kept(slow).keys == ("a001",)
    clock.move(LEASE.total_seconds() + 1)
    assert Claims(database, clock, WORK).take(2) is not None
    assert claims.kept(slow).keys == ()


def test_what_is_given_back_is_there_for_others_at_once(database: Database, clock: Clock) -> None:
    waiting(database, 3)
    claims = Claims(database, clock, WORK)
    held = claims.take(3)
    assert held is not None
    claims.give_back(held, ["a001"])
    other = Claims(database, clock, WORK).take(3)
    assert other is not None
    assert other.keys == ("a001",)


def test_one_thing_by_its_key_is_claimed_by_one(database: Database, clock: Clock) -> None:
    waiting(database, 2)
    found = [database.writing(lambda session: claim_these(session, WORK, ["a001"], clock())) for _ in range(2)]
    assert [one.keys if one else None for one in found] == [("a001",), None]


def test_no_site_waits_behind_the_thousands_of_another(database: Database, clock: Clock) -> None:
    waiting(database, 50, "a")
    waiting(database, 1, "b")
    waiting(database, 5, "c")
    claims = Claims(database, clock, SHARED)
    batch = claims.take(9)
    assert batch is not None
    assert batch.keys == ("a000", "a001", "a002", "b000", "c000", "c001", "c002", "a003", "a004")
    assert len((claims.take(100) or batch).keys) == 47
    assert claims.take(1) is None
    clock.move(LEASE.total_seconds() + 1)
    few = claims.take(2)  # more sites than it takes things: those that wait longest
    assert few is not None
    assert few.keys == ("a000", "b000")


def test_what_is_done_by_one_at_a_time_is_claimed_by_one(database: Database, clock: Clock) -> None:
    waiting(database, 3)
    alone = Work(**{name: getattr(WORK, name) for name in WORK.__dataclass_fields__} | {"alone": True})
    together = threading.Barrier(3)

    def worker(_: int) -> Claim | None:
        together.wait()
        return Claims(database, clock, alone).take(1)

    with ThreadPoolExecutor(3) as pool:
        held = [found for found in pool.map(worker, range(3)) if found is not None]
    assert len(held) == 1
    clock.move(LEASE.total_seconds() + 1)
    assert Claims(database, clock, alone).take(1) is not None


def test_the_sweep_for_comments_without_scores_reads_an_index_of_them_alone(sqlite_url: str, clock: Clock) -> None:
    database = Database(sqlite_url)
    waiting(database, 1)
    with plans_of(database.engine, "FROM comments") as plans:
        assert Claims(database, clock, SCORING).take(10) is None
        assert database.writing(lambda session: claim(session, SCORING, clock(), limit=10)) is None
    assert len(plans) == 2
    for plan in plans:
        assert "comments USING INDEX ix_comments_unscored" in plan
        assert "TEMP B-TREE" not in plan
    database.close()


def test_a_clock_that_was_set_back_keeps_nothing_waiting_until_it_is_as_late_again(
    database: Database, clock: Clock
) -> None:
    waiting(database, 3)
    work = replace(WORK, furthest=2 * LEASE)
    claims = Claims(database, clock, work)
    first = claims.take(3)
    assert first is not None
    clock.move(-3600)
    second = claims.take(3)
    assert second is not None
    assert second.keys == first.keys
    # Clocks of two machines that differ a little take nothing from each other.
    clock.move(-LEASE.total_seconds() / 2)
    assert claims.take(3) is None
    assert not any(finish(database, first, key) for key in first.keys)
    assert all(finish(database, second, key) for key in second.keys)
