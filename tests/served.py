"""Servers of a test's own on real ports, an application behind one among them: for browsers and other programs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import BaseServer
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def server_of(app: WSGIApplication) -> BaseWSGIServer:
    """A server on a free port of this machine, not started yet."""
    return make_server("127.0.0.1", 0, _whole(app), threaded=True)


@contextmanager
def serving(*servers: BaseServer) -> Iterator[None]:
    """They answer meanwhile, and end when they are told to: by itself each would look twice a second."""
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
        for thread in threads:
            thread.join()
        for server in servers:
            server.server_close()


def _whole(app: WSGIApplication) -> WSGIApplication:
    """Each answer in one piece: where a browser goes on to another page, this server leaves files open that it was
    sending.
    """

    def wrapped(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return wrapped
