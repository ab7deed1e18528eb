"""`moderation export`: everything of a site, as JSON Lines."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moderation.cli.opening import open_services
from moderation.imports.exporting import export_site, how_many_lines


@click.command()
@click.option("--site", required=True, help="The site.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(site: str, file: Path) -> None:
    """Write everything of a site into FILE: articles, comments, decisions, the audit chain, wordlists, settings.

    `moderation import moderation FILE` reads it back. The file holds readers' names and texts: keep it as you keep the
    database. Authors are known again only with the MODERATION_SECRET_KEY of this installation.
    """
    with open_services() as services:
        hidden = not sys.stderr.isatty()
        length = 0 if hidden else how_many_lines(services, site)
        with click.progressbar(length=length, label="writing", file=sys.stderr, hidden=hidden) as bar:
            counts = export_site(services, site, file, written=bar.update)
    for kind, number in counts.items():
        click.echo(f"{kind:<24}{number:>9,}")
