"""Whether PostgreSQL still answers, so that nobody waits for a server that hangs.

A stopped server's kernel goes on taking bytes, so neither TCP nor the server's own time limits end a wait. Whoever has
waited for a while therefore has a thread of its own ask the server something trivial over a new connection. If that
isn't answered either, everybody who waits is told so at once, and so is everybody who comes, until it is answered.
A statement that is merely slow goes on as long as the server answers others.

Where the address names several servers, of which one can be written to, each has a pulse of its own, too: who waits for
one that hangs is told so although another answers, and whoever connects leaves it out.
"""

from __future__ import annotations

import logging
import select
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Self, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import ConnectionTimeout
from sqlalchemy import Connection

from moderation.storage.writers import DatabaseUnavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

SUSPICIOUS_SECONDS = 1.0
"""Who has waited so long for an answer has the server asked whether it is there."""
PROBE_SECONDS = 2
LOOK_AGAIN_SECONDS = 1.0
STATEMENT_SECONDS = 30
"""A statement's time limit, which the server keeps."""
LOCK_SECONDS = 5
IDLE_SECONDS = 20
"""How long a transaction may stand open with nothing asked: a process that is frozen amid one holds its locks."""
SNAPSHOT_IDLE_SECONDS = 300
"""The same for one that only reads: nobody waits for it, and what is read may be sent to somebody slow."""
LATE_SECONDS = 5.0
"""A server that is so much later than its own limit has lost this one connection."""
FRESH_SECONDS = 1.0
"""A connection that the server has answered on so lately is not asked whether it still leads anywhere."""
_INTERVAL = 0.1
_IDLE = "idle_in_transaction_session_timeout"


