"""Taking comments in: what a comment costs beyond its scoring, and how much of the pack's speed arrives over HTTP.

The whole service runs as it ships (SQLite on disk, every check, the audit chain) in a process of its own, fed by
clients over loopback; beside it the same pack scores the same comments one by one in this process, on the same cores.
What a comment costs beyond its scoring is measured with a scorer that answers at once: a pack that has waited for a
disk computes longer than one that goes on computing, so that the difference of the two would tell of that too. Only
the rate limit of the site is lifted.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scripts.benchmarks.common import Row, arguments, percentile, report, say
from scripts.benchmarks.service_parts.posting import (
    ALLOWED,
    Pack,
    Speed,
    bound,
    first_article,
    post_all,
    posted,
    register,
    seeds_texts,
)
from scripts.benchmarks.service_parts.service import running_service, service_without_scoring

CLIENTS = 16
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Round:
    """The same comments in three ways, one right after the other, so that what else the machine does hits all three."""

    pack: Speed
    single: Speed
    full: Speed

    @property
    def bound(self) -> float:
        """Comments a second, were all cores busy with their scoring and what else is allowed."""
        return bound(self.pack.cpu)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--comments", type=int, default=1500, help="comments in each part (default %(default)s)")
    options = parser.parse_args()
    article, texts = first_article(), seeds_texts(options.comments)

    say("the service with a scorer that answers at once ...")
    with tempfile.TemporaryDirectory() as var, service_without_scoring(Path(var)) as service:
        register(service, article)
        post_all(service, texts[:100], "warm", clients=1)
        bare = [post_all(service, texts[n::ROUNDS], f"bare {n}", clients=1) for n in range(ROUNDS)]
    pack = Pack(article)
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory() as var, running_service(Path(var)) as service:
        register(service, article)
        post_all(service, texts[:50], "warm", clients=CLIENTS)
        for number in range(ROUNDS):
            block = texts[number::ROUNDS]
            say(f"round {number + 1} of {ROUNDS}: the pack alone, one client, {CLIENTS} clients ...")
            rounds.append(
                Round(
                    pack.score_all(block),
                    post_all(service, block, f"single {number}", clients=1),
                    post_all(service, block, f"full {number}", clients=CLIENTS),
                )
            )
        half = median(one.full.per_second for one in rounds) / 2
        say(f"{half:.0f} comments a second: how long an answer takes ...")
        answers = posted(service, texts, "half", clients=CLIENTS, per_second=half)
    waits = [answer.seconds for answer in answers]
    report("intake", rows(bare, rounds, waits), json_file=options.json, notes=notes(bare, rounds, texts, half))


def rows(bare: list[Speed], rounds: list[Round], waits: list[float]) -> list[Row]:
    """Each measure as the median of the rounds: one that something else disturbed doesn't count."""
    return [
        Row(
            measure="overhead_cpu_ms",
            ours=median(one.cpu for one in bare) * 1000,
            unit="ms",
            beside={
                "scoring alone": median(one.pack.cpu for one in rounds) * 1000,
                "both together": median(one.single.cpu for one in rounds) * 1000,
            },
        ),
        Row(
            measure="throughput_vs_pack",
            ours=median(one.full.per_second for one in rounds),
            unit="comments/s",
            beside={"pack one by one": median(one.pack.per_second for one in rounds)},
            ratio=median(one.full.per_second / one.pack.per_second for one in rounds),
        ),
        Row(
            measure="throughput_vs_bound",
            ours=median(one.full.per_second for one in rounds),
            unit="comments/s",
            beside={"bound": median(one.bound for one in rounds)},
            ratio=median(one.full.per_second / one.bound for one in rounds),
        ),
        Row(measure="p95_ms", ours=percentile(waits, 0.95) * 1000, unit="ms"),
        Row(measure="p50_ms", ours=percentile(waits, 0.50) * 1000, unit="ms"),
        Row(measure="one_client_per_s", ours=median(one.single.per_second for one in rounds), unit="comments/s"),
    ]


def notes(bare: list[Speed], rounds: list[Round], texts: list[str], half: float) -> list[str]:
    overheads = ", ".join(f"{one.cpu * 1000:.2f}" for one in bare)
    ratios = ", ".join(f"{one.full.per_second / one.bound:.2f}" for one in rounds)
    return [
        f"{len(texts)} comments of {sum(map(len, texts)) // len(texts)} characters in each part, {ROUNDS} rounds",
        f"overhead round by round: {overheads}; throughput against the bound: {ratios}",
        f"bound: all cores busy with scoring and {ALLOWED * 1000:.0f} ms beside it; the clients work on the same cores",
        f"p50 and p95 at {half:.0f} comments a second, counted from when each was due",
    ]


if __name__ == "__main__":
    main()
