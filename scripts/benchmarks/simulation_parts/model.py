"""The whole service as queues: web nodes with threads and cores, workers that take batches, one database with its
connections, its cores and one chain of audit events for each site, Redis for the limits.

What each step takes are measured figures. Cores serve one piece of work after the other, which makes a busy node's
waits a little more even than they are. Lists that readers see come from caches and are left out.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from moderation.comments.rescoring import BATCH
from scripts.benchmarks.simulation_parts.engine import Servers, Simulation
from scripts.benchmarks.simulation_parts.figures import Figures

THREADS = 16
POOL = 30
SWEEPERS = 2
"""Batches that one worker has at hand: it decides one while the other is scored."""
SWEEP_SECONDS = 0.05
"""Until a worker that found nothing looks again; a broker wakes it at once, without one it sleeps for two seconds."""
REDIS_SECONDS = 0.0003
EACH_LINK = 0.00005
"""Seconds for which each further comment of a batch keeps the chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """``web`` and ``workers`` have ``cores`` each; without workers the web nodes score. ``shared``: the database works
    on the first web node's cores, as when everything runs on one machine. ``client`` is what a client on that machine
    costs it (seconds a comment).
    """

    web: int
    workers: int = 0
    cores: int = 2
    database_cores: int = 8
    connections: int = 200
    shared: bool = False
    client: float = 0.0


@dataclass(slots=True)
class Comment:
    arrived: float
    site: int
    node: int
    then: Callable[[], None] | None = None
    responded: float = -1.0
    decided: float = -1.0


@dataclass(slots=True)
class Node:
    cores: Servers
    threads: Servers
    pool: Servers


@dataclass(slots=True)
class Told:
    """Comments that have arrived, been answered and been decided; the waits (seconds) of those of late."""

    arrived: int = 0
    responded: int = 0
    decided: int = 0
    answers: list[float] = field(default_factory=list)
    decisions: list[float] = field(default_factory=list)


