"""Taking comments in: what a comment costs beyond its scoring, and how much of the pack's speed arrives over HTTP.

The whole service runs as it ships (SQLite on disk, every check, the audit chain) in a process of its own, fed by
clients over loopback; beside it the same pack scores the same comments one by one in this process, on the same cores.
Only the rate limit of the site is lifted.
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from moderation.core.scores import ArticleText, ScoreRequest
from moderation.scoring import build_scorer
from scripts.benchmarks.common import Row, arguments, percentile, report, say

ROOT = Path(__file__).parents[2]
KEY = "sk_a-secret-key-for-the-benchmark-alone"
CLIENTS = 16
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Speed:
    """What so many comments took, each: CPU seconds of the process at work, and seconds on the clock."""

    cpu: float
    clock: float

    @property
    def per_second(self) -> float:
        return 1 / self.clock


@dataclass(frozen=True, slots=True)
class Round:
    """The same comments in three ways, one right after the other, so that what else the machine does hits all three."""

    pack: Speed
    single: Speed
    full: Speed


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--comments", type=int, default=1500, help="comments in each part (default %(default)s)")
    options = parser.parse_args()
    article = json.loads(sorted((ROOT / "seeds" / "articles").glob("*.json"))[0].read_text())
    bodies = [seed["body"] for seed in json.loads((ROOT / "seeds" / "comments.json").read_text())]
    texts = [f"{bodies[number % len(bodies)]} ({number})" for number in range(options.comments)]

    pack = Pack(article)
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory() as var, running_service(Path(var)) as server:
        server.register(article)
        server.post_all(texts[:50], "warm", clients=CLIENTS)
        for number in range(ROUNDS):
            block = texts[number::ROUNDS]
            say(f"round {number + 1} of {ROUNDS}: the pack alone, one client, {CLIENTS} clients ...")
            rounds.append(
                Round(
                    pack.score_all(block),
                    server.post_all(block, f"single {number}", clients=1),
                    server.post_all(block, f"full {number}", clients=CLIENTS),
                )
            )
        half = median(one.full.per_second for one in rounds) / 2
        say(f"{half:.0f} comments a second: how long an answer takes ...")
        waits = server.post_at(half, texts, "half", clients=CLIENTS)
    report("intake", rows(rounds, waits), json_file=options.json, notes=notes(rounds, texts, half))


def rows(rounds: list[Round], waits: list[float]) -> list[Row]:
    """Each measure as the median of the rounds: one that something else disturbed doesn't count."""
    return [
        Row(
            measure="overhead_cpu_ms",
            ours=median(one.single.cpu - one.pack.cpu for one in rounds) * 1000,
            unit="ms",
            beside={
                "scoring alone": median(one.pack.cpu for one in rounds) * 1000,
                "whole": median(one.single.cpu for one in rounds) * 1000,
            },
        ),
        Row(
            measure="throughput_vs_pack",
            ours=median(one.full.per_second for one in rounds),
            unit="comments/s",
            beside={"pack one by one": median(one.pack.per_second for one in rounds)},
            ratio=median(one.full.per_second / one.pack.per_second for one in rounds),
        ),
        Row(measure="p95_ms", ours=percentile(waits, 0.95) * 1000, unit="ms"),
        Row(measure="p50_ms", ours=percentile(waits, 0.50) * 1000, unit="ms"),
        Row(measure="one_client_per_s", ours=median(one.single.per_second for one in rounds), unit="comments/s"),
    ]


def notes(rounds: list[Round], texts: list[str], half: float) -> list[str]:
    overheads = ", ".join(f"{(one.single.cpu - one.pack.cpu) * 1000:.2f}" for one in rounds)
    ratios = ", ".join(f"{one.full.per_second / one.pack.per_second:.2f}" for one in rounds)
    return [
        f"{len(texts)} comments of {sum(map(len, texts)) // len(texts)} characters in each part, {ROUNDS} rounds",
        f"overhead round by round: {overheads}; throughput against the pack: {ratios}",
        f"p50 and p95 at {half:.0f} comments a second, counted from when each was due",
    ]


class Pack:
    """The pack as the service uses it: the article prepared once, comments one at a time."""

    def __init__(self, article: dict[str, object]) -> None:
        self._scorer = build_scorer()
        self._article = self._scorer.prepare(
            ArticleText(title=str(article["title"]), paragraphs=tuple(paragraphs(article)))
        )
        self.score_all(paragraphs(article) * 5)

    def score_all(self, texts: list[str]) -> Speed:
        cpu, clock = time.process_time(), time.perf_counter()
        for text in texts:
            self._scorer.score([ScoreRequest(text=text, article=self._article)])
        return Speed((time.process_time() - cpu) / len(texts), (time.perf_counter() - clock) / len(texts))


