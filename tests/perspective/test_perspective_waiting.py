"""The web server tells the application how long a request has waited for its turn, and whether too many are ahead."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from moderation.web.perspective.analyze import IMPATIENT

TOY = """
import json, os, sys, time
from moderation.serving import listen, serve

def app(environ, start_response):
    if environ["PATH_INFO"].endswith("/first"):
        os.write(1, b"begun\\n")
        os.read(0, 6)  # one line; several threads may wait for one each
    if environ["PATH_INFO"].endswith("/slow"):
        time.sleep(0.2)
    body = str(environ["moderation.waited_seconds"]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

bound = listen("127.0.0.1", 0)
ready = lambda: os.write(1, f"{bound.getsockname()[1]}\\n".encode())
impatient = {"/hurried": (99, 0.3), "/alone": (0, 99.0), "/idle": (99, 0.0), **json.loads(sys.argv[2])}
serve(bound, app, threads=int(sys.argv[1]), impatient=impatient, ready=ready)
"""


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """A server with a single thread, or ``with_threads``. What is asked for as first is kept until it reads a line."""
    # Our own numbers are handed over: to find them, each server would load the whole application.
    command = [sys.executable, "-c", TOY, str(getattr(request, "param", 1)), json.dumps(IMPATIENT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def with_threads(count: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("server", [count], indirect=True, ids=[f"{count} threads"])


def calls(server: subprocess.Popen[str], count: int) -> list[http.client.HTTPConnection]:
    assert server.stdout is not None
    port = int(server.stdout.readline())
    return [http.client.HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(count)]


def keep_busy(server: subprocess.Popen[str], call: http.client.HTTPConnection, path: str = "/first") -> None:
    """Has a thread answer this call until ``release``."""
    assert server.stdout is not None
    call.request("POST", path, b"body")
    assert server.stdout.readline() == "begun\n"


def let_all_be_idle(call: http.client.HTTPConnection, path: str = "/idle") -> None:
    """Asks until every thread is idle: one that is only being started counts as busy."""
    call.request("POST", path, b"body")
    told(call)  # before any answer the server doesn't know what one takes
    call.request("POST", path, b"body")
    while told(call)[1]:
        call.request("POST", path, b"body")


def release(server: subprocess.Popen[str]) -> None:
    assert server.stdin is not None
    server.stdin.write("go on\n")  # six bytes
    server.stdin.flush()


def told(call: http.client.HTTPConnection) -> tuple[float, bool]:
    """How long this call has waited, and whether it was refused because of those ahead."""
    answer = call.getresponse()
    body = answer.read()
    if answer.status == 503:
        assert answer.headers["Retry-After"]
        return 0.0, True
    return float(body), False


def test_who_comes_behind_another_is_said_to_have_waited(server: subprocess.Popen[str]) -> None:
    first, second = calls(server, 2)
    keep_busy(server, first)
    second.request("POST", "/second", b"body")
    time.sleep(0.3)
    release(server)
    waited = [told(call)[0] for call in (first, second)]
    assert 0 <= waited[0] < waited[1]
    first.close()
    second.close()


def test_who_has_no_patience_for_those_ahead_is_told_at_once_and_all_others_wait(
    server: subprocess.Popen[str],
) -> None:
    slow, first, next_one, only_one, hurried, alone, patient = calls(server, 7)
    slow.request("POST", "/slow", b"body")
    told(slow)  # from here on the server knows that an answer takes 0.2 seconds
    keep_busy(server, first)
    next_one.request("POST", "/hurried", b"body")  # one is ahead
    time.sleep(0.3)
    only_one.request("POST", "/alone", b"body")  # two are, none of its kind
    time.sleep(0.3)
    for impatient in (hurried, alone):
        impatient.request("POST", "/hurried" if impatient is hurried else "/alone", b"body")
        assert told(impatient)[1]  # while the only thread is still busy
    patient.request("POST", "/patient", b"body")
    time.sleep(0.3)
    release(server)
    assert [told(call)[1] for call in (first, next_one, only_one, patient)] == [False] * 4
    for call in (slow, first, next_one, only_one, hurried, alone, patient):
        call.close()


@with_threads(4)
def test_while_a_thread_is_idle_nobody_is_refused_for_slow_pages_that_go_on(server: subprocess.Popen[str]) -> None:
    first, second, hurried = calls(server, 3)
    let_all_be_idle(hurried, "/idle/slow")  # from here on the server knows that an answer takes 0.2 seconds
    for one in (first, second):
        keep_busy(server, one)
    for _ in range(3):
        hurried.request("POST", "/hurried", b"body")
        assert not told(hurried)[1]
    for _ in (first, second):
        release(server)
    assert [told(call)[1] for call in (first, second)] == [False] * 2
    for call in (first, second, hurried):
        call.close()


@with_threads(4)
def test_a_crowd_on_one_path_is_told_while_threads_are_idle_until_it_is_answered(
    server: subprocess.Popen[str],
) -> None:
    first, second, hurried = calls(server, 3)
    let_all_be_idle(hurried, "/idle/slow")
    for one in (first, second):
        keep_busy(server, one, "/hurried/first")
    hurried.request("POST", "/hurried", b"body")
    assert told(hurried)[1]
    for _ in (first, second):
        release(server)
    assert [told(call)[1] for call in (first, second)] == [False] * 2
    hurried.request("POST", "/hurried", b"body")
    assert not told(hurried)[1]
    for call in (first, second, hurried):
        call.close()


@with_threads(8)
def test_a_fifth_batch_is_told_at_once_and_a_single_comment_is_not(server: subprocess.Popen[str]) -> None:
    *batches, fifth, single = calls(server, 6)
    let_all_be_idle(single)
    for one in batches:
        keep_busy(server, one, "/batch/first")
    fifth.request("POST", "/batch", b"body")
    assert told(fifth)[1]
    single.request("POST", "/v1alpha1/comments:analyze", b"body")
    assert not told(single)[1]
    for _ in batches:
        release(server)
    assert [told(one)[1] for one in batches] == [False] * 4
    for call in (*batches, fifth, single):
        call.close()
