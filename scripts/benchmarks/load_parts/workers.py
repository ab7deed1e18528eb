"""Comments that are answered at once and scored by a worker, on PostgreSQL: a full queue that a worker drains, and both
at work together.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from moderation.comments.rescoring import BATCH
from scripts.benchmarks.common import Row, say
from scripts.benchmarks.load_parts.inline import CLIENTS, quantiles
from scripts.benchmarks.service_parts.postgres import Watcher, own_database
from scripts.benchmarks.service_parts.posting import WARM, Pack, Speed, post_all, posted, register
from scripts.benchmarks.service_parts.service import (
    Process,
    environment,
    running_service,
    running_worker,
    running_worker_for_each_core,
)

PATIENCE = 300.0
"""Seconds without a comment decided, after which the worker is thought to hang."""
_DECIDED = """
    SELECT extract(epoch FROM time::timestamptz), count(*) FROM audit_events
    WHERE event = 'comment.decided' GROUP BY time ORDER BY time
"""
_WAITED = """
    SELECT extract(epoch FROM audit_events.time::timestamptz - comments.received_at) FROM audit_events
    JOIN comments ON comments.id = audit_events.subject
    WHERE event = 'comment.decided' AND comments.author_name LIKE 'Reader half%'
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """``taken``: what taking a comment in cost, and ``taken_database_cpu`` the database server's processes; ``pack``:
    the bare pack in batches, before and after; ``drained`` and ``together``: decided comments a second, of a full queue
    with no arrivals, and while as many arrive as are answered. ``cpu``: CPU seconds of the worker a comment, and
    ``database_cpu`` of the database server's processes. ``packs_again``, ``drained_by_each``, ``cpu_of_each``: the same
    with as many workers as there are cores, each on its own. At ``half`` of ``together`` (comments a second) ``waits``
    are the answers' seconds, ``decided`` those from arrival to decision.
    """

    taken: Speed
    taken_database_cpu: float
    pack: list[Speed]
    drained: float
    packs_again: list[Speed]
    drained_by_each: float
    cpu_of_each: float
    cpu: float
    database_cpu: float
    together: float
    half: float
    waits: list[float]
    decided: list[float]
    resident_mb: float


def measure(pack: Pack, article: dict[str, object], texts: Sequence[str]) -> Workers:
    """Four times as many comments as texts."""
    with TemporaryDirectory() as folder, own_database("load") as url:
        var, watcher = Path(folder), Watcher(url)
        env = environment(var, database_url=url, worker=True)
        try:
            say("PostgreSQL with a worker: a queue is filled ...")
            with running_service(var, env) as service:
                register(service, article)
                post_all(service, list(texts[:BATCH]), "warm", clients=CLIENTS)
                taken_cpu = watcher.cpu()
                taken = post_all(service, list(texts), "queued", clients=CLIENTS)
                taken_cpu = (watcher.cpu() - taken_cpu) / len(texts)
            packs = [pack.score_all(list(texts), together=BATCH)]
            say("PostgreSQL with a worker: the queue is drained ...")
            with running_worker(var, env) as worker:
                drained, cpu, database_cpu = _drained(watcher, [worker], len(texts) + BATCH)
                resident = worker.resident_mb()
            packs.append(pack.score_all(list(texts), together=BATCH))
            with running_service(var, env) as service:
                post_all(service, list(texts), "queued again", clients=CLIENTS)
            say("PostgreSQL with a worker for each core: the queue is drained ...")
            packs_again = [pack.score_all(list(texts), together=BATCH)]
            with running_worker_for_each_core(var, env) as several:
                drained_by_each, cpu_of_each, _ = _drained(watcher, several, 2 * len(texts) + BATCH)
            packs_again.append(pack.score_all(list(texts), together=BATCH))
            with running_service(var, env) as service, running_worker(var, env):
                post_all(service, list(texts[:BATCH]), "warm again", clients=CLIENTS)
                done = _await_decided(watcher, 2 * len(texts) + 2 * BATCH)
                say(f"PostgreSQL with a worker: {CLIENTS} clients while it works ...")
                begun = time.perf_counter()
                post_all(service, list(texts), "full", clients=CLIENTS)
                done = _await_decided(watcher, done + len(texts))
                together = len(texts) / (time.perf_counter() - begun)
                say(f"PostgreSQL with a worker: {together / 2:.1f} comments a second ...")
                answers = posted(service, list(texts), "half", clients=CLIENTS, per_second=together / 2)
                _await_decided(watcher, done + len(texts))
            return Workers(
                taken=taken,
                taken_database_cpu=taken_cpu,
                pack=packs,
                drained=drained,
                packs_again=packs_again,
                drained_by_each=drained_by_each,
                cpu_of_each=cpu_of_each,
                cpu=cpu,
                database_cpu=database_cpu,
                together=together,
                half=together / 2,
                waits=[answer.seconds for answer in answers],
                decided=[float(seconds) for (seconds,) in watcher.ask(_WAITED)],
                resident_mb=resident,
            )
        finally:
            watcher.close()


