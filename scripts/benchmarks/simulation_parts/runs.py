"""Runs of the model: a story that breaks, a steady rate, and this machine as it was measured."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from scripts.benchmarks.common import percentile
from scripts.benchmarks.simulation_parts.day import Day, Readers
from scripts.benchmarks.simulation_parts.engine import Simulation
from scripts.benchmarks.simulation_parts.figures import Figures
from scripts.benchmarks.simulation_parts.model import Cluster, Machines

STEP = 10.0
"""Seconds between two looks at what goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """``hour`` of the day; comments a second that arrived since the last look; how many wait for their answer and how
    many for their scores; the p95 (seconds) of the answers and of the decisions since.
    """

    hour: float
    per_second: float
    in_flight: int
    undecided: int
    answer: float
    decision: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """``used``: by resource, the part of its time that it was at work."""

    moments: list[Moment]
    used: dict[str, float]
    arrived: int
    responded: int
    decided: int
    answers: list[float]

    @property
    def busiest(self) -> str:
        """The resource that was at work for most of its time. A thread that waits is at work for nobody."""
        return max((name for name in self.used if not name.startswith(("threads", "connections"))), key=self.used.get)  # type: ignore[arg-type]


def through_a_day(figures: Figures, machines: Machines, day: Day, *, hour: float, minutes: float, seed: int) -> Run:
    """So many minutes of a day, from an hour on."""
    simulation = Simulation()
    cluster = Cluster(simulation, figures, machines, sites=day.sites, seed=seed)
    Readers(simulation, cluster, day, hour=hour, seed=seed + 1)
    return _watched(simulation, cluster, minutes * 60, from_hour=hour)


def steady(figures: Figures, machines: Machines, *, per_second: float, seconds: float, sites: int, seed: int) -> Run:
    """An even rate, as clients of a benchmark keep it."""
    simulation = Simulation()
    cluster = Cluster(simulation, figures, machines, sites=sites, seed=seed)
    chance = random.Random(seed + 1)  # noqa: S311 - a model, no secret

    def arrive() -> None:
        cluster.arrive(chance.randrange(sites))
        simulation.after(1 / per_second, arrive)

    arrive()
    return _watched(simulation, cluster, seconds)


def closed_loop(figures: Figures, machines: Machines, *, clients: int, seconds: float, seed: int) -> Run:
    """Clients each of whom asks again as soon as they are answered."""
    simulation = Simulation()
    cluster = Cluster(simulation, figures, machines, sites=1, seed=seed)

    def ask() -> None:
        cluster.arrive(0, lambda: simulation.after(0.0, ask))

    for _ in range(clients):
        ask()
    return _watched(simulation, cluster, seconds)


def _watched(simulation: Simulation, cluster: Cluster, seconds: float, *, from_hour: float = 0.0) -> Run:
    told, moments, answers = cluster.told, list[Moment](), list[float]()
    arrived = 0
    while simulation.now < seconds:
        simulation.run(min(seconds, simulation.now + STEP))
        moments.append(
            Moment(
                hour=from_hour + simulation.now / 3600,
                per_second=(told.arrived - arrived) / STEP,
                in_flight=cluster.inside,
                undecided=cluster.undecided,
                answer=percentile(told.answers, 0.95) if told.answers else 0.0,
                decision=percentile(told.decisions, 0.95) if told.decisions else 0.0,
            )
        )
        arrived = told.arrived
        answers += told.answers
        told.answers, told.decisions = [], []
    used = {
        name: sum(one.totals()[0] for one in all_) / (seconds * sum(one.number for one in all_))
        for name, all_ in cluster.resources().items()
        if all_
    }
    return Run(
        moments=moments,
        used=used,
        arrived=told.arrived,
        responded=told.responded,
        decided=told.decided,
        answers=answers,
    )


def first_over(run: Run, of: Callable[[Moment], float], limit: float) -> Moment | None:
    """The first moment at which that is more than the limit."""
    return next((moment for moment in run.moments if of(moment) > limit), None)
