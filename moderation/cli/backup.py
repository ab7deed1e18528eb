"""`moderation backup`: the database in one file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moderation.backups.files import in_words
from moderation.backups.making import Steps, make_backup, size_of
from moderation.backups.manifest import Manifest
from moderation.backups.on_postgres import backup_commands
from moderation.cli.opening import open_services
from moderation.services import Services

TOLD = ("comments", "articles", "authors", "sites", "accounts", "audit_events")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def command(file: Path) -> None:
    """Write the database and the configuration file into FILE (a .tar.gz), as they stand at one moment.

    The service goes on writing meanwhile. FILE is for nobody else's eyes, whole or not there, and overwrites nothing.
    It holds no erased data. Not in it: the secret key, which you keep apart from it, and installed packs (var/packs).

    Exit status 1: the database is PostgreSQL; nothing was written, and the commands that do it are printed. Exit status
    2: it could not be written, and why.
    """
    with open_services() as services:
        if not services.database.is_sqlite:
            click.echo(
                "# This database is PostgreSQL. These commands write it into the file while the service goes on;"
            )
            click.echo("# a password goes into PGPASSWORD or ~/.pgpass. Nothing was written yet.")
            for line in backup_commands(services.settings.database_url, file.absolute()):
                click.echo(line)
            sys.exit(1)
        try:
            manifest = _made(services, file.absolute())
        except KeyboardInterrupt:
            click.echo("\nStopped. There is no backup.", err=True)
            sys.exit(130)
    _tell(manifest, file)


def _made(services: Services, file: Path) -> Manifest:
    hidden = not sys.stderr.isatty()
    length = 3 * size_of(services.database)
    with click.progressbar(length=length, label="backing up", file=sys.stderr, hidden=hidden) as bar:
        return make_backup(services, file, Steps(copied=bar.update, packed=bar.update))


def _tell(manifest: Manifest, file: Path) -> None:
    click.echo(f"{file}: {in_words(file.stat().st_size)}, the database as it stood at {manifest.made_at}")
    for name in TOLD:
        click.echo(f"{name.replace('_', ' '):<24}{manifest.counts.get(name, 0):>12,}")
    for head in manifest.chains:
        click.echo(f"chain {head.chain}: {head.sequence} events, head {head.hash}")
    click.echo(
        f"It opens with the secret key whose check value is {manifest.secret_key}: MODERATION_SECRET_KEY, or where "
        "that is not set the file secret_key under MODERATION_VAR. Keep that somewhere else."
    )
