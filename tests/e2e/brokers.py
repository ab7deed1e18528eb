"""Brokers that go, hang and come back when a test says so: RabbitMQ behind a door of the test's own, a Redis."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from moderation.jobs import broker
from moderation.services import Piece
from tests.stalling_proxy import StallingProxy

RABBITMQ_URL = os.environ.get("MODERATION_TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")


class Broker(Protocol):
    """``url`` is where the service finds it."""

    url: str

    def hang(self) -> None: ...

    def go_on(self) -> None: ...

    def go(self) -> None:
        """It is gone: connections end, and nobody gets another."""
        ...

    def come_back(self) -> None: ...


class RabbitMQ:
    """The machine's own, through a door that may be shut."""

    def __init__(self) -> None:
        parts = urlsplit(RABBITMQ_URL)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 5672)
        self._door = StallingProxy(*self._target)
        account = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{account}@127.0.0.1:{self._door.port}"))

    def hang(self) -> None:
        self._door.hang()

    def go_on(self) -> None:
        self._door.go_on()

    def go(self) -> None:
        self._door.close()

    def come_back(self) -> None:
        self._door = StallingProxy(*self._target, at=self._door.port)


class Redis:
    """A server of the test's own."""

    def __init__(self, folder: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._folder = folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.come_back()

    def hang(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def go(self) -> None:
        self._process.kill()
        self._process.wait()

    def come_back(self) -> None:
        """With nothing in it: it keeps nothing."""
        command = [
            "redis-server",
            "--port",
            str(self._port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            self._folder,
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with redis.Redis.from_url(self.url) as client:
            deadline = time.monotonic() + 60
            while True:
                try:
                    client.ping()
                    break
                except redis.RedisError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)


@contextmanager
def a_broker(kind: str, folder: str) -> Iterator[Broker]:
    if kind == "rabbitmq":
        parts = urlsplit(RABBITMQ_URL)
        try:
            socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 5672), timeout=3).close()
        except OSError as error:
            pytest.skip(f"no RabbitMQ (MODERATION_TEST_RABBITMQ_URL names another): {error}")
    elif shutil.which("redis-server") is None:
        pytest.skip("no redis-server here (apt install redis-server)")
    opened: RabbitMQ | Redis = RabbitMQ() if kind == "rabbitmq" else Redis(folder)
    try:
        yield opened
    finally:
        opened.go()


def waiting(url: str, secret: str, piece: Piece) -> int:
    """How many messages wait in a queue."""
    with broker.sender(url).connection_for_write() as connection:
        return int(broker.queue_of(piece, secret)(connection.default_channel).queue_declare().message_count)


def purge(url: str, secret: str) -> None:
    """Both queues lose what they hold."""
    with broker.sender(url).connection_for_write() as connection:
        for piece in (Piece.SCORING, Piece.BULK):
            queue = broker.queue_of(piece, secret)(connection.default_channel)
            queue.queue_declare()
            queue.purge()


def remove(url: str, secret: str) -> None:
    """Both queues go for good."""
    with broker.sender(url).connection_for_write() as connection:
        for piece in (Piece.SCORING, Piece.BULK):
            broker.queue_of(piece, secret)(connection.default_channel).delete()
