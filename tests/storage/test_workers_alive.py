"""What a living worker does, web processes leave to it; pieces of work are woken after the commit."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from moderation.jobs.background import Background
from moderation.jobs.worker import Mailer
from moderation.jobs.workers_alive import GONE_SECONDS, LOOK_SECONDS, Heart, Workers
from moderation.services import Piece, Services
from moderation.unit_of_work import UnitOfWork, run_in_unit_of_work
from tests.newsroom import Hall, open_hall


class Counting(Background):
    """A piece that counts its looks."""

    name = "counting"
    fails = "counting failed"
    looks = 0

    def _work(self) -> bool:
        self.looks += 1
        return False


class Kept:
    """Keeps who was to be woken."""

    def __init__(self) -> None:
        self.woken: list[set[Piece]] = []

    def wake(self, pieces: Any) -> None:
        self.woken.append(set(pieces))


class Seconds:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hall(sqlite_url: str, tmp_path: Path) -> Any:
    hall = open_hall(sqlite_url, tmp_path)
    yield hall
    hall.services.database.close()


@pytest.fixture
def services(hall: Hall) -> Services:
    return hall.services


def beat(heart: Heart) -> None:
    heart._look()


def test_web_processes_rest_while_a_workers_count_goes_on_whatever_its_clock_says(hall: Hall) -> None:
    piece, seconds = Counting(hall.services), Seconds()
    heart = Heart(hall.services, [piece])
    rests = Workers(hall.services, monotonic=seconds).resting("counting")
    assert not rests(), "no worker has ever lived"
    for _ in range(20):
        hall.clock.move(minutes=-10)  # its clock is set back, again and again
        beat(heart)
        seconds.now += LOOK_SECONDS
        assert rests()
    seconds.now += GONE_SECONDS / 2
    assert rests(), "a beat may come late"
    seconds.now += GONE_SECONDS
    assert not rests(), "it was killed"
    beat(heart)
    seconds.now += LOOK_SECONDS
    assert rests()


def test_a_worker_that_ends_is_gone_at_once(services: Services) -> None:
    piece, seconds = Counting(services), Seconds()
    heart = Heart(services, [piece], every_seconds=0.01)
    rests = Workers(services, monotonic=seconds).resting("counting")
    heart.start()
    assert heart.look_soon(60)
    assert rests()
    heart.stop()
    seconds.now += LOOK_SECONDS
    assert not rests()


def test_what_a_worker_is_not_set_up_for_is_not_left_to_it(services: Services) -> None:
    heart = Heart(services, [Counting(services), Mailer(services)])
    beat(heart)
    workers = Workers(services)
    assert workers.resting("counting")()
    assert not workers.resting("mail")(), "this worker has no mail server"


def test_a_piece_that_has_ended_by_itself_is_not_left_to_its_worker(services: Services) -> None:
    piece, seconds = Counting(services), Seconds()
    heart = Heart(services, [piece])
    piece.start()
    beat(heart)
    rests = Workers(services, monotonic=seconds).resting("counting")
    assert rests()
    piece.stop()
    beat(heart)
    seconds.now += LOOK_SECONDS
    assert not rests()


def test_a_piece_that_rests_does_nothing(services: Services) -> None:
    piece = Counting(services)
    piece.rests = lambda: True
    piece._look()
    assert piece.looks == 0


def test_a_woken_piece_looks_at_once_and_whoever_asked_knows_when_it_has(services: Services) -> None:
    piece = Counting(services, every_seconds=3600)
    piece.start()
    try:
        for number in range(2, 5):
            assert piece.look_soon(60)
            assert piece.looks in (number - 1, number)
    finally:
        piece.stop()
    assert not piece.look_soon(60), "nobody looks any more"


def test_whoever_asks_in_the_middle_of_a_look_waits_for_the_next(services: Services) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    class Slow(Counting):
        def _work(self) -> bool:
            begun.set()
            goes_on.wait(60)
            return super()._work()

    piece = Slow(services, every_seconds=3600)
    piece.start()
    assert begun.wait(60)
    asked = threading.Thread(target=piece.look_soon, args=(60,))
    asked.start()
    goes_on.set()
    asked.join()
    piece.stop()
    assert piece.looks == 2


def test_workers_are_woken_after_the_commit_and_never_for_what_was_rolled_back(hall: Hall) -> None:
    kept = Kept()
    newsroom = hall.new_site()
    hall.change(waker=kept)

    def work(unit: UnitOfWork) -> None:
        unit.outbox_event(newsroom.site, "comment.accepted", "c1", {})
        assert kept.woken == []

    def failing(unit: UnitOfWork) -> None:
        work(unit)
        raise LookupError

    with pytest.raises(LookupError):
        run_in_unit_of_work(hall.services, failing)
    assert kept.woken == []
    run_in_unit_of_work(hall.services, work)
    assert kept.woken == [{Piece.WEBHOOKS}]


def test_a_received_comment_wakes_a_scorer_and_a_scored_one_does_not(hall: Hall) -> None:
    kept = Kept()
    newsroom = hall.new_site()
    newsroom.put_article()
    hall.change(waker=kept)
    newsroom.accepted()
    assert kept.woken == [{Piece.WEBHOOKS}]
    newsroom.configure('[scoring]\nmode = "worker"\n')
    assert newsroom.accepted()["status"] == "received"
    assert kept.woken[1:] == [{Piece.WEBHOOKS, Piece.SCORING}]


def test_silent_workers_are_forgotten(hall: Hall) -> None:
    beat(Heart(hall.services, [Counting(hall.services)]))
    hall.clock.now += timedelta(days=2)
    beat(Heart(hall.services, []))
    assert not Workers(hall.services).resting("counting")()
