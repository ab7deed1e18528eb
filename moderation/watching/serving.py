"""A process without a web server of its own serves its figures: to this machine, or to whoever has the token."""

from __future__ import annotations

import hmac
import ipaddress
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST

from moderation.core.errors import ConfigurationError
from moderation.watching.figures import figures

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ANSWER_SECONDS = 10.0


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _SixServer(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = ANSWER_SECONDS  # of a connection that says nothing

    def log_message(self, format: str, *args: object) -> None:
        """It would write addresses and paths."""

    def address_string(self) -> str:
        return str(self.client_address[0])


@contextmanager
def figures_served(where: tuple[str, int] | None, token: str | None) -> Iterator[int | None]:
    """``/metrics`` is answered at this host and port for as long as this lasts; says at which port. None: nowhere.

    Raises ``ConfigurationError`` where the address can't be had.
    """
    if where is None:
        yield None
        return
    host, port = where
    kind = _SixServer if ":" in host else _Server
    try:
        server = make_server(host, port, _application(token), kind, _Handler)
    except OSError as error:
        raise ConfigurationError(
            "MODERATION_WORKER_METRICS",
            f"names {host}:{port}, which can't be listened on ({error.strerror}). Each worker needs a port of its own.",
        ) from error
    threading.Thread(target=server.serve_forever, name="figures", daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def _application(token: str | None) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/metrics":
            status, kind, body = "404 Not Found", "text/plain", b"The figures are at /metrics.\n"
        elif not (_is_loopback(environ.get("REMOTE_ADDR", "")) or _has(token, environ)):
            status, kind, body = "403 Forbidden", "text/plain", b"Send the token MODERATION_METRICS_TOKEN.\n"
        else:
            status, kind, body = "200 OK", CONTENT_TYPE_LATEST, figures(())
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _has(token: str | None, environ: WSGIEnvironment) -> bool:
    sent = environ.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    return token is not None and hmac.compare_digest(token.encode(), sent.encode("utf-8", "replace"))
