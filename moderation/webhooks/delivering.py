"""Deliveries: at least once, in order for each comment at each endpoint, tried for three days, then given up and shown.

An endpoint is claimed as a whole (``storage.claims``), so that of all processes one at a time sends to it, a few
requests side by side. What a round has sent is written down soon after; a process that is killed before sends it again
when the lease ends. An endpoint that nothing reaches is asked again with one event alone until it answers, so that its
backlog costs nobody else anything.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

from sqlalchemy import exists
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from moderation import __version__
from moderation.services import Services
from moderation.storage.claims import Claim, Claims, Work
from moderation.storage.webhook_pruning import (
    erased_among,
    outdated_deliveries,
    outdated_sequences,
    prune_deliveries,
    prune_sequences,
)
from moderation.storage.webhooks import (
    WebhookDelivery,
    WebhookEndpoint,
    due_deliveries,
    find_delivery,
    find_endpoint,
    give_up,
    hold_back,
    store_attempts,
)
from moderation.watching import counts
from moderation.watching.tracing import span
from moderation.webhooks.addresses import Resolver, resolved
from moderation.webhooks.bodies import body_of
from moderation.webhooks.handing_on import CHUNK, hand_on
from moderation.webhooks.sending import SECONDS, Sent, post
from moderation.webhooks.signing import seal, signed_headers

log = logging.getLogger(__name__)

TRIED_FOR = timedelta(days=3)
WAITS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600))
"""Before the next try of what has failed so often; the last again and again."""
LONGEST_PAUSE = timedelta(seconds=60)
"""At most so long an endpoint that failed altogether is left alone."""
SIDE_BY_SIDE = 4
"""Requests to one endpoint at once."""
ALL_FAILED = 4
"""After so many failures, and nothing else, an endpoint counts as one that nothing reaches."""
ROUNDS = 16
"""Endpoints that one process sends to at once."""
ROUNDS_FAILING = 4
"""Of which so many may be ones that failed last time: nobody waits behind them."""
BATCH = 50
LEASE = timedelta(seconds=60)
BEGINS_WITHIN = 10.0
"""Seconds of a round in which requests begin: they end, and are written down, well within the lease, and whoever is
slow keeps the others waiting no longer.
"""
PRUNED_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """One try of one delivery."""

    number: int
    at: datetime
    sent: Sent


class Deliverer:
    """Sends what is due, in threads of its own."""

    def __init__(self, services: Services, *, resolve: Resolver = resolved, seconds: float = SECONDS) -> None:
        self._services, self._resolve, self._seconds = services, resolve, seconds
        self._pool = ThreadPoolExecutor(ROUNDS, thread_name_prefix="webhooks")
        self._under_way: dict[Future[None], bool] = {}
        self._stopped = threading.Event()

    def look(self) -> bool:
        """Hands events on, and begins to send to every endpoint for which something is due and nobody has. Returns
        whether there are more events to hand on at once.
        """
        handed_on = hand_on(self._services)
        self._under_way = {one: failing for one, failing in self._under_way.items() if not one.done()}
        self._begin(failing=False, limit=ROUNDS - ROUNDS_FAILING)
        self._begin(failing=True, limit=ROUNDS_FAILING)
        return handed_on == CHUNK

    def finish(self) -> None:
        """Waits for what is under way."""
        for one in list(self._under_way):
            one.result()

    def close(self) -> None:
        """Begins no further request, and waits for those under way."""
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)

    def _begin(self, *, failing: bool, limit: int) -> None:
        free = limit - sum(each is failing for each in self._under_way.values())
        if free <= 0 or self._stopped.is_set():
            return
        work = _work(self._services.clock(), failing=failing)
        claim = Claims(self._services.database, self._services.clock, work).take(free)
        for endpoint_id in claim.keys if claim else ():
            assert claim is not None
            one = self._pool.submit(self._round, endpoint_id, claim)
            self._under_way[one] = failing

    def _round(self, endpoint_id: str, claim: Claim) -> None:
        try:
            _Round(self._services, endpoint_id, self._sends, self._stopped.is_set).run()
            work = _work(self._services.clock())
            Claims(self._services.database, self._services.clock, work).give_back(claim, [endpoint_id])
        except Exception:
            log.exception("a round of deliveries failed; it is tried again when the lease has ended")

    def _sends(self, endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> Sent:
        return send(self._services, endpoint, delivery, resolve=self._resolve, seconds=self._seconds)


def _work(now: datetime, *, failing: bool = False) -> Work:
    due = exists().where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, WebhookDelivery.next_at <= now)
    state = WebhookEndpoint.failures > 0 if failing else WebhookEndpoint.failures == 0
    return Work(
        key=WebhookEndpoint.id,
        leased_until=WebhookEndpoint.leased_until,
        waits=(WebhookEndpoint.removed_at.is_(None), state, WebhookEndpoint.retry_at <= now, due),
        order=(WebhookEndpoint.retry_at, WebhookEndpoint.id),
        lease=LEASE,
    )


def send(
    services: Services,
    endpoint: WebhookEndpoint,
    delivery: WebhookDelivery,
    *,
    resolve: Resolver = resolved,
    seconds: float = SECONDS,
) -> Sent:
    """Sends one event as it is to be told now, signed with the endpoint's secrets."""
    kept = [stored for stored in (endpoint.secret, endpoint.former_secret) if stored is not None]
    opened = map(seal(services.keys.webhooks).opened, kept)
    secrets = [secret for secret in opened if secret is not None]
    if not secrets:
        return Sent(milliseconds=0, error="its secret can't be read any more; make a new one")
    with services.database.reading() as session:
        body = body_of(session, delivery)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"moderation/{__version__}",
        **signed_headers(secrets, delivery.event_id, services.clock(), body),
    }
    return post(
        endpoint.url,
        headers,
        body.encode(),
        allow_private=endpoint.allow_private,
        resolve=resolve,
        seconds=seconds,
    )


