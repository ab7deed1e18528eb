"""Places: few threads compute at a time, and nobody depends on it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from moderation.core.turns import Places, aside
from tests.waiting import until


class Crowd:
    """Threads that each take a place and keep it until they are let go."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._threads: list[threading.Thread] = []
        self._let_go: list[threading.Event] = []
        self.at_work: list[int] = []

    def come(self, *, waits_aside: bool = False) -> int:
        number, let_go = len(self._threads), threading.Event()

        def work() -> None:
            with self._places.taken():
                self.at_work.append(number)
                if waits_aside:
                    with aside():
                        let_go.wait()
                    self.at_work.append(number)
                else:
                    let_go.wait()

        self._threads.append(threading.Thread(target=work, daemon=True))
        self._let_go.append(let_go)
        self._threads[-1].start()
        return number

    def tell(self, number: int) -> None:
        self._let_go[number].set()

    def let_go(self, number: int) -> None:
        self.tell(number)
        self._threads[number].join()

    def end(self) -> None:
        for number in range(len(self._threads)):
            self.let_go(number)


@contextmanager
def crowd(places: Places) -> Iterator[Crowd]:
    found = Crowd(places)
    try:
        yield found
    finally:
        found.end()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody goes on because time has passed."""
    monkeypatch.setattr(Places, "LONG", 3600.0)


@pytest.mark.usefixtures("endless")
def test_no_more_than_there_are_places_and_the_next_when_one_is_given_back() -> None:
    with crowd(Places(2)) as threads:
        first, second, third = (threads.come() for _ in range(3))
        until(lambda: len(threads.at_work) == 2)
        time.sleep(0.05)
        early = list(threads.at_work)
        assert len(early) == 2
        threads.let_go(early[0])
        until(lambda: sorted(threads.at_work) == [first, second, third])


@pytest.mark.usefixtures("endless")
def test_who_waits_for_something_else_leaves_their_place_and_takes_one_again() -> None:
    with crowd(Places(1)) as threads:
        waits = threads.come(waits_aside=True)
        until(lambda: threads.at_work == [waits])
        computes = threads.come()
        until(lambda: threads.at_work == [waits, computes])
        threads.tell(waits)  # what it waited for has come, and the other is still at work
        threads.let_go(computes)
        until(lambda: threads.at_work == [waits, computes, waits])


def test_who_takes_long_counts_no_more_and_who_has_waited_long_goes_on() -> None:
    with crowd(Places(1)) as threads:
        for _ in range(5):
            threads.come()
        until(lambda: len(threads.at_work) == 5)


@pytest.mark.usefixtures("endless")
def test_a_place_comes_back_from_who_failed() -> None:
    places = Places(1)
    for fails in (_fails, _fails_aside):
        with pytest.raises(ZeroDivisionError), places.taken():
            fails()
    with crowd(places) as threads:
        threads.come()
        until(lambda: threads.at_work == [0])


def test_without_a_place_nobody_leaves_one() -> None:
    with aside():
        pass


def _fails() -> None:
    raise ZeroDivisionError


def _fails_aside() -> None:
    with aside():
        raise ZeroDivisionError
