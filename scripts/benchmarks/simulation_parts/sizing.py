"""How many machines a newspaper needs: arithmetic from what was measured, put into words."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from moderation.comments.rescoring import BATCH
from scripts.benchmarks.simulation_parts.day import PEAK_FACTOR, Day
from scripts.benchmarks.simulation_parts.figures import Figures, Share
from scripts.benchmarks.simulation_parts.model import EACH_LINK
from scripts.benchmarks.simulation_parts.runs import Run, first_over

SCALES = (10_000, 1_000_000, 100_000_000)
STORY = 3.0
"""A story's busiest minutes, by an ordinary busiest hour."""
USED = 0.6
"""Of its time a core is planned to work at the peak: above, waits grow, and one machine can fail."""
MACHINE_CORES, MACHINE_MB = 8, 16_000
DATABASE_CORES = 32
"""Of one database machine: more titles than it can take go to another one."""
ON_SQLITE = 200_000
"""Comments a day: beyond, one file on one machine is more than anybody likes to lose or to copy."""
LARGE_DISK_GB = 8_000
"""That a database machine has."""
PROCESS_CORES = 3
"""That one process keeps busy: what it does beside scoring is done by one of them."""
ON_ONE_SITE = 1 / 3
"""Of all comments at the peak, under a story that one title has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What so many ``comments`` a day ask for: a second, at the peak; cores at work then, machines, MB in all."""

    comments: int
    workers: bool
    average: float
    peak: float
    web_cores: float
    worker_cores: float
    database_cores: float
    machines: int
    databases: int
    memory_mb: float
    disk_day_gb: float
    transactions: float
    one_site: float

    @property
    def alone(self) -> bool:
        """Whether one machine with everything on it is enough."""
        return self.comments <= ON_SQLITE


def need(figures: Figures, comments: int) -> Need:
    average = comments / 86_400
    peak = average * PEAK_FACTOR * STORY
    alone = peak * (figures.inline + figures.database_inline) / 1000 / USED
    workers = alone > MACHINE_CORES
    web = peak * (figures.taken if workers else figures.inline) / 1000 / USED
    scoring = peak * figures.worker / 1000 / USED if workers else 0.0
    database = figures.database_taken + figures.database_worker if workers else figures.database_inline
    database_cores = peak * database / 1000 / USED
    web_machines, worker_machines = (ceil(cores / MACHINE_CORES) for cores in (web, scoring))
    processes = [ceil(cores / PROCESS_CORES) for cores in (web, scoring)]
    return Need(
        comments=comments,
        workers=workers,
        average=average,
        peak=peak,
        web_cores=web,
        worker_cores=scoring,
        database_cores=database_cores,
        # One of each may fail.
        machines=web_machines + worker_machines + (2 if workers else 1 if comments > ON_SQLITE else 0),
        databases=ceil(database_cores / DATABASE_CORES) if comments > ON_SQLITE else 0,
        memory_mb=processes[0] * figures.web_mb + processes[1] * figures.worker_mb,
        disk_day_gb=comments * (figures.postgres_bytes if comments > ON_SQLITE else figures.sqlite_bytes) / 1e9,
        transactions=peak * (1 + 1 / BATCH if workers else 1),
        one_site=peak * ON_ONE_SITE,
    )


def chain_limit(figures: Figures, *, workers: bool) -> float:
    """Comments a second that one site's chain takes: each holds it until it is on disk, and a batch once more."""
    return 1000 / (figures.held + (figures.held / BATCH + EACH_LINK * 1000 if workers else 0.0))


