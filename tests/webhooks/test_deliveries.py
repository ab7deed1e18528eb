"""Deliveries: what a receiver is told, in which order, and what happens where it does not answer as it should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import count, pairwise

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from moderation.comments.lifecycle import Trigger, change_status
from moderation.core.comment import Status
from moderation.storage.comments import find_comment
from moderation.storage.outbox import OutboxEvent
from moderation.storage.webhooks import WebhookAttempt, WebhookDelivery, WebhookEndpoint, find_endpoint, newest_attempts
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from moderation.webhooks import delivering
from moderation.webhooks.bodies import body_of
from moderation.webhooks.delivering import LEASE, Deliverer, prune
from moderation.webhooks.endpoints import redeliver, redeliver_dead, remove_endpoint, retire_secret, rotate_secret
from tests.newsroom import SECRET
from tests.webhooks.receiver import OK, Receiver, Request, Told, receiving, status


def test_a_comment_s_life_is_told_in_order_and_signed(told: Told) -> None:
    newsroom = told.newsroom
    newsroom.clock.now = datetime.now(UTC)  # as receivers check the time
    comment = newsroom.accepted(external_id="cms-7")
    newsroom.decide(comment["id"], "approve")
    newsroom.decide(comment["id"], "reject", reason="other")
    told.deliver()
    assert told.receiver.kinds == ["comment.accepted", "comment.published", "comment.rejected"]
    assert [request.event["data"]["sequence"] for request in told.receiver.got] == [1, 2, 3]
    assert [request.event["data"]["change"]["status"] for request in told.receiver.got] == [
        "pending",
        "approved",
        "rejected",
    ]
    last = told.receiver.got[-1]
    assert Webhook(told.endpoint.secret).verify(last.text, last.headers) == last.event
    with pytest.raises(WebhookVerificationError):
        Webhook(told.endpoint.secret).verify(last.text.replace("Ada", "Eve"), last.headers)
    assert last.headers["content-type"] == "application/json"
    assert last.comment["external_id"] == "cms-7"
    assert last.comment["author"] == {"name": "Ada"}
    assert (last.comment["status"], last.comment["reason"]) == ("rejected", "other")
    assert last.comment["message"]
    assert last.event["data"]["article"]["id"] == "trams"
    assert comment["receipt"] not in last.text
    told.deliver()
    assert len(told.receiver.got) == 3, "each is sent once"
    assert len({request.headers["webhook-id"] for request in told.receiver.got}) == 3
    with newsroom.services.database.reading() as session:
        assert session.scalars(select(OutboxEvent).where(OutboxEvent.site_id == newsroom.site)).all() == []


def test_an_endpoint_is_told_what_it_asked_for(told: Told) -> None:
    with receiving() as other:
        told.add(other.url, "comment.published", "article.closed", "article.opened")
        comment = told.newsroom.accepted()
        told.newsroom.decide(comment["id"], "approve")
        told.newsroom.put_article(mode="closed")
        told.newsroom.put_article(mode="hidden")
        told.newsroom.put_article(mode="pre")
        told.deliver()
        assert sorted(other.kinds) == ["article.closed", "article.opened", "comment.published"]
    closed = next(request for request in told.receiver.got if request.kind == "article.closed")
    assert closed.event["data"]["article"]["id"] == "trams"
    assert told.receiver.kinds.count("article.closed") == 1, "a closed article that is hidden is closed still"


def test_what_fails_holds_up_nothing_but_its_own_comment_and_comes_before_what_follows(told: Told) -> None:
    newsroom = told.newsroom
    first, second = newsroom.accepted(), newsroom.accepted()

    def choosy(handler: BaseHTTPRequestHandler, request: Request) -> None:
        (status(500, "not now") if request.comment["id"] == first["id"] else OK)(handler, request)

    told.receiver.answer = choosy
    told.deliver()
    newsroom.decide(first["id"])
    newsroom.decide(second["id"])
    told.deliver()
    of_first = [request.kind for request in told.receiver.got if request.comment["id"] == first["id"]]
    of_second = [request.kind for request in told.receiver.got if request.comment["id"] == second["id"]]
    assert of_first == ["comment.accepted"]
    assert of_second == ["comment.accepted", "comment.published"]
    told.receiver.answer = OK
    told.after(seconds=9)
    of_first = [request.kind for request in told.receiver.got if request.comment["id"] == first["id"]]
    assert of_first == ["comment.accepted", "comment.accepted", "comment.published"]
    tries = [request for request in told.receiver.got if request.comment["id"] == first["id"]][:2]
    assert len({request.headers["webhook-id"] for request in tries}) == 1, "the receiver knows it again"


def test_it_is_tried_for_three_days_ever_more_rarely_then_given_up_and_sent_again_when_asked(told: Told) -> None:
    newsroom = told.newsroom
    told.receiver.answer = status(503, "later")
    newsroom.accepted()
    begun = newsroom.clock.now
    told.deliver()
    times = [newsroom.clock.now]
    while (open_ := told.deliveries()[0]).next_at is not None:
        with newsroom.services.database.reading() as session:
            endpoint = find_endpoint(session, told.endpoint.id)
        assert endpoint is not None
        newsroom.clock.now = max(filter(None, (open_.next_at, endpoint.retry_at)))
        times.append(newsroom.clock.now)
        told.deliver()
        assert len(told.receiver.got) == len(times)
    waits = [after - before for before, after in pairwise(times)]
    assert waits[0] <= timedelta(seconds=9), "the first retry comes within ten seconds"
    assert waits[1] > waits[0]
    assert timedelta(hours=1) <= max(waits) < timedelta(hours=1.2)
    assert timedelta(days=3) <= times[-1] - begun < timedelta(days=3, hours=2)
    (dead,) = told.deliveries()
    assert dead.dead_at == newsroom.clock.now
    with newsroom.services.database.reading() as session:
        (attempt,) = newest_attempts(session, [dead.number]).values()
    assert attempt.words == "503: later"
    told.receiver.answer = OK
    told.after(days=1)
    assert len(told.receiver.got) == len(times), "what was given up is left alone"
    assert redeliver_dead(newsroom.services, "test", told.endpoint.id) == 1
    told.deliver()
    assert told.deliveries()[0].delivered_at == newsroom.clock.now
    redeliver(newsroom.services, "test", told.endpoint.id, dead.number)
    told.deliver()
    assert len({request.headers["webhook-id"] for request in told.receiver.got}) == 1
    assert len(told.receiver.got) == len(times) + 2


def test_an_endpoint_that_nothing_reaches_is_asked_with_one_event_and_gets_all_when_it_is_back(told: Told) -> None:
    told.receiver.answer = status(502)
    for _ in range(12):
        told.newsroom.accepted()
    told.deliver()
    asked = len(told.receiver.got)
    assert asked <= 8, "after a few failures it is left alone"
    told.after(seconds=6)
    assert len(told.receiver.got) == asked + 1
    told.receiver.answer = OK
    told.after(minutes=2)
    assert all(delivery.delivered_at for delivery in told.deliveries())
    # Backlogs of an endpoint that stays away end too, tried one by one or not.
    told.receiver.answer = status(502)
    for _ in range(12):
        told.newsroom.accepted()
    told.deliver()
    told.after(days=3, minutes=1)
    told.after(minutes=2)
    assert {bool(delivery.dead_at) for delivery in told.deliveries()[12:]} == {True}


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_is_no_yes(told: Told, code: int) -> None:
    told.receiver.answer = status(code, Location=f"http://127.0.0.1:{told.receiver.port}/elsewhere")
    told.newsroom.accepted()
    told.deliver()
    assert [request.path for request in told.receiver.got] == ["/events"]
    (delivery,) = told.deliveries()
    assert (delivery.delivered_at, delivery.attempts) == (None, 1)


def test_an_event_that_cannot_be_made_keeps_nothing_but_its_own_comment_s_back(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt = told.newsroom.accepted()["id"]
    other = told.newsroom.accepted()["id"]

    def made(session: Session, delivery: WebhookDelivery) -> str:
        if delivery.subject == spoilt:
            raise KeyError("spoilt")
        return body_of(session, delivery)

    monkeypatch.setattr(delivering, "body_of", made)
    told.deliver()
    told.deliver()
    assert {request.comment["id"] for request in told.receiver.got} == {other}
    waiting = [one for one in told.deliveries() if one.next_at is not None]
    assert {one.subject for one in waiting} == {spoilt}
    assert [one.attempts for one in waiting if one.attempts] == [1]
    monkeypatch.setattr(delivering, "body_of", body_of)
    told.newsroom.clock.move(seconds=10)
    told.deliver()
    assert [request.comment["id"] for request in told.receiver.got].count(spoilt) == len(waiting)


def test_a_receiver_that_hangs_delays_nobody_else_s(told: Told) -> None:
    newsroom = told.newsroom
    other_site = newsroom.hall.new_site()
    other_site.put_article()
    with receiving() as prompt:
        other = Told(newsroom=other_site, receiver=prompt)
        other.deliver()
        other.add(prompt.url)
        told.receiver.answer = told.receiver.hang
        newsroom.accepted()
        other_site.accepted()
        begun = time.monotonic()
        told.deliver(seconds=2.0)
        assert time.monotonic() - begun < 8
        assert [request.at - begun < 1.5 for request in prompt.got] == [True]
    (delivery,) = told.deliveries()
    with newsroom.services.database.reading() as session:
        (attempt,) = newest_attempts(session, [delivery.number]).values()
    assert (attempt.status, attempt.error) == (None, "no answer within 2 seconds")
    assert delivery.next_at is not None
    remove_endpoint(newsroom.services, "test", other.endpoint.id)


def test_busy_endpoints_take_turns(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are always busy: with room for one at a time, each is served before one is served again."""
    monkeypatch.setattr(delivering, "ROUNDS", delivering.ROUNDS_FAILING + 1)
    newsroom = told.newsroom
    added = [told.add(f"{told.receiver.url}/{number}").id for number in range(2)]
    for _ in range(3):
        newsroom.accepted()
        newsroom.clock.move(seconds=1)
        deliverer = Deliverer(newsroom.services)
        deliverer.look()
        deliverer.finish()
        deliverer.close()
    served = [[each.delivered_at is not None for each in told.deliveries(one)].count(True) for one in added]
    assert all(served), served
    for one in added:
        remove_endpoint(newsroom.services, "test", one)


