"""The web server: threads over one listening socket, and a stop that loses no request.

waitress speaks HTTP. It reads each request whole before a thread takes it, so a slow client holds memory and never a
thread; and it runs in this very process, so that the default is one process, killed and stopped as one. Here stands
what it leaves open: a stop that answers everything that was sent, several processes over one socket, and threads of
their own for what has to be answered while all others wait.

Others were tried, each over an application with eight threads:

- gunicorn 27.0 (gthread) reads requests in those threads: twenty connections that say nothing, or half a request,
  stop it. Its stop resets connections that requests have been sent on. It is always two processes or more.
- granian 2.8 (WSGI) reads headers outside Python, bodies in those threads: twenty half-sent bodies stop it. Its stop
  can lose a request on a kept connection. It is always two processes or more, and the second goes on alone when the
  first is killed. Two of them share a port without a word (SO_REUSEPORT), and port 0 can't be asked for its number.
  Embedded in one process it calls itself experimental and speaks no WSGI.
- uvicorn 0.54 runs in one process, on our socket, and a body can be read whole before a thread takes it. But it has
  no limits for headers, in seconds or bytes, nor for connections, its stop closes on who is just asking, and somebody
  has to bring WSGI to ASGI. With all that it took half as much code again as stands here and in ``connections``.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from ctypes import addressof, create_string_buffer
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import TYPE_CHECKING

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from moderation.connections import Channel, Pace, close_longest_idle, is_idle, is_overdue, room_for_connections
from moderation.core.errors import ConfigurationError
from moderation.core.turns import Places

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_log = logging.getLogger(__name__)

GRACE_SECONDS = 30.0
"""How long a stop waits for requests that are being answered or are still arriving."""

LINGER_SECONDS = 1.0
"""How long a stop leaves an idle connection open, for a request that its client may just be sending."""

HANDSHAKE_SECONDS = 0.1
"""How long a stop waits for connections that were being made when it began."""

Refused = tuple[str, Sequence[tuple[str, str]], bytes]
"""A status line, headers and a body."""


def _busy() -> Refused:
    return "503 Service Unavailable", [("Retry-After", "1")], b""


THREADS_APART = 2

SWITCH_SECONDS = 0.0005
"""How long a thread computes before another gets its turn. With Python's own five milliseconds the loop that takes in
requests and sends answers waits that long for each thread at work, every time that it has something to do.
"""

AT_WORK = 3
"""So many threads compute at a time: one does, the others wait for the database or its disk."""

HOLD_SECONDS = 0.02
"""How long a request that has too many before it is held, in case they go sooner than it seemed: a crowd whose clients
ask again as soon as they are refused then asks no faster than that, and leaves the processors to those who wait.
"""


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
    impatient: Mapping[str, tuple[int, float]] | None = None,
    refuse: Mapping[str, Callable[[], Refused]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answers requests until SIGTERM or Ctrl-C, then finishes what was begun. A second signal ends it at once.

    ``largest_body`` bytes of a request are read even where the application will refuse it, so that its answer arrives
    and no pipe breaks; what is larger still is refused, and cut off, at once. ``ready`` is called when connections are
    accepted. ``supervised_by`` is the process that would pass on the signal to stop: once that is gone, serving stops
    too. Paths that begin with one of ``apart`` have threads of their own: they answer while all the others wait for a
    database. ``impatient`` says of paths, by their beginning, how many such requests may be before another, and how
    many seconds it may have to wait (while a thread is idle, for those on its own path): where there are more, it is
    answered soon with what ``refuse`` gives for that path (status line, headers, body). ``headers`` go with what is
    refused before the application sees it.
    Call it in the main thread: signals arrive nowhere else.
    """
    # Requests that wait for a thread are what threads are for; a line for each would fill the log.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    sys.setswitchinterval(SWITCH_SECONDS)
    server = _Server(
        bound,
        app,
        threads=threads,
        largest_body=largest_body,
        apart=apart,
        impatient=impatient,
        refuse=refuse,
        headers=headers,
    )
    signal.signal(signal.SIGTERM, server.on_signal)
    # A terminal's Ctrl-C reaches every process; a supervised one waits for its supervisor's word.
    signal.signal(signal.SIGINT, server.on_signal if supervised_by is None else signal.SIG_IGN)
    ready()
    while not server.stopping and supervised_by in (None, os.getppid()):
        server.turn(timeout=1.0)
    server.stop()