def chapter(figures: Figures, day: Day, runs: dict[str, Run], *, late: float) -> str:
    """``SIZING.md``, whole."""
    needs = [need(figures, comments) for comments in SCALES]
    machine = figures.machine
    busy = float(machine.get("load_before", 0.0)) > figures.cores / 2
    return "\n".join(
        [
            "# How many machines?",
            "",
            "Written by `scripts/bench simulation --write` from `load.json`, which `scripts/bench load --json"
            " config/deploy/load.json`",
            "measures: change the figures there, not here.",
            "",
            *(
                [
                    "> **These costs are too high, and the speeds too low.** The machine did much else while they were"
                    f" taken (load {machine['load_before']} on {figures.cores} cores).",
                    "> Take them anew on a machine that does nothing else.",
                    "",
                ]
                if busy
                else []
            ),
            "## What one comment costs",
            "",
            f"On {figures.cores} cores of {machine.get('cpu', 'this machine')}, {machine.get('measured_at', '')[:10]}:",
            "",
            "| | inline | with workers |",
            "| --- | --- | --- |",
            f"| CPU of the web process | {figures.inline:.1f} ms: {figures.scoring:.1f} scoring,"
            f" {figures.inline - figures.scoring:.1f} beside it"
            f" | {figures.taken:.1f} ms |",
            f"| CPU of the worker | | {figures.worker:.1f} ms, {figures.scoring_in_batches:.1f} of them scoring |",
            f"| CPU of PostgreSQL | {figures.database_inline:.1f} ms"
            f" | {figures.database_taken + figures.database_worker:.1f} ms |",
            f"| comments a second, this machine | {figures.inline_per_s:.0f} (SQLite: {figures.sqlite_per_s:.0f})"
            f" | {figures.drained_per_s:.0f} drained; {figures.by_each_per_s:.0f} by a worker for each core |",
            f"| of what the cores could do at most (goal) | {_reached(figures.inline_of_bound)}"
            f" | {_reached(figures.drained_of_pack)}; {_reached(figures.by_each_of_pack)} |",
            f"| transactions | 1 | 1, and 1 for {BATCH} |",
            f"| bytes on disk, indexes and audit events too | SQLite {figures.sqlite_bytes:,.0f}"
            f" | PostgreSQL {figures.postgres_bytes:,.0f} |",
            f"| memory of a process | {figures.web_mb:.0f} MB | {figures.worker_mb:.0f} MB |",
            "",
            "## What a day of them asks for",
            "",
            f"An ordinary busiest hour is {PEAK_FACTOR:.1f} times the day's average, and a story {STORY:g} times that;"
            f" cores are planned to work",
            f"{USED:.0%} of their time then. A machine has {MACHINE_CORES} cores and {MACHINE_MB / 1000:.0f} GB,"
            f" a database machine {DATABASE_CORES} cores and a standby beside it.",
            "",
            "| comments a day | " + " | ".join(f"{one.comments:,}" for one in needs) + " |",
            "| --- |" + " --- |" * len(needs),
            _line("a second, average", needs, lambda one: f"{one.average:,.1f}"),
            _line("a second, at the peak", needs, lambda one: f"{one.peak:,.1f}"),
            _line("scoring", needs, lambda one: "by workers" if one.workers else "inline"),
            _line("database", needs, lambda one: "SQLite" if one.alone else "PostgreSQL"),
            _line("cores for the web", needs, lambda one: f"{one.web_cores:,.1f}"),
            _line("cores for workers", needs, lambda one: f"{one.worker_cores:,.1f}"),
            _line("cores for the database", needs, lambda one: f"{one.database_cores:,.1f}"),
            _line("machines, one of each to spare", needs, lambda one: f"{one.machines:,}"),
            _line("database machines, with standby", needs, lambda one: f"{2 * one.databases:,}"),
            _line("memory of web and workers", needs, lambda one: f"{one.memory_mb / 1000:,.1f} GB"),
            _line("disk a day", needs, lambda one: f"{one.disk_day_gb:,.2f} GB"),
            _line("disk a year", needs, lambda one: f"{one.disk_day_gb * 365:,.0f} GB"),
            _line("transactions a second, at the peak", needs, lambda one: f"{one.transactions:,.1f}"),
            _line("of them on one site with the story", needs, lambda one: f"{one.one_site:,.1f}"),
            _line(
                "one site's chain takes at most", needs, lambda one: f"{chain_limit(figures, workers=one.workers):,.0f}"
            ),
            _line("what limits then", needs, lambda one: _limit(figures, one)),
            "",
            *_chain(figures),
            "",
            "## Ten machines when a story breaks",
            "",
            "![Arrivals, queue and waits over half an hour](ten-machines.svg)",
            "",
            f"A simulation with these figures: {day.comments:,.0f} comments on an ordinary day for {day.sites} sites,"
            " and at 19:00 a story on one of them.",
            "Six of the ten machines (two cores each) serve and score; the others are the database, its standby, Redis"
            " with the broker, and the proxy.",
            "",
            *(_told(name, run, late) for name, run in runs.items()),
            "",
        ]
    )


def _reached(share: Share) -> str:
    return f"{share.reached:.2f} ({share.goal:.2f})"


def _line(what: str, needs: list[Need], of: object) -> str:
    assert callable(of)
    return f"| {what} | " + " | ".join(of(one) for one in needs) + " |"


def _limit(figures: Figures, one: Need) -> str:
    limits = {
        "nothing": one.alone,
        "cores, most of them for scoring": not one.alone,
        "one database's cores: titles are shared out among several": one.databases > 1,
        f"the disk: one machine's is full after {LARGE_DISK_GB / max(one.disk_day_gb, 1):,.0f} days, unless old"
        " comments move out or titles are shared out among more": one.disk_day_gb * 365 > LARGE_DISK_GB,
        "the audit chain of the one site that has the story": one.one_site > chain_limit(figures, workers=one.workers),
    }
    return "; ".join(limit for limit, holds in limits.items() if holds)


def _chain(figures: Figures) -> list[str]:
    return [
        "The audit chain: a transaction locks its site's head as the last thing before its commit and keeps it until"
        " the commit",
        f"is on disk, {figures.held:.1f} ms here, of {figures.transaction:.1f} ms that a transaction takes. So one site"
        " takes in no more than",
        f"{chain_limit(figures, workers=False):,.0f} comments a second, however many machines there are; sites don't"
        f" wait for one another. A worker decides {BATCH} comments in",
        "one transaction, which locks it once.",
    ]


def _told(name: str, run: Run, late: float) -> str:
    first = first_over(run, lambda moment: moment.answer, late)
    answer = max(moment.answer for moment in run.moments)
    waiting = max(moment.undecided + moment.in_flight for moment in run.moments)
    decision = max(moment.decision for moment in run.moments)
    minutes = (run.moments[-1].hour - 19.0) * 60
    over = run.moments[-1].undecided + run.moments[-1].in_flight
    waits = (
        f"answers take up to {answer:,.2f} s (p95)"
        + (", more than a reader waits for" if first else "")
        + f", decisions up to {decision:,.0f} s; {waiting:,} comments wait at the worst, {over:,} still"
        f" {minutes:.0f} minutes after the story broke"
    )
    mode = "Web nodes score" if name == "inline" else "Workers score"
    return f"- {mode}: {waits}. What gives way first: the {run.busiest}."
