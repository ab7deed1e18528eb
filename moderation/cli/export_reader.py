"""`moderation export-reader`: what is held about a reader, for the reader."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moderation.cli.named import reader_id
from moderation.cli.opening import open_services
from moderation.imports.reader_export import export_reader


@click.command()
@click.option("--site", required=True, help="The site.")
@click.option("--author-id", callback=reader_id, required=True, help="The site's own id for the reader.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(site: str, author_id: str, file: Path) -> None:
    """Write all that is held about a reader into FILE, as JSON: their comments with scores, decisions and statements of
    reasons, notes about them, reports by them, appeals, bans. No moderator's name is in it, and no reporter.

    Moderators write notes freely: read the file before you pass it on.

    Exit status 1: nothing is known of that reader; no file was written.
    """
    with open_services() as services:
        number = export_reader(services, site, author_id, file)
    if number is None:
        click.echo(f"Nothing is known of a reader {author_id!r} on the site {site}. No file was written.", err=True)
        sys.exit(1)
    click.echo(f"Wrote what is held about the reader {author_id!r} into {file}: comments {number:,}.")
