"""What every request passes before the application: no host, no way in; what nobody can mean is left out."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_PORT = re.compile(r"[0-9]{1,5}")
_HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:]*)(?::(?P<port>.*))?", re.DOTALL)


class Door:
    """Wraps an application; ``headers`` go with what is refused here. Behind a proxy that is trusted it sees what that
    proxy says of the client.
    """

    def __init__(self, app: WSGIApplication, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not is_host(environ.get("HTTP_HOST", "")):
            return self._refuse(start_response, "The header Host names no host. Send the name that this site has.")
        if environ.get("wsgi.url_scheme") not in ("http", "https"):
            return self._refuse(start_response, "The proxy's header X-Forwarded-Proto must be http or https.")
        query = environ.get("QUERY_STRING", "")
        if "%00" in query or "\0" in query:
            # No text here holds a NUL: PostgreSQL couldn't even look for one.
            environ["QUERY_STRING"] = query.replace("%00", "").replace("\0", "")
        return self._app(environ, start_response)

    def _refuse(self, start_response: StartResponse, detail: str) -> Iterable[bytes]:
        # Nothing of the application can be asked here: whatever builds an address would stumble over the host.
        problem = {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": detail,
            "code": "bad_request",
        }
        body = json.dumps(problem).encode()
        own = {
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
        }
        start_response("400 Bad Request", list((own | dict(self._headers)).items()))
        return [body]


def is_host(text: str) -> bool:
    """Whether a header ``Host`` may say this: a name or an address, and a port. Nothing is what HTTP/1.0 says."""
    if not text:
        return True
    found = _HOST.fullmatch(text)
    if found is None or not found["name"]:
        return False
    if found["port"] and not (_PORT.fullmatch(found["port"]) and 0 < int(found["port"]) < 65536):
        return False
    if found["name"].startswith("["):
        try:
            ipaddress.IPv6Address(found["name"][1:-1])
        except ValueError:
            return False
        return True
    return _NAME.fullmatch(found["name"]) is not None
