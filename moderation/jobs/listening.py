"""A worker listens to the broker, in a thread of its own: each message has a piece of work look at once.

The work itself is done by its own threads (``jobs.background``), which look by themselves too. So it is done once at a
time in a process, a pack is loaded once, and its batches hold all that has come meanwhile; and where the broker is gone
only the waking is. A message is acknowledged when the look that it asked for has ended: who dies before leaves it to
another worker. Celery's threads wait for that look and do nothing else, which is why its pool is one thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from typing import Any

from celery.exceptions import Reject
from celery.worker import WorkController, state
from celery.worker.consumer import Consumer
from kombu.transport.virtual import QoS

from moderation.jobs.background import Background
from moderation.jobs.broker import TASK, listener
from moderation.services import Piece

log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0
"""How long a message waits for its look."""
AGAIN_SECONDS = 10.0


class Listener:
    """Wakes these pieces of work for as long as it runs."""

    def __init__(self, url: str, secret: str, pieces: Collection[Background]) -> None:
        self._url, self._secret = url, secret
        self._pieces: dict[str, list[Background]] = {}
        for one in pieces:
            if one.piece is not None:
                self._pieces.setdefault(one.piece.value, []).append(one)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listening to the broker", daemon=True)

    def start(self) -> None:
        # A message that is given back is nothing to warn of.
        logging.getLogger("celery.app.trace").setLevel(logging.ERROR)
        logging.getLogger("celery.worker.consumer.consumer").addFilter(_in_one_line)
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Takes no further message."""
        self._stopped.set()
        state.should_stop = 0

    def stop(self, timeout_s: float = 10.0) -> None:
        """The broker may hang, and need not be waited for."""
        self.ask_to_stop()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                consumer = f"{__name__}:Careful"
                app = listener(self._url, self._secret, self._look, consumer)
                WorkController(app=app, without_gossip=True, without_mingle=True, without_heartbeat=True).start()
            except Exception:
                log.exception("the broker could not be listened to")
            if not self._stopped.wait(AGAIN_SECONDS):
                log.warning("listening to the broker begins anew; what waits is found meanwhile")

    def _look(self, piece: str) -> None:
        """What a message does."""
        doing = self._pieces.get(piece, [])
        idle = next((one for one in doing if not one.at_work), doing[0] if doing else None)
        if idle is not None and not idle.look_soon(LOOK_SECONDS):
            raise Reject("was not looked at", requeue=True)


class Careful(Consumer):
    """Lets nothing through to Celery but what was sent by us. What other messages hold is never logged: nobody knows
    what that is.
    """

    def create_task_handler(self, *arguments: Any, **more: Any) -> Callable[[Any], Any]:
        handle = super().create_task_handler(*arguments, **more)

        def careful(message: Any) -> Any:
            _counted_no_longer_than_it_is_at_work(message)
            if _is_ours(message):
                return handle(message)
            log.warning("a message was refused: it asks for nothing that is done here")
            return message.reject_log_error(log, self.connection_errors)

        return careful


def _counted_no_longer_than_it_is_at_work(message: Any) -> None:
    """Has a message of Redis count as done also where the broker could not be told. It would count as under way for
    ever, and whoever takes one at a time would get no other; its own comes back to some worker (``RETURNS_SECONDS``).
    """

    def counting(tell: Callable[..., Any]) -> Callable[..., Any]:
        def told(*arguments: Any, **more: Any) -> Any:
            try:
                return tell(*arguments, **more)
            finally:
                taken = getattr(message.channel, "qos", None)
                if isinstance(taken, QoS) and not message.acknowledged:
                    QoS.ack(taken, message.delivery_tag)

        return told

    message.ack_log_error = counting(message.ack_log_error)
    message.reject_log_error = counting(message.reject_log_error)


def _in_one_line(record: logging.LogRecord) -> bool:
    record.msg, record.args = " ".join(record.getMessage().split()), ()
    return True


def _is_ours(message: Any) -> bool:
    """Whether it is a message of ours, to the last part."""
    try:
        headers = message.headers
        arguments, said, embedded = message.decode()  # JSON: nothing else is read
        return (
            headers["task"] == TASK
            and isinstance(headers["id"], str)
            and not any(headers.get(name) for name in ("eta", "expires", "group", "stamps"))
            and arguments == []
            and said.keys() == {"piece"}
            and said["piece"] in tuple(Piece)
            and not any(embedded.values())
        )
    except Exception:  # whatever it is
        return False
