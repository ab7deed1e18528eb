"""An application behind a real port, for browsers and other programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def server_of(app: WSGIApplication) -> BaseWSGIServer:
    """A server on a free port of this machine, not started yet."""
    return make_server("127.0.0.1", 0, _whole(app), threaded=True)


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
