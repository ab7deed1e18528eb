"""`moderation db`: the database's tables."""

from __future__ import annotations

import sys

import click

from moderation.cli.opening import open_database, reached
from moderation.config.settings import read_environment
from moderation.storage.database import Database
from moderation.storage.schema import upgrade
from moderation.storage.vacuum import vacuum


@click.group()
def command() -> None:
    """The database that MODERATION_DATABASE_URL names (default: an SQLite file under var/)."""


@command.command("upgrade")
def upgrade_command() -> None:
    """Make the tables, or bring them to this version. Safe to run twice, or from two places at once."""
    database = Database(read_environment().database_url, patient=True)
    try:
        was_current = reached(database)
        upgrade(database)
    finally:
        database.close()
    click.echo("The database was up to date." if was_current else "The database is up to date now.")


@command.command("vacuum")
def vacuum_command() -> None:
    """Have what was deleted leave the files too, as after `moderation erase`.

    SQLite makes its file anew, for which the disk needs the file's size once more; whoever writes meanwhile waits, so
    choose a quiet hour. PostgreSQL does this by itself in time, beside everything else; here it does it now.

    Exit status 1: somebody was reading what was there before. The same again does the rest.
    """
    with open_database() as database:
        if not vacuum(database):
            click.echo("Somebody reads in the file. The same command again, a little later, does the rest.", err=True)
            sys.exit(1)
    click.echo("What was deleted is gone from the database’s files.")
