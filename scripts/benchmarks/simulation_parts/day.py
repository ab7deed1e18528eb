"""A newspaper's day, in comments: few at night, most in the evening, and a story that breaks."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from scripts.benchmarks.simulation_parts.engine import Simulation
from scripts.benchmarks.simulation_parts.model import Cluster

HOURLY = (14, 9, 6, 5, 5, 9, 22, 42, 58, 62, 60, 62, 68, 62, 56, 56, 60, 68, 80, 92, 100, 88, 58, 30)
"""Comments of each hour of a day, the busiest 100."""
PEAK_FACTOR = max(HOURLY) * len(HOURLY) / sum(HOURLY)
"""The busiest hour of an ordinary day, by its average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """It breaks at an ``hour`` of the day: under it come so many times the comments that the whole group of titles gets
    in an ordinary busiest hour, after a few minutes in which word spreads, and then half as many every ``half_life``
    minutes. All go to one site.
    """

    hour: float
    times: float
    half_life: float = 25.0
    spreads: float = 4.0

    def share(self, hour: float) -> float:
        minutes = (hour - self.hour) * 60
        if minutes <= 0:
            return 0.0
        fading = math.pow(0.5, max(0.0, minutes - self.spreads) / self.half_life)
        return self.times * min(1.0, minutes / self.spreads) * fading


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """``comments`` of an ordinary day, shared out among ``sites`` as titles of a group are: the n-th gets an n-th of
    what the first gets. A ``story`` comes on top.
    """

    comments: float
    sites: int
    story: Story | None = None

    def ordinary(self, hour: float) -> float:
        """Comments a second at that hour."""
        before = int(hour) % 24
        part = hour - int(hour)
        level = HOURLY[before] * (1 - part) + HOURLY[(before + 1) % 24] * part
        return self.comments * level / sum(HOURLY) / 3600

    def breaking(self, hour: float) -> float:
        """Comments a second under the story."""
        busiest = self.comments * max(HOURLY) / sum(HOURLY) / 3600
        return 0.0 if self.story is None else busiest * self.story.share(hour)


class Readers:
    """Who write, independently of one another, from an hour of the day on."""

    def __init__(self, simulation: Simulation, cluster: Cluster, day: Day, *, hour: float, seed: int) -> None:
        self._simulation, self._cluster, self._day, self._hour = simulation, cluster, day, hour
        self._chance = random.Random(seed)  # noqa: S311 - a model, no secret
        weights = [1 / (place + 1) for place in range(day.sites)]
        self._weights = [sum(weights[: place + 1]) for place in range(day.sites)]
        self._next()

    def _rates(self) -> tuple[float, float]:
        hour = self._hour + self._simulation.now / 3600
        return self._day.ordinary(hour), self._day.breaking(hour)

    def _next(self) -> None:
        rate = sum(self._rates())
        self._simulation.after(-math.log(1 - self._chance.random()) / max(rate, 1e-6), self._write)

    def _write(self) -> None:
        ordinary, breaking = self._rates()
        of_the_story = self._chance.random() * (ordinary + breaking) < breaking
        site = 0 if of_the_story else self._chance.choices(range(self._day.sites), cum_weights=self._weights)[0]
        self._cluster.arrive(site)
        self._next()


def busiest_share(sites: int) -> float:
    """The part of an ordinary day's comments that the largest site gets."""
    return 1 / sum(1 / (place + 1) for place in range(sites))
