"""Deliveries: what a receiver is told, in which order, and what happens where it does not answer as it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from itertools import count, pairwise
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from moderation.comments.expiry import expire_waiting
from moderation.imports.archive import Archive, import_archive
from moderation.storage.outbox import OutboxEvent
from moderation.storage.webhook_figures import deliveries_by_site, figures_of, newest_attempts, newest_deliveries
from moderation.storage.webhooks import (
    WebhookDelivery,
    WebhookEndpoint,
    endpoints_of,
    find_endpoint,
)
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from moderation.webhooks import delivering
from moderation.webhooks.bodies import body_of
from moderation.webhooks.delivering import LEASE, Deliverer, prune
from moderation.webhooks.endpoints import (
    add_endpoint,
    redeliver,
    redeliver_dead,
    remove_endpoint,
    retire_secret,
    rotate_secret,
    send_test,
)
from tests.newsroom import SECRET, Newsroom
from tests.plans import plans_of
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


def test_what_is_sent_again_is_tried_like_something_new(told: Told) -> None:
    newsroom = told.newsroom
    told.receiver.answer = status(503)
    newsroom.accepted()
    told.deliver()
    for _ in range(80):
        if told.deliveries()[0].next_at is None:
            break
        told.after(hours=2)
    (dead,) = told.deliveries()
    assert dead.dead_at is not None
    for again in ("all", "one"):
        if again == "all":
            assert redeliver_dead(newsroom.services, "test", told.endpoint.id) == 1
        else:
            redeliver(newsroom.services, "test", told.endpoint.id, dead.number)
        told.deliver()
        (delivery,) = told.deliveries()
        assert (delivery.attempts, delivery.dead_at) == (1, None)
        assert delivery.next_at is not None
        assert delivery.next_at - newsroom.clock.now <= timedelta(seconds=9), "the first retry comes within ten seconds"


def test_a_test_that_failed_was_not_given_up(told: Told) -> None:
    newsroom = told.newsroom
    told.receiver.answer = status(503)
    assert not send_test(newsroom.services, "test", told.endpoint.id).arrived
    with newsroom.services.database.reading() as session:
        assert figures_of(session, [told.endpoint.id])[told.endpoint.id].dead == 0
        assert deliveries_by_site(session, newsroom.clock.now)[newsroom.site].dead == 0
        assert newest_deliveries(session, told.endpoint.id, dead=True, limit=10) == []
    assert redeliver_dead(newsroom.services, "test", told.endpoint.id) == 0
    newsroom.clock.move(days=40)
    prune(newsroom.services)
    assert told.deliveries() == [], "it is forgotten like any other"


def test_how_deliveries_stand_is_counted_by_endpoint_and_site(told: Told) -> None:
    newsroom, other = told.newsroom, told.newsroom.hall.new_site()
    newsroom.put_article()
    begun = newsroom.clock.now
    told.receiver.answer = status(503)
    newsroom.accepted()
    told.deliver()
    newsroom.clock.move(minutes=2)
    with receiving() as prompt:
        second = told.add(prompt.url).id
        newsroom.accepted()
        add_endpoint(newsroom.services, "test", other.site, prompt.url, allow_private=True)
        with newsroom.services.database.reading() as session:
            stands = deliveries_by_site(session, newsroom.clock.now)
            assert (stands[newsroom.site].waiting, stands[newsroom.site].lag_seconds) == (1, 120)
            assert stands[newsroom.site].failing_endpoints == 1
            assert (stands[other.site].waiting, stands[other.site].lag_seconds) == (0, 0)
        told.deliver()
    with newsroom.services.database.reading() as session:
        (first,) = {one.id for one in endpoints_of(session, [newsroom.site])} - {second}
        figures = figures_of(session, [first, second, "nobody"])
        assert (figures[first].waiting, figures[first].oldest, figures[first].dead) == (2, begun, 0)
        assert (figures[second].waiting, figures[second].oldest) == (0, None)
        assert figures["nobody"].waiting == 0


def test_the_figures_are_read_from_indexes_alone(front_door: Newsroom) -> None:
    database = front_door.services.database
    with plans_of(database.engine, "webhook_deliveries") as plans, database.reading() as session:
        figures_of(session, ["one", "another"])
    for plan, index in zip(plans, ("due", "dead"), strict=True):
        assert f"COVERING INDEX ix_webhook_deliveries_{index}" in plan


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


def test_an_import_tells_nobody_anything_but_what_happens_here_afterwards_is_told(told: Told, tmp_path: Path) -> None:
    newsroom = told.newsroom
    at = (newsroom.clock.now - timedelta(days=1)).isoformat()
    comment = {"commentHex": "1", "url": "/a", "domain": "news.example", "markdown": "Hello", "html": "<p>Hello</p>"}
    waits = {**comment, "state": "unapproved", "parentHex": "root", "creationDate": at}
    file = tmp_path / "commento.json"
    file.write_text(json.dumps({"version": 1, "comments": [waits], "commenters": []}))
    done = import_archive(newsroom.services, Archive(format="commento", file=file, site_id=newsroom.site))
    assert done.statuses == {"pending": 1}
    told.deliver()
    assert told.receiver.got == []
    newsroom.configure("[comments]\nclose_after_days = 7\nexpire_after_days = 3\n")
    newsroom.clock.move(days=30)
    expire_waiting(newsroom.services)
    told.deliver()
    assert told.receiver.kinds == ["comment.expired"]


def test_what_happened_before_an_endpoint_was_there_is_not_told_to_it(told: Told, receiver: Receiver) -> None:
    told.newsroom.accepted()
    told.newsroom.clock.move(seconds=1)
    with receiving() as late:
        told.add(late.url)
        told.deliver()
        assert late.got == []
    assert len(receiver.got) == 1
