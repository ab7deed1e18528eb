"""Answering Perspective's clients: what a request costs beyond its scoring, how long it takes, and how many a second.

The whole service runs as it ships in a process of its own; clients ask over loopback as Coral does, one attribute a
request, each as fast as it is answered. Beside it the same pack scores the same texts one by one in this process, on
the same cores. Only the rate limit of the site is lifted.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from moderation.core.scores import Scale, ScoreRequest
from moderation.scoring import build_scorer
from scripts.benchmarks.common import Row, arguments, percentile, report, say
from scripts.benchmarks.service_parts.clients import ask, request
from scripts.benchmarks.service_parts.service import KEY, ROOT, Service, running_service, service_without_scoring

IN_TIME = 0.8
"""Seconds that Coral waits for an answer."""


@dataclass(frozen=True, slots=True)
class Part:
    """What so many requests took: CPU seconds of the process at work and seconds on the clock, each; how long each
    answer took, and each refusal because the service was too busy.
    """

    cpu: float
    clock: float
    waits: list[float]
    refusals: list[float]

    @property
    def per_second(self) -> float:
        """Answers a second; a refusal is none."""
        return len(self.waits) / (self.clock * (len(self.waits) + len(self.refusals)))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="requests in each part (default %(default)s)")
    options = parser.parse_args()
    bodies = [seed["body"] for seed in json.loads((ROOT / "seeds" / "comments.json").read_text())]
    texts = [f"{bodies[number % len(bodies)]} ({number})" for number in range(options.requests)]

    say("the service with a scorer that answers at once ...")
    with tempfile.TemporaryDirectory() as var, service_without_scoring(Path(var)) as service:
        asked(service, texts, clients=16)
        bare = asked(service, texts, clients=1)
    say("the pack by itself, one by one ...")
    before = pack_alone(texts)
    with tempfile.TemporaryDirectory() as var, running_service(Path(var)) as service:
        asked(service, texts, clients=16)
        parts = {}
        for count in (1, 16, 64, 256):
            say(f"{count} clients ...")
            parts[count] = asked(service, texts, clients=count)
    say("the pack by itself once more ...")
    after = pack_alone(texts)
    pack = Part((before.cpu + after.cpu) / 2, (before.clock + after.clock) / 2, before.waits + after.waits, [])
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
    refusals = [seconds for part in parts.values() for seconds in part.refusals]
    if refusals:
        found.append(Row(measure="refused_ms", ours=percentile(refusals, 0.95) * 1000, unit="ms"))
    for count, part in parts.items():
        name = "1_client" if count == 1 else f"{count}_clients"
        found.append(Row(measure=f"p95_ms_{name}", ours=percentile(part.waits, 0.95) * 1000, unit="ms"))
        found.append(Row(measure=f"p50_ms_{name}", ours=statistics.median(part.waits) * 1000, unit="ms"))
        found.append(Row(measure=f"per_s_{name}", ours=part.per_second, unit="requests/s"))
        found.append(Row(measure=f"refused_{name}", ours=refused(part) * 100, unit="%"))
        found.append(Row(measure=f"late_{name}", ours=late(part) * 100, unit="%"))
    return found


def refused(part: Part) -> float:
    return len(part.refusals) / (len(part.refusals) + len(part.waits))


def late(part: Part) -> float:
    """The share of requests that were refused, or answered when Coral no longer waits."""
    too_late = sum(wait > IN_TIME for wait in part.waits)
    return (len(part.refusals) + too_late) / (len(part.refusals) + len(part.waits))


def notes(texts: list[str], before: Part, after: Part) -> list[str]:
    return [
        f"{len(texts)} requests of {sum(map(len, texts)) // len(texts)} characters in each part, one attribute each",
        "every client asks again as soon as it is answered or refused; the clients' own work is done on the same cores",
        f"pack alone: {before.per_second:.0f} a second before, {after.per_second:.0f} after",
    ]


def pack_alone(texts: list[str]) -> Part:
    """The pack as the service uses it for such a request, one text at a time."""
    scorer = build_scorer()
    requests = [ScoreRequest(text=text, languages=("en",), explain=False) for text in texts]
    for one in requests[:50]:
        scorer.score([one], scale=Scale.BALANCED)
    waits: list[float] = []
    cpu, clock = time.process_time(), time.perf_counter()
    for one in requests:
        began = time.perf_counter()
        scorer.score([one], scale=Scale.BALANCED)
        waits.append(time.perf_counter() - began)
    each = len(requests)
    return Part((time.process_time() - cpu) / each, (time.perf_counter() - clock) / each, waits, [])


def asked(service: Service, texts: list[str], *, clients: int) -> Part:
    """Asks about every text once, through so many clients that keep their connection, as Coral's do."""
    requests = [_request(text) for text in texts]
    cpu, clock = service.cpu(), time.perf_counter()
    answers = ask(service.port, requests, clients=clients)
    each = len(answers)
    part = Part((service.cpu() - cpu) / each, (time.perf_counter() - clock) / each, [], [])
    for answer in answers:
        # One of the seeds' comments is in a language that the pack doesn't read: scored, and told so.
        if answer.status not in (200, 503) and b"LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE" not in answer.body:
            raise RuntimeError(f"{answer.status}: {answer.body.decode()}")
        (part.refusals if answer.status == 503 else part.waits).append(answer.seconds)
    return part


def _request(text: str) -> bytes:
    content = {"comment": {"text": text}, "doNotStore": True, "requestedAttributes": {"TOXICITY": {}}}
    body = json.dumps(content | {"languages": ["en"]}, separators=(",", ":")).encode()
    return request("POST", f"/v1alpha1/comments:analyze?key={KEY}", body)


if __name__ == "__main__":
    main()
