"""The web server: threads over one listening socket, and a stop that loses no request.

waitress speaks HTTP. It reads each request whole before a thread takes it, so a slow client holds memory and never a
thread; and it runs in this very process, so that the default is one process, killed and stopped as one. Here stands
what it leaves open: a stop that answers everything that was sent, and several processes over one socket.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from ctypes import addressof, create_string_buffer
from types import FrameType
from typing import TYPE_CHECKING

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from moderation.connections import Channel, is_overdue, longest_idle, room_for_connections
from moderation.core.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""How long a stop waits for requests that are being answered or are still arriving."""

LINGER_SECONDS = 1.0
"""How long a stop leaves an idle connection open, for a request that its client may just be sending."""

THREADS_APART = 2
CLEANUP_SECONDS = 5

HANDSHAKE_SECONDS = 0.1
"""How long a stop waits for connections that were being made when it began."""


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; connections are refused until a server runs on it. Port 0 takes any free one.

    Raises ``ConfigurationError`` when the address can't be had.
    """
    with ExitStack() as unless_bound:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            family, kind, protocol, _, address = found[0]
            bound = unless_bound.enter_context(socket.socket(family, kind, protocol))
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ConfigurationError(
                f"{host}:{port}", f"can't be listened on ({reason}). Choose another with --host and --port."
            ) from error
        unless_bound.pop_all()
    return bound


def serve(
    bound: socket.socket,
    app: WSGIApplication,
    *,
    threads: int,
    largest_body: int = 16 * 2**20,
    ready: Callable[[], None],
    supervised_by: int | None = None,
    apart: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answers requests until SIGTERM or Ctrl-C, then finishes what was begun. A second signal ends it at once.

    ``largest_body`` bytes of a request are read even where the application will refuse it, so that its answer arrives
    and no pipe breaks; what is larger still is refused, and cut off, at once. ``ready`` is called when connections are
    accepted. ``supervised_by`` is the process that would pass on the signal to stop: once that is gone, serving stops
    too. Paths that begin with one of ``apart`` have threads of their own: they answer while all the others wait for a
    database. ``headers`` go with what is refused before the application sees it.
    Call it in the main thread: signals arrive nowhere else.
    """
    # Requests that wait for a thread are what threads are for; a line for each would fill the log.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = _Server(bound, app, threads=threads, largest_body=largest_body, supervised_by=supervised_by, apart=apart)
    server.refusal_headers = dict(headers or {})
    signal.signal(signal.SIGTERM, server.on_signal)
    # A terminal's Ctrl-C reaches every process; a supervised one waits for its supervisor's word.
    signal.signal(signal.SIGINT, server.on_signal if supervised_by is None else signal.SIG_IGN)
    ready()
    server.run_until_stopped()


def supervise(processes: int, run: Callable[[int], None]) -> int:
    """Runs ``run(index)`` in that many child processes until SIGTERM or Ctrl-C, and returns the exit status.

    A child that a signal killed is replaced. One that fails by itself stops all: it would only fail again.
    """
    watched = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    # Blocked and waited for one at a time, so that none arrives between a fork and the note of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    children = {_fork(index, run, watched): index for index in range(processes)}
    stopping, status = False, 0
    while children:
        told_to_stop = signal.sigwait(watched) != signal.SIGCHLD
        for child, code in _ended_children():
            index = children.pop(child, None)
            if index is None:
                continue
            if code > 0 and not stopping:
                told_to_stop, status = True, code
            elif not stopping:
                _log.warning("web process %s was killed (signal %s); starting another", index, -code)
                children[_fork(index, run, watched)] = index
        if told_to_stop:
            stopping = True
            for child in children:
                os.kill(child, signal.SIGTERM)
    return status