def paragraphs(article: dict[str, object]) -> list[str]:
    found = article["paragraphs"]
    assert isinstance(found, list)
    return found


class Server:
    """The running service, and clients for it."""

    def __init__(self, process: int, address: str) -> None:
        self.process = process
        self.host, self.port = urlsplit(address).hostname or "", urlsplit(address).port

    def register(self, article: dict[str, object]) -> None:
        body = json.dumps({"title": article["title"], "text": "\n\n".join(paragraphs(article))})
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.request("PUT", "/api/v1/articles/bench", body, HEADERS)
        assert connection.getresponse().status == 201
        connection.close()

    def post_all(self, texts: list[str], part: str, *, clients: int) -> Speed:
        """Posts every text, each client one after the other, as fast as it is answered."""
        waiting = self._queue(texts, part)
        cpu, clock = self._cpu(), time.perf_counter()
        self._run(clients, lambda: self._client(waiting))
        return Speed((self._cpu() - cpu) / len(texts), (time.perf_counter() - clock) / len(texts))

    def post_at(self, per_second: float, texts: list[str], part: str, *, clients: int) -> list[float]:
        """Posts the texts at an even rate and returns how long each took, in seconds from when it was due: one that
        has to wait for a free client waits on the clock.
        """
        waits: list[float] = []
        waiting = self._queue(texts, part, per_second=per_second)
        self._run(clients, lambda: self._client(waiting, waits))
        return waits

    def _queue(
        self, texts: list[str], part: str, *, per_second: float | None = None
    ) -> queue.SimpleQueue[tuple[float, bytes]]:
        waiting: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        now = time.perf_counter() + 0.2
        for number, text in enumerate(texts):
            due = now + number / per_second if per_second else 0.0
            comment = {"author": {"name": f"Reader {part} {number}"}, "body": text}
            waiting.put((due, json.dumps(comment).encode()))
        return waiting

    def _run(self, clients: int, client: Callable[[], None]) -> None:
        with ThreadPoolExecutor(clients) as pool:
            for done in [pool.submit(client) for _ in range(clients)]:
                done.result()

    def _client(self, waiting: queue.SimpleQueue[tuple[float, bytes]], waits: list[float] | None = None) -> None:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        while True:
            try:
                due, body = waiting.get_nowait()
            except queue.Empty:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.request("POST", "/api/v1/articles/bench/comments", body, HEADERS)
            answer = connection.getresponse()
            told = answer.read()
            if answer.status not in (201, 202):
                raise RuntimeError(f"{answer.status}: {told.decode()}")
            if waits is not None:
                waits.append(time.perf_counter() - due)
        connection.close()

    def _cpu(self) -> float:
        """CPU seconds of the service so far, all its threads."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}


def service_environment(var: Path) -> dict[str, str]:
    """For a service over an empty SQLite file in ``var``, configured as it ships but for the site's rate limit."""
    shipped = (ROOT / "config" / "moderation.toml").read_text()
    lifted = shipped.replace('"1200 per minute"', '"1000000 per minute"')
    assert lifted != shipped, "config/moderation.toml has another limit for a site; this benchmark must lift it"
    (var / "moderation.toml").write_text(lifted)
    return os.environ | {
        "MODERATION_ENV": "production",
        "MODERATION_SECRET_KEY": "a secret key for the benchmark alone",
        "MODERATION_SITE_KEY": KEY,
        "MODERATION_VAR": str(var),
        "MODERATION_CONFIG": str(var / "moderation.toml"),
    }


@contextmanager
def running_service(var: Path) -> Iterator[Server]:
    """`moderation serve` in that environment."""
    environment = service_environment(var)
    program = shutil.which("moderation", path=str(Path(sys.executable).parent))
    assert program is not None
    with (
        (var / "log").open("w") as log,
        subprocess.Popen(
            [program, "serve", "--port", "0"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        addresses = (line.split()[2] for line in process.stdout if line.startswith("Serving on "))
        try:
            yield Server(process.pid, next(addresses))
        except (OSError, StopIteration) as error:
            process.terminate()
            told = (var / "log").read_text()[-3000:]
            raise SystemExit(f"the service ended with {process.wait()}:\n{told}") from error
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
