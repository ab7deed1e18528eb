"""How a broker's address is read: as the service's other clients of Redis read it."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
import redis

from moderation.jobs import broker
from moderation.services import Piece
from tests.e2e.brokers import waiting


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("redis://h", ("h", None, "0")),
        ("redis://:p%2Fw@h:6380/3?socket_timeout=5&protocol=3", ("h", "p/w", "3")),
        ("redis://h/?db=4", ("h", None, "4")),
        ("rediss://me:pw@[::1]:6379/1?ssl_ca_certs=/ca.pem&ssl_cert_reqs=none", ("::1", "pw", "1")),
        ("amqp://me:p%40w@h:5672/v", ("h", "p@w", "v")),
    ],
)
def test_what_other_clients_are_told_beside_the_address_is_no_hindrance(
    url: str, meant: tuple[str, str | None, str]
) -> None:
    for app in (broker.sender(url), broker.listener(url, "s" * 24, print, "celery.worker.consumer:Consumer")):
        connection = app.connection_for_read()
        assert (connection.hostname, connection.password, connection.virtual_host) == meant
        if url.startswith("rediss"):
            assert connection.ssl == broker.sender(url).connection_for_write().ssl
            assert connection.ssl["ssl_ca_certs"] == "/ca.pem"
            assert connection.ssl["ssl_cert_reqs"] == 2, "certificates are checked"


@pytest.mark.parametrize("name", ["CELERY_BROKER_URL", "CELERY_BROKER_READ_URL", "CELERY_BROKER_WRITE_URL"])
def test_another_programs_broker_is_none_of_ours(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "redis://other:1/0")
    app = broker.listener("amqp://me:pw@h:5672/v", "s" * 24, print, "celery.worker.consumer:Consumer")
    assert app.connection_for_read(heartbeat=1.0).hostname == "h"
    assert app.connection_for_write().hostname == "h"


def test_a_redis_behind_a_file_is_reached(tmp_path: Path) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("no redis-server here (apt install redis-server)")
    socket = tmp_path / "r.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        ends = time.monotonic() + 60
        while not socket.exists():
            assert time.monotonic() < ends
            time.sleep(0.02)
        url, secret = f"redis+unix://{socket}?db=2", "s" * 24
        app, queue = broker.sender(url), broker.queue_of(Piece.SCORING, secret)
        with app.connection_for_write() as connection:
            app.send_task(broker.TASK, kwargs={"piece": "scoring"}, queue=queue, connection=connection)
        assert waiting(url, secret, Piece.SCORING) == 1
        with redis.Redis(unix_socket_path=str(socket), db=2) as client:
            assert client.keys(), "in the database that was named"
    finally:
        server.kill()
        server.wait()