def supervise(processes: int, run: Callable[[int], None]) -> int:
    """Runs ``run(index)`` in that many child processes until SIGTERM or Ctrl-C, and returns the exit status.

    A child that a signal killed is replaced. One that fails by itself stops all: it would only fail again.
    """
    watched = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    # Blocked and waited for one at a time, so that none arrives between a fork and the note of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    fork = multiprocessing.get_context("fork")

    def work(index: int) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, watched)
        run(index)

    def started(index: int) -> BaseProcess:
        child = fork.Process(target=work, args=(index,))
        child.start()
        return child

    children = {index: started(index) for index in range(processes)}
    stopping, status = False, 0
    while children:
        told_to_stop = signal.sigwait(watched) != signal.SIGCHLD
        for index, child in list(children.items()):
            code = child.exitcode
            if code is None:
                continue
            del children[index]
            if code > 0 and not stopping:
                told_to_stop, status = True, code
            elif not (stopping or told_to_stop):
                _log.warning("web process %s was killed (signal %s); starting another", index, -code)
                children[index] = started(index)
        if told_to_stop:
            stopping = True
            for child in children.values():
                child.terminate()
    return status


class _Server(TcpWSGIServer):
    channel_class = Channel
    accepting: bool

    def __init__(
        self,
        bound: socket.socket,
        app: WSGIApplication,
        *,
        threads: int,
        largest_body: int,
        apart: tuple[str, ...] = (),
        impatient: Mapping[str, tuple[int, float]] | None = None,
        refuse: Mapping[str, Callable[[], Refused]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._refuse = refuse or {}
        self.stopping = False
        self.pace = Pace()
        self.places = Places(AT_WORK)
        self._newcomers = 0
        self._impatient = impatient or {}
        self.refusal_headers = headers or {}
        self._room = room_for_connections()
        self._apart = apart
        self._held: deque[Channel] = deque()
        self._dispatcher_apart = ThreadedTaskDispatcher()
        self._dispatcher_apart.set_thread_count(THREADS_APART)
        adjustments = Adjustments(
            threads=threads,
            connection_limit=2**31,  # see ``readable``
            channel_timeout=75,
            cleanup_interval=5,
            max_request_header_size=32 * 1024,
            max_request_body_size=largest_body,
            inbuf_overflow=128 * 1024,
            # No thread waits for a client to take in an answer: what is larger than memory likes lies in a file.
            outbuf_high_watermark=2**40,
            asyncore_use_poll=True,
            ident=None,
            # The application alone decides which proxies it trusts (MODERATION_TRUSTED_PROXIES).
            clear_untrusted_proxy_headers=False,
        )
        info = (bound.family, bound.type, bound.proto, bound.getsockname())
        super().__init__(app, _sock=bound, adj=adjustments, sockinfo=info, bind_socket=False)

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self.stopping:  # the second ends it at once
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.stopping = True
        self.pull_trigger()

    def refusal(self, kind: str | None) -> Refused:
        """What is answered to who has too many ahead on paths of this kind."""
        return self._refuse.get(kind or "", _busy)()

    def add_task(self, task: Channel) -> None:
        task.queued_at = time.monotonic()
        request = task.requests[0]
        task.kind = next((its for its in self._impatient if request.path.startswith(its)), None)
        task.too_many_ahead = False
        task.apart = request.error is not None or request.path.startswith(self._apart)
        if not task.apart and self._too_many_before(task.kind):
            self._held.append(task)
            self.pull_trigger()  # the loop sees to it
        else:
            self._hand_over(task)

    def _hand_over(self, task: Channel) -> None:
        if not task.apart:
            self.pace.came(task.kind)
        (self._dispatcher_apart if task.apart else self.task_dispatcher).add_task(task)

    def _let_in(self) -> None:
        """Of those who are held whoever can be answered by now. Whoever was held for long enough is refused right here:
        that takes no time, and a thread would have to wait for its turn among those at work.
        """
        while self._held:
            task = self._held[0]
            if not self._too_many_before(task.kind):
                self._hand_over(self._held.popleft())
            elif time.monotonic() - task.queued_at >= HOLD_SECONDS:
                self._held.popleft()
                task.too_many_ahead = task.apart = True
                task.service()
            else:
                break

    def _too_many_before(self, kind: str | None) -> bool:
        """Whether more is waiting or being answered than the clients of this kind have patience for."""
        if kind is None:
            return False
        answers, seconds = self._impatient[kind]
        ahead = len(self.task_dispatcher.queue) + self.task_dispatcher.active_count
        alike = self.pace.under_way(kind)
        # While a thread is idle nobody waits for slow pages to end. Only those of its own kind are sure to want the
        # same processors: were all counted, a few pages that take minutes would have it refused for as long.
        waited_for = ahead if ahead >= self.adj.threads else alike
        return alike > answers or self.pace.seconds_for(waited_for) > seconds

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            channel.will_close = channel.will_close or is_overdue(channel, now)
            if channel.will_close and channel.total_outbufs_len:
                channel.cut_off()

    def readable(self) -> bool:
        super().readable()  # which sees to maintenance, and counts connections of any kind
        # Full of requests that are being answered, it leaves new connections to the kernel's queue, but not when it
        # stops: they would be reset there.
        channels = self.active_channels.values()
        room_left = len(channels) < self._room or any(not channel.requests for channel in channels)
        return bool(self.accepting and (room_left or self.stopping))

    def handle_accept(self) -> None:
        # Many at once: a turn of the loop looks at every connection, and with one newcomer a turn a thousand idle ones
        # hold up whoever comes next for seconds. But few of all, so that only those close who hold many.
        earlier = list(self.active_channels.values())
        for _ in range(max(1, self._room // 16)):
            before = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == before:  # nobody else calls
                break
            self._newcomers += 1
            if before >= self._room and not close_longest_idle(earlier):
                break

    def turn(self, *, timeout: float) -> None:
        """Sees to whatever has come, for so many seconds at most while nothing comes."""
        if self._held:
            timeout = min(timeout, max(0.0, self._held[0].queued_at + HOLD_SECONDS - time.monotonic()))
        wasyncore.loop(timeout=timeout, use_poll=True, map=self._map, count=1)
        self._let_in()

    def stop(self) -> None:
        """Answers what was sent before, and closes every connection after its answer, or once it has been idle."""
        self.stopping = True
        # A connection made between the last accept and the closing would be reset with its request unread. So first
        # the kernel is told to drop new calls; those get their refusal when they ring again.
        _refuse_new_calls(self.socket)
        began = time.time()
        came = -1
        while (waited := time.time() - began) < GRACE_SECONDS and (self.accepting or self.active_channels):
            if self.accepting and waited > HANDSHAKE_SECONDS and came == self._newcomers:  # nobody is left to let in
                self.accepting = False
                self.del_channel()
                self.socket.close()
            for channel in list(self.active_channels.values()):
                if is_idle(channel) and time.time() - max(channel.last_activity, began) > LINGER_SECONDS:
                    channel.will_close = True
            came = self._newcomers
            self.turn(timeout=0.01 if self.accepting else 0.1)
        for dispatcher in (self.task_dispatcher, self._dispatcher_apart):
            dispatcher.shutdown(timeout=1)


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
