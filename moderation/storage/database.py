"""The database: SQLite or PostgreSQL behind one door. Reading and writing are told apart from the start."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from moderation.core.write_transaction import write_transaction
from moderation.storage.room import Room, is_full
from moderation.storage.writers import DatabaseUnavailable, Writers
from moderation.watching import counts
from moderation.watching.tracing import span

if TYPE_CHECKING:
    from moderation.storage.pulse import Pulse, WatchedConnection

T = TypeVar("T")
_writes: ContextVar[bool] = ContextVar("the transaction that begins on SQLite will write", default=False)
_ADVISORY_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7226351954))")

ATTEMPTS = 6
BUSY_SECONDS = 5
"""How long a writer waits for the others on SQLite before it gives up."""
SOON_SECONDS = 0.05
"""How long one waits there who needn't write at once."""
PATIENT_SECONDS = 20
"""The same for a command, which nobody else waits for."""
POOL_SECONDS = 5
"""How long a request waits for a free connection: then it is told to come again, rather than hang."""
CONNECT_SECONDS = 3
READ_ONLY = "25006"
"""PostgreSQL's name for a write where nothing can be written: on a standby."""
STOOD_IDLE = "25P03"


class Database:
    """Hands out sessions and connections. ``reading`` and ``asking`` for queries, ``snapshot`` for many that agree;
    ``writing`` and ``changing`` for one transaction, tried again on a conflict, ``writing_soon`` for one that can wait.

    All raise an ``SQLAlchemyError`` (of the kinds that web/shared/errors.py answers with 503) within seconds where the
    database hangs or somebody else holds it. A ``patient`` one, for commands, lets a statement take the time it takes.
    """

    def __init__(self, url: str, *, patient: bool = False) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._patience = PATIENT_SECONDS if patient else BUSY_SECONDS
        self._writers = Writers(self._patience) if self.is_sqlite else None
        self.engine = _sqlite_engine(url, self._patience) if self.is_sqlite else _postgres_engine(url)
        self._pulse = None if self.is_sqlite or patient else _watched(self.engine)
        self._times_closed = 0
        if not self.is_sqlite:
            event.listen(self.engine, "connect", self._note_when)
            event.listen(self.engine, "checkin", self._close_if_late)
        self.room = Room(file_of(url) if self.is_sqlite else None)
        # Questions are asked each for itself: within a transaction each would see what is committed by then as well.
        self._asked = self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for queries; nothing that is changed in it is kept."""
        if self._pulse is not None:
            self._pulse.check()
        with self._sessions() as session:
            yield session

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """A connection for questions that are asked so often that a session would cost more than they. Nothing may be
        changed on it.
        """
        if self._pulse is not None:
            self._pulse.check()
        with self._asked.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session whose questions are all answered from one moment, however many there are and whoever writes
        meanwhile; nobody waits for it. SQLite's log of changes grows until it ends.
        """
        if self._pulse is not None:
            self._pulse.check()
        with self.engine.connect() as connection:
            if not self.is_sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin(), session_on(connection) as session:
                if self._pulse is not None:
                    self._pulse.give_time(connection)
                yield session

    def writing(self, work: Callable[[Session], T]) -> T:
        """Runs ``work`` in one transaction and commits it. On a conflict with another writer the whole of it is
        rolled back and run again, so ``work`` must start from what it reads in its own session.
        """

        def in_session(connection: Connection) -> T:
            with session_on(connection) as session:
                result = work(session)
                session.flush()
                return result

        return self.changing(in_session)

    def writing_soon(self, work: Callable[[Session], T]) -> T:
        """The same, tried once, for what may as well be written another time: on SQLite, where all others wait for
        whoever has the file, it waits for hardly anybody, and raises.
        """
        if self._writers is None:
            return self.writing(work)
        with self._writers.short_turn(SOON_SECONDS), self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout = {round(SOON_SECONDS * 1000)}")
            try:
                with beginning_to_write():
                    transaction = connection.begin()
                with transaction, write_transaction(), session_on(connection) as session:
                    result = work(session)
                    session.flush()
                    return result
            finally:
                driver.execute(f"PRAGMA busy_timeout = {self._patience * 1000}")

    def changing(self, work: Callable[[Connection], T]) -> T:
        """The same as ``writing`` on a connection: what needs no mapper then pays for none."""
        begun = time.monotonic()
        with span("transaction"):
            return self._changed(work, begun)

    def _changed(self, work: Callable[[Connection], T], begun: float) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._written(work)
            except DBAPIError as error:
                if is_full(error):
                    self.room.failed()
                waited = time.monotonic() - begun
                conflict = _conflict(error)
                if attempt == ATTEMPTS or waited > self._patience or conflict is None:
                    raise
                counts.database_retries(conflict)
                time.sleep(random.uniform(0.01, 0.03) * attempt)  # noqa: S311 - only spreads the retries
        raise AssertionError("unreachable")

    def _written(self, work: Callable[[Connection], T]) -> T:
        if self._pulse is not None:
            self._pulse.check()
        if self._writers is None:
            with self.engine.begin() as connection, write_transaction():
                return work(connection)
        with self._writers.turn() as has_the_file, self.engine.connect() as connection:
            with beginning_to_write():
                transaction = connection.begin()
            has_the_file()
            with transaction, write_transaction():
                return work(connection)

    def try_writing(self) -> None:
        """Writes what changes nothing, to its commit, where that can be done: raises what a real write would raise."""
        if not self.is_sqlite:
            return  # a server tells itself what its disk lacks: a write that fails is remembered

        def work(session: Session) -> None:
            version = session.connection().exec_driver_sql("PRAGMA user_version").scalar() or 0
            session.connection().exec_driver_sql(f"PRAGMA user_version = {int(version)}")

        self.writing(work)

    def close(self) -> None:
        """Closes every pooled connection, and those that somebody still uses as soon as they are given back."""
        self._times_closed += 1
        self.engine.dispose()

    def _note_when(self, _connection: Any, record: Any) -> None:
        record.info["times_closed"] = self._times_closed

    def _close_if_late(self, connection: Any, record: Any) -> None:
        """The pool that it would go back to is gone, and nobody else would close it."""
        if connection is not None and record.info.get("times_closed") != self._times_closed:
            connection.close()


