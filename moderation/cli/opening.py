"""How commands that score nothing reach the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy.exc import OperationalError

from moderation.config.settings import Settings, read_environment
from moderation.core.errors import ConfigurationError
from moderation.services import Services
from moderation.storage.database import Database
from moderation.storage.schema import is_current

ACTOR = "command-line"
"""Who acts, in audit events, where a command does."""


@contextmanager
def open_database(settings: Settings | None = None) -> Iterator[Database]:
    """The database of the environment. Raises ``ConfigurationError`` where it can't be reached or has other tables."""
    database = Database((settings or read_environment()).database_url, patient=True)
    try:
        if not reached(database):
            raise ConfigurationError(
                "The database", "doesn't have this version's tables. This makes them: moderation db upgrade"
            )
        yield database
    finally:
        database.close()


def reached(database: Database) -> bool:
    """Whether the database has this version's tables. Raises ``ConfigurationError`` where it can't be reached."""
    try:
        return is_current(database)
    except OperationalError as error:
        if database.is_sqlite:
            raise  # what is wrong with a file is told in `failures`
        raise ConfigurationError(
            "MODERATION_DATABASE_URL", f"names a database that can't be reached: {str(error.orig).splitlines()[0]}"
        ) from error


@contextmanager
def open_services() -> Iterator[Services]:
    """Services for use cases that need the database and the clock alone: no pack is loaded for them."""
    settings = read_environment()
    with open_database(settings) as database:
        nothing = cast("Any", None)
        yield Services(settings=settings, configuration=nothing, database=database, scorer=nothing)
