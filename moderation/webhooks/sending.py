"""One request with an event: sent to an address that was looked at, within a time, its answer read only in part.

urllib3's connection is told which numeric address to connect to, and under which name to check the certificate. httpx
and requests resolve names themselves, at a moment when nobody can look at what they found.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from moderation.core.errors import InvalidField
from moderation.storage.webhooks import words_of
from moderation.webhooks.addresses import Resolver, Target, permitted, resolved, target_of

SECONDS = 10.0
"""A request that has no answer after so long has failed, however lively the receiver is meanwhile."""
CONNECT_SECONDS = 5.0
READ_BYTES = 4096
KEPT_CHARACTERS = 500
MAX_ADDRESSES = 2
"""Of a name's addresses so many are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a request: the receiver's status and the beginning of its answer, or what kept us from one."""

    milliseconds: int
    status: int | None = None
    answer: str | None = None
    error: str | None = None
    overdue: bool = False
    """There was no answer in time."""

    @property
    def arrived(self) -> bool:
        """Only 2xx is a yes: what redirects has taken nothing."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def kept(self) -> dict[str, Any]:
        """As it is stored."""
        return {name: getattr(self, name) for name in ("milliseconds", "status", "answer", "error")}

    @property
    def words(self) -> str:
        return words_of(self.status, self.answer, self.error)


def post(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    allow_private: bool,
    resolve: Resolver = resolved,
    seconds: float = SECONDS,
    max_characters: int = KEPT_CHARACTERS,
) -> Sent:
    """Sends one request and keeps so much of its answer. Whatever goes wrong is in what it returns. Redirects aren't
    followed.
    """
    begun = time.monotonic()
    status: int | None = None
    answer = error = None
    overdue = False
    try:
        target = target_of(url, allow_private=allow_private)
        found = _found(resolve, target, begun + seconds)
        addresses = permitted(found, allow_private=allow_private)
        status, answer = _asked(target, addresses, headers, body, begun + seconds, max_characters)
    except InvalidField as refused:
        error = f"refused: the address {refused.message}"
    except _Overdue:
        error, overdue = f"no answer within {seconds:g} seconds", True
    except (OSError, HTTPException, HTTPError, ValueError) as failed:
        error = _in_words(failed)
    milliseconds = int((time.monotonic() - begun) * 1000)
    return Sent(milliseconds=milliseconds, status=status, answer=answer, error=error, overdue=overdue)


class _Overdue(Exception):
    """The time for a request is over."""


def _found(resolve: Resolver, target: Target, ends: float) -> Sequence[str]:
    """What a name means now. A resolver that hangs is left to itself when the time for the request is over."""
    answer = queue.SimpleQueue[Sequence[str] | Exception]()

    def look() -> None:
        try:
            answer.put(resolve(target.host, target.port))
        except Exception as failed:
            answer.put(failed)

    threading.Thread(target=look, name="webhook name", daemon=True).start()
    try:
        found = answer.get(timeout=max(0.0, ends - time.monotonic()))
    except queue.Empty:
        raise _Overdue from None
    if isinstance(found, Exception):
        raise found
    return found


def _asked(
    target: Target,
    addresses: list[str],
    headers: Mapping[str, str],
    body: bytes,
    ends: float,
    max_characters: int,
) -> tuple[int, str | None]:
    connection = _connected(target, addresses[:MAX_ADDRESSES], ends)
    overdue = threading.Event()

    def end() -> None:
        overdue.set()
        _shut(connection.sock)

    # A receiver that sends a byte now and then keeps within every single wait: the whole has an end of its own.
    clock = threading.Timer(max(0.0, ends - time.monotonic()), end)
    clock.daemon = True
    clock.start()
    try:
        connection.request(
            "POST",
            target.path,
            body=body,
            headers={"Host": target.name, "Connection": "close", **headers},
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        status, start = response.status, response.read(max(READ_BYTES, max_characters))
    except (OSError, HTTPException, HTTPError) as failed:
        if overdue.is_set() or isinstance(failed, TimeoutError):
            raise _Overdue from failed
        raise
    finally:
        clock.cancel()
        connection.close()
    text = start.decode("utf-8", "replace").replace("\x00", "").strip()[:max_characters]
    return status, text or None


def _connected(target: Target, addresses: list[str], ends: float) -> HTTPConnection:
    for last, address in ((address is addresses[-1], address) for address in addresses):
        wait = min(CONNECT_SECONDS, ends - time.monotonic())
        if wait <= 0:
            raise _Overdue
        connection = _connection(target, address, wait)
        try:
            connection.connect()
        except (OSError, HTTPError):
            connection.close()
            if last:
                raise
            continue
        if connection.sock is not None:
            connection.sock.settimeout(max(0.1, ends - time.monotonic()))
        return connection
    raise AssertionError("unreachable")


def _connection(target: Target, address: str, wait: float) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(address, target.port, timeout=wait)
    return HTTPSConnection(
        address,
        target.port,
        timeout=wait,
        server_hostname=target.host,
        ssl_context=_trusted(),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts, a house's own among them, and those of Mozilla."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _shut(sock: socket.socket | None) -> None:
    if sock is not None:
        with suppress(OSError):  # it is closed already
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _in_words(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate can't be trusted: {cause.verify_message}"
        if isinstance(cause, socket.gaierror):
            return "its name can't be resolved"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return f"no connection within {CONNECT_SECONDS:g} seconds"
    return f"no answer: {str(error)[:200] or type(error).__name__}"