_CONFLICTS = {"40001": "serialization", "40P01": "deadlock", "23505": "same row"}
"""By PostgreSQL's names for them."""


def _conflict(error: DBAPIError) -> str | None:
    """How another writer was first, so that a second try can succeed; None where that isn't so."""
    state = getattr(error.orig, "sqlstate", None)
    if state in _CONFLICTS:
        return _CONFLICTS[state]
    words = str(error.orig)
    if isinstance(error, IntegrityError):
        return "same row" if "UNIQUE constraint failed" in words or "already written" in words else None
    return "locked" if "database is locked" in words or "database table is locked" in words else None


@contextmanager
def beginning_to_write() -> Iterator[None]:
    """On SQLite a transaction that begins in here has the file to itself from its start on: a read that turns into a
    write fails at once when another writer is faster.
    """
    token = _writes.set(True)
    try:
        yield
    finally:
        _writes.reset(token)


def session_on(connection: Connection) -> Session:
    """A session in a connection's transaction, whose end is the connection's affair."""
    return Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only")


def connection_of(asked: Session | Connection) -> Connection:
    """A session's connection, or the connection itself."""
    return asked.connection() if isinstance(asked, Session) else asked


def lock(asked: Session | Connection, name: str) -> None:
    """Lets one transaction at a time past this name, until it ends. On SQLite a writer's transaction has begun when it
    asks, and there is one at a time.
    """
    connection = connection_of(asked)
    if connection.dialect.name != "sqlite":
        connection.execute(_ADVISORY_LOCK, {"name": name})


# Errors are logged, and a statement's parameters are readers' texts: hence hide_parameters.


def _postgres_engine(url: str) -> Engine:
    given = make_url(url).query
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=20,  # as many as there are threads: what overflows is closed again after each use
        max_overflow=10,
        pool_use_lifo=True,  # who has just been used has its statements prepared
        pool_timeout=POOL_SECONDS,
        connect_args={} if "connect_timeout" in given else {"connect_timeout": CONNECT_SECONDS},
    )


def _watched(engine: Engine) -> Pulse:
    """Has the engine's connections wait no longer than the server answers."""
    from moderation.storage.pulse import Pulse, WatchedConnection, prepare  # noqa: PLC0415 - psycopg, which SQLite needs none of

    pulse = Pulse(**engine.dialect.create_connect_args(engine.url)[1])
    ask_server = engine.dialect.do_ping

    def do_ping(connection: Any) -> bool:
        return connection.is_fresh() or ask_server(connection)

    engine.dialect.do_ping = do_ping  # type: ignore[assignment,method-assign]
    event.listen(engine, "handle_error", _tell_apart)
    options = str(engine.url.query.get("options", ""))

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> WatchedConnection:
        return WatchedConnection.open(pulse, *arguments, **parameters)

    @event.listens_for(engine, "connect")
    def limit(connection: Any, _record: Any) -> None:
        try:
            prepare(connection, options)
        except BaseException:
            connection.close()  # the pool forgets it, and nobody else could
            raise

    return pulse


def _tell_apart(context: ExceptionContext) -> None:
    """A server that takes no writes any more has been followed by another: no connection to it is used again. That it
    has given a transaction up that stood idle is no fault of ours.
    """
    state = getattr(context.original_exception, "sqlstate", None)
    if state == READ_ONLY:
        context.is_disconnect = True
    if state == STOOD_IDLE:
        raise DatabaseUnavailable("the transaction stood idle for so long that the database has ended it")


def file_of(url: str) -> Path | None:
    """The file that an address of SQLite names; None for one in memory, or in SQLite's own notation."""
    name = make_url(url).database
    return None if not name or name == ":memory:" or name.startswith("file:") else Path(name)


def _sqlite_engine(url: str, patience: float) -> Engine:
    file = file_of(url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        hide_parameters=True,
        connect_args={"timeout": patience},
        pool_size=20,
        max_overflow=20,
        pool_timeout=patience,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    # Not as an event: with a listener each statement would look for listeners of its own, over and over.
    engine.dialect.do_begin = _begin_sqlite  # type: ignore[assignment,method-assign]
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; _begin_sqlite does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA recursive_triggers=ON")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    connection.execute("BEGIN IMMEDIATE" if _writes.get() else "BEGIN")