def test_a_receiver_that_sends_a_byte_now_and_then_has_no_more_time_than_others(told: Told) -> None:
    def drip(handler: BaseHTTPRequestHandler, _request: Request) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 100:
            if told.receiver.ended.wait(0.2):
                return
            handler.wfile.write(bytes([byte]))

    told.receiver.answer = drip
    told.newsroom.accepted()
    begun = time.monotonic()
    told.deliver(seconds=1.0)
    assert time.monotonic() - begun < 6
    assert told.deliveries()[0].delivered_at is None


def test_of_an_endless_answer_only_the_beginning_is_read(told: Told) -> None:
    def endless(handler: BaseHTTPRequestHandler, _request: Request) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not told.receiver.ended.is_set():
            handler.wfile.write(b"and so on \x00" * 1000)

    told.receiver.answer = endless
    told.newsroom.accepted()
    told.deliver()
    (delivery,) = told.deliveries()
    assert delivery.delivered_at is not None
    with told.newsroom.services.database.reading() as session:
        (attempt,) = newest_attempts(session, [delivery.number]).values()
    assert attempt.answer is not None
    assert len(attempt.answer) <= 500


def test_two_workers_at_once_send_each_event_once(told: Told) -> None:
    for _ in range(10):
        told.newsroom.accepted()
    deliverers = [Deliverer(told.newsroom.services) for _ in range(3)]

    def look(deliverer: Deliverer) -> None:
        for _ in range(3):
            deliverer.look()
            deliverer.finish()
        deliverer.close()

    threads = [threading.Thread(target=look, args=(deliverer,)) for deliverer in deliverers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told.receiver.got) == 10
    assert len({request.headers["webhook-id"] for request in told.receiver.got}) == 10


