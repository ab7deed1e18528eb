"""Connections of the web server: what each is doing, and which of them have to go so that others get in.

A connection counts as idle until a whole request has come: a client that sends one byte a second, or reads its answer
that slowly, is idle too.
"""

from __future__ import annotations

import json
import resource
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from heapq import heapify, heappop, heappush
from socket import SHUT_RDWR
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask, WSGITask

MAX_CONNECTIONS = 1000
FILES_BESIDES = 200
"""Files and connections that the rest of the process may have open."""
HEADERS_SECONDS = 20.0
"""How long a new connection may say nothing, and a request's headers may take."""
BODY_SECONDS = 30.0
BODY_BYTES_PER_SECOND = 1000
"""A body that takes longer must come at least so fast."""
WRITE_SECONDS = 30.0
"""How long a thread waits for a client to take in a piece of a long answer."""


class Request(HTTPRequestParser):
    """A request that is arriving, or has arrived."""

    arrived: float | None = None

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.began = time.time()

    def received(self, data: bytes) -> int:
        taken: int = super().received(data)
        if self.completed and self.arrived is None:
            self.arrived = time.monotonic()
        return taken


class Task(WSGITask):
    """The answer of the application."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        # How long it has waited for a thread: who wouldn't hear a late answer can be told so before any work is done.
        environ.setdefault("moderation.waited_seconds", time.monotonic() - (self.request.arrived or time.monotonic()))
        return environ

    def execute(self) -> None:
        if self.channel.server.stopping:
            # Tells the client to send nothing more on this connection: nobody would be there to answer.
            self.request.headers["CONNECTION"] = "close"
        super().execute()


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

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.idle_since: float = self.creation_time
        """When it was made, or its last request was answered."""
        self.has_asked = False
        self.writing_since: float | None = None
        """When the piece of an answer was begun that a thread is about to hand over; None where none is."""

    def is_idle(self) -> bool:
        """Whether nothing of a request or of an answer is under way."""
        return not self.requests and self.request is None and not self.total_outbufs_len

    def service(self) -> None:
        super().service()
        self.has_asked = True
        self.idle_since = time.time()

    def write_soon(self, data: Any) -> int:
        self.writing_since = time.time()
        try:
            written: int = super().write_soon(data)
            return written
        finally:
            self.writing_since = None

    def cut_off(self) -> None:
        """Ends it though its client takes nothing in: until then the loop would wait for room to write."""
        self.will_close = True
        if self.socket is not None:
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


def is_overdue(channel: Channel, now: float) -> bool:
    """Whether its client takes longer over a request, or over its answer, than a working one does."""
    if channel.requests:
        return channel.writing_since is not None and now - channel.writing_since > WRITE_SECONDS
    request: Any = channel.request
    if request is None:
        return not channel.has_asked and now - channel.idle_since > HEADERS_SECONDS
    if not request.headers_finished:
        return bool(now - request.began > HEADERS_SECONDS)
    return bool(now - request.began > BODY_SECONDS + request.body_bytes_received / BODY_BYTES_PER_SECOND)


def longest_idle(channels: Iterable[Channel], maximum: int = 1) -> list[Channel]:
    """The connections to close where there are too many, at most so many, the first to go first: one by one, of the
    address that holds the most of those that have no whole request under way, the one that has been so for longest.
    """
    held: defaultdict[str, list[Channel]] = defaultdict(list)
    for channel in list(channels):
        if not channel.requests and not channel.will_close:
            held[str(channel.addr[0])].append(channel)
    for of_one in held.values():
        of_one.sort(key=lambda channel: -channel.idle_since)
    # Most first, and among equals the longest idle.
    heap = [(-len(of_one), of_one[-1].idle_since, address) for address, of_one in held.items()]
    heapify(heap)
    going: list[Channel] = []
    while heap and len(going) < maximum:
        address = heappop(heap)[2]
        of_one = held[address]
        going.append(of_one.pop())
        if of_one:
            heappush(heap, (-len(of_one), of_one[-1].idle_since, address))
    return going


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
