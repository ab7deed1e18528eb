"""A database of PostgreSQL that is made for a benchmark, and dropped after it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from scripts.benchmarks.service_parts.service import Process

SERVER = os.environ.get("MODERATION_TEST_POSTGRES_URL", "postgresql+psycopg://root@127.0.0.1:5432/test")


@contextmanager
def own_database(label: str) -> Iterator[str]:
    """The address of an empty one. Raises ``SystemExit`` where no server answers."""
    name = f"bench_{label}_{os.getpid()}"
    engine = create_engine(make_url(SERVER), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError as error:
        raise SystemExit(
            "No PostgreSQL answers there; MODERATION_TEST_POSTGRES_URL names one where databases may be made:"
            f" {error.orig}"
        ) from error
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


class Watcher:
    """Asks a database of a benchmark's how far things are, over one connection of its own."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1)
        self._cpu: dict[int, float] = {}

    def ask(self, question: str) -> Sequence[Any]:
        with self._engine.connect() as connection:
            return connection.execute(text(question)).all()

    def number(self, question: str) -> float:
        return float(self.ask(question)[0][0] or 0)

    def size(self) -> float:
        """Bytes on disk."""
        return self.number("SELECT pg_database_size(current_database())")

    def cpu(self) -> float:
        """CPU seconds so far of the server's processes that work for this database, or did when this was asked before;
        0 where it runs elsewhere.
        """
        here = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        self._cpu |= {pid: Process(pid).cpu() for (pid,) in self.ask(here) if Path(f"/proc/{pid}/stat").exists()}
        return sum(self._cpu.values())

    def close(self) -> None:
        self._engine.dispose()