def test_what_was_sent_but_not_written_down_before_a_kill_is_sent_again(told: Told) -> None:
    """A process of its own sends, and is killed when the request has arrived, before it is answered."""
    newsroom = told.newsroom
    newsroom.clock.now = datetime.now(UTC)  # the other process has a clock that runs
    comment = newsroom.accepted()
    pid: list[int] = []

    def kill(_handler: BaseHTTPRequestHandler, _request: Request) -> None:
        os.kill(pid[0], signal.SIGKILL)

    told.receiver.answer = kill
    program = (
        "import sys, os; from tests.webhooks.killed import deliver\n"
        "print('ready', flush=True); sys.stdin.readline(); deliver(sys.argv[1], sys.argv[2])"
    )
    arguments = [newsroom.services.database.url, SECRET]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        pid.append(process.pid)
        process.stdin.write("go\n")
        process.stdin.flush()
        assert process.wait(60) == -signal.SIGKILL
    assert told.receiver.kinds == ["comment.accepted"]
    assert told.deliveries()[0].attempts == 0
    told.receiver.answer = OK
    newsroom.clock.now = datetime.now(UTC)
    told.deliver()
    assert len(told.receiver.got) == 1, "the dead one's lease holds"
    told.after(seconds=LEASE.total_seconds() + 1)
    assert told.receiver.kinds == ["comment.accepted"] * 2
    first, again = told.receiver.got
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert again.comment["id"] == comment["id"]
    assert told.deliveries()[0].delivered_at is not None


