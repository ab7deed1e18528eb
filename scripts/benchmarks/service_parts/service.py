"""The service in a process of its own: as it ships, or with a scorer that answers at once."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from moderation.app import PATHS_ALWAYS_SERVED, create_app
from moderation.bootstrap import build_services
from moderation.cli.web_process import THREADS
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
    SentenceScore,
)
from moderation.scoring.batching import BatchingScorer
from moderation.serving import listen, serve
from moderation.setup.first_start import first_start
from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from moderation.web.perspective.analyze import IMPATIENT, refuse_for_load

ROOT = Path(__file__).parents[3]
IDLE_CPU = 0.03
"""CPU seconds in half a second: threads that look for work now and then."""
KEY = "sk_a-secret-key-for-the-benchmark-alone"


@dataclass(frozen=True, slots=True)
class Process:
    """One process, as the system tells of it."""

    process: int

    def cpu(self) -> float:
        """CPU seconds so far, all its threads."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> float:
        fields = Path(f"/proc/{self.process}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def settle(self, at_most_s: float = 60.0) -> None:
        """Waits until it is idle: what a start does behind the first answers is no comment's cost."""
        ends = time.monotonic() + at_most_s
        while time.monotonic() < ends:
            before = self.cpu()
            time.sleep(0.5)
            if self.cpu() - before < IDLE_CPU:
                return

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.process}/task").iterdir()))

    def files(self) -> int:
        """File descriptors that it holds open."""
        return len(list(Path(f"/proc/{self.process}/fd").iterdir()))


@dataclass(frozen=True, slots=True)
class Service(Process):
    """A process that answers on a port."""

    port: int


def environment(var: Path, *, database_url: str | None = None, worker: bool = False) -> dict[str, str]:
    """For a service over an empty SQLite file in ``var``, or another empty database, configured as it ships but for
    the site's rate limit. ``worker``: comments are scored by workers.
    """
    told = _changed(
        (ROOT / "config" / "moderation.toml").read_text(),
        '"1200 per minute"',
        '"1000000 per minute"',
        "limit for a site",
    )
    if worker:
        told = _changed(told, 'mode = "inline"', 'mode = "worker"', "mode of scoring")
    (var / "moderation.toml").write_text(told)
    return (
        os.environ
        | {
            "MODERATION_ENV": "production",
            "MODERATION_SECRET_KEY": "a secret key for the benchmark alone",
            "MODERATION_SITE_KEY": KEY,
            "MODERATION_VAR": str(var),
            "MODERATION_CONFIG": str(var / "moderation.toml"),
        }
        | ({} if database_url is None else {"MODERATION_DATABASE_URL": database_url})
    )


def _changed(told: str, old: str, new: str, what: str) -> str:
    assert old in told, f"config/moderation.toml has another {what}; this benchmark must change it"
    return told.replace(old, new)


@contextmanager
def running_service(var: Path, env: dict[str, str] | None = None) -> Iterator[Service]:
    """`moderation serve` in that environment, once all its packs are ready."""
    with _running(var, env or environment(var), ("serve", "--port", "0"), tells="Serving on ") as (process, told):
        service = Service(process, urlsplit(told.split()[2]).port or 0)
        service.settle()
        yield service


@contextmanager
def running_worker(var: Path, env: dict[str, str]) -> Iterator[Process]:
    """`moderation worker` in that environment."""
    with _running(var, env, ("worker",)) as (process, _):
        yield Process(process)


@contextmanager
def running_worker_for_each_core(var: Path, env: dict[str, str]) -> Iterator[list[Process]]:
    """The same, so many, and each with a core of its own."""
    with ExitStack() as running:
        yield [
            Process(running.enter_context(_running(var, env, ("worker",), core=core))[0])
            for core in sorted(os.sched_getaffinity(0))
        ]


@contextmanager
def _running(
    var: Path, env: dict[str, str], command: Sequence[str], *, tells: str = "", core: int | None = None
) -> Iterator[tuple[int, str]]:
    """The command's process, on this ``core`` alone if one is named, and the first line of its that begins so. Raises
    ``SystemExit`` where it ends too soon.
    """
    program = shutil.which("moderation", path=str(Path(sys.executable).parent))
    assert program is not None
    logged = var / f"{command[0]}{'' if core is None else f' on {core}'}.log"
    on_core = () if core is None else ("taskset", "--cpu-list", str(core))
    with (
        logged.open("w") as log,
        subprocess.Popen(
            [*on_core, program, *command], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield process.pid, next(line for line in process.stdout if line.startswith(tells))
        except (OSError, EOFError, StopIteration) as error:
            process.terminate()
            raise SystemExit(
                f"moderation {command[0]} ended with {process.wait()}:\n{logged.read_text()[-3000:]}"
            ) from error
        finally:
            process.terminate()


class Instant:
    """A scorer that has its answer ready, as long as a pack's: what is left is everything but scoring."""

    stamp = PackStamp(name="instant", version="1", runtime="none", precision="none")
    prepares_as = "instant 1"
    labels = LABELS

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return PreparedArticle(made_by=self.prepares_as, passages=article.paragraphs, vectors=b"")

    def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
        return [self._scores(request, scale) for request in requests]

    def _scores(self, request: ScoreRequest, scale: Scale) -> Scores:
        article = request.article if isinstance(request.article, PreparedArticle) else None
        return Scores(
            toxicity=dict.fromkeys(LABELS, 0.012345),
            relevance=0.654321 if article else None,
            passage=article.passages[0] if article else None,
            sentences=(SentenceScore(start=0, end=len(request.text), toxicity=0.012345),),
            language=Language(code="en", supported=True),
            pack=self.stamp,
            scale=scale,
            spam=0.023456,
            name=dict.fromkeys(LABELS, 0.001234) if request.name else {},
        )


@contextmanager
def service_without_scoring(var: Path) -> Iterator[Service]:
    """The service as it ships but for its scorer."""
    settings = read_environment(environment(var), root=ROOT)
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
        yield Service(process.pid, bound.getsockname()[1])
    finally:
        process.terminate()
        process.join()


def _serve_instantly(bound: socket.socket, settings: Settings, ready: Callable[[], None]) -> None:
    services = build_services(settings, scorer=BatchingScorer(Instant()))
    first_start(services)
    serve(
        bound,
        create_app(services),
        threads=THREADS,
        ready=ready,
        apart=PATHS_ALWAYS_SERVED,
        impatient=IMPATIENT,
        refuse=dict.fromkeys(IMPATIENT, refuse_for_load),
    )
