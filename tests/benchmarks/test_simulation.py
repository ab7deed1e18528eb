"""The model of the whole service keeps the laws of queues, and loses no comment."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from scripts.benchmarks.simulation_parts.day import PEAK_FACTOR, Day, Story
from scripts.benchmarks.simulation_parts.engine import Servers, Simulation
from scripts.benchmarks.simulation_parts.figures import Figures, Share
from scripts.benchmarks.simulation_parts.model import Machines, ceilings
from scripts.benchmarks.simulation_parts.runs import closed_loop, steady, through_a_day
from scripts.benchmarks.simulation_parts.sizing import chapter, need

FIGURES = Figures(
    cores=2,
    scoring=12.0,
    scoring_in_batches=8.0,
    inline=16.0,
    taken=4.0,
    worker=10.0,
    database_inline=1.5,
    database_taken=1.0,
    database_worker=1.0,
    held=2.0,
    transaction=6.0,
    sqlite_bytes=6000,
    postgres_bytes=8000,
    web_mb=500,
    worker_mb=450,
    sqlite_per_s=100,
    inline_per_s=100,
    drained_per_s=160,
    inline_of_bound=Share(reached=0.9, goal=0.85),
    drained_of_pack=Share(reached=0.8, goal=0.9),
    by_each_per_s=190,
    by_each_of_pack=Share(reached=0.95, goal=0.9),
    half_per_s=50,
    half_p50=18,
    half_p95=30,
    machine={},
)
INLINE, WORKERS = Machines(web=2, cores=1), Machines(web=1, workers=1, cores=1)


class _Queue:
    """One station that many come to, each independently of the others, once every second on average."""

    def __init__(self, servers: int, seconds: float, *, random_service: bool) -> None:
        self.simulation = Simulation()
        self.station = Servers(self.simulation, servers)
        self.arrived = self.done = 0
        self.inside = self.inside_seconds = 0.0
        self._chance, self._seconds, self._random = random.Random(5), seconds, random_service
        self._arrive()

    def _arrive(self) -> None:
        self.arrived += 1
        seconds = self._chance.expovariate(1 / self._seconds) if self._random else self._seconds
        self.station.use(seconds, self._left, self.simulation.now)
        self.simulation.after(self._chance.expovariate(1.0), self._arrive)

    def _left(self, came: float) -> None:
        self.done += 1
        self.inside_seconds += self.simulation.now - came

    def run(self, seconds: float) -> None:
        self.simulation.run(seconds)
        busy, queued = self.station.totals()
        self.inside = (busy + queued) / seconds
        self.waited = queued / self.arrived


SECONDS = 40_000.0


@pytest.mark.parametrize(
    ("random_service", "waited"), [(True, 0.6 * 0.6 / 0.4), (False, 0.6 * 0.6 / (2 * 0.4))], ids=["M/M/1", "M/D/1"]
)
def test_one_server_has_its_customers_wait_as_theory_says(random_service: bool, waited: float) -> None:
    queue = _Queue(1, 0.6, random_service=random_service)
    queue.run(SECONDS)
    assert queue.waited == pytest.approx(waited, rel=0.05)


def test_two_servers_have_theirs_wait_as_erlang_says() -> None:
    queue = _Queue(2, 1.2, random_service=True)  # Erlang C of 1.2 over 2: 0.45
    queue.run(SECONDS)
    assert queue.waited == pytest.approx(0.45 * 1.2 / (2 - 1.2), rel=0.05)


@pytest.mark.parametrize("servers", [1, 3])
def test_as_many_are_inside_as_littles_law_says(servers: int) -> None:
    queue = _Queue(servers, 0.7 * servers, random_service=True)
    queue.run(SECONDS)
    assert queue.inside == pytest.approx(queue.arrived / SECONDS * queue.inside_seconds / queue.done, rel=0.01)


def test_nobody_is_lost_at_a_station() -> None:
    queue = _Queue(1, 1.4, random_service=True)
    queue.run(1000.0)
    assert queue.arrived == queue.done + queue.station.busy + queue.station.waiting


@pytest.mark.parametrize("machines", [INLINE, WORKERS], ids=["inline", "workers"])
def test_every_comment_is_decided_or_waits(machines: Machines) -> None:
    day = Day(comments=4_000_000, sites=5, story=Story(hour=19.0, times=2.0))
    run = through_a_day(FIGURES, machines, day, hour=18.99, minutes=2, seed=1)
    last = run.moments[-1]
    assert run.arrived == run.decided + last.in_flight + last.undecided
    assert run.responded == run.arrived - last.in_flight
    assert last.in_flight + last.undecided > 0


@pytest.mark.parametrize("machines", [INLINE, WORKERS], ids=["inline", "workers"])
def test_what_is_short_by_arithmetic_is_at_work_all_the_time(machines: Machines) -> None:
    most = ceilings(FIGURES, machines, busiest=1 / 10)
    first = min(most, key=most.__getitem__)
    run = steady(FIGURES, machines, per_second=1.2 * most[first], seconds=60, sites=10, seed=1)
    assert run.busiest == first
    assert run.used[first] > 0.95
    assert run.decided / 60 == pytest.approx(most[first], rel=0.1)


def test_a_slow_chain_holds_up_a_site() -> None:
    run = closed_loop(replace(FIGURES, held=50.0), INLINE, clients=16, seconds=30, seed=1)
    assert run.busiest == "audit chain of the busiest site"
    assert run.responded / 30 == pytest.approx(20, rel=0.05)


def test_with_workers_a_story_costs_readers_no_time_but_the_queue_its_length() -> None:
    day = Day(comments=4_000_000, sites=20, story=Story(hour=19.0, times=1.2, spreads=0.2))
    inline, workers = (
        through_a_day(FIGURES, machines, day, hour=19.0, minutes=1, seed=1) for machines in (INLINE, WORKERS)
    )
    assert max(moment.answer for moment in inline.moments) > 5 * max(moment.answer for moment in workers.moments)
    assert workers.moments[-1].undecided > 100


def test_the_same_seed_gives_the_same_day() -> None:
    day = Day(comments=3_000_000, sites=5)
    first, second = (through_a_day(FIGURES, INLINE, day, hour=20.0, minutes=1, seed=3) for _ in range(2))
    assert first == second


def test_a_day_has_the_comments_that_it_is_said_to_have() -> None:
    day = Day(comments=1_000_000, sites=5)
    assert sum(day.ordinary(minute / 60) * 60 for minute in range(1440)) == pytest.approx(1_000_000, rel=0.001)
    assert max(day.ordinary(minute / 60) for minute in range(1440)) == pytest.approx(1e6 / 86400 * PEAK_FACTOR)


def test_ten_times_the_comments_ask_for_ten_times_the_cores_and_the_disk() -> None:
    small, large = need(FIGURES, 10_000_000), need(FIGURES, 100_000_000)
    for of in ("web_cores", "worker_cores", "database_cores", "disk_day_gb", "transactions"):
        assert getattr(large, of) == pytest.approx(10 * getattr(small, of))
    assert large.machines > small.machines


def test_a_small_newspaper_needs_one_machine() -> None:
    assert need(FIGURES, 10_000).alone
    assert not need(FIGURES, 1_000_000_000).alone


@pytest.mark.parametrize(("load", "told"), [(0.5, False), (1.5, True)])
def test_the_chapter_says_where_its_figures_were_taken_on_a_busy_machine(load: float, told: bool) -> None:
    day = Day(comments=1_000_000, sites=5)
    runs = {"inline": through_a_day(FIGURES, INLINE, day, hour=20.0, minutes=0.5, seed=3)}
    figures = replace(FIGURES, machine={"load_before": load})
    assert ("too high" in chapter(figures, day, runs, late=2.0)) is told


def test_the_chapter_holds_what_was_reached_against_the_goal() -> None:
    day = Day(comments=1_000_000, sites=5)
    runs = {"inline": through_a_day(FIGURES, INLINE, day, hour=20.0, minutes=0.5, seed=3)}
    reached = "| of what the cores could do at most (goal) | 0.90 (0.85) | 0.80 (0.90); 0.95 (0.90) |"
    assert reached in chapter(FIGURES, day, runs, late=2.0)
