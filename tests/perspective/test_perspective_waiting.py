"""The web server tells the application how long a request has waited for its turn."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

TOY = """
import os, sys
from moderation.serving import listen, serve

def app(environ, start_response):
    if environ["PATH_INFO"] == "/first":
        os.write(1, b"begun\\n")
        sys.stdin.readline()
    body = str(environ["moderation.waited_seconds"]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

bound = listen("127.0.0.1", 0)
serve(bound, app, threads=1, ready=lambda: os.write(1, f"{bound.getsockname()[1]}\\n".encode()))
"""


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    """A server with a single thread. It keeps the first request until it reads a line."""
    command = [sys.executable, "-c", TOY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_who_comes_behind_another_is_said_to_have_waited(server: subprocess.Popen[str]) -> None:
    assert server.stdin is not None
    assert server.stdout is not None
    port = int(server.stdout.readline())
    first, second = (http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _ in range(2))
    first.request("POST", "/first", b"body")
    assert server.stdout.readline() == "begun\n"
    second.request("POST", "/second", b"body")
    time.sleep(0.3)
    server.stdin.write("go on\n")
    server.stdin.flush()
    waited = [float(connection.getresponse().read()) for connection in (first, second)]
    assert 0 <= waited[0] < waited[1]
    first.close()
    second.close()
