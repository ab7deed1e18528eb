"""`moderation worker`: scores comments, goes on with bulk actions and delivers webhooks, in a process of its own."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import cast

import click

from moderation.bootstrap import build_services
from moderation.cli.logs import log_to_stderr
from moderation.cli.opening import open_database
from moderation.comments import preparation
from moderation.comments.rescoring import BATCH_SECONDS
from moderation.config.settings import read_environment
from moderation.jobs.background import Background
from moderation.jobs.worker import Sweeper, pieces_of, running
from moderation.jobs.workers_alive import Heart
from moderation.scoring import ServedScorer
from moderation.services import Services
from moderation.watching.serving import figures_served
from moderation.watching.tracing import traced

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
SCORING_THREADS = 2
"""While one decides and stores what is scored, the other has the pack score the next batch."""


@click.command()
def command() -> None:
    """Score comments that wait for their scores (mode = "worker" in [scoring]), go on with bulk actions, deliver
    webhooks and whatever else goes on beside requests, until SIGTERM or Ctrl-C.

    Several workers may run, on several machines: each comment is scored and decided once. They look every two seconds;
    with a broker (MODERATION_BROKER_URL, or else MODERATION_REDIS_URL) they are woken at once.
    """
    settings = read_environment()
    log_to_stderr(settings)
    with open_database(settings):
        services = build_services(settings)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    scorer = cast("ServedScorer", services.scorer)
    scorer.start()
    pieces = [*(Sweeper(services) for _ in range(SCORING_THREADS)), *pieces_of(services)]
    with (
        traced(),
        figures_served(settings.worker_metrics, settings.metrics_token),
        running(pieces, timeout_s=BATCH_SECONDS),
        _listening(services, pieces),
        running([Heart(services, pieces)]),
    ):
        click.echo("Waiting for comments to score. Stop with Ctrl-C.")
        hangs = hangs_before(stopped, scorer)
    preparation.finish()
    scorer.close()
    services.database.close()
    if hangs:
        raise SystemExit(1)


def hangs_before(stopped: threading.Event, scorer: ServedScorer) -> bool:
    """Waits for the end. True where the pack never comes back: then whoever started this worker starts another."""
    while not stopped.wait(LOOK_SECONDS):
        if scorer.hangs:
            log.error("the scoring pack hangs over a batch; this worker ends, so that another takes its place")
            return True
    return False


@contextmanager
def _listening(services: Services, pieces: Collection[Background]) -> Iterator[None]:
    """Has the broker wake these, where there is one and web processes leave scoring to workers."""
    url = services.settings.broker_url
    if url is None or services.configuration.current().scoring.mode != "worker":
        yield
        return
    from moderation.jobs.listening import Listener  # noqa: PLC0415 - Celery, which nobody else needs

    listener = Listener(url, services.keys.identity.oldest.secret, pieces)
    listener.start()
    try:
        yield
    finally:
        listener.ask_to_stop()
        for piece in pieces:
            piece.ask_to_stop()  # the message at hand waits for one of them
        listener.stop()