class _Server(TcpWSGIServer):
    channel_class = Channel

    def __init__(
        self,
        bound: socket.socket,
        app: WSGIApplication,
        *,
        threads: int,
        largest_body: int,
        supervised_by: int | None,
        apart: tuple[str, ...],
    ) -> None:
        self.refusal_headers: dict[str, str] = {}
        self._apart = apart
        self._dispatcher_apart = ThreadedTaskDispatcher()
        self._dispatcher_apart.set_thread_count(THREADS_APART)
        self._room = room_for_connections()
        self._cleans_at = 0.0
        self.stopping = False
        self.hurried = False
        self._supervisor = supervised_by
        adjustments = Adjustments(
            threads=threads,
            channel_timeout=75,
            max_request_header_size=32 * 1024,
            max_request_body_size=largest_body,
            inbuf_overflow=128 * 1024,
            asyncore_use_poll=True,
            ident=None,
            # The application alone decides which proxies it trusts (MODERATION_TRUSTED_PROXIES).
            clear_untrusted_proxy_headers=False,
        )
        info = (bound.family, bound.type, bound.proto, bound.getsockname())
        super().__init__(app, _sock=bound, adj=adjustments, sockinfo=info, bind_socket=False)

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.hurried = self.stopping
        self.stopping = True
        self.pull_trigger()

    def add_task(self, task: Channel) -> None:
        request = task.requests[0]
        light = request.error is not None or request.path.startswith(self._apart)
        (self._dispatcher_apart if light else self.task_dispatcher).add_task(task)

    def readable(self) -> bool:
        now = time.time()
        if now >= self._cleans_at:
            self._cleans_at = now + CLEANUP_SECONDS
            self.maintenance(now)
        # Full of requests that are being answered, it leaves new connections to the kernel's queue.
        full = len(self.active_channels) >= self._room
        return bool(self.accepting and not (full and not longest_idle(self.active_channels.values())))

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if is_overdue(channel, now):
                channel.will_close = True
            if channel.will_close and channel.total_outbufs_len:
                channel.cut_off()

    def handle_accept(self) -> None:
        # Many at once: a turn of the loop looks at every connection, and with one newcomer a turn a thousand idle ones
        # hold up whoever comes next for seconds.
        maximum = max(1, self._room // 16)
        left = max(0, self._room - len(self.active_channels))
        # Whoever holds the most connections makes room, with those that have been idle for longest. They close in the
        # loop's next turn: closed at once, their numbers could be given to newcomers amid this turn's events.
        going = longest_idle(self.active_channels.values(), maximum) if left < maximum else []
        for _ in range(min(maximum, left + len(going)) or 1):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:  # nobody else calls
                break
            if left == 0 and going:
                going.pop(0).will_close = True
            left = max(0, left - 1)

    def run_until_stopped(self) -> None:
        while not self.stopping:
            self._turn(timeout=1.0)
            if self._supervisor is not None and os.getppid() != self._supervisor:
                self.stopping = True
        self._accept_who_already_called()
        self._finish()
        for dispatcher in (self.task_dispatcher, self._dispatcher_apart):
            dispatcher.shutdown(timeout=0 if self.hurried else 1)

    def _turn(self, *, timeout: float) -> None:
        wasyncore.loop(timeout=timeout, use_poll=True, map=self._map, count=1)

    def _accept_who_already_called(self) -> None:
        """Accepts every connection that the kernel has made for us, then closes the door.

        A connection made between the last accept and the closing would be reset with its request unread. So first
        the kernel is told to drop new calls; those get their refusal when they ring again.
        """
        _refuse_new_calls(self.socket)
        began = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self.socket, selectors.EVENT_READ)
            while (waited := time.monotonic() - began) < GRACE_SECONDS:
                if selector.select(timeout=0):
                    self.handle_accept()
                elif waited < HANDSHAKE_SECONDS:
                    self._turn(timeout=0.01)
                else:
                    break
        self.accepting = False
        self.del_channel()
        self.socket.close()

    def _finish(self) -> None:
        """Runs until every connection is closed: after its answer, or once it has been idle for a while."""
        began = time.time()
        deadline = time.monotonic() + GRACE_SECONDS
        while self.active_channels and not self.hurried and time.monotonic() < deadline:
            for channel in list(self.active_channels.values()):
                if channel.is_idle() and time.time() - max(channel.last_activity, began) > LINGER_SECONDS:
                    channel.will_close = True
            self._turn(timeout=0.1)


def _refuse_new_calls(listening: socket.socket) -> None:
    """Linux: from now on the kernel drops packets that ask for a new connection here (SYN without ACK); handshakes
    under way still complete. Elsewhere nothing happens, and a stop may cost a request that comes in that instant.
    """
    if not sys.platform.startswith("linux"):
        return
    attach_filter = 26  # SO_ATTACH_FILTER, which the socket module doesn't name
    program = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in (
            (0x30, 0, 0, 13),  # load the TCP header's flags
            (0x54, 0, 0, 0x12),  # of them, SYN and ACK
            (0x15, 0, 1, 0x02),  # SYN alone?
            (0x06, 0, 0, 0),  # yes: drop
            (0x06, 0, 0, 0xFFFFFFFF),  # no: keep
        )
    )
    kept = create_string_buffer(program)
    with suppress(OSError):  # a sandbox may forbid it; the stop then is as good as elsewhere
        listening.setsockopt(socket.SOL_SOCKET, attach_filter, struct.pack("HL", len(program) // 8, addressof(kept)))


def _fork(index: int, run: Callable[[int], None], watched: set[signal.Signals]) -> int:
    child = os.fork()
    if child:
        return child
    signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
    try:
        run(index)
    except BaseException as error:  # the child must never return into its parent's code
        if not isinstance(error, SystemExit):
            sys.excepthook(type(error), error, error.__traceback__)
        os._exit(error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 1)
    os._exit(0)


def _ended_children() -> list[tuple[int, int]]:
    """Process ids and how they ended: an exit status, or a signal's number below zero."""
    ended: list[tuple[int, int]] = []
    while True:
        try:
            child, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if child == 0:
            return ended
        ended.append((child, os.waitstatus_to_exitcode(status)))
