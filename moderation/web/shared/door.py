"""What every request passes before the application: no host, no way in; what nobody can mean is left out; and
where this service stands, if that is set."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?")
_PORT = re.compile(r"[0-9]{1,5}")
_HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:]*)(?::(?P<port>.*))?", re.DOTALL)


_NO_HOST = "The header Host names no host. Send the name that this site has."
_NO_SCHEME = "The proxy's header X-Forwarded-Proto must be http or https."
_ELSEWHERE = "This service stands at {}/. A proxy in front must leave the paths of requests as they are."


class Door:
    """Wraps an application; ``headers`` go with what is refused here. Behind a proxy that is trusted it sees what that
    proxy says of the client.

    ``public_url``: where browsers find the service. Every request is one to there, whatever its ``Host`` says, and its
    path is below that of this address, which the application knows as its root. Only ``operations`` answer at their
    bare paths too, for whoever asks on the machine itself.
    """

    def __init__(
        self,
        app: WSGIApplication,
        headers: Mapping[str, str],
        *,
        public_url: str | None = None,
        operations: tuple[str, ...] = (),
    ) -> None:
        self._app = app
        self._headers = headers
        self._public = urlsplit(public_url) if public_url else None
        self._operations = operations

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not is_host(environ.get("HTTP_HOST", "")):
            return self._refuse(start_response, _NO_HOST)
        if environ.get("wsgi.url_scheme") not in ("http", "https"):
            return self._refuse(start_response, _NO_SCHEME)
        if self._public is not None:
            below = self._below(environ, self._public)
            if below is None:
                return self._refuse(start_response, _ELSEWHERE.format(self._public.geturl()), "404 Not Found")
            environ = below
        query = environ.get("QUERY_STRING", "")
        if "%00" in query or "\0" in query:
            # No text here holds a NUL: PostgreSQL couldn't even look for one.
            environ["QUERY_STRING"] = query.replace("%00", "").replace("\0", "")
        return self._app(environ, start_response)

    def _below(self, environ: WSGIEnvironment, public: SplitResult) -> WSGIEnvironment | None:
        """The same request as one to where this service stands; None for a path that isn't below."""
        root, path = public.path, environ.get("PATH_INFO", "")
        if path == root or path.startswith(root + "/"):
            path = path[len(root) :] or "/"
        elif path not in self._operations:
            return None
        moved = {"SCRIPT_NAME": root, "PATH_INFO": path, "HTTP_HOST": public.netloc, "wsgi.url_scheme": public.scheme}
        return {**environ, **moved}

    def _refuse(self, start_response: StartResponse, detail: str, status: str = "400 Bad Request") -> Iterable[bytes]:
        # Nothing of the application can be asked here: whatever builds an address would stumble over the host.
        problem = {
            "type": "about:blank",
            "title": status[4:],
            "status": int(status[:3]),
            "detail": detail,
            "code": status[4:].lower().replace(" ", "_"),
        }
        body = json.dumps(problem).encode()
        own = {
            "Content-Type": "application/problem+json",
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
        }
        start_response(status, list((own | dict(self._headers)).items()))
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
