"""A sign-in that nobody works under ends; one that somebody works under doesn't, before its twelve hours."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from moderation.storage.database import BUSY_SECONDS, Database
from moderation.web.shared.access import COOKIE
from tests.plans import written_in
from tests.web.pages import ADMIN_PASSWORD, Pages, Visitor, furnished_hall, on_sqlite_alone

ASKED_BY_PAGES = ["/review/waiting", "/review/news?since=0&ids="]


def signed_in(pages: Pages) -> Visitor:
    return pages.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD)


def is_out(visitor: Visitor) -> bool:
    return visitor.open("/review").texts("//h1") == ["Sign in"]


def test_it_ends_after_two_hours_without_work(pages: Pages) -> None:
    idle = signed_in(pages)
    pages.clock.move(hours=2, minutes=5)
    assert is_out(idle)


def test_whoever_is_at_work_stays_in_for_twelve_hours(pages: Pages) -> None:
    at_work = signed_in(pages)
    for _ in range(6):
        pages.clock.move(minutes=4)  # too soon to be noted again: it counts all the same
        assert not is_out(at_work)
        pages.clock.move(minutes=115, seconds=59)
        assert not is_out(at_work)
    pages.clock.move(seconds=6)
    assert is_out(at_work)


@pytest.mark.parametrize("path", ASKED_BY_PAGES)
def test_a_page_that_is_only_left_open_keeps_nobody_in(pages: Pages, path: str) -> None:
    away = signed_in(pages)
    for _ in range(12):
        pages.clock.move(minutes=10)
        assert away.client.get(path).status_code == 200
    pages.clock.move(minutes=5)
    assert away.client.get(path).status_code == 302
    assert is_out(away)


def test_having_a_comment_open_is_work_while_somebody_is_there(pages: Pages) -> None:
    """The page says so only after a key or a click."""
    comment, reads = pages.say(), signed_in(pages).open("/review")
    token = reads.page.xpath("//input[@name='csrf_token']/@value")[0]
    for _ in range(3):
        pages.clock.move(minutes=100)
        assert reads.client.post("/review/locks", data={"open": comment, "csrf_token": token}).status_code == 200
    assert not is_out(reads)


def test_the_newsroom_says_after_how_long(pages: Pages) -> None:
    pages.configure("[sign_in]\nidle_minutes = 15")
    idle = signed_in(pages)
    pages.clock.move(minutes=15)
    assert not is_out(idle)
    pages.clock.move(minutes=20)
    assert is_out(idle)


def test_what_is_sent_too_late_changes_nothing_and_says_so(pages: Pages) -> None:
    late = signed_in(pages).open("/account")
    pages.clock.move(hours=2, minutes=5)
    late.send("/account/language", language="de")
    assert late.status == 403
    assert "You were signed out meanwhile" in late.text


def test_it_is_no_longer_listed(pages: Pages) -> None:
    signed_in(pages)
    pages.clock.move(hours=2, minutes=5)
    assert len(signed_in(pages).open("/account").texts("//*[@aria-labelledby='sessions-title']//li")) == 1


def test_work_at_one_process_counts_at_every_other(pages: Pages, tmp_path: Path) -> None:
    other = Pages(hall=furnished_hall(pages.services.database.url, tmp_path))
    there = signed_in(pages)
    here, cookie = other.visitor(), there.client.get_cookie(COOKIE)
    assert cookie is not None
    here.client.set_cookie(COOKIE, cookie.value)  # the same browser, sent to another process
    for clock in (pages.clock, other.clock):
        clock.move(minutes=100)
    assert not is_out(here)
    for clock in (pages.clock, other.clock):
        clock.move(minutes=100)
    assert not is_out(there)
    other.services.database.close()


def test_it_is_noted_once_in_five_minutes_at_most(pages: Pages) -> None:
    at_work = signed_in(pages)
    with written_in(pages.services.database.engine) as statements:
        for _ in range(20):
            pages.clock.move(seconds=30)
            at_work.open("/review")
    noted = [statement for statement in statements if "web_sessions" in statement]
    assert len(noted) == 2


@on_sqlite_alone
def test_pages_are_read_where_nothing_can_be_written(pages: Pages) -> None:
    reads = signed_in(pages)
    pages.clock.move(minutes=10)
    file = make_url(pages.services.database.url).database or ""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        assert not is_out(reads)
        assert time.monotonic() - begun < BUSY_SECONDS / 2
    pages.clock.move(minutes=1)
    with written_in(pages.services.database.engine) as statements:
        assert not is_out(reads)
    assert len([statement for statement in statements if "web_sessions" in statement]) == 1, "the next page notes it"


def test_who_waits_to_write_is_not_sent_away_for_one_who_would_not_wait(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    written = threading.Event()

    def write() -> None:
        database.try_writing()
        written.set()

    with closing(sqlite3.connect(make_url(sqlite_url).database or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writer = threading.Thread(target=write)
        writer.start()
        for _ in range(5):
            with pytest.raises(SQLAlchemyError):
                database.writing_soon(lambda session: session.execute(text("SELECT 1")))
        other.execute("ROLLBACK")
        writer.join(60)
    assert written.is_set()
    database.writing_soon(lambda session: session.execute(text("SELECT 1")))
    with database.asking() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_SECONDS * 1000
    database.close()


def test_a_sign_in_that_an_earlier_version_began_goes_on(pages: Pages) -> None:
    """Nobody knows when it was last worked under: an upgrade throws nobody out."""
    earlier = pages.signed_in()
    pages.clock.move(hours=3)
    assert not is_out(earlier)
    pages.clock.move(hours=2, minutes=5)
    assert is_out(earlier)
