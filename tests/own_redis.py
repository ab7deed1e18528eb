"""A Redis server of a test's own, to be killed, stopped where it stands, and started again."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis


class OwnRedis:
    """A server on a port of its own that keeps nothing on disk; not started yet."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts, or starts again with nothing in it, and returns once it answers."""
        alone = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([self._program, *alone], cwd="/", stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    assert self._process.poll() is None, "Redis doesn't start"
                    assert time.monotonic() < deadline, "Redis doesn't answer"
                    time.sleep(0.02)
                else:
                    return

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def hang(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def keys(self) -> list[bytes]:
        with redis.Redis.from_url(self.url) as client:
            return list(client.scan_iter())

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()


@contextmanager
def own_redis() -> Iterator[OwnRedis]:
    """A running server that ends with the test."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis server to start here (apt install redis-server)")
    server = OwnRedis(program)
    try:
        server.start()
        yield server
    finally:
        server.close()
