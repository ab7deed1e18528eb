"""One request with an event: sent to an address that was looked at, within a time, its answer read only in part.

urllib3's connection is told which numeric address to connect to, and under which name to check the certificate. httpx
and requests resolve names themselves, at a moment when nobody can look at what they found.
"""

from __future__ import annotations

import logging
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, RemoteDisconnected
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from moderation.core.errors import InvalidField, ModerationError
from moderation.storage.webhooks import words_of
from moderation.webhooks.addresses import Resolver, Target, permitted, resolved, target_of

SECONDS = 10.0
"""A request that has no answer after so long has failed, however lively the receiver is meanwhile."""
CONNECT_SECONDS = 5.0
READ_BYTES = 4096
KEPT_CHARACTERS = 500
MAX_ADDRESSES = 2
"""Of a name's addresses so many are tried."""

# Of headers that it can't read it logs the words, beside the whole address: neither is for a log.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


@dataclass(eq=False, slots=True)
class NotFetched(ModerationError):
    """An address gave nothing that can be used."""

    why: str

    @property
    def detail(self) -> str:
        return self.why


class NotInTime(NotFetched):
    """It gave no answer in the time that it had."""


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
        request = _Request("POST", headers, body, max(READ_BYTES, max_characters))
        status, start = _answer(url, request, allow_private=allow_private, resolve=resolve, seconds=seconds)
        answer = start.decode("utf-8", "replace").replace("\x00", "").strip()[:max_characters] or None
    except NotFetched as failed:
        error, overdue = failed.why, isinstance(failed, NotInTime)
    milliseconds = int((time.monotonic() - begun) * 1000)
    return Sent(milliseconds=milliseconds, status=status, answer=answer, error=error, overdue=overdue)


def get(
    url: str, *, max_bytes: int, allow_private: bool, resolve: Resolver = resolved, seconds: float = SECONDS
) -> bytes:
    """What lies at an address. Redirects aren't followed. Raises ``NotFetched``, also for more than ``max_bytes``."""
    request = _Request("GET", {"Accept": "application/json"}, None, max_bytes + 1)
    status, body = _answer(url, request, allow_private=allow_private, resolve=resolve, seconds=seconds)
    if not 200 <= status < 300:
        raise NotFetched(f"it answered {status}")
    if len(body) > max_bytes:
        raise NotFetched(f"it answered more than {max_bytes} bytes")
    return body


@dataclass(frozen=True, slots=True)
class _Request:
    """What is sent, and how much of the answer is read."""

    method: str
    headers: Mapping[str, str]
    body: bytes | None
    max_bytes: int


def _answer(
    url: str, request: _Request, *, allow_private: bool, resolve: Resolver, seconds: float
) -> tuple[int, bytes]:
    """The answer's status and beginning. Raises ``NotFetched``."""
    ends = time.monotonic() + seconds
    try:
        target = target_of(url, allow_private=allow_private)
        addresses = permitted(_found(resolve, target, ends), allow_private=allow_private)
        return _asked(target, addresses, request, ends)
    except InvalidField as refused:
        raise NotFetched(f"refused: the address {refused.message}") from None
    except _Overdue:
        raise NotInTime(f"no answer within {seconds:g} seconds") from None
    except (OSError, HTTPException, HTTPError, ValueError) as failed:
        raise NotFetched(_in_words(failed)) from failed


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


def _asked(target: Target, addresses: list[str], request: _Request, ends: float) -> tuple[int, bytes]:
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
            request.method,
            target.path,
            body=request.body,
            headers={"Host": target.name, "Connection": "close", **request.headers},
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        return response.status, response.read(request.max_bytes)
    except (OSError, HTTPException, HTTPError) as failed:
        if overdue.is_set() or isinstance(failed, TimeoutError):
            raise _Overdue from failed
        raise
    finally:
        clock.cancel()
        connection.close()


def _connected(target: Target, addresses: list[str], ends: float) -> HTTPConnection:
    for last, address in ((address is addresses[-1], address) for address in addresses):
        left = ends - time.monotonic()
        if left <= 0:
            raise _Overdue
        connection = _connection(target, address, min(CONNECT_SECONDS, left))
        try:
            connection.connect()
        except (OSError, HTTPError) as failed:
            connection.close()
            if left <= CONNECT_SECONDS and _took_too_long(failed):
                raise _Overdue from failed
            if last:
                raise
            continue
        connection.timeout = max(0.1, ends - time.monotonic())  # which it gives its socket for each request anew
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


def _took_too_long(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or "timed out" in str(error)


_KNOWN: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "its name can't be resolved"),
    (ConnectionRefusedError, "the connection was refused"),
    (RemoteDisconnected, "no answer: the connection was closed"),
)


def _in_words(error: Exception) -> str:
    """What went wrong, without a word of what came: that goes into logs, and may be somebody's."""
    system: str | None = None
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate can't be trusted: {cause.verify_message}"
        known = next((words for kind, words in _KNOWN if isinstance(cause, kind)), None)
        if known is not None:
            return known
        if isinstance(cause, OSError) and cause.strerror:
            system = cause.strerror
    if _took_too_long(error):
        return f"no connection within {CONNECT_SECONDS:g} seconds"
    if system is None and isinstance(error, HTTPException | HTTPError):
        return "no answer: what came is not HTTP, or not whole"
    return f"no answer: {system or type(error).__name__}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