class _Round:
    """One endpoint's turn: what is due there is sent, of each subject in order, and written down."""

    def __init__(
        self,
        services: Services,
        endpoint_id: str,
        sends: Callable[[WebhookEndpoint, WebhookDelivery], Sent],
        stopped: Callable[[], bool],
    ) -> None:
        self._services, self._id, self._sends, self._stopped = services, endpoint_id, sends, stopped
        self._ends = time.monotonic() + BEGINS_WITHIN
        self._arrived = self._failed = 0

    def run(self) -> None:
        while self._goes_on() and self._sent_some():
            pass
        self._services.database.writing(self._conclude)

    def _sent_some(self) -> bool:
        """Sends a batch; of an endpoint that failed last time one event alone, until it answers."""
        with self._services.database.reading() as session:
            endpoint = find_endpoint(session, self._id)
            if endpoint is None:
                return False
            tries = endpoint.failures > 0 and not self._arrived
            if tries and self._failed:
                return False
            now, limit = self._services.clock(), 1 if tries else BATCH
            due = due_deliveries(session, self._id, now, limit=limit, least_tried=tries)
        if due:
            self._send(endpoint, due)
        return bool(due)

    def _goes_on(self) -> bool:
        unreachable = not self._arrived and self._failed >= ALL_FAILED
        return not unreachable and not self._stopped() and time.monotonic() < self._ends

    def _send(self, endpoint: WebhookEndpoint, due: Sequence[WebhookDelivery]) -> None:
        by_subject: list[list[WebhookDelivery]] = []
        for _, each in groupby(sorted(due, key=lambda one: (one.subject, one.number)), key=lambda one: one.subject):
            by_subject.append(list(each))
        by_subject.sort(key=lambda its: its[0].number)
        tried: queue.SimpleQueue[_Tried | None] = queue.SimpleQueue()
        left = queue.SimpleQueue[list[WebhookDelivery]]()
        for its in by_subject:
            left.put(its)
        senders = min(SIDE_BY_SIDE, len(by_subject))
        with ThreadPoolExecutor(senders, thread_name_prefix="webhook") as pool:
            running = [pool.submit(self._sender, endpoint, left, tried) for _ in range(senders)]
            try:
                for _ in running:
                    self._write_down(tried)
            except BaseException:
                self._ends = 0.0  # what can't be written down is not sent
                raise
        for one in running:
            one.result()

    def _sender(
        self,
        endpoint: WebhookEndpoint,
        left: queue.SimpleQueue[list[WebhookDelivery]],
        tried: queue.SimpleQueue[_Tried | None],
    ) -> None:
        """Sends all that is due about a subject, one after the other up to the first failure; then the next subject."""
        try:
            while self._goes_on():
                try:
                    its = left.get_nowait()
                except queue.Empty:
                    return
                for delivery in its:
                    if not self._goes_on():
                        return
                    at = self._services.clock()
                    sent = self._sent(endpoint, delivery)
                    tried.put(_Tried(number=delivery.number, at=at, sent=sent))
                    self._count(delivery, sent)
                    if sent.arrived:
                        self._arrived += 1
                    else:
                        self._failed += 1
                        break
        finally:
            tried.put(None)

    def _count(self, delivery: WebhookDelivery, sent: Sent) -> None:
        counts.webhook_attempts("arrived" if sent.arrived else "failed")
        if sent.arrived:
            took = (self._services.clock() - delivery.happened_at).total_seconds()
            counts.webhook_arrived_after_seconds(max(0.0, took), "later" if delivery.attempts else "first")

    def _sent(self, endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> Sent:
        """Sends one event. One that can't even be made waits for its next try like any that failed, and dies alone:
        the endpoint's others don't wait behind it.
        """
        begun = time.monotonic()
        try:
            with span("delivery", {"moderation.event": delivery.kind, "moderation.site": endpoint.site_id}):
                return self._sends(endpoint, delivery)
        except SQLAlchemyError:
            raise  # nothing can be written down either: the whole round is tried again
        except Exception:
            log.exception("the event of delivery %d could not be made", delivery.number)
            milliseconds = int((time.monotonic() - begun) * 1000)
            return Sent(milliseconds=milliseconds, error="the event could not be made; the service's log says why")

    def _write_down(self, tried: queue.SimpleQueue[_Tried | None]) -> None:
        """Writes down what comes in, all that is there at once, until one sender has ended."""
        while (one := tried.get()) is not None:
            some, ended = [one], 0
            while not tried.empty():
                more = tried.get()
                if more is None:
                    ended += 1
                else:
                    some.append(more)
            self._services.database.writing(partial(self._store, tried=some))
            for _ in range(ended):
                tried.put(None)

    def _store(self, session: Session, *, tried: Sequence[_Tried]) -> None:
        endpoint = session.get_one(WebhookEndpoint, self._id)
        there: list[tuple[_Tried, str]] = []
        for one in sorted(tried, key=lambda one: one.number):
            delivery = find_delivery(session, one.number, lock=True)
            if delivery is None:
                continue
            there.append((one, delivery.subject))
            if delivery.next_at is None:
                continue  # somebody else had it too, and it arrived
            delivery.attempts += 1
            delivery.first_tried_at = delivery.first_tried_at or one.at
            if one.sent.arrived:
                delivery.next_at, delivery.delivered_at = None, self._services.clock()
            else:
                self._put_off(session, endpoint, delivery)
        session.flush()
        if not there:
            return
        # What was erased while it was being sent: the answer may hold what is no longer to be kept.
        erased = erased_among(session, {subject for _, subject in there})
        rows = [{"delivery": one.number, "tried_at": one.at, **one.sent.kept} for one, _ in there]
        for row, (_, subject) in zip(rows, there, strict=True):
            row["answer"] = None if subject in erased else row["answer"]
        store_attempts(session, rows)

    def _put_off(self, session: Session, endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> None:
        now = self._services.clock()
        long_ago = now - TRIED_FOR
        tried_since = min(filter(None, (delivery.first_tried_at, endpoint.failing_since)), default=now)
        if delivery.created_at <= long_ago and tried_since <= long_ago:
            delivery.next_at, delivery.dead_at = None, now
            hold_back(session, delivery, now)
            return
        wait = WAITS[min(delivery.attempts, len(WAITS)) - 1]
        # Spread a little, so that what failed together does not come back together.
        delivery.next_at = now + wait * random.uniform(1.0, 1.1)  # noqa: S311 - no secret
        hold_back(session, delivery, delivery.next_at)

    def _conclude(self, session: Session) -> None:
        """How the endpoint stands after its turn."""
        endpoint = find_endpoint(session, self._id, lock=True)
        if endpoint is None:
            return
        now = self._services.clock()
        if self._arrived:
            # Whoever was served last comes last: of many busy ones none waits behind the others for ever.
            endpoint.failures, endpoint.failing_since, endpoint.retry_at = 0, None, now
        elif self._failed:
            endpoint.failures += 1
            endpoint.failing_since = endpoint.failing_since or now
            endpoint.retry_at = now + min(WAITS[min(endpoint.failures, len(WAITS)) - 1], LONGEST_PAUSE)
            if endpoint.failing_since <= now - TRIED_FOR:
                give_up(session, endpoint.id, now, older_than=now - TRIED_FOR)


def prune(services: Services, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """Removes what ended longer ago than the configuration keeps it; returns how many deliveries. What is to go is
    found before the transaction that removes it, some at a time: nobody who writes waits for the search.
    """
    before = services.clock() - timedelta(days=services.configuration.current().webhooks.keep_days)
    removed = last = 0
    while True:
        with services.database.reading() as session:
            numbers = outdated_deliveries(session, before, after=last, limit=PRUNED_AT_ONCE)
        if numbers:
            removed += services.database.writing(partial(prune_deliveries, numbers=numbers, before=before))
            last = numbers[-1]
        if stopped():
            return removed
        if len(numbers) < PRUNED_AT_ONCE:
            break
    while True:
        with services.database.reading() as session:
            subjects = outdated_sequences(session, before, PRUNED_AT_ONCE)
        if subjects:
            services.database.writing(partial(prune_sequences, subjects=subjects))
        if len(subjects) < PRUNED_AT_ONCE or stopped():
            return removed