def _drained(watcher: Watcher, workers: Sequence[Process], number: int) -> tuple[float, float, float]:
    """Decided comments a second up to this ``number``, once a quarter of the queue has had every pack loaded; CPU
    seconds of the workers and of the database for each from then on, as nearly as a look every tenth of a second tells.
    """
    before = int(watcher.number("SELECT count(*) FROM decisions"))
    queued = number - before
    first = _await_decided(watcher, before + max(queued // 4, min(WARM * len(workers), queued // 2)))
    cpu, database_cpu = sum(worker.cpu() for worker in workers), watcher.cpu()
    _await_decided(watcher, number)
    cpu, database_cpu = sum(worker.cpu() for worker in workers) - cpu, watcher.cpu() - database_cpu
    moments = [(float(at), int(many)) for at, many in watcher.ask(_DECIDED)]
    decided = list(accumulate(many for _, many in moments))
    begin = next(place for place, many in enumerate(decided) if many >= first)
    seconds = moments[-1][0] - moments[begin][0]
    return (number - decided[begin]) / seconds, cpu / (number - first), database_cpu / (number - first)


def _await_decided(watcher: Watcher, number: int) -> int:
    """Waits until so many are decided; returns how many are."""
    known, since = -1, time.monotonic()
    while True:
        decided = int(watcher.number("SELECT count(*) FROM decisions"))
        if decided >= number:
            return decided
        if decided > known:
            known, since = decided, time.monotonic()
        elif time.monotonic() - since > PATIENCE:
            raise SystemExit(f"The worker has decided nothing for {PATIENCE:.0f} s: {decided} of {number}.")
        time.sleep(0.1)


def rows(found: Workers) -> list[Row]:
    pack, again = (median(one.per_second for one in packs) for packs in (found.pack, found.packs_again))
    return [
        Row(measure="postgres_worker_per_s", ours=found.together, unit="comments/s"),
        Row(
            measure="postgres_worker_vs_pack",
            ours=found.drained,
            unit="comments/s",
            beside={"pack in batches": pack, "goal of the ratio": 0.9},
            ratio=found.drained / pack,
        ),
        Row(
            measure="postgres_worker_for_each_core_vs_pack",
            ours=found.drained_by_each,
            unit="comments/s",
            beside={"pack in batches": again, "goal of the ratio": 0.9},
            ratio=found.drained_by_each / again,
        ),
        Row(measure="postgres_worker_for_each_core_cpu_ms", ours=found.cpu_of_each * 1000, unit="ms"),
        *quantiles("postgres_worker", found.waits),
        *quantiles("postgres_worker_decided", found.decided),
        Row(measure="postgres_worker_half_per_s", ours=found.half, unit="comments/s"),
        Row(measure="postgres_worker_taken_per_s", ours=found.taken.per_second, unit="comments/s"),
        Row(measure="postgres_worker_taken_cpu_ms", ours=found.taken.cpu * 1000, unit="ms"),
        Row(measure="postgres_worker_taken_database_cpu_ms", ours=found.taken_database_cpu * 1000, unit="ms"),
        Row(
            measure="postgres_worker_cpu_ms",
            ours=found.cpu * 1000,
            unit="ms",
            beside={"scoring alone": median(one.cpu for one in found.pack) * 1000},
        ),
        Row(measure="postgres_worker_database_cpu_ms", ours=found.database_cpu * 1000, unit="ms"),
        Row(measure="postgres_worker_resident_mb", ours=found.resident_mb, unit="MB"),
    ]