class Pulse:
    """What is known of one server, or of several together: whether one answers. Threads share it."""

    def __init__(self, **parameters: Any) -> None:
        self._parameters = parameters
        self._each = _each(parameters)
        self._lock = threading.Lock()
        self._probing = False
        self._replied = 0.0
        self.hangs = False

    def give_time(self, connection: Connection) -> None:
        """Lets the transaction that has just begun, and only reads, stand idle for longer."""
        if _IDLE not in str(connection.engine.url.query.get("options", "")):
            connection.exec_driver_sql(f"SET LOCAL {_IDLE} = '{SNAPSHOT_IDLE_SECONDS}s'")

    def check(self) -> None:
        """Raises ``DatabaseUnavailable`` while the server hangs."""
        if self.hangs:
            raise DatabaseUnavailable("the database doesn't answer")

    def suspect(self, *, sure: bool = False) -> None:
        """Has the server asked whether it is there, unless that was just done. Returns at once. Whoever is ``sure`` has
        everybody told that it hangs until it answers.
        """
        with self._lock:
            if sure:
                self._hang()
            if self._probing or (not sure and time.monotonic() - self._replied < SUSPICIOUS_SECONDS):
                return
            self._probing = True
        threading.Thread(target=self._probe, name="does the database answer", daemon=True).start()

    def of(self, connection: psycopg.Connection[Any]) -> Pulse:
        """The pulse of the server that this connection leads to."""
        return self._each.get((connection.info.host, str(connection.info.port)), self)

    def has_waited_for_one(self, began: float) -> bool:
        """Whether connecting took so long that one of several servers may have said nothing: each is then asked."""
        late = bool(self._each) and time.monotonic() - began > SUSPICIOUS_SECONDS
        if late:
            for pulse in self._each.values():
                pulse.suspect()
        return late

    def to_connect(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """These parameters without the servers that are known to hang, unless all do."""
        left = [where for where, pulse in self._each.items() if not pulse.hangs]
        if not left or len(left) == len(self._each):
            return parameters
        hosts, ports = zip(*left, strict=True)
        return parameters | {"host": ",".join(hosts), "port": ",".join(ports)}

    def _probe(self) -> None:
        while not self._answers():
            with self._lock:
                self._hang()
            time.sleep(LOOK_AGAIN_SECONDS)
        with self._lock:
            self._replied = time.monotonic()
            self._probing = False
            if self.hangs:
                log.warning("the database answers again")
            self.hangs = False

    def _hang(self) -> None:
        if not self.hangs:
            self.hangs = True
            log.error("the database doesn't answer; requests are told to come again until it does")

    def _answers(self) -> bool:
        began = time.monotonic()
        try:
            with _Probe.connect(**self._parameters | {"connect_timeout": PROBE_SECONDS}) as connection:
                connection.execute("SELECT 1")
        except (ConnectionTimeout, _NoAnswer):
            return False
        except psycopg.Error:
            # Refused, or no room for another connection: that is an answer, and everybody gets it at once. But of
            # several servers one may have said nothing.
            return not self._each or time.monotonic() - began < SUSPICIOUS_SECONDS
        return True


def _each(parameters: dict[str, Any]) -> dict[tuple[str, str], Pulse]:
    """A pulse for every server, where there are several. It asks for no more than whether that one answers."""
    hosts, ports = (str(parameters.get(name) or "").split(",") for name in ("host", "port"))
    if len(hosts) < 2:
        return {}
    ports = [port or "5432" for port in (ports * len(hosts) if len(ports) == 1 else ports)]
    rest = {name: value for name, value in parameters.items() if name != "target_session_attrs"}
    return {
        (host, port): Pulse(**rest | {"host": host, "port": port}) for host, port in zip(hosts, ports, strict=False)
    }


class _NoAnswer(psycopg.OperationalError):
    """The server took a statement and said nothing."""


class _Probe(psycopg.Connection[Any]):
    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        return super().wait(_until(gen, self, lambda waited: waited > PROBE_SECONDS), interval, timeout)


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that waits for no answer longer than the server's pulse is felt."""

    pulse: Pulse | None = None
    _answered = 0.0

    @classmethod
    def open(cls, pulse: Pulse, *arguments: Any, **parameters: Any) -> Self:
        """Connects. Raises ``DatabaseUnavailable`` at once while the server is known to hang."""
        pulse.check()
        began = time.monotonic()
        try:
            connection = cls.connect(*arguments, **pulse.to_connect(parameters))
        except psycopg.OperationalError as error:
            if isinstance(error, ConnectionTimeout) or pulse.has_waited_for_one(began):
                pulse.suspect(sure=True)
            raise
        pulse.has_waited_for_one(began)
        connection.pulse = pulse.of(connection)
        return connection

    def wait(self, gen: PQGen[T], interval: float = _INTERVAL, timeout: float | None = None) -> T:
        result = super().wait(_until(gen, self, self._gives_up), interval, timeout)
        self._answered = time.monotonic()
        return result

    def is_fresh(self) -> bool:
        """Whether it was used a moment ago and nothing has come since: a server that ends a connection says so."""
        if self.closed or time.monotonic() - self._answered > FRESH_SECONDS:
            return False
        looked = select.poll()
        looked.register(self.pgconn.socket, select.POLLIN)
        return not looked.poll(0)

    def _gives_up(self, waited: float) -> bool:
        if self.pulse is None:
            return False
        if waited > SUSPICIOUS_SECONDS:
            self.pulse.suspect()
        return self.pulse.hangs or waited > STATEMENT_SECONDS + LATE_SECONDS


def _until(
    gen: PQGen[T], connection: psycopg.Connection[Any], gives_up: Callable[[float], bool]
) -> Generator[Any, Any, T]:
    """Runs ``gen`` and asks, whenever it has waited a moment for nothing, whether to go on. What was left unanswered
    can't be used any more: the connection is closed.
    """
    began = time.monotonic()
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and gives_up(time.monotonic() - began):
                connection.pgconn.finish()
                raise _NoAnswer("the server doesn't answer")
            wanted = gen.send(ready)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def prepare(connection: Any, options: str) -> None:
    """Sets the server's own time limits, but for those that the database's address sets (``options``)."""
    limits = {
        "statement_timeout": STATEMENT_SECONDS,
        "lock_timeout": LOCK_SECONDS,
        _IDLE: IDLE_SECONDS,
    }
    with connection.cursor() as cursor:
        for name, seconds in limits.items():
            if name not in options:
                cursor.execute(f"SET {name} = '{seconds}s'")
    connection.commit()
