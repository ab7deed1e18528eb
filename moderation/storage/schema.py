"""Brings a database to this version's tables. Safe to start twice at once."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from moderation.storage.database import Database

_LOCK = 7_226_351_954  # names our advisory lock on PostgreSQL; any number that nothing else uses


def upgrade(database: Database, *, revision: str = "head") -> None:
    """Runs the migrations that are missing, in one transaction, one process at a time."""
    with database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Whether every migration has run."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
