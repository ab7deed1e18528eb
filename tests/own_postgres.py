"""A PostgreSQL server of a test's own, to be killed, stopped where it stands, restarted, and followed by another."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "16MB",
    "max_connections": "80",
    "fsync": "off",  # what survives a server that is killed; a power cut is not tried here
    "wal_level": "replica",
    "restart_after_crash": "on",
    "dynamic_shared_memory_type": "mmap",  # in its folder, which goes with it, however it ends
}


def programs() -> Path:
    """Where PostgreSQL's own programs lie."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places:
        pytest.skip("no PostgreSQL server to start here (apt install postgresql)")
    return places[-1]


class OwnPostgres:
    """A server on a port of its own, with a database ``moderation``; not started yet."""

    def __init__(self, folder: Path, programs: Path, *, source: OwnPostgres | None = None) -> None:
        self._programs = programs
        self._data = folder / "data"
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        # A server refuses to run as root.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            other = pwd.getpwnam("postgres")
            os.chown(folder, other.pw_uid, other.pw_gid)
            self._as = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        if source is None:
            self._run("initdb", "-D", self._data, "-A", "trust", "-U", "newsroom", "-E", "UTF8", "--no-sync")
        else:
            self._run("pg_basebackup", "-D", self._data, "-R", "-c", "fast", "--no-sync", "-d", source.plain)

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def plain(self) -> str:
        """The server's address, as libpq reads it, with the database that every server has."""
        return f"postgresql://newsroom@{self.where}/postgres?connect_timeout=5"

    def url(self, name: str) -> str:
        """The address of a new database of this name."""
        self.execute(f'CREATE DATABASE "{name}"')
        return f"postgresql://newsroom@{self.where}/{name}"

    def start(self, **settings: str) -> OwnPostgres:
        """Starts, or starts again, and returns once it answers."""
        options = [f"--{name}={value}" for name, value in (SETTINGS | settings | {"port": str(self.port)}).items()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, *options], cwd="/", stdout=log, stderr=log, **self._as
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"PostgreSQL doesn't start:\n{self._log.read_text()}")
                time.sleep(0.02)
            else:
                return self

    def stop(self, number: int = signal.SIGINT) -> None:
        """SIGINT throws everybody out and ends in order; SIGQUIT ends as a crash would."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(timeout=60)

    def kill(self) -> None:
        """Ends every process of it at once, as a machine does that loses its power."""
        for process in self._processes():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        assert self._process is not None
        self._process.wait(timeout=60)

    def hang(self) -> None:
        """Every process of it stands still."""
        self._tell_all(signal.SIGSTOP)

    def go_on(self) -> None:
        self._tell_all(signal.SIGCONT)

    def promote(self) -> None:
        """What follows another server leads from now on."""
        self.execute("SELECT pg_promote()")

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.plain, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _tell_all(self, number: int) -> None:
        for process in self._processes():  # the first one first: it then starts no other
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def _processes(self) -> list[int]:
        assert self._process is not None
        first = self._process.pid
        others: list[int] = []
        with suppress(OSError):
            others = [int(child) for child in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
        return [first, *others]

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self._programs / program, *map(str, arguments)],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **self._as,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def own_postgres(*, follows: OwnPostgres | None = None, under: Path | None = None) -> Iterator[OwnPostgres]:
    """A server that ends with the test; ``follows``: a copy of another, which goes on copying; ``under``: where its
    files lie, if not among all that come and go.
    """
    with tempfile.TemporaryDirectory(prefix="moderation-postgres-", dir=under) as folder:
        server = OwnPostgres(Path(folder), programs(), source=follows)
        try:
            yield server
        finally:
            server.close()
