"""Comments over HTTP with every one scored before it is answered, on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from scripts.benchmarks.common import Row, percentile, say
from scripts.benchmarks.service_parts.postgres import Watcher, own_database
from scripts.benchmarks.service_parts.posting import WARM, Pack, Speed, bound, post_all, posted, register
from scripts.benchmarks.service_parts.service import environment, running_service

CLIENTS = 16
ROUNDS = 3
QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline:
    """What was measured, each comment in CPU seconds and seconds: the pack alone and the service right after it, round
    by round; how long answers took at ``half`` of that (comments a second); what a comment takes on disk (bytes) and of
    the database server's processes (CPU seconds); the service's memory (MB).
    """

    pack: list[Speed]
    service: list[Speed]
    half: float
    waits: list[float]
    stored: float
    database_cpu: float
    resident_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A database: what asks for it, its size now (bytes), and its server's CPU seconds so far."""

    env: dict[str, str]
    size: Callable[[], float]
    cpu: Callable[[], float]


@contextmanager
def sqlite(var: Path) -> Iterator[Store]:
    file = var / "moderation.sqlite3"
    yield Store(env=environment(var), size=lambda: file.stat().st_size, cpu=lambda: 0.0)


@contextmanager
def postgres(var: Path, *, worker: bool = False) -> Iterator[Store]:
    with own_database("load") as url:
        watcher = Watcher(url)
        try:
            yield Store(env=environment(var, database_url=url, worker=worker), size=watcher.size, cpu=watcher.cpu)
        finally:
            watcher.close()


def measure(name: str, pack: Pack, article: dict[str, object], texts: Sequence[str]) -> Inline:
    """Posts every text twice: as fast as they are answered, then at half that rate."""
    with TemporaryDirectory() as folder, _store(name, Path(folder)) as store:
        with running_service(Path(folder), store.env) as service:
            register(service, article)
            post_all(service, list(texts[:WARM]), "warm", clients=CLIENTS)
            alone, full = [], []
            size, cpu = store.size(), store.cpu()
            for number in range(ROUNDS):
                say(f"{name}, inline, round {number + 1} of {ROUNDS}: the pack alone, then {CLIENTS} clients ...")
                block = list(texts[number::ROUNDS])
                alone.append(pack.score_all(block))
                full.append(post_all(service, block, f"full {number}", clients=CLIENTS))
            cpu = (store.cpu() - cpu) / len(texts)
            half = median(one.per_second for one in full) / 2
            say(f"{name}, inline, {half:.1f} comments a second: how long an answer takes ...")
            answers = posted(service, list(texts), "half", clients=CLIENTS, per_second=half)
            resident = service.resident_mb()
        return Inline(
            pack=alone,
            service=full,
            half=half,
            waits=[answer.seconds for answer in answers],
            stored=(store.size() - size) / (2 * len(texts)),
            database_cpu=cpu,
            resident_mb=resident,
        )


@contextmanager
def _store(name: str, var: Path) -> Iterator[Store]:
    with sqlite(var) if name == "sqlite" else postgres(var) as store:
        yield store


def rows(name: str, found: Inline) -> list[Row]:
    """Speeds are medians of the rounds: one that something else disturbed doesn't count."""
    per_second = median(one.per_second for one in found.service)
    bounds = [bound(one.cpu) for one in found.pack]
    against = median(full.per_second / most for full, most in zip(found.service, bounds, strict=True))
    return [
        Row(
            measure=f"{name}_inline_per_s",
            ours=per_second,
            unit="comments/s",
            beside={"pack one by one": median(one.per_second for one in found.pack)},
        ),
        Row(
            measure=f"{name}_inline_vs_bound",
            ours=per_second,
            unit="comments/s",
            beside={"bound": median(bounds), "goal of the ratio": 0.85},
            ratio=against,
        ),
        *quantiles(f"{name}_inline", found.waits),
        Row(measure=f"{name}_inline_half_per_s", ours=found.half, unit="comments/s"),
        Row(
            measure=f"{name}_inline_cpu_ms",
            ours=median(one.cpu for one in found.service) * 1000,
            unit="ms",
            beside={"scoring alone": median(one.cpu for one in found.pack) * 1000},
        ),
        Row(measure=f"{name}_database_cpu_ms", ours=found.database_cpu * 1000, unit="ms"),
        Row(measure=f"{name}_bytes_per_comment", ours=found.stored, unit="bytes"),
        Row(measure=f"{name}_inline_resident_mb", ours=found.resident_mb, unit="MB"),
    ]


def quantiles(name: str, waits: Sequence[float]) -> list[Row]:
    return [
        Row(measure=f"{name}_{quantile}_ms", ours=percentile(waits, share) * 1000, unit="ms")
        for quantile, share in QUANTILES.items()
    ]
