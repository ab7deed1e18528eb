"""One web process of `moderation serve`, from its pack to its end.

Loaded while the pack already loads beside it: the web application is half of what a start imports.
"""

from __future__ import annotations

import gc
import logging
import socket
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import click

from moderation.app import PATHS_ALWAYS_SERVED, SECURITY_HEADERS, create_app
from moderation.comments import preparation
from moderation.config.settings import Settings
from moderation.core.actor import EVERYWHERE, Actor
from moderation.jobs.worker import Sweeper, beside
from moderation.scoring import ServedScorer
from moderation.services import Services
from moderation.serving import serve
from moderation.setup.demo import load_seeds, read_seeds
from moderation.setup.first_start import ADMIN, DEMO, seeds_to_come
from moderation.storage.accounts import account_named
from moderation.storage.sites import Right
from moderation.watching.tracing import traced
from moderation.web.api import coral
from moderation.web.perspective import analyze

log = logging.getLogger(__name__)

THREADS = 16
"""Requests answered at once by one process; further ones wait their turn."""
POLITELY = 16
"""A body that is this many times too large is still read to its end, so that its refusal arrives."""
PACK_SECONDS = 60.0
"""How long a start waits for its scoring pack before it serves without."""
SEEDS = Path("seeds")


def run(services: Services, bound: socket.socket, *, first: bool, supervised_by: int | None) -> None:
    """Serves until it is told to stop. ``first`` of its start, it loads the seeds and tells the addresses."""
    scorer = cast("ServedScorer", services.scorer)
    sweeper = Sweeper(services)
    try:
        app = create_app(services)
        if not scorer.wait_until_ready(PACK_SECONDS):
            log.error("the scoring pack is not ready; comments will wait for a moderator, unscored")
        if first:
            _load_seeds(services)
        if services.configuration.current().scoring.mode == "inline":
            sweeper.start()
        gc.freeze()  # what the start made stays to the end: no collection looks through it again
        gc.enable()
        root = urlsplit(services.settings.public_url or "").path
        with traced(), beside(services):
            serve(
                bound,
                app,
                threads=THREADS,
                largest_body=POLITELY * services.configuration.current().comments.maximum_body,
                ready=(lambda: _tell_addresses(bound, services.settings)) if first else (lambda: None),
                supervised_by=supervised_by,
                apart=(*PATHS_ALWAYS_SERVED, *(root + path for path in PATHS_ALWAYS_SERVED)),
                impatient={root + path: its for path, its in {**analyze.IMPATIENT, **coral.IMPATIENT}.items()},
                refuse={
                    **{root + path: analyze.refuse_for_load for path in analyze.IMPATIENT},
                    root + coral.PATH: coral.hold_for_load,
                },
                headers=SECURITY_HEADERS,
            )
    finally:
        sweeper.stop()
        preparation.finish()


def _load_seeds(services: Services) -> None:
    """Loads the seeds into a new demo. A first start that was cut off is finished by the next one."""
    marker = seeds_to_come(services.settings)
    if not marker.exists() or not SEEDS.is_dir():
        return
    with services.database.reading() as session:
        account = account_named(session, ADMIN)
    if account is not None:
        rights = {EVERYWHERE: frozenset({Right.READ.value, Right.MODERATE.value})}
        admin = Actor(reference=f"account:{account.id}", name=ADMIN, account_id=account.id, rights=rights)
        click.echo("Loading the demo's articles and comments ...")
        records = logging.getLogger("moderation.unit_of_work")
        records.setLevel(logging.WARNING)  # an audit head for each would bury what was just shown
        loaded = load_seeds(services, read_seeds(SEEDS), site_id=DEMO, moderator=admin)
        records.setLevel(logging.NOTSET)
        click.echo(f"Loaded the demo: {loaded.articles} articles, {loaded.comments} comments.")
    marker.unlink()


def _tell_addresses(bound: socket.socket, settings: Settings) -> None:
    host, port = bound.getsockname()[:2]
    everywhere = host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    name = "localhost" if everywhere else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{port}"
    click.echo(f"Serving on {address}" + (" and every other address of this machine" if everywhere else ""))
    address = settings.public_url or address
    if settings.production:  # there may be no demo, and no such account
        click.echo(f"  the moderators' desk: {address}/review (accounts: moderation users --help)")
    else:
        click.echo(f"  the demo article: {address}/")
        click.echo(f"  the moderators' desk: {address}/review (sign in as {ADMIN})")
    click.echo("Stop with Ctrl-C.")
