"""Answering Perspective's clients: what a request costs beyond its scoring, how long it takes, and how many a second.

The whole service runs as it ships in a process of its own; clients ask over loopback as Coral does, one attribute a
request, each as fast as it is answered. Beside it the same pack scores the same texts one by one in this process, on
the same cores. Only the rate limit of the site is lifted.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moderation.app import create_app
from moderation.bootstrap import build_services
from moderation.cli.serve import THREADS
from moderation.config.settings import Settings, read_environment
from moderation.core.scores import (
    LABELS,
    ArticleText,
    Language,
    PackStamp,
    PreparedArticle,
    Scale,
    ScoreRequest,
    Scores,
)
from moderation.scoring import build_scorer
from moderation.scoring.batching import BatchingScorer
from moderation.serving import listen, serve
from moderation.setup.first_start import first_start
from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from scripts.benchmarks.common import Row, arguments, percentile, report, say
from scripts.benchmarks.intake import KEY, ROOT, running_service, service_environment

IN_TIME = 0.8
"""Seconds that Coral waits for an answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """What so many requests took: CPU seconds of the process at work and seconds on the clock, each; how long each
    answer took; how many were refused because the service was too busy.
    """

    cpu: float
    clock: float
    waits: list[float]
    refused: int = 0

    @property
    def per_second(self) -> float:
        return 1 / self.clock


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="requests in each part (default %(default)s)")
    options = parser.parse_args()
    bodies = [seed["body"] for seed in json.loads((ROOT / "seeds" / "comments.json").read_text())]
    texts = [f"{bodies[number % len(bodies)]} ({number})" for number in range(options.requests)]

    say("the service with a scorer that answers at once ...")
    with tempfile.TemporaryDirectory() as var, service_without_scoring(Path(var)) as server:
        clients = Clients(*server, texts)
        clients.run(16)
        bare = clients.run(1)
    say("the pack by itself, one by one ...")
    before = pack_alone(texts)
    with tempfile.TemporaryDirectory() as var, running_service(Path(var)) as server:
        clients = Clients(server.process, server.port or 0, texts)
        clients.run(16)
        parts = {}
        for count in (1, 16, 64, 256):
            say(f"{count} clients ...")
            parts[count] = clients.run(count)
    say("the pack by itself once more ...")
    after = pack_alone(texts)
    pack = Part((before.cpu + after.cpu) / 2, (before.clock + after.clock) / 2, [])
    report("analyze", rows(bare, pack, parts), json_file=options.json, notes=notes(texts, before, after))


def rows(bare: Part, pack: Part, parts: dict[int, Part]) -> list[Row]:
    sixteen = parts[16]
    found = [
        Row(
            measure="overhead_cpu_ms",
            ours=bare.cpu * 1000,
            unit="ms",
            beside={"scoring alone": pack.cpu * 1000, "both together": parts[1].cpu * 1000},
        ),
        Row(
            measure="throughput_vs_pack_16",
            ours=sixteen.per_second,
            unit="requests/s",
            beside={"pack one by one": pack.per_second},
            ratio=sixteen.per_second / pack.per_second,
        ),
    ]
    for count, part in parts.items():
        name = "1_client" if count == 1 else f"{count}_clients"
        found.append(Row(measure=f"p95_ms_{name}", ours=percentile(part.waits, 0.95) * 1000, unit="ms"))
        found.append(Row(measure=f"p50_ms_{name}", ours=statistics.median(part.waits) * 1000, unit="ms"))
        found.append(Row(measure=f"per_s_{name}", ours=part.per_second, unit="requests/s"))
        found.append(Row(measure=f"late_{name}", ours=late(part) * 100, unit="%"))
    return found


def late(part: Part) -> float:
    """The share of requests that were refused, or answered when Coral no longer waits."""
    return (part.refused + sum(wait > IN_TIME for wait in part.waits)) / (part.refused + len(part.waits))


def notes(texts: list[str], before: Part, after: Part) -> list[str]:
    return [
        f"{len(texts)} requests of {sum(map(len, texts)) // len(texts)} characters in each part, one attribute each",
        "every client asks again as soon as it is answered; the clients' own work is done on the same cores",
        f"pack alone: {before.per_second:.0f} a second before, {after.per_second:.0f} after",
    ]


