"""Brings a database to this version's tables. Safe to start twice at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from moderation.core.errors import ConfigurationError
from moderation.storage.database import Database, beginning_to_write

_LOCK = 7_226_351_954  # names our advisory lock on PostgreSQL; any number that nothing else uses


def upgrade(database: Database, *, revision: str = "head") -> None:
    """Runs the migrations that are missing, in one transaction, one process at a time."""
    with beginning_to_write(), database.engine.connect() as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Whether every migration has run. Raises ``ConfigurationError`` for tables that a newer version has made."""
    scripts = ScriptDirectory.from_config(_config())
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise ConfigurationError(
            "MODERATION_DATABASE_URL",
            f"names a database that a newer version of this service has changed (revision {current[:40]}). "
            "Install that version, or bring back a backup from before.",
        )
    return current == scripts.get_current_head()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
