"""Receivers that hang, are slow or never come to an end: nobody else waits for them."""

from __future__ import annotations

import time
from http.server import BaseHTTPRequestHandler

import pytest

from moderation.storage.webhook_figures import figures_of, newest_attempts
from moderation.storage.webhooks import (
    endpoints_of,
)
from moderation.webhooks import delivering
from moderation.webhooks.delivering import Deliverer
from moderation.webhooks.endpoints import (
    add_endpoint,
    remove_endpoint,
)
from tests.waiting import until
from tests.webhooks.receiver import Request, Told, receiving


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


def test_thirty_receivers_that_hang_keep_nothing_from_a_good_one(told: Told) -> None:
    """Once they have hung, the good one, added last, is told at the next look, while they are hanging again."""
    newsroom, slow = told.newsroom, told.receiver
    slow.answer = slow.hang
    sites = [newsroom.hall.new_site() for _ in range(2)]
    added = [
        add_endpoint(newsroom.services, "test", site.site, f"{slow.url}/{number}", allow_private=True).id
        for site in sites
        for number in range(15)
    ]
    with receiving() as good:
        added.append(told.add(good.url).id)
        for site in (*sites, newsroom):
            site.put_article()
            site.accepted()
        for _ in range(3):
            told.deliver(seconds=0.3)
        with newsroom.services.database.reading() as session:
            assert {figure.waiting for figure in figures_of(session, added[:-1]).values()} == {2}
            assert all(one.failing_since for one in endpoints_of(session, [site.site for site in sites]))
        assert good.kinds == ["comment.accepted"]
        newsroom.clock.move(minutes=2)
        newsroom.accepted()
        before = len(slow.got)
        deliverer = Deliverer(newsroom.services, seconds=60)
        deliverer.look()
        until(lambda: len(slow.got) > before, seconds=10)
        until(lambda: len(good.got) == 2, seconds=10)
        assert len(slow.got) <= before + delivering.ROUNDS_FAILING, "they are hanging still"
        slow.ended.set()
        deliverer.close()
    for one in added:
        remove_endpoint(newsroom.services, "test", one)


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
