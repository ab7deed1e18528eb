"""Scoring: how fast, beside Detoxify's own ``predict`` on the same texts in the same run; and do batches move scores.

Detoxify runs at BERT-base shape (that of its ``original`` and ``unbiased`` models) with random weights, as fast as
trained ones, in an environment of its own (``.venv-bench``, made at the first run: torch and detoxify, some minutes).
``detoxify_pack_...`` is that same checkpoint converted to a pack and run by this service.

Beside Detoxify both do the same job: every label of the whole text. ``single_p50_ms`` and ``single_p95_ms`` are what
the service waits for: sentences and the language too. ``two_at_once_vs_detoxify`` is what two clients get done
together, each with one text at a time. ``world_vs_builtin`` is how fast the pack of many languages is beside that for
English on the same English texts, both in turns; ``world_load_s`` is what its first text waits for.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from moderation.core.scores import Scale, ScoreRequest
from moderation.scoring import PackScorer, pack_scorer
from moderation.scoring.batching import BatchingScorer
from moderation.scoring.packs import WORLD, installed
from moderation.scoring.processor import available_threads, flags
from scripts.benchmarks.common import Row, arguments, percentile, report, say
from scripts.benchmarks.scoring_parts.comments import made_up_comments
from scripts.benchmarks.scoring_parts.operations import Operations, operations_of

ROOT = Path(__file__).parents[2]
PEER_VENV = ROOT / ".venv-bench"
PEER_FILES = PEER_VENV / "bert-base"
PARTS = Path(__file__).parent / "scoring_parts"
PRODUCTS = ("avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
"""Instruction sets that decide in which precision a pack runs here."""
ROUNDS = 2
BATCH = 32
CLIENTS = 2
MAX_SECONDS = 240
"""For the turns with Detoxify; on a slow or busy machine they end with fewer comments."""


@dataclass(slots=True)
class Times:
    """Seconds for the same texts one by one, in batches of ``BATCH``, and by ``CLIENTS`` together, each one by one;
    summed over all turns.
    """

    single: float = 0.0
    batch: float = 0.0
    clients: float = 0.0


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--comments", type=int, default=300, help="made-up comments (default %(default)s)")
    parser.add_argument("--alone", action="store_true", help="without Detoxify beside it")
    options = parser.parse_args()
    texts = made_up_comments(options.comments)
    rows = [*fresh_start(texts)]
    ours = pack_scorer()
    ours.warm(wait=True)
    rows += waits(ours, texts)
    rows.append(neighbour_shift(ours, texts))
    rows.append(growth(ours))
    rows += operations(ours, texts)
    if WORLD.name in installed(Path("var/packs")):
        rows.append(world_beside(ours, texts))
    else:
        say("world_vs_builtin is left out: the pack world isn't installed")
    if not options.alone:
        rows = [*beside_detoxify(ours, texts), *rows]
    stamp = ours.stamp
    words = sorted(len(text.split()) for text in texts)
    report(
        "scoring",
        rows,
        json_file=options.json,
        notes=[
            f"{len(texts)} made-up comments, {words[len(words) // 2]} words in the middle, {words[-1]} at most",
            f"pack {stamp.name} {stamp.version}, {stamp.runtime} {stamp.precision}, {available_threads()} threads, "
            f"{ours.at_once} at the same time",
            "the processor's products: "
            + ", ".join(f"{name} {'yes' if name in flags() else 'no'}" for name in PRODUCTS),
            "beside Detoxify: every label of the whole text; its batches are padded to their longest text, as its "
            "predict does",
        ],
    )


def requests(texts: Sequence[str], *, explain: bool = True) -> list[ScoreRequest]:
    return [ScoreRequest(text=text, explain=explain) for text in texts]


def fresh_start(texts: list[str]) -> Iterator[Row]:
    say("a fresh process ...")
    done = subprocess.run(
        [sys.executable, str(PARTS / "fresh_start.py")],
        input=json.dumps(texts),
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured = json.loads(done.stdout)
    for measure, value in measured.items():
        yield Row(measure=measure, ours=value, unit="MB" if measure.endswith("_mb") else "s")


def waits(scorer: PackScorer, texts: list[str]) -> list[Row]:
    say("one by one, as the service scores ...")
    best = [float("inf")] * len(texts)
    for _ in range(3):
        for index, request in enumerate(requests(texts)):
            began = time.perf_counter()
            scorer.score([request])
            best[index] = min(best[index], time.perf_counter() - began)
    return [
        Row(measure="single_p50_ms", ours=1000 * percentile(best, 0.5), unit="ms"),
        Row(measure="single_p95_ms", ours=1000 * percentile(best, 0.95), unit="ms"),
    ]


def neighbour_shift(scorer: PackScorer, texts: list[str]) -> Row:
    say("whether neighbours move a score ...")
    largest = 0.0
    for scale in Scale:
        alone = [scorer.score([request], scale=scale)[0] for request in requests(texts, explain=False)]
        for seed, size in ((1, 3), (2, 7), (3, 16), (4, 32)):
            order = random.Random(seed).sample(range(len(texts)), len(texts))  # noqa: S311 - nothing secret
            for start in range(0, len(order), size):
                batch = order[start : start + size]
                together = scorer.score(requests([texts[i] for i in batch], explain=False), scale=scale)
                for index, scores in zip(batch, together, strict=True):
                    pairs = zip(scores.toxicity.values(), alone[index].toxicity.values(), strict=True)
                    largest = max(largest, *(abs(one - other) for one, other in pairs))
    return Row(measure="batch_neighbour_shift", ours=largest, unit="score, either scale")


def growth(scorer: PackScorer) -> Row:
    """A text sixteen times as long, in times of the cost: at most sixteen."""
    short = " ".join(made_up_comments(40, seed=5))[:3000]
    long = " ".join([short] * 16)
    times = [_seconds(partial(scorer.score, requests([text], explain=False)), 5) for text in (short, long)]
    return Row(
        measure="long_text_growth",
        ours=1000 * times[1],
        unit="ms",
        beside={"a sixteenth of the text": 1000 * times[0]},
        ratio=times[1] / times[0] / 16,
    )


def world_beside(scorer: PackScorer, texts: list[str]) -> Row:
    say("beside the pack of many languages ...")
    world = pack_scorer(WORLD.name)
    world.warm(wait=True)
    both = (world, scorer)
    for one in both:
        _in_batches(one, texts)  # the shapes of these batches, once
    best = [float("inf")] * len(both)
    for _ in range(5):
        best = [min(took, _seconds(partial(_in_batches, one, texts), 1)) for took, one in zip(best, both, strict=True)]
    theirs, ours = best
    return Row(
        measure="world_vs_builtin",
        ours=len(texts) / theirs,
        unit="texts a second",
        beside={"the pack for English": len(texts) / ours},
        ratio=ours / theirs,
    )


def operations(scorer: PackScorer, texts: list[str]) -> list[Row]:
    say("operations a second ...")
    counted: Operations = operations_of(scorer, texts)
    seconds = _seconds(lambda: _in_batches(scorer, texts), 3)
    single = _seconds(lambda: _one_by_one(scorer, texts), 3)
    return [
        Row(
            measure=f"gflops_{name}",
            ours=counted.needed / took / 1e9,
            unit="GFLOP/s",
            beside={"a large product at this precision": counted.possible / 1e9},
            ratio=counted.needed / took / counted.possible,
        )
        for name, took in (("batch32", seconds), ("single", single))
    ] + [
        Row(
            measure="peak_share",
            ours=counted.needed / seconds / counted.possible,
            unit="of a large product at this precision, in batches of 32",
        ),
        Row(measure="padding_share", ours=counted.padding, unit="of tokens run in batches of 32"),
    ]


def beside_detoxify(scorer: PackScorer, texts: list[str]) -> list[Row]:
    """In turns, a batch of texts at a time, so that whatever else the machine does slows all of them alike."""
    with detoxify() as predict:
        pack = pack_scorer("bert-base", packs_dir=PEER_FILES / "packs")
        pack.warm(wait=True)
        theirs, ours, converted = Times(), Times(), Times()
        service = BatchingScorer(scorer, at_once=scorer.at_once)
        service.wait_until_ready()
        for one in (scorer, pack):
            _in_batches(one, texts)  # the shapes of these batches, once
        done, began = 0, time.perf_counter()
        while done < ROUNDS * len(texts) and (done < 2 * BATCH or time.perf_counter() - began < MAX_SECONDS):
            start = done % len(texts)
            part = texts[start : start + BATCH]
            done += len(part)
            say(f"in turns with Detoxify: {done} of {ROUNDS * len(texts)} comments ...")
            theirs.single += predict(part, 1)
            theirs.batch += predict(part, BATCH)
            theirs.clients += predict(part, 1, CLIENTS)
            time.sleep(0.3)  # its threads spin for a while after their work
            for times, one in ((ours, scorer), (converted, pack)):
                times.single += _seconds(partial(_one_by_one, one, part), 1)
                times.batch += _seconds(partial(_in_batches, one, part), 1)
            ours.clients += _seconds(partial(_by_clients, service, part), 1)
        service.close()
    return [
        Row(
            measure=measure,
            ours=1000 * mine / done,
            unit="ms a text",
            beside={"Detoxify.predict at BERT-base": 1000 * its / done},
            ratio=its / mine,
        )
        for measure, mine, its in (
            ("single_vs_detoxify", ours.single, theirs.single),
            ("batch32_vs_detoxify", ours.batch, theirs.batch),
            ("detoxify_pack_single", converted.single, theirs.single),
            ("detoxify_pack_batch32", converted.batch, theirs.batch),
        )
    ] + [
        Row(
            measure="two_at_once_vs_detoxify",
            ours=done / ours.clients,
            unit="texts a second",
            beside={"Detoxify.predict at BERT-base": done / theirs.clients},
            ratio=theirs.clients / ours.clients,
        )
    ]


def _one_by_one(scorer: PackScorer, texts: Sequence[str]) -> None:
    for request in requests(texts, explain=False):
        scorer.score([request])


def _in_batches(scorer: PackScorer, texts: Sequence[str]) -> None:
    for start in range(0, len(texts), BATCH):
        scorer.score(requests(texts[start : start + BATCH], explain=False))


def _by_clients(scorer: BatchingScorer, texts: Sequence[str]) -> None:
    asked = requests(texts, explain=False)
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda one: [scorer.score_one(request) for request in asked[one::CLIENTS]], range(CLIENTS)))


def _seconds(work: Callable[[], object], times: int) -> float:
    """The fastest of some tries."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


