"""The database: SQLite or PostgreSQL behind one door. Reading and writing are told apart from the start."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

T = TypeVar("T")
_ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7226351954))")

ATTEMPTS = 6
BUSY_SECONDS = 20
"""How long a writer waits for the others on SQLite before it gives up."""
POOL_SECONDS = 5
"""How long a request waits for a free connection: then it is told to come again, rather than hang."""
CONNECT_SECONDS = 5


class Database:
    """Hands out sessions. ``reading`` for queries; ``writing`` for one transaction, tried again on a conflict."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _engine(url, sqlite=self.is_sqlite)
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        self._write = sessionmaker(self.engine.execution_options(writes=True), expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for queries; nothing that is changed in it is kept."""
        with self._read() as session:
            yield session

    def writing(self, work: Callable[[Session], T]) -> T:
        """Runs ``work`` in one transaction and commits it. On a conflict with another writer the whole of it is
        rolled back and run again, so ``work`` must start from what it reads in its own session.
        """
        begun = time.monotonic()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._write() as session, session.begin():
                    return work(session)
            except DBAPIError as error:
                waited = time.monotonic() - begun
                if attempt == ATTEMPTS or waited > BUSY_SECONDS or not _is_conflict(error):
                    raise
                time.sleep(random.uniform(0.01, 0.03) * attempt)  # noqa: S311 - only spreads the retries
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Closes every pooled connection."""
        self.engine.dispose()


def _is_conflict(error: DBAPIError) -> bool:
    """Whether another writer was first, so that a second try can succeed."""
    state = getattr(error.orig, "sqlstate", None)
    if state in ("40001", "40P01", "23505"):  # serialization failure, deadlock, somebody inserted the same first
        return True
    words = str(error.orig)
    if isinstance(error, IntegrityError):
        return "UNIQUE constraint failed" in words or "already written" in words
    return "database is locked" in words or "database table is locked" in words


def lock(session: Session, name: str) -> None:
    """Lets one transaction at a time past this name, until it ends."""
    connection = (
        session.connection()
    )  # on SQLite a writer's transaction has begun with this, and there is one at a time
    if connection.dialect.name != "sqlite":
        connection.execute(_ADVISORY_LOCK, {"name": name})


def _engine(url: str, *, sqlite: bool) -> Engine:
    # Errors are logged, and a statement's parameters are readers' texts.
    if not sqlite:
        given = make_url(url).query
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
            pool_timeout=POOL_SECONDS,
            connect_args={} if "connect_timeout" in given else {"connect_timeout": CONNECT_SECONDS},
        )
    file = make_url(url).database
    if file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS},
        pool_size=20,
        max_overflow=20,
        pool_timeout=BUSY_SECONDS,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; _begin_sqlite does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA recursive_triggers=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A read that turns into a write fails at once when another writer is faster, so writers say so from the start.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
