"""`moderation worker`: scores comments, goes on with bulk actions and delivers webhooks, in a process of its own."""

from __future__ import annotations

import signal
from typing import cast

import click

from moderation.bootstrap import build_services
from moderation.cli.logs import log_to_stderr
from moderation.cli.opening import open_database
from moderation.comments import preparation
from moderation.config.settings import read_environment
from moderation.jobs.worker import Sweeper, beside
from moderation.scoring import ServedScorer


@click.command()
def command() -> None:
    """Score comments that wait for their scores (mode = "worker" in [scoring]), go on with bulk actions and deliver
    webhooks, until SIGTERM or Ctrl-C.

    Several workers may run, on several machines: each comment is scored and decided once.
    """
    log_to_stderr()
    settings = read_environment()
    with open_database(settings):
        services = build_services(settings)
    sweeper = Sweeper(services)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: sweeper.stop())
    scorer = cast("ServedScorer", services.scorer)
    scorer.start()
    click.echo("Waiting for comments to score. Stop with Ctrl-C.")
    with beside(services):
        sweeper.run()
    preparation.finish()
    scorer.close()
    services.database.close()
