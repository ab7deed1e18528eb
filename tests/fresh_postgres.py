"""One PostgreSQL database for many tests, as good as fresh for each: making and dropping one takes the server longer
than most tests do.
"""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from psycopg.sql import SQL, Identifier

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
    """A database that is emptied of what a test has left, and made anew where the test changed what it consists of.

    ``make`` makes a fresh one and gives its name; ``address`` is how libpq reaches it.
    """

    def __init__(self, make: Callable[[], str], drop: Callable[[str], None], address: Callable[[str], str]) -> None:
        self._make, self._drop, self._address = make, drop, address
        self._start()

    def clean(self) -> None:
        """Puts it back to how it was made; whoever is still connected is thrown out."""
        with psycopg.connect(self._address(self.name), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            unchanged = self._shape_of(connection) == self._shape
            if unchanged:
                self._empty(connection)
        if not unchanged:
            self.close()
            self._start()

    def close(self) -> None:
        self._drop(self.name)

    def _start(self) -> None:
        self.name = self._make()
        with psycopg.connect(self._address(self.name), autocommit=True) as connection:
            # What a test has written need not outlive a power cut; waiting for the disk is most of its time.
            connection.execute(SQL("ALTER DATABASE {} SET synchronous_commit = off").format(Identifier(self.name)))
            connection.execute("CREATE SCHEMA kept")
            self._tables = [
                Identifier(name)
                for (name,) in connection.execute(
                    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                )
            ]
            self._filled = [table for table in self._tables if self._holds_rows(connection, table)]
            for table in self._filled:
                connection.execute(SQL("CREATE TABLE kept.{0} AS TABLE public.{0}").format(table))
            self._shape = self._shape_of(connection)

    @staticmethod
    def _holds_rows(connection: psycopg.Connection, table: Identifier) -> bool:
        return connection.execute(SQL("SELECT 1 FROM public.{} LIMIT 1").format(table)).fetchone() is not None

    @staticmethod
    def _shape_of(connection: psycopg.Connection) -> object:
        return connection.execute(_SHAPE).fetchone()

    def _empty(self, connection: psycopg.Connection) -> None:
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # past triggers and foreign keys
            for table in self._tables:
                connection.execute(SQL("DELETE FROM public.{}").format(table))
            for table in self._filled:
                connection.execute(SQL("INSERT INTO public.{0} OVERRIDING SYSTEM VALUE TABLE kept.{0}").format(table))
            connection.execute("SELECT setval(seqrelid, seqstart, false) FROM pg_sequence")
