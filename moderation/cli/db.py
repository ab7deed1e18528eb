"""`moderation db`: the database's tables."""

from __future__ import annotations

import click

from moderation.cli.opening import reached
from moderation.config.settings import read_environment
from moderation.storage.database import Database
from moderation.storage.schema import upgrade


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
