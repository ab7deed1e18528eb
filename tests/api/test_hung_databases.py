"""A database that hangs, is held by somebody else, or has no room: who is told so, and that it goes on by itself."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event, make_url
from werkzeug.test import TestResponse

from tests.newsroom import Hall, Newsroom, detail, newsroom_over
from tests.stalling_proxy import StallingProxy, stalling_proxy
from tests.waiting import until

THREADS = 16


@pytest.fixture
def behind_a_proxy(postgres_url: str, tmp_path: Path) -> Iterator[tuple[Newsroom, StallingProxy]]:
    """A newsroom whose PostgreSQL can be told to hang."""
    url = make_url(postgres_url)
    with stalling_proxy(url.host or "127.0.0.1", url.port or 5432) as proxy:
        through = url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        with newsroom_over(through, tmp_path) as newsroom:
            yield newsroom, proxy
            proxy.go_on()


def send(newsroom: Newsroom, number: int) -> TestResponse:
    """A comment from a client of its own, so that threads don't share one."""
    body = f"Comment {number}: the trams in our harbour are what this city has been waiting for, I believe."
    return newsroom.hall.app.test_client().post(
        "/api/v1/articles/trams/comments",
        json={"author": {"name": f"Reader {number}"}, "body": body, "external_id": str(number)},
        headers={"Authorization": f"Bearer {newsroom.secret}"},
    )


def at_once(newsroom: Newsroom, numbers: range) -> list[TestResponse]:
    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(lambda number: send(newsroom, number), numbers))


def assert_come_again(answer: TestResponse) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert "database" in detail(answer)


@pytest.mark.postgres
def test_a_database_that_hangs_is_503_for_all_who_wait_and_goes_on_by_itself(
    behind_a_proxy: tuple[Newsroom, StallingProxy],
) -> None:
    newsroom, proxy = behind_a_proxy
    assert {answer.status_code for answer in at_once(newsroom, range(THREADS))} == {202}
    proxy.hang()
    refused = at_once(newsroom, range(100, 100 + THREADS))
    for answer in refused:
        assert_come_again(answer)
    client = newsroom.hall.app.test_client()
    assert client.get("/healthz").status_code == 200
    assert (client.get("/readyz").json or {})["waits_for"] == ["the database"]
    assert client.get("/login").status_code in (200, 503)
    proxy.go_on()
    until(lambda: send(newsroom, 0).status_code == 409)  # the same as before the standstill: it is there
    assert {answer.status_code for answer in at_once(newsroom, range(100, 100 + THREADS))} <= {202, 409}
    assert newsroom.stored() == 2 * THREADS
    assert client.get("/readyz").status_code == 200


@pytest.mark.postgres
def test_once_the_database_is_known_to_hang_nobody_connects_to_it(
    behind_a_proxy: tuple[Newsroom, StallingProxy],
) -> None:
    newsroom, proxy = behind_a_proxy
    proxy.hang()
    assert_come_again(send(newsroom, 1))
    engine = newsroom.services.database.engine
    asked: list[object] = []
    event.listen(engine, "do_connect", lambda *arguments: asked.append(arguments))
    for number in range(20):
        assert_come_again(send(newsroom, number))
    assert asked == []


@pytest.mark.postgres
def test_a_slow_statement_of_a_server_that_answers_others_is_left_alone(
    behind_a_proxy: tuple[Newsroom, StallingProxy],
) -> None:
    newsroom, _ = behind_a_proxy
    with newsroom.services.database.reading() as session:
        assert session.connection().exec_driver_sql("SELECT 1 FROM pg_sleep(3)").scalar() == 1


@pytest.mark.postgres
def test_rows_that_somebody_else_keeps_locked_are_waited_for_only_so_long(postgres_url: str, tmp_path: Path) -> None:
    with newsroom_over(postgres_url, tmp_path) as newsroom:
        with newsroom.services.database.engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("LOCK TABLE comments IN ACCESS EXCLUSIVE MODE")
            assert_come_again(send(newsroom, 1))
        assert send(newsroom, 1).status_code == 202


@pytest.fixture
def on_sqlite(sqlite_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom_over(sqlite_url, tmp_path) as newsroom:
        yield newsroom


def test_few_wait_while_another_process_holds_the_file_and_all_are_told(on_sqlite: Newsroom) -> None:
    file = make_url(on_sqlite.services.database.url).database or ""
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    responses: list[TestResponse] = []
    threads = [threading.Thread(target=lambda n=n: responses.append(send(on_sqlite, n))) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    # Most are told long before the others give up: a thread that waits is one that serves nobody.
    until(lambda: len(responses) >= THREADS // 2)
    assert sum(thread.is_alive() for thread in threads) > 0
    assert on_sqlite.published().status_code == 200
    for thread in threads:
        thread.join()
    for response in responses:
        assert_come_again(response)
    holder.execute("ROLLBACK")
    holder.close()
    assert {answer.status_code for answer in at_once(on_sqlite, range(THREADS))} == {202}
    assert on_sqlite.stored() == THREADS


def test_a_lock_that_is_let_go_in_time_costs_nobody_a_refusal(on_sqlite: Newsroom) -> None:
    file = make_url(on_sqlite.services.database.url).database or ""
    holder = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, lambda: holder.execute("ROLLBACK")).start()
    assert {answer.status_code for answer in at_once(on_sqlite, range(THREADS))} == {202}
    holder.close()


# --- no room --------------------------------------------------------------------------------------------------------


def fill(newsroom: Newsroom) -> None:
    """No connection may let the file grow from now on, and what is free in it is used up."""

    def at_its_limit(connection: sqlite3.Connection, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(newsroom.services.database.engine, "checkout", at_its_limit)


def test_a_full_disk_is_503_and_seen_by_readyz(on_sqlite: Newsroom) -> None:
    client = on_sqlite.hall.app.test_client()
    assert client.get("/readyz").status_code == 200
    fill(on_sqlite)
    refused = next((answer for number in range(300) if (answer := send(on_sqlite, number)).status_code != 202), None)
    assert refused is not None, "the file had more room than the test meant to leave"
    assert_come_again(refused)
    assert "room" in detail(refused)
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert any("room" in what for what in (ready.json or {})["waits_for"])
    assert client.get("/healthz").status_code == 200
    assert on_sqlite.published().status_code == 200


def test_a_file_that_became_read_only_is_503_and_seen_by_readyz(sqlite_hall: Hall) -> None:
    newsroom = sqlite_hall.new_site()
    newsroom.put_article()
    engine = newsroom.services.database.engine

    def read_only(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only=ON")

    event.listen(engine, "checkout", read_only)
    try:
        assert_come_again(send(newsroom, 1))
        assert newsroom.client.get("/readyz").status_code == 503
    finally:
        event.remove(engine, "checkout", read_only)
        engine.dispose()
