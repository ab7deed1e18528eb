"""The service in a process of its own: as it ships, or with a scorer that answers at once."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
KEY = "sk_a-secret-key-for-the-benchmark-alone"


@dataclass(frozen=True, slots=True)
class Service:
    """A process that answers on a port."""

    process: int
    port: int

    def cpu(self) -> float:
        """CPU seconds so far, all its threads."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def environment(var: Path) -> dict[str, str]:
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
def running_service(var: Path) -> Iterator[Service]:
    """`moderation serve` in that environment."""
    program = shutil.which("moderation", path=str(Path(sys.executable).parent))
    assert program is not None
    command = [program, "serve", "--port", "0"]
    with (
        (var / "log").open("w") as log,
        subprocess.Popen(
            command, cwd=ROOT, env=environment(var), stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        addresses = (line.split()[2] for line in process.stdout if line.startswith("Serving on "))
        try:
            yield Service(process.pid, urlsplit(next(addresses)).port or 0)
        except (OSError, EOFError, StopIteration) as error:
            process.terminate()
            told = (var / "log").read_text()[-3000:]
            raise SystemExit(f"the service ended with {process.wait()}:\n{told}") from error
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