def pack_alone(texts: list[str]) -> Part:
    """The pack as the service uses it for such a request, one text at a time."""
    scorer = build_scorer()
    asked = [ScoreRequest(text=text, languages=("en",), explain=False) for text in texts]
    for request in asked[:50]:
        scorer.score([request], scale=Scale.BALANCED)
    cpu, clock = time.process_time(), time.perf_counter()
    for request in asked:
        scorer.score([request], scale=Scale.BALANCED)
    return Part((time.process_time() - cpu) / len(asked), (time.perf_counter() - clock) / len(asked), [])


class Instant:
    """A scorer that has its answer ready: what is left is everything but scoring."""

    stamp = PackStamp(name="instant", version="1", runtime="none", precision="none")
    prepares_as = "instant 1"
    labels = LABELS

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return PreparedArticle(made_by=self.prepares_as, passages=article.paragraphs, vectors=b"")

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        return [
            Scores(
                toxicity=dict.fromkeys(LABELS, 0.5),
                relevance=None,
                passage=None,
                sentences=(),
                language=Language(code="en", supported=True),
                pack=self.stamp,
                scale=scale,
            )
            for _ in requests
        ]


@contextmanager
def service_without_scoring(var: Path) -> Iterator[tuple[int, int]]:
    """The service as it ships but for its scorer, in a process of its own: its process id and port."""
    environment = service_environment(var)
    settings = read_environment(environment, root=ROOT)
    database = Database(settings.database_url)
    upgrade(database)
    database.close()
    bound = listen("127.0.0.1", 0)
    forking = multiprocessing.get_context("fork")
    ready = forking.Event()
    process = forking.Process(target=_serve_instantly, args=(bound, settings, ready.set))
    process.start()
    try:
        assert ready.wait(60)
        assert process.pid is not None
        yield process.pid, bound.getsockname()[1]
    finally:
        process.terminate()
        process.join()


def _serve_instantly(bound: socket.socket, settings: Settings, ready: Callable[[], None]) -> None:
    services = build_services(settings, scorer=BatchingScorer(Instant()))
    first_start(services)
    serve(bound, create_app(services), threads=THREADS, ready=ready)


class Clients:
    """Clients that keep their connection, as Coral's do."""

    def __init__(self, process: int, port: int, texts: list[str]) -> None:
        self._process = process
        self._port = port
        self._requests = [self._request(text) for text in texts]

    def _request(self, text: str) -> bytes:
        asked = {"comment": {"text": text}, "doNotStore": True, "requestedAttributes": {"TOXICITY": {}}}
        body = json.dumps(asked | {"languages": ["en"]}, separators=(",", ":")).encode()
        head = [
            f"POST /v1alpha1/comments:analyze?key={KEY} HTTP/1.1",
            f"Host: 127.0.0.1:{self._port}",
            "Accept: application/json, text/plain, */*",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    def run(self, count: int) -> Part:
        """Sends every request once, through so many clients at a time."""
        cpu, clock = self._cpu(), time.perf_counter()
        waits, refused = asyncio.run(self._all(count))
        each = len(self._requests)
        return Part((self._cpu() - cpu) / each, (time.perf_counter() - clock) / each, waits, refused)

    async def _all(self, count: int) -> tuple[list[float], int]:
        waiting = iter(self._requests)
        waits: list[float] = []
        refused = 0

        async def client() -> None:
            nonlocal refused
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            for request in waiting:
                began = time.perf_counter()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                answer = await reader.readexactly(length)
                status = int(head.split()[1])
                # One of the seeds' comments is in a language that the pack doesn't read: scored, and told so.
                if status not in (200, 503) and b"LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE" not in answer:
                    raise RuntimeError(f"{head.decode()}{answer.decode()}")
                if status == 503:
                    refused += 1
                else:
                    waits.append(time.perf_counter() - began)
            writer.close()
            await writer.wait_closed()

        await asyncio.gather(*(client() for _ in range(count)))
        return waits, refused

    def _cpu(self) -> float:
        """CPU seconds of the service so far, all its threads."""
        fields = Path(f"/proc/{self._process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
