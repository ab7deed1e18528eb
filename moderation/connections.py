"""Connections of the web server: what each is doing, and which of them have to go so that others get in.

A connection counts as idle until a whole request has come: a client that sends one byte a second, or reads its answer
that slowly, is idle too.
"""

from __future__ import annotations

import json
import resource
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from socket import SHUT_RDWR
from threading import Lock
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask
from waitress.task import Task as HTTPTask

MAX_CONNECTIONS = 1000
FILES_BESIDES = 200
"""Files and connections that the rest of the process may have open."""
HEADERS_SECONDS = 20.0
"""How long a request's headers may take."""
BODY_SECONDS = 30.0
BODY_BYTES_PER_SECOND = 1000
"""A body that takes longer must come at least so fast."""


class Pace:
    """How fast requests are answered: from it follows how long whoever comes now will wait. For many threads."""

    _COUNTED = 32
    """The last so many answers say how fast it goes."""
    _AT_MOST = 0.25
    """Seconds that one answer counts for: a page that took longer doesn't say that the next one will."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._under_way: Counter[str | None] = Counter()
        self._answers = 0
        self._latest = 0.0
        self._seconds = 0.0
        """From one answer to the next while there was something to do, on average."""

    def came(self, kind: str | None) -> None:
        """A request of this kind is to be answered."""
        with self._lock:
            self._under_way[kind] += 1

    def under_way(self, kind: str | None) -> int:
        """How many of this kind wait or are being answered."""
        return self._under_way[kind]

    def finished(self, kind: str | None, began: float, now: float) -> None:
        """An answer is done on which work ``began`` then. Both are monotonic."""
        with self._lock:
            self._under_way[kind] -= 1
            # Where several are worked at, each has only the time since the answer before it; idle time doesn't count.
            took = min(max(0.0, now - max(began, self._latest)), self._AT_MOST)
            self._latest = max(now, self._latest)
            self._answers = min(self._answers + 1, self._COUNTED)
            self._seconds += (took - self._seconds) / self._answers

    def seconds_for(self, answers: int) -> float:
        """How long so many will take."""
        return answers * self._seconds


class Request(HTTPRequestParser):
    """A request that is arriving, or has arrived."""

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.began = time.time()

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ``ParsingError`` for what a proxy in front may take for another request than we do: one whose end is
        told twice, or in a way that its version of HTTP doesn't know.
        """
        super().parse_header(header_plus)
        if "TRANSFER_ENCODING" in self.headers or (self.chunked and "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Content-Length and Transfer-Encoding don't go together, nor the latter with HTTP/1.0")


class Task(WSGITask):
    """The answer of the application."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        # How long it has waited for a thread: who wouldn't hear a late answer can be told so before any work is done.
        environ.setdefault("moderation.waited_seconds", time.monotonic() - self.channel.queued_at)
        return environ

    def execute(self) -> None:
        if self.channel.server.stopping:
            # Tells the client to send nothing more on this connection: nobody would be there to answer.
            self.request.headers["CONNECTION"] = "close"
        if self.channel.apart:
            super().execute()
        else:
            with self.channel.server.places.taken():
                super().execute()


class OverloadRefusal(HTTPTask):
    """The refusal of a request that had too many before it: in the application's words, without its work."""

    complete = True  # nothing more is to come before the body

    def execute(self) -> None:
        self.status, headers, body = self.channel.server.refusal(self.channel.kind)
        self.response_headers.extend([*headers, *self.channel.server.refusal_headers.items()])
        self.content_length = len(body)
        self.write(body)


class Refusal(ErrorTask):
    """What never reaches the application (a broken request line, headers without end), in the API's own words."""

    def execute(self) -> None:
        error = self.request.error
        problem = {"type": "about:blank", "title": error.reason, "status": error.code, "detail": str(error.body)[:200]}
        body = json.dumps(problem).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/problem+json"))
        self.response_headers.append(("Cache-Control", "no-store"))
        self.response_headers.extend(self.channel.server.refusal_headers.items())
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Channel(HTTPChannel):
    """One connection."""

    parser_class = Request
    task_class = Task
    error_task_class = Refusal
    queued_at: float
    """When the request whose turn it is came to wait for a thread (monotonic)."""
    kind: str | None = None
    """How its path begins, where clients have little patience there."""
    apart: bool = False
    """Whether it goes to the threads that answer while all others are busy."""
    too_many_ahead: bool = False
    """Whether so many were before it that its client couldn't wait for its turn."""

    def service(self) -> None:
        began, apart, kind = time.monotonic(), self.apart, self.kind  # which may be the next request's afterwards
        self.task_class = OverloadRefusal if self.too_many_ahead else Task
        try:
            super().service()
        finally:
            if not apart:
                self.server.pace.finished(kind, began, time.monotonic())

    def cut_off(self) -> None:
        """Ends it though its client takes nothing in: until then the loop would wait for room to write."""
        with suppress(OSError):
            self.socket.shutdown(SHUT_RDWR)

    def handle_close(self) -> None:
        # Bytes left unread would turn the close into a reset, which can overtake the answer on its way.
        if self.socket is not None:  # waitress may close a channel twice
            with suppress(OSError):
                for _ in range(64):
                    if not self.socket.recv(65536):
                        break
        super().handle_close()


def is_idle(channel: Channel) -> bool:
    """Whether nothing of a request or of an answer is under way."""
    return not channel.requests and channel.request is None and not channel.total_outbufs_len


def is_overdue(channel: Channel, now: float) -> bool:
    """Whether its client takes longer over a request than a working one does."""
    request: Any = channel.request
    if request is None:
        return False
    allowed = HEADERS_SECONDS
    if request.headers_finished:
        allowed = BODY_SECONDS + request.body_bytes_received / BODY_BYTES_PER_SECOND
    return bool(now - request.began > allowed)


def close_longest_idle(channels: Iterable[Channel]) -> bool:
    """Closes, of the address that holds the most connections without a whole request, the one idle for longest, and
    tells whether there was one. It closes in the loop's next turn: closed at once, its number could be given to a
    newcomer amid this turn's events.
    """
    idle = [channel for channel in channels if not channel.requests and not channel.will_close]
    held = Counter(channel.addr[0] for channel in idle)
    longest = max(idle, key=lambda channel: (held[channel.addr[0]], -channel.last_activity), default=None)
    if longest is not None:
        longest.will_close = True
    return longest is not None


def room_for_connections() -> int:
    """How many connections this process can hold; asks the system for as many files as that takes."""
    allowed, possible = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = MAX_CONNECTIONS + FILES_BESIDES
    if allowed != resource.RLIM_INFINITY and allowed < needed:
        raised = needed if possible == resource.RLIM_INFINITY else min(needed, possible)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, possible))
            allowed = raised
    if allowed == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(16, min(MAX_CONNECTIONS, allowed - FILES_BESIDES))
