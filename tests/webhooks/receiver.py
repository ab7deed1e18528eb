"""A receiver of webhooks that really listens, answers as a test has it answer, and keeps what it was sent."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from moderation.storage.webhook_figures import newest_deliveries
from moderation.storage.webhooks import WebhookDelivery
from moderation.webhooks.addresses import resolved
from moderation.webhooks.delivering import Deliverer
from moderation.webhooks.endpoints import NewEndpoint, add_endpoint
from tests.newsroom import Newsroom
from tests.served import serving


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    text: str
    at: float

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @property
    def kind(self) -> str:
        return str(self.event["type"])

    @property
    def comment(self) -> dict[str, Any]:
        return dict(self.event["data"]["comment"])


Answer = Callable[[BaseHTTPRequestHandler, Request], None]


def status(code: int, text: str = "", **headers: str) -> Answer:
    """Answers with this status at once."""

    def answer(handler: BaseHTTPRequestHandler, _request: Request) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


OK = status(200, "thanks")


def raw(answer: bytes) -> Answer:
    """Answers these very bytes, and closes the connection."""

    def send(handler: BaseHTTPRequestHandler, _request: Request) -> None:
        handler.wfile.write(answer)
        handler.close_connection = True

    return send


def slowly(seconds: float, then: Answer = OK) -> Answer:
    """Answers after so long."""

    def answer(handler: BaseHTTPRequestHandler, request: Request) -> None:
        time.sleep(seconds)
        then(handler, request)

    return answer


@contextmanager
def listening_in_silence() -> Iterator[int]:
    """The port of somebody who takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@dataclass(slots=True)
class Receiver:
    """``answer`` is what it does with each request; ``got`` keeps those that it has read."""

    port: int
    answer: Answer = OK
    got: list[Request] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over: whoever hangs lets go."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def kinds(self) -> list[str]:
        return [request.kind for request in self.got]

    def hang(self, _handler: BaseHTTPRequestHandler, _request: Request) -> None:
        self.ended.wait(60)


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(path=self.path, headers=headers, text=text, at=time.monotonic())
            receiver.got.append(request)
            try:
                receiver.answer(self, request)
            except OSError:
                self.close_connection = True  # the other side has gone

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A sender that is killed leaves its connection as it is."""

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(port=server.server_address[1])
        with serving(server):
            try:
                yield receiver
            finally:
                receiver.ended.set()


@dataclass(slots=True)
class Told:
    """A site that is told of its events."""

    newsroom: Newsroom
    receiver: Receiver
    endpoint: NewEndpoint = field(init=False)
    resolve: Callable[[str, int], Sequence[str]] = resolved

    def add(self, url: str, *events: str, allow_private: bool = True) -> NewEndpoint:
        services = self.newsroom.services
        self.endpoint = add_endpoint(services, "test", self.newsroom.site, url, events, allow_private=allow_private)
        return self.endpoint

    def deliver(self, *, seconds: float = 5.0) -> None:
        """What a worker does at one look, to its end."""
        deliverer = Deliverer(self.newsroom.services, resolve=self.resolve, seconds=seconds)
        while deliverer.look():
            pass
        deliverer.finish()
        deliverer.close()

    def after(self, **span: float) -> None:
        """What a worker does so long after."""
        self.newsroom.clock.move(**span)
        self.deliver()

    def deliveries(self, endpoint_id: str | None = None) -> list[WebhookDelivery]:
        """Oldest first."""
        with self.newsroom.services.database.reading() as session:
            found = newest_deliveries(session, endpoint_id or self.endpoint.id, limit=1000)
        return list(reversed(found))