def test_what_is_erased_before_it_is_sent_goes_nowhere(told: Told) -> None:
    newsroom = told.newsroom
    comment = newsroom.accepted("an address that I should not have written", author={"name": "Adalbert"})
    told.receiver.answer = status(500)
    told.deliver()

    def erase(unit: UnitOfWork) -> None:
        row = find_comment(unit.session, comment["id"], lock=True)
        assert row is not None
        change_status(unit, row, Status.ERASED, Trigger.ERASURE, actor="test", policy_version="1")

    run_in_unit_of_work(newsroom.services, erase)
    told.receiver.answer, before = OK, len(told.receiver.got)
    told.after(minutes=1)
    after = told.receiver.got[before:]
    assert [request.kind for request in after] == ["comment.accepted", "comment.erased"]
    for request in after:
        assert request.comment["status"] == "erased"
        assert "should not" not in request.text
        assert "Adalbert" not in request.text


def test_a_rotated_secret_signs_beside_the_former_one_until_that_is_retired(told: Told) -> None:
    newsroom, services = told.newsroom, told.newsroom.services
    newsroom.clock.now = datetime.now(UTC)
    new = rotate_secret(services, "test", told.endpoint.id)
    newsroom.accepted()
    told.deliver()
    (both,) = told.receiver.got
    for secret in (told.endpoint.secret, new):
        Webhook(secret).verify(both.text, both.headers)
    retire_secret(services, "test", told.endpoint.id)
    newsroom.accepted()
    told.deliver()
    alone = told.receiver.got[-1]
    Webhook(new).verify(alone.text, alone.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(told.endpoint.secret).verify(alone.text, alone.headers)
    with services.database.reading() as session:
        kept = session.get_one(WebhookEndpoint, told.endpoint.id)
    assert new not in (kept.secret, kept.former_secret)


def test_a_removed_endpoint_is_sent_nothing_more_and_what_ended_is_forgotten_in_time(told: Told) -> None:
    newsroom = told.newsroom
    newsroom.configure("[webhooks]\nkeep_days = 7\n")
    newsroom.accepted()
    told.deliver()
    assert len(told.deliveries()) == 1
    newsroom.clock.move(days=6)
    prune(newsroom.services)
    assert len(told.deliveries()) == 1
    newsroom.clock.move(days=2)
    prune(newsroom.services)
    assert told.deliveries() == []
    newsroom.accepted()
    told.receiver.answer = status(500)
    told.deliver()
    remove_endpoint(newsroom.services, "test", told.endpoint.id)
    asked = len(told.receiver.got)
    told.after(hours=1)
    assert len(told.receiver.got) == asked
    prune(newsroom.services)
    assert told.deliveries() == []
    with newsroom.services.database.reading() as session:
        assert session.scalars(select(WebhookAttempt.id)).all() == []


def test_events_are_told_in_the_order_of_the_changes_whatever_their_ids_say(told: Told) -> None:
    """Two processes' clocks differ: the order is the database's."""
    newsroom = told.newsroom
    numbers = count(1)
    for kind in ("comment.published", "comment.rejected"):
        newsroom.clock.move(hours=-1)  # the later change says that it was the earlier

        def work(unit: UnitOfWork, kind: str = kind) -> None:
            unit.outbox_event(newsroom.site, kind, "the same comment", {"n": next(numbers)})

        run_in_unit_of_work(newsroom.services, work)
    newsroom.clock.move(hours=3)
    _old_endpoint(told)
    told.deliver()
    assert [request.event["data"]["change"]["n"] for request in told.receiver.got] == [1, 2]


def _old_endpoint(told: Told) -> None:
    def work(session: Session) -> None:
        session.execute(
            text("UPDATE webhook_endpoints SET created_at = '2026-01-01 00:00:00.000000' WHERE id = :id"),
            {"id": told.endpoint.id},
        )

    told.newsroom.services.database.writing(work)


def test_a_site_without_endpoints_leaves_nothing_behind(told: Told) -> None:
    remove_endpoint(told.newsroom.services, "test", told.endpoint.id)
    told.newsroom.accepted()
    told.deliver()
    assert told.receiver.got == []
    with told.newsroom.services.database.reading() as session:
        of_site = select(OutboxEvent).where(OutboxEvent.site_id == told.newsroom.site)
        assert session.scalars(of_site).all() == []


def test_what_happened_before_an_endpoint_was_there_is_not_told_to_it(told: Told, receiver: Receiver) -> None:
    told.newsroom.accepted()
    told.newsroom.clock.move(seconds=1)
    with receiving() as late:
        told.add(late.url)
        told.deliver()
        assert late.got == []
    assert len(receiver.got) == 1
