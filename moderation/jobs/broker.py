"""What workers are woken by: one kind of message, which names a piece of work and carries nothing else.

It may get lost, come twice or come late: what is to be done stands in the database. Neither of the queues holds more
than a few, since one message does for all that waits. Both are called after this database's own key, so that several
installations may share a broker.

Whoever imports this imports Celery, which takes its time: do it where a broker is used.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from kombu import Exchange, Queue

from moderation.core.signing import keyed
from moderation.services import Piece

TASK = "moderation.look"
MOST = 100
"""Messages in a queue: whoever would send another leaves it."""
LASTS_SECONDS = 60.0
UNUSED_SECONDS = 3600.0
ANSWERS_SECONDS = 3.0
"""How long whoever sends waits for a broker that hangs."""
SILENT_SECONDS = 15.0
"""After so long without a sign of life from the broker a worker connects anew."""
RETURNS_SECONDS = 120.0
"""On Redis: when what a dead worker had goes to another."""


def queue_of(piece: Piece, secret: str) -> Queue:
    """Scores have a queue of their own, in which nothing else waits."""
    apart = "scoring" if piece is Piece.SCORING else "background"
    name = f"moderation-{keyed(secret, 'queues')[:12]}.{apart}"
    return Queue(
        name,
        exchange=Exchange(""),
        routing_key=name,
        durable=True,
        max_length=MOST * 10,
        message_ttl=LASTS_SECONDS,
        expires=UNUSED_SECONDS,
    )


def sender(url: str) -> Celery:
    """For whoever wakes workers."""
    amqp = {"read_timeout": ANSWERS_SECONDS, "write_timeout": ANSWERS_SECONDS, "confirm_publish": True}
    redis = {"socket_timeout": ANSWERS_SECONDS, "socket_connect_timeout": ANSWERS_SECONDS}
    return _app(url, amqp if _is_amqp(url) else redis, broker_heartbeat=0)


def listener(url: str, secret: str, look: Callable[..., None], consumer: str) -> Celery:
    """For a worker, which calls ``look`` with what a message says. Late acknowledgements, and one message at a time: a
    busy worker leaves the others to those that have nothing to do.
    """
    redis = {
        "visibility_timeout": RETURNS_SECONDS,
        "socket_timeout": SILENT_SECONDS,
        "socket_connect_timeout": ANSWERS_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": SILENT_SECONDS,
    }
    app = _app(
        url,
        {} if _is_amqp(url) else redis,
        task_queues=[queue_of(piece, secret) for piece in (Piece.SCORING, Piece.BULK)],
        broker_heartbeat=SILENT_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_pool="threads",
        worker_concurrency=1,
        worker_prefetch_multiplier=1,
        worker_consumer=consumer,
        worker_detect_quorum_queues=False,
    )
    app.set_default()  # Celery's threads look tasks up in the one that is
    app.task(look, name=TASK, acks_late=True, reject_on_worker_lost=True, shared=False)
    return app


def _app(url: str, transport: dict[str, Any], **settings: Any) -> Celery:
    address = _as_kombu_reads(url)
    app = Celery("moderation", set_as_current=False, fixups=[], backend="disabled")
    app.conf.update(
        broker_read_url=address,
        broker_write_url=address,
        broker_use_ssl=_tls(url),
        broker_transport_options=transport if _is_amqp(url) else {**transport, "global_keyprefix": "moderation:"},
        broker_connection_timeout=ANSWERS_SECONDS,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_default_delivery_mode="transient",
        task_create_missing_queues=False,
        task_send_sent_event=False,
        worker_send_task_events=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        **settings,
    )
    # Celery itself would rather be told by CELERY_BROKER_READ_URL, which is somebody else's.
    app.connection_for_read = partial(app.connection_for_read, address)
    app.connection_for_write = partial(app.connection_for_write, address)
    return app


def _is_amqp(url: str) -> bool:
    return url.startswith("amqp")


def _as_kombu_reads(url: str) -> str:
    """Kombu has a notation of its own for Redis behind a file, and refuses what else clients of Redis let themselves be
    told behind the question mark.
    """
    if _is_amqp(url):
        return url
    parts = urlsplit(url)
    unix = parts.scheme == "redis+unix"
    number = parse_qs(parts.query).get("db", ["" if unix else parts.path.strip("/")])[0] or "0"
    if unix:
        return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={number}"
    return f"{parts.scheme}://{parts.netloc}/{number}"


def _tls(url: str) -> dict[str, Any] | None:
    """Certificates are checked, which neither library does unasked."""
    if url.startswith("amqps://"):
        return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}  # None: that of the address
    if url.startswith("rediss://"):
        said = parse_qs(urlsplit(url).query)
        files: dict[str, Any] = {
            name: said[name][0] for name in ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile") if name in said
        }
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, **files}
    return None
