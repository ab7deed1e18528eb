"""The web server by itself, in a process of its own over a toy application: stopping, slow clients, large bodies."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from moderation.core.errors import ConfigurationError
from moderation.serving import _Server, listen

TOY = """
import os, resource, sys, threading, time
from moderation.serving import listen, serve, supervise

gate = threading.Event()

def app(environ, start_response):
    if environ["PATH_INFO"] == "/wait":
        gate.wait()
    if environ["PATH_INFO"] == "/light/open":
        gate.set()
    length = len(environ["wsgi.input"].read())
    time.sleep(0.02)
    body = f"{length} {os.getpid()}".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]

bound = listen("127.0.0.1", 0)
ready = lambda: os.write(1, f"{bound.getsockname()[1]}\\n".encode())  # at once: two processes may say so together
processes = int(sys.argv[1])
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), int(sys.argv[2])))
if processes == 1:
    apart, headers = ("/light/",), {"Content-Security-Policy": "default-src 'none'"}
    serve(bound, app, threads=8, largest_body=2**24, ready=ready, apart=apart, headers=headers)
else:
    me = os.getpid()
    run = lambda index: serve(bound, app, threads=8, largest_body=2**24, ready=ready, supervised_by=me)
    sys.exit(supervise(processes, run))
"""

Start = Callable[..., "tuple[subprocess.Popen[str], int]"]


@contextmanager
def starting() -> Iterator[Start]:
    """Starts the toy application in so many processes and tells its port; all of them end with it."""
    started = []

    def start(processes: int = 1, files: int | None = None) -> tuple[subprocess.Popen[str], int]:
        arguments = [str(number) for number in (processes, files) if number is not None]
        process = subprocess.Popen([sys.executable, "-c", TOY, *arguments], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        ports = {int(process.stdout.readline()) for _ in range(processes)}
        return process, ports.pop()

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def start() -> Iterator[Start]:
    with starting() as start:
        yield start


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The toy application in one process, for all tests that leave it as it was, and its port."""
    with starting() as start:
        yield start()


def ask(port: int, body: bytes = b"hello", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/", body, {"Connection": "close", **headers})
        answer = connection.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer
    finally:
        connection.close()


def keep_asking(port: int, keep_alive: bool, outcomes: list[str]) -> None:
    """One client: request after request until it is refused, which is what a stopped server does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    while True:
        if connection.sock is None:
            try:
                connection.connect()
            except ConnectionRefusedError:
                outcomes.append("refused")
                return
        try:
            connection.request("POST", "/", b"x" * 300, {} if keep_alive else {"Connection": "close"})
            answer = connection.getresponse()
            answer.read()
            outcomes.append("answered")
            if answer.will_close:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            outcomes.append(f"lost: {error!r}")
            connection.close()
            return


@pytest.mark.parametrize("keep_alive", [True, False], ids=["keep-alive", "new connections"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("processes", [1, 2])
def test_a_stop_under_load_loses_no_request(start: Start, keep_alive: bool, number: int, processes: int) -> None:
    process, port = start(processes)
    outcomes: list[str] = []
    clients = [threading.Thread(target=keep_asking, args=(port, keep_alive, outcomes)) for _ in range(16)]
    for client in clients:
        client.start()
    while outcomes.count("answered") < 100:
        time.sleep(0.005)
    process.send_signal(number)
    for client in clients:
        client.join()
    assert process.wait(timeout=30) == 0
    assert set(Counter(outcomes)) == {"answered", "refused"}


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(start: Start, second: int) -> None:
    process, port = start()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")  # which would never be answered
        ask(port)
        process.send_signal(signal.SIGTERM)
        while client_is_accepted(port):
            time.sleep(0.01)
        process.send_signal(second)
        assert process.wait(timeout=30) == -second


def client_is_accepted(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.05).close()
    except OSError:
        return False
    return True


def test_a_request_that_is_still_being_sent_when_the_stop_begins_is_answered(start: Start) -> None:
    process, port = start()
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
        ask(port)  # the half request has been read by now
        process.send_signal(signal.SIGTERM)
        client.sendall(b"cd")
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in answer
    assert process.wait(timeout=30) == 0


def test_clients_that_send_slowly_hold_no_thread(running: tuple[subprocess.Popen[str], int]) -> None:
    _, port = running
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    try:
        for number, client in enumerate(slow):
            half = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{" if number % 2 else b"POST / HT"
            client.sendall(half)
        assert ask(port).status == 200
    finally:
        for client in slow:
            client.close()


def test_a_large_body_reaches_the_application_whole(running: tuple[subprocess.Popen[str], int]) -> None:
    _, port = running
    assert ask(port, b"x" * 10_000_000).body.startswith(b"10000000 ")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x00\xff nonsense\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", 413),
    ],
)
def test_what_is_no_request_gets_a_problem_in_words(
    running: tuple[subprocess.Popen[str], int], sent: bytes, status: int
) -> None:
    _, port = running
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(sent)
        answer = client.makefile("rb").read()
    assert answer.split(b" ")[1] == str(status).encode()
    assert b"application/problem+json" in answer


SMUGGLED = b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="both, the length first"),
        pytest.param(b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n", id="both, the length last"),
        pytest.param(b"Content-Length: 0\r\nContent-Length: 40\r\n\r\n", id="two lengths"),
        pytest.param(b"Content-Length: +0\r\n\r\n", id="a sign"),
        pytest.param(b"Content-Length : 0\r\n\r\n", id="a space before the colon"),
        pytest.param(b"Transfer-Encoding: xchunked\r\n\r\n", id="an unknown coding"),
        pytest.param(b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", id="two codings"),
        pytest.param(b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", id="a control character"),
        pytest.param(b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n", id="a chunk's size in another way"),
        pytest.param(b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", id="a length without end"),
    ],
)
def test_no_second_request_hides_behind_one_whose_end_is_doubtful(
    running: tuple[subprocess.Popen[str], int], told: bytes
) -> None:
    _, port = running
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n" + told + SMUGGLED)
        answer = client.makefile("rb").read()  # the connection ends, and nobody waits at /wait
    assert answer.count(b"\r\n\r\n") <= 1
    assert b" 200 " not in answer


def test_a_coding_that_http_1_0_does_not_know_is_refused(running: tuple[subprocess.Popen[str], int]) -> None:
    _, port = running
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(
            b"POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED
        )
        answer = client.makefile("rb").read()
    assert answer.split(b" ")[1] == b"400"


def test_clients_that_break_off_harm_nobody_else(running: tuple[subprocess.Popen[str], int]) -> None:
    process, port = running
    for sent in (b"", b"POST / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello") * 10:
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(sent)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()  # a reset, not a farewell
    assert ask(port).status == 200
    assert process.poll() is None


def test_a_killed_process_is_replaced(start: Start) -> None:
    process, port = start(2)
    assert process.stdout is not None
    killed = int(ask(port).body.split()[1])  # type: ignore[attr-defined]
    os.kill(killed, signal.SIGKILL)
    process.stdout.readline()  # the new one is ready
    assert {int(ask(port).body.split()[1]) for _ in range(40)}.isdisjoint({killed})  # type: ignore[attr-defined]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_an_address_in_use_is_named_with_a_way_out() -> None:
    first = listen("127.0.0.1", 0)
    first.listen()
    port = first.getsockname()[1]
    with first, pytest.raises(ConfigurationError, match=rf"127\.0\.0\.1:{port}.*--port"):
        listen("127.0.0.1", port)


def test_an_address_that_isn_t_this_machine_s_is_named_with_a_way_out() -> None:
    with pytest.raises(ConfigurationError, match=r"203\.0\.113\.1:8000.*--host"):
        listen("203.0.113.1", 8000)


def asked(port: int, path: str = "/", *, source: str = "127.0.0.1") -> int:
    """The status of a request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"])
def test_however_many_connections_an_address_leaves_idle_others_are_served(start: Start, said: bytes) -> None:
    _, port = start(1, files=300)  # room for some hundred connections
    neighbour = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=("127.0.0.2", 0))
    neighbour.request("GET", "/")
    assert neighbour.getresponse().read()
    idle = []
    for _ in range(250):
        idle.append(socket.create_connection(("127.0.0.1", port), timeout=30))
        idle[-1].sendall(said)
    assert asked(port, source="127.0.0.3") == 200
    assert asked(port) == 200
    kept = neighbour.sock
    neighbour.request("GET", "/")
    assert neighbour.getresponse().status == 200
    assert neighbour.sock is kept, "whoever holds one connection keeps it"
    for connection in idle:
        connection.close()
    neighbour.close()