class Cluster:
    """The service on so many machines, at work for ``sites``."""

    def __init__(self, simulation: Simulation, figures: Figures, machines: Machines, *, sites: int, seed: int) -> None:
        self.told = Told()
        self.machines = machines
        self._simulation, self._figures = simulation, figures
        self._chance = random.Random(seed)  # noqa: S311 - a model, no secret
        self.web = [self._node(THREADS) for _ in range(machines.web)]
        self.workers = [self._node(SWEEPERS) for _ in range(machines.workers)]
        self.database = self.web[0].cores if machines.shared else Servers(simulation, machines.database_cores)
        self.connections = Servers(simulation, machines.connections)
        self.redis = Servers(simulation, 1)
        self.chains = [Servers(simulation, 1) for _ in range(sites)]
        self.received: deque[Comment] = deque()
        self._next = 0
        for node in self.workers:
            for _ in range(SWEEPERS):
                simulation.after(0.0, self._sweep, node)

    def _node(self, threads: int) -> Node:
        simulation = self._simulation
        return Node(Servers(simulation, self.machines.cores), Servers(simulation, threads), Servers(simulation, POOL))

    # --- a comment's way ---------------------------------------------------------------------------------------------

    def arrive(self, site: int, then: Callable[[], None] | None = None) -> None:
        """A comment comes in now, at the next web node; ``then`` is called when it is answered."""
        self.told.arrived += 1
        comment = Comment(self._simulation.now, site, self._next, then)
        self._next = (self._next + 1) % len(self.web)
        self.web[comment.node].threads.take(self._limited, comment)

    def _limited(self, comment: Comment) -> None:
        self.redis.use(REDIS_SECONDS, self._looked_at, comment)

    def _looked_at(self, comment: Comment) -> None:
        """Read, checked and, where the web nodes do that, scored."""
        cores, figures = self.web[comment.node].cores, self._figures
        if self.workers:
            cores.use(figures.taken / 1000 + self.machines.client, self._store, comment)
            return
        scoring = figures.scoring_in_batches if cores.waiting else figures.scoring
        beside = max(0.0, figures.inline - figures.scoring) / 1000 + self.machines.client
        cores.use(self._varied(scoring) / 1000 + beside, self._store, comment)

    def _varied(self, mean: float) -> float:
        """Texts differ in length: half of the mean is the standard deviation."""
        return mean * self._chance.gammavariate(4.0, 0.25)

    def _store(self, comment: Comment) -> None:
        self.web[comment.node].pool.take(self._connected, comment)

    def _connected(self, comment: Comment) -> None:
        self.connections.take(self._transaction, comment)

    def _transaction(self, comment: Comment) -> None:
        figures = self._figures
        cpu = figures.database_taken if self.workers else figures.database_inline
        self.database.use(cpu / 1000, self._chain, comment)

    def _chain(self, comment: Comment) -> None:
        self.chains[comment.site].use(self._figures.held / 1000, self._stored, comment)

    def _stored(self, comment: Comment) -> None:
        node = self.web[comment.node]
        self.connections.release()
        node.pool.release()
        node.threads.release()
        comment.responded = self._simulation.now
        self.told.responded += 1
        self.told.answers.append(comment.responded - comment.arrived)
        if self.workers:
            self.received.append(comment)
        else:
            self._decide(comment)
        if comment.then is not None:
            comment.then()

    def _decide(self, comment: Comment) -> None:
        comment.decided = self._simulation.now
        self.told.decided += 1
        self.told.decisions.append(comment.decided - comment.arrived)

    # --- a worker's batch --------------------------------------------------------------------------------------------

    def _sweep(self, node: Node) -> None:
        batch = [self.received.popleft() for _ in range(min(BATCH, len(self.received)))]
        if not batch:
            self._simulation.after(SWEEP_SECONDS, self._sweep, node)
            return
        halves = [batch[0::2], batch[1::2]] if len(batch) > 1 else [batch]
        left = [len(halves)]
        for half in halves:
            seconds = sum(self._varied(self._figures.scoring_in_batches) for _ in half) / 1000
            node.cores.use(seconds, self._scored, node, batch, left)

    def _scored(self, node: Node, batch: list[Comment], left: list[int]) -> None:
        left[0] -= 1
        if left[0] == 0:
            figures = self._figures
            beside = max(0.0, figures.worker - figures.scoring_in_batches) / 1000
            node.cores.use(beside * len(batch), self._claimed, node, batch)

    def _claimed(self, node: Node, batch: list[Comment]) -> None:
        self.connections.take(self._written, node, batch)

    def _written(self, node: Node, batch: list[Comment]) -> None:
        cpu = self._figures.database_worker / 1000 * len(batch)
        self.database.use(cpu, self._chained, node, batch, sorted({comment.site for comment in batch}))

    def _chained(self, node: Node, batch: list[Comment], sites: list[int], taken: int = 0) -> None:
        """One chain after the other is locked, in one order."""
        if taken < len(sites):
            self.chains[sites[taken]].take(self._chained, node, batch, sites, taken + 1)
        else:
            held = self._figures.held / 1000 + EACH_LINK * len(batch)
            self._simulation.after(held, self._committed, node, batch, sites)

    def _committed(self, node: Node, batch: list[Comment], sites: list[int]) -> None:
        for site in sites:
            self.chains[site].release()
        self.connections.release()
        for comment in batch:
            self._decide(comment)
        self._sweep(node)

    # --- what is known of it -----------------------------------------------------------------------------------------

    def resources(self) -> dict[str, Sequence[Servers]]:
        """Everything that can be short, by its name."""
        return {
            "cores of the web nodes": [node.cores for node in self.web],
            "threads of the web nodes": [node.threads for node in self.web],
            "cores of the workers": [node.cores for node in self.workers],
            "cores of the database": [self.database],
            "connections of the database": [self.connections],
            "Redis": [self.redis],
            "audit chain of the busiest site": self.chains[:1],
        }

    @property
    def inside(self) -> int:
        """Comments that somebody waits for an answer to."""
        return self.told.arrived - self.told.responded

    @property
    def undecided(self) -> int:
        """Comments that were answered and wait for their scores."""
        return self.told.responded - self.told.decided


def ceilings(figures: Figures, machines: Machines, *, busiest: float) -> dict[str, float]:
    """Comments a second at which each resource has no moment left, by arithmetic. ``busiest`` is the part of all
    comments that one site gets.
    """
    web = machines.web * machines.cores
    if machines.workers:
        found = {
            "cores of the web nodes": web / figures.taken,
            "cores of the workers": machines.workers * machines.cores / figures.worker,
            "cores of the database": machines.database_cores / (figures.database_taken + figures.database_worker),
            "audit chain of the busiest site": 1 / (figures.held * (1 + 1 / BATCH) + EACH_LINK * 1000) / busiest,
        }
    else:
        found = {
            "cores of the web nodes": web / (figures.inline - figures.scoring + figures.scoring_in_batches),
            "cores of the database": machines.database_cores / figures.database_inline,
            "audit chain of the busiest site": 1 / figures.held / busiest,
        }
    return {name: most * 1000 for name, most in found.items()} | {"Redis": 1 / REDIS_SECONDS}
