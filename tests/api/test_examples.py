"""The examples in `config/examples` do what they say, each against a served instance."""

from __future__ import annotations

import hmac
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from moderation.webhooks.endpoints import send_test
from moderation.webhooks.kinds import TEST
from tests.newsroom import Newsroom
from tests.served import server_of, serving
from tests.webhooks.receiver import Receiver, Told

EXAMPLES = Path(__file__).parents[2] / "config" / "examples"
SENDS = {
    "curl": ["bash", "comments.sh"],
    "python": [sys.executable, "comments.py"],
    "node": ["node", "comments.mjs"],
    "php": ["php", "comments.php"],
}
LISTENS = {
    "python": [sys.executable, "comments.py", "receive"],
    "node": ["node", "comments.mjs", "receive"],
    "php": ["php", "-S", "127.0.0.1:{port}", "comments.php"],
}
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
"""Node comes with what the tests install."""
BODY = "The bridge will spare my children the detour along the main road every morning."


@pytest.fixture
def served(front_door: Newsroom) -> Iterator[dict[str, str]]:
    """What the examples read from their environment, while the application is served."""
    server = server_of(front_door.hall.app)
    with serving(server):
        yield {
            "PATH": PATH,
            "MODERATION": f"http://127.0.0.1:{server.server_port}",
            "SECRET_KEY": front_door.secret,
            "PUBLISHABLE_KEY": front_door.publishable,
        }


def needed(name: str) -> None:
    if shutil.which(name, path=PATH) is None and name != "python":
        pytest.skip(f"{name} is not installed here")


@pytest.mark.parametrize("name", list(SENDS))
def test_it_sends_an_article_and_a_comment_and_asks_what_became_of_them(
    front_door: Newsroom, served: dict[str, str], name: str
) -> None:
    needed(name)
    front_door.configure("[policy.approve]\ntoxicity_at_most = 0.5\n")
    result = subprocess.run(
        SENDS[name], cwd=EXAMPLES, env=served, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "approved" in result.stdout
    assert f"Ada {BODY}" in result.stdout or (name == "curl" and result.stdout.count(BODY) == 2), result.stdout
    assert front_door.stored() == 1
    again = subprocess.run(
        SENDS[name], cwd=EXAMPLES, env=served, capture_output=True, text=True, timeout=60, check=False
    )
    assert again.returncode != 0, "a duplicate is refused, and nobody takes the refusal for an answer"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def listening(name: str, port: int, secret: str) -> Iterator[list[str]]:
    """What the example prints while it listens, once it has ended."""
    command = [part.format(port=port) for part in LISTENS[name]]
    environment = {"PATH": PATH, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    printed: list[str] = []
    with subprocess.Popen(
        command,
        cwd=EXAMPLES,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            wait_for(port)
            yield printed
        finally:
            os.killpg(process.pid, signal.SIGTERM)  # what is called node may have begun the real one
            printed.append(process.communicate(timeout=30)[0])


def wait_for(port: int) -> None:
    ends = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < ends, "it doesn't listen"
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("name", list(LISTENS))
def test_it_takes_a_webhook_of_ours_and_nobody_else_s(front_door: Newsroom, name: str) -> None:
    needed(name)
    front_door.clock.now = datetime.now(UTC)  # what was signed long ago isn't taken
    told, port = Told(newsroom=front_door, receiver=Receiver(port=0)), free_port()
    told.add(f"http://127.0.0.1:{port}/", "comment.accepted")
    comment = front_door.accepted()
    with listening(name, port, told.endpoint.secret) as printed:
        assert send_test(front_door.services, "test", told.endpoint.id).arrived, "what an admin tries first"
        told.deliver()
        headers = {"webhook-id": "1", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,bm8="}
        forged = urllib.request.Request(f"http://127.0.0.1:{port}/", data=b"{}", headers=headers, method="POST")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(forged, timeout=30)
        assert refused.value.code == 401
        refused.value.close()
    (delivery,) = [one for one in told.deliveries() if one.kind != TEST]
    assert delivery.delivered_at is not None
    assert f"{delivery.event_id} comment.accepted {comment['id']}" in printed[0]


@pytest.mark.parametrize("name", list(LISTENS))
def test_without_a_secret_it_believes_nobody(name: str) -> None:
    needed(name)
    at, body = str(int(time.time())), json.dumps({"type": "comment.accepted", "data": {"comment": {"id": "forged"}}})
    with_no_key = b64encode(hmac.digest(b"", f"1.{at}.{body}".encode(), "sha256")).decode()
    headers = {"webhook-id": "1", "webhook-timestamp": at, "webhook-signature": f"v1,{with_no_key}"}
    port = free_port()
    command = [part.format(port=port) for part in LISTENS[name]]
    environment = {"PATH": PATH, "WEBHOOK_SECRET": "", "PORT": str(port)}
    with subprocess.Popen(
        command, cwd=EXAMPLES, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        until = time.monotonic() + 30
        code: int | None = None
        while process.poll() is None and code is None and time.monotonic() < until:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", data=body.encode(), headers=headers)
            try:
                code = urllib.request.urlopen(request, timeout=30).status
            except urllib.error.HTTPError as error:
                code = error.code
            except OSError:
                time.sleep(0.1)  # it doesn't listen yet, or has ended
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        printed = process.communicate(timeout=30)[0].decode()
    assert code in (None, 500)
    assert "comment.accepted" not in printed
