"""Brings a database to this version's tables. Safe to start twice at once."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from moderation.core.errors import ConfigurationError
from moderation.storage.database import Database, beginning_to_write

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_226_351_954  # names our advisory lock on PostgreSQL; any number that nothing else uses


def upgrade(database: Database, *, revision: str = "head") -> None:
    """Runs the migrations that are missing, in one transaction, one process at a time."""
    with beginning_to_write(), database.engine.connect() as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        # Loaded only where something is to be done: that would be a tenth of every start.
        import_module("alembic.command").upgrade(_config(connection), revision)


def is_current(database: Database) -> bool:
    """Whether every migration has run. Raises ``ConfigurationError`` for tables that a newer version has made."""
    with database.engine.connect() as connection:
        current = _revision_of(connection)
    if current is not None and current not in _revisions():
        raise ConfigurationError(
            "MODERATION_DATABASE_URL",
            f"names a database that a newer version of this service has changed (revision {current[:40]}). "
            "Install that version, or bring back a backup from before.",
        )
    return current == _revisions()[-1]


def knows(revision: str) -> bool:
    """Whether this version's migrations lead on from this revision."""
    return revision in _revisions()


def revision_of(database: Database) -> str | None:
    """What the database's tables are at; None for one without tables of ours."""
    with database.engine.connect() as connection:
        return _revision_of(connection)


def _revision_of(connection: Connection) -> str | None:
    """What alembic noted of this database last; None for one without tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@cache
def _revisions() -> tuple[str, ...]:
    """This version's migrations, oldest first: their files begin with their numbers."""
    return tuple(sorted(path.name[:4] for path in _MIGRATIONS.glob("versions/[0-9]*.py")))


def _config(connection: Connection) -> Any:
    """An ``alembic.config.Config``."""
    config = import_module("alembic.config").Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