@contextmanager
def detoxify() -> Iterator[Callable[..., float]]:
    """Detoxify in a process of its own: a function from texts, batch size and clients to the seconds it took."""
    python = PEER_VENV / "bin" / "python"
    environment: dict[str, Any] = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    if not python.exists():
        say("setting up .venv-bench with torch and detoxify (once, some minutes) ...")
        subprocess.run([sys.executable, "-m", "venv", str(PEER_VENV)], check=True)
        for wanted in (["torch==2.13.0"], ["-e", f"{ROOT}[detoxify]"]):
            subprocess.run([str(python), "-m", "pip", "install", "-q", *wanted], check=True)
    script = str(PARTS / "bert_base.py")
    if not (PEER_FILES / "packs" / "bert-base").exists():
        say("making a BERT-base checkpoint and converting it to a pack (once) ...")
        subprocess.run([str(python), script, "make", str(PEER_FILES)], env=environment, check=True, stdout=sys.stderr)
    with subprocess.Popen(
        [str(python), script, "serve", str(PEER_FILES)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers = process.stdout
        if answers.readline().strip() != "ready":
            raise SystemExit("Detoxify did not start; see above.")

        def predict(texts: Sequence[str], batch: int, clients: int = 1) -> float:
            print(
                json.dumps({"texts": list(texts), "batch": batch, "clients": clients}), file=process.stdin, flush=True
            )
            return float(json.loads(answers.readline())["seconds"])

        yield predict
        process.stdin.close()


if __name__ == "__main__":
    main()
