"""What the audit chain costs a transaction that takes a comment in.

A chain's writers queue at its head, which each locks right before its commit and keeps until it is on disk. So two
figures: the share of one writer's transaction that goes into the chain's events, on the clock; and how many comments a
second fewer many writers take in than with no chain at all, on one site, whose chain they share, and on several.
Comments go through the use case as a web process's threads send them, with a scorer that answers at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar
from unittest import mock

from sqlalchemy import Connection

from moderation import unit_of_work
from moderation.accounts.sites import add_site
from moderation.bootstrap import build_services
from moderation.comments.articles import ArticleForm, register_article
from moderation.comments.idempotency import Sender
from moderation.comments.submit import submit
from moderation.config.settings import read_environment
from moderation.core.audit_chain import ChainHead, UnchainedEvent
from moderation.core.comment import Author, Submission
from moderation.scoring.batching import BatchingScorer
from moderation.services import Services
from moderation.storage import audit
from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from scripts.benchmarks.common import Row, say
from scripts.benchmarks.load_parts.inline import Store, postgres, sqlite
from scripts.benchmarks.service_parts.posting import reader
from scripts.benchmarks.service_parts.service import ROOT, Instant

T = TypeVar("T")
SITES = 8
WRITERS = (1, 4, 16)
ROUNDS = 3


@dataclass(slots=True)
class Clocked:
    """Seconds of all transactions, and within them those from before the chains' heads are locked, those until the
    events are stored, and those that the commit then takes, while the heads are still locked.
    """

    transactions: int = 0
    whole: float = 0.0
    chain: float = 0.0
    commit: float = 0.0

    @property
    def share(self) -> float:
        return self.chain / self.whole

    @property
    def held_ms(self) -> float:
        """How long a transaction keeps its chain's head, at most: what else writes there waits."""
        return (self.chain + self.commit) / self.transactions * 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """``alone``: one writer's transactions by the clock, on each database. ``with_and_without``: comments a second with
    the chain and without it on PostgreSQL, by writers and sites.
    """

    alone: dict[str, Clocked]
    with_and_without: dict[tuple[int, int], tuple[float, float]]


def measure(comments: int) -> Audit:
    """So many comments in each part."""
    alone, pairs = {}, {}
    for name, store in {"sqlite": sqlite, "postgres": postgres}.items():
        with TemporaryDirectory() as folder, store(Path(folder)) as made, _services(made) as services:
            desk = _Desk(services)
            desk.take(comments // 4, writers=1, sites=1)
            say(f"the audit chain on {name}, by the clock ...")
            with _clocked(services.database) as clocked:
                desk.take(comments, writers=1, sites=1)
            alone[name] = clocked
            if name == "postgres":
                for writers in WRITERS:
                    for sites in (1, SITES)[: 1 if writers == 1 else 2]:
                        say(f"PostgreSQL with the audit chain and without: {writers} writers, {sites} sites ...")
                        pairs[writers, sites] = desk.compared(comments, writers=writers, sites=sites)
    return Audit(alone=alone, with_and_without=pairs)


@contextmanager
def _services(store: Store) -> Iterator[Services]:
    settings = read_environment(store.env, root=ROOT)
    database = Database(settings.database_url, patient=True)
    upgrade(database)
    database.close()
    services = build_services(settings, scorer=BatchingScorer(Instant()))
    try:
        yield services
    finally:
        services.database.close()


class _Desk:
    """Sites with an article each, and readers who write there."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._number = 0
        for site in range(SITES):
            add_site(services, "bench", f"daily-{site}", f"The Daily {site}")
            form = ArticleForm(external_id="bench", title="An article", paragraphs=("What it says.",))
            register_article(services, f"daily-{site}", "bench", form)

    def take(self, comments: int, *, writers: int, sites: int) -> float:
        """Takes so many comments in; returns how many a second."""
        numbers = range(self._number, self._number + comments)
        self._number += comments
        begun = time.perf_counter()
        with ThreadPoolExecutor(writers) as threads:
            for _ in threads.map(lambda number: self._submit(number, number % sites), numbers):
                pass
        return comments / (time.perf_counter() - begun)

    def compared(self, comments: int, *, writers: int, sites: int) -> tuple[float, float]:
        """Comments a second with the chain and without, in turns, so that what else the machine does hits both."""
        each, on, off = comments // ROUNDS, 0.0, 0.0
        for _ in range(ROUNDS):
            on += 1 / self.take(each, writers=writers, sites=sites)
            with mock.patch.object(unit_of_work, "append", _no_chain):
                off += 1 / self.take(each, writers=writers, sites=sites)
        return ROUNDS / on, ROUNDS / off

    def _submit(self, number: int, site: int) -> None:
        body = f"Comment {number} says something that is long enough to be taken in by a site: {number * 7919 % 10007}."
        sender = Sender(site_id=f"daily-{site}", key_id=None, reference="bench", vouches=True)
        submit(
            self._services,
            sender,
            Submission(article_id="bench", author=Author(name=reader("here", number)), body=body),
        )


def _no_chain(*_: object) -> list[ChainHead]:
    return []


@contextmanager
def _clocked(database: Database) -> Iterator[Clocked]:
    """Times every transaction of one writer."""
    clocked, changing, stored_at = Clocked(), database.changing, 0.0

    def append(connection: Connection, events: Sequence[UnchainedEvent], at: datetime) -> list[ChainHead]:
        nonlocal stored_at
        begun = time.perf_counter()
        heads = audit.append(connection, events, at)
        stored_at = time.perf_counter()
        clocked.chain += stored_at - begun
        return heads

    def timed(work: Callable[[Connection], T]) -> T:
        begun = time.perf_counter()
        result = changing(work)
        ended = time.perf_counter()
        clocked.transactions += 1
        clocked.whole += ended - begun
        clocked.commit += ended - stored_at
        return result

    with mock.patch.object(unit_of_work, "append", append), mock.patch.object(database, "changing", timed):
        yield clocked


def rows(found: Audit) -> list[Row]:
    shares = {name: clocked.share * 100 for name, clocked in found.alone.items()}
    return [
        Row(measure="audit_share", ours=max(shares.values()), unit="%", beside={**shares, "goal": 15.0}),
        *(
            Row(
                measure=f"{name}_transaction_ms",
                ours=clocked.whole / clocked.transactions * 1000,
                unit="ms",
                beside={"commit": clocked.commit / clocked.transactions * 1000},
            )
            for name, clocked in found.alone.items()
        ),
        *(
            Row(measure=f"{name}_chain_held_ms", ours=clocked.held_ms, unit="ms")
            for name, clocked in found.alone.items()
        ),
        *(
            Row(
                measure=f"audit_share_{writers}_writers_{sites}_sites",
                ours=(1 - on / off) * 100,
                unit="%",
                beside={"comments/s": on, "without the chain": off},
            )
            for (writers, sites), (on, off) in found.with_and_without.items()
        ),
    ]
