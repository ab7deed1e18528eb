"""`moderation rescore`: stored comments get the scores of today's packs."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import cast

import click

from moderation.accounts.sites import site_named
from moderation.bootstrap import build_services
from moderation.cli.logs import log_to_stderr
from moderation.cli.opening import open_database
from moderation.cli.times import Moment
from moderation.comments.rescoring import score_again
from moderation.config.settings import read_environment
from moderation.scoring import ServedScorer, stamps_today
from moderation.services import Services
from moderation.storage.stale_scores import how_many, stale_comments

AT_ONCE = 32
"""Comments that are scored together, and stored in one transaction."""


@click.command()
@click.option("--site", help="This site's comments alone.")
@click.option("--since", type=Moment(), help="Only what was received since then: 2026-03-02, or 2026-03-02T12:00:00Z.")
def command(site: str | None, since: datetime | None) -> None:
    """Score stored comments with the packs of today: those that came from an archive, or that another pack has scored.

    Runs beside the service and can be stopped: the same again goes on where it was. It decides about nothing but what
    still waits for its first scores; every other comment stays where it is, with its new scores beside it.

    Exit status 1: some could not be scored.
    """
    settings = read_environment()
    log_to_stderr(settings)
    with open_database(settings) as database, database.reading() as session:
        if site is not None:
            site_named(session, site)
    services = build_services(settings)
    scorer = cast("ServedScorer", services.scorer)
    scorer.wait_until_ready()
    try:
        scored, failed = _rescore(services, site, since)
    except KeyboardInterrupt:
        click.echo("\nStopped. What is scored stays so; the same command again goes on from there.", err=True)
        sys.exit(130)
    finally:
        scorer.close()
        services.database.close()
    click.echo(f"Scored {scored:,} comments.")
    if failed:
        click.echo(f"{failed:,} could not be scored; the same command tries them again.", err=True)
        sys.exit(1)


def _rescore(services: Services, site: str | None, since: datetime | None) -> tuple[int, int]:
    """How many were scored, and how many could not be."""
    asked = services.configuration.current().scoring
    stamps = stamps_today(asked.pack, asked.runtime, services.settings.packs, asked.languages)
    scored = failed = 0
    length = how_many(services.database, site_id=site, since=since)
    with click.progressbar(
        length=length, label="scoring", file=sys.stderr, show_pos=True, hidden=not sys.stderr.isatty()
    ) as bar:
        for seen, ids in stale_comments(services.database, stamps, site_id=site, since=since):
            bar.update(seen - len(ids))
            for start in range(0, len(ids), AT_ONCE):
                some = ids[start : start + AT_ONCE]
                done = score_again(services, some)
                scored, failed = scored + done, failed + len(some) - done
                bar.update(len(some))
    return scored, failed
