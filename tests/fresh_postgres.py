"""The PostgreSQL server of the tests, and one database on it for many of them, as good as fresh for each: making and
dropping one takes the server longer than most tests do.
"""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal
from sqlalchemy import make_url

from tests.own_postgres import own_postgres

GIVEN = os.environ.get("MODERATION_TEST_POSTGRES_URL")
_IN_USE: list[str] = []
_MEMORY, _ENOUGH = Path("/dev/shm"), 4 * 2**30
QUICK = {"shared_buffers": "64MB", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
"""What a test has written need not outlive a power cut. Waiting for the disk would be most of its time, and dropping a
database waits for all that anybody has written.
"""


@contextmanager
def running_server() -> Iterator[str]:
    """The server on which databases are made meanwhile: the one that MODERATION_TEST_POSTGRES_URL names, else one of
    this process's own.
    """
    if GIVEN is not None:
        _IN_USE.append(GIVEN)
        yield GIVEN
        return
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
    with own_postgres(under=_MEMORY if roomy else None) as own:
        own.start(**QUICK)
        _IN_USE.append(f"postgresql+psycopg://newsroom@{own.where}/postgres")
        yield _IN_USE[-1]
        _IN_USE.pop()
        own.stop(signal.SIGQUIT)


def new_database(template: str | None = None, name: str | None = None) -> str:
    """Makes one, a copy of the template if one is named; its name, which nobody else has unless it is given."""
    name = name or f"moderation_test_{uuid.uuid4().hex[:12]}"
    _on_server(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    return name


def drop(name: str) -> None:
    _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def drop_at_the_end(name: str) -> None:
    """The same for one that has been there all along: it goes with a server of this process's own."""
    if GIVEN is not None:
        drop(name)


def url_of(name: str) -> str:
    return make_url(_IN_USE[-1]).set(database=name).render_as_string(hide_password=False)


def plain(url: str) -> str:
    """The address as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _on_server(command: str) -> None:
    with psycopg.connect(plain(_IN_USE[-1]), autocommit=True) as connection:
        connection.execute(command)


# The rows of the catalogue that say what the tables are: a test that changes any of them gets a database of its own.
_SHAPE = """
    WITH here AS (SELECT oid, xmin FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
        SELECT format('class %s %s', oid, xmin) AS line FROM here
        UNION ALL SELECT format('column %s %s %s', attrelid, attnum, a.xmin)
            FROM pg_attribute a JOIN here ON oid = attrelid
        UNION ALL SELECT format('trigger %s %s', t.oid, t.xmin) FROM pg_trigger t JOIN here ON here.oid = tgrelid
        UNION ALL SELECT format('constraint %s %s', c.oid, c.xmin) FROM pg_constraint c JOIN here ON here.oid = conrelid
        UNION ALL SELECT format('function %s %s', oid, xmin) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT format('setting %s %s', setrole, setconfig) FROM pg_db_role_setting
            WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) AS lines
"""


class ReusedPostgres:
    """A copy of a database that is emptied of what each test has left, and made anew where one has changed what it
    consists of. ``furnish`` puts into a copy, by its address, what every test finds there.
    """

    _cleaner: psycopg.Connection

    def __init__(self, template: str, furnish: Callable[[str], None] = lambda _: None) -> None:
        self._furnished = new_database(template)
        furnish(url_of(self._furnished))
        self._name = new_database(self._furnished)
        self._look()

    @property
    def url(self) -> str:
        return url_of(self._name)

    def clean(self, *, idle_stay: bool = False) -> bool:
        """Puts it back to how it was made. Whoever is still connected is thrown out, but for those who do nothing and
        may stay; returns whether there was anybody.
        """
        try:
            unchanged, thrown_out = self._emptied(idle_stay)
        except psycopg.OperationalError:  # a test has thrown out whoever was connected
            self._cleaner.close()
            self._cleaner = self._connected()
            unchanged, thrown_out = self._emptied(idle_stay)[0], True
        if not unchanged:
            self._cleaner.close()
            drop(self._name)
            new_database(self._furnished, self._name)
            self._look()
        return thrown_out or not unchanged

    def _emptied(self, idle_stay: bool) -> tuple[bool, bool]:
        """Whether it could be emptied, for it is what it was; and whether anybody was thrown out."""
        thrown_out = _throw_out(self._cleaner, idle_stay=idle_stay)
        unchanged = _shape_of(self._cleaner) == self._shape
        if unchanged:
            self._cleaner.execute(self._emptying)
        return unchanged, thrown_out

    def close(self) -> None:
        self._cleaner.close()
        drop_at_the_end(self._name)
        drop_at_the_end(self._furnished)

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(plain(self.url), autocommit=True)

    def _look(self) -> None:
        """Notes how the database was made. Whoever cleans it stays connected: to know the tables anew each time takes
        longer than to empty them.
        """
        with psycopg.connect(plain(self.url), autocommit=True) as connection:
            # What a test has written need not outlive a power cut; waiting for the disk is most of its time.
            connection.execute(SQL("ALTER DATABASE {} SET synchronous_commit = off").format(Identifier(self._name)))
            connection.execute("CREATE SCHEMA kept")
            tables = [Identifier(name) for name in _named(connection, "r")]
            filled = [table for table in tables if _holds_rows(connection, table)]
            for table in filled:
                connection.execute(SQL("CREATE TABLE kept.{0} AS TABLE public.{0}").format(table))
            steps: list[Composable] = [
                SQL("SET LOCAL session_replication_role = replica")
            ]  # past triggers and foreign keys
            steps += [SQL("DELETE FROM public.{}").format(table) for table in tables]
            steps += [
                SQL("INSERT INTO public.{0} OVERRIDING SYSTEM VALUE TABLE kept.{0}").format(table) for table in filled
            ]
            for name in _named(connection, "S"):
                counter = Literal(f'public."{name}"')
                steps.append(SQL("SELECT setval({}::regclass, {}, {})").format(counter, *_state_of(connection, name)))
            self._emptying = SQL("; ").join(steps).as_bytes(connection)  # in one go, which is one transaction
            self._shape = _shape_of(connection)
        self._cleaner = self._connected()


def strip(name: str) -> None:
    """Takes everything out of a database; whoever is still connected is thrown out."""
    with psycopg.connect(plain(url_of(name)), autocommit=True) as connection:
        _throw_out(connection)
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def _throw_out(connection: psycopg.Connection, *, idle_stay: bool = False) -> bool:
    """Whether there was anybody."""
    found = connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        " AND NOT (%s AND state = 'idle')",
        [idle_stay],
    )
    return found.fetchone() is not None


def _named(connection: psycopg.Connection, kind: str) -> list[str]:
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind = %s AND relnamespace = 'public'::regnamespace", [kind]
    )
    return [name for (name,) in found]


def _holds_rows(connection: psycopg.Connection, table: Identifier) -> bool:
    return connection.execute(SQL("SELECT 1 FROM public.{} LIMIT 1").format(table)).fetchone() is not None


def _state_of(connection: psycopg.Connection, counter: str) -> Any:
    return connection.execute(SQL("SELECT last_value, is_called FROM public.{}").format(Identifier(counter))).fetchone()


def _shape_of(connection: psycopg.Connection) -> object:
    return connection.execute(_SHAPE).fetchone()