def test_a_turn_of_the_server_takes_in_many_who_call_however_many_are_idle() -> None:
    bound = listen("127.0.0.1", 0)
    server = _Server(bound, lambda _environ, _start: [], threads=1, largest_body=1)
    most = server._room // 16
    calling = [socket.create_connection(bound.getsockname(), timeout=30) for _ in range(3 * most)]
    for turn in (1, 2, 3):
        server.turn(timeout=1)
        assert len(server.active_channels) == turn * most
    server._room = 3 * most  # full: from now on each takes the place of whoever has been idle for longest
    later = [socket.create_connection(bound.getsockname(), timeout=30) for _ in range(2 * most)]
    for _ in range(40):
        server.turn(timeout=0.05)
        assert len(server.active_channels) <= 4 * most
    assert len(server.active_channels) == 3 * most
    assert [connection.recv(1) for connection in calling[: 2 * most]] == [b""] * 2 * most
    for connection in (*calling[2 * most :], *later):
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
    for connection in (*calling, *later):
        connection.close()
    server.stop()
    server.close()


def test_a_client_that_takes_in_nothing_of_a_long_answer_holds_no_thread_and_is_cut_off() -> None:
    all_sent = threading.Event()

    def long(_environ: object, start_response: Callable[..., object]) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        for _ in range(400):
            yield b"x" * 65536
        all_sent.set()

    bound = listen("127.0.0.1", 0)
    server = _Server(bound, long, threads=1, largest_body=1)
    with socket.create_connection(bound.getsockname(), timeout=30) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while not (all_sent.is_set() and [channel.requests for channel in server.active_channels.values()] == [[]]):
            server.turn(timeout=0.05)
        server.adj.channel_timeout = 0
        server.next_channel_cleanup = 0
        while server.active_channels:
            server.turn(timeout=0.05)
    server.stop()
    server.close()


def test_what_stands_apart_answers_while_every_thread_waits(start: Start) -> None:
    _, port = start()
    answers: list[int] = []
    waiting = [threading.Thread(target=lambda: answers.append(asked(port, "/wait"))) for _ in range(24)]
    for thread in waiting:
        thread.start()
    assert asked(port, "/light/status") == 200
    assert answers == []
    assert asked(port, "/light/open") == 200
    for thread in waiting:
        thread.join()
    assert answers == [200] * 24


def test_what_never_reaches_the_application_carries_the_headers_of_every_answer(
    running: tuple[subprocess.Popen[str], int],
) -> None:
    _, port = running
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n")
        answer = client.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"Content-Security-Policy: default-src 'none'" in answer
