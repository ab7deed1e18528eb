"""`moderation serve`: the web server, and all that a first start needs."""

from __future__ import annotations

import gc
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from urllib.parse import urljoin

import click

from moderation.bootstrap import build_services
from moderation.cli.failures import told
from moderation.cli.logs import log_to_stderr
from moderation.cli.opening import reached
from moderation.config.settings import Settings, read_environment
from moderation.core.errors import ConfigurationError
from moderation.scoring import ServedScorer
from moderation.scoring.processor import available_threads
from moderation.services import Services
from moderation.serving import listen, supervise
from moderation.setup.first_start import ADMIN, DEMO, FirstStart, first_start, seeds_to_come
from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from moderation.watching.figures import FOLDER, count_together, forget_former_processes

DEFAULT_PORT = 8000
PAGE_PORT = 8080
WEB_PROCESS = "moderation.cli.web_process"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 takes any free one."
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    envvar="WEB_CONCURRENCY",
    show_envvar=True,
    help="Web processes. More than one needs Redis for the rate limits.",
)
def command(host: str, port: int, processes: int) -> None:
    """Serve the API, the demo page and the moderators' desk.

    Brings the database up to date first. Into an empty one it loads seeds/ and prints, once, the administrator's
    password and the demo site's keys; with MODERATION_ENV=production it does neither.

    SIGTERM and Ctrl-C finish the requests under way, then stop.
    """
    gc.disable()  # a start makes half a million objects that stay: a web process turns it on again when it serves
    settings = read_environment()
    log_to_stderr(settings)
    if processes > 1 and settings.redis_url is None:
        raise ConfigurationError(
            "--processes",
            f"is {processes}, but without Redis each process would count the rate limits for itself. "
            "Name a Redis in MODERATION_REDIS_URL, or serve from one process.",
        )
    bound = listen(host, port)
    try:
        _tell_first_start(_prepare_database(settings, bound), settings)
    except BaseException:
        bound.close()
        raise
    with _counted_together(processes):
        if processes > 1:
            sys.exit(_serve_by_several(settings, bound, processes))
        _serve(settings, bound, processes=1, index=0)


@contextmanager
def _counted_together(processes: int) -> Iterator[None]:
    """Has several processes' figures added up, in a folder of this start's own or in the one that is named."""
    named = os.environ.get(FOLDER)
    if processes == 1 and named is None:
        yield
        return
    with TemporaryDirectory(prefix="moderation-figures-") if named is None else nullcontext(named) as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        forget_former_processes(Path(folder))
        count_together(Path(folder))
        yield


def _serve_by_several(settings: Settings, bound: socket.socket, processes: int) -> int:
    supervisor = os.getpid()
    import_module(WEB_PROCESS)  # once for all of them

    def run(index: int) -> None:
        told(lambda: _serve(settings, bound, processes=processes, index=index, supervisor=supervisor))

    return supervise(processes, run)


def _prepare_database(settings: Settings, bound: socket.socket) -> FirstStart:
    """Brings the database up to date and makes what an empty one needs. No pack is loaded, no connection kept."""
    database = Database(settings.database_url, patient=True)
    try:
        if not reached(database):
            gc.enable()  # a migration may go through millions of rows
            upgrade(database)
        nothing = cast("Any", None)
        services = Services(settings=settings, configuration=nothing, database=database, scorer=nothing)
        _ = services.keys  # made here, before any process that would use them
        made = first_start(services, origins=_demo_origins(bound, settings.public_url))
    finally:
        database.close()
    if made.publishable_key is not None and not settings.production:
        seeds_to_come(settings).touch()
    return made


def _demo_origins(bound: socket.socket, public_url: str | None) -> list[str]:
    """Where the demo's publishable key works: the port that we serve on, the usual one, and that of a page of one's own
    (``python3 -m http.server 8080``); and this service's own address, if that is known.
    """
    ports = {DEFAULT_PORT, PAGE_PORT, bound.getsockname()[1]}
    public = [urljoin(public_url, "/").rstrip("/")] if public_url else []
    near = [f"http://{name}:{port}" for port in sorted(ports) for name in ("127.0.0.1", "localhost")]
    return list(dict.fromkeys(public + near))


def _serve(
    settings: Settings, bound: socket.socket, *, processes: int, index: int, supervisor: int | None = None
) -> None:
    """One web process. Its pack loads while the web application is imported: each takes about as long."""
    services = build_services(settings, threads=available_threads(processes))
    scorer = cast("ServedScorer", services.scorer)
    try:
        scorer.start()
        import_module(WEB_PROCESS).run(services, bound, first=index == 0, supervised_by=supervisor)
    finally:
        scorer.close()
        services.database.close()


def _tell_first_start(made: FirstStart, settings: Settings) -> None:
    """Prints what nobody can look up later; in production nothing."""
    secrets = {
        f"password of {ADMIN}": made.admin_password,
        f"secret key of site {DEMO}": made.secret_key,
        f"publishable key of site {DEMO}": made.publishable_key,
    }
    shown = {name: value for name, value in secrets.items() if value is not None}
    if not shown or settings.production:
        return
    click.echo("First start. Keep these; they are shown this once:")
    for name, value in shown.items():
        click.echo(f"  {name}: {value}")
