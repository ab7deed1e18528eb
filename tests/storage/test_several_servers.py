"""Several PostgreSQL servers behind one address: the one that can be written to is used, whichever that is by now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from moderation.config.settings import read_environment
from moderation.storage.database import Database
from moderation.storage.pulse import FRESH_SECONDS
from tests.fresh_postgres import plain
from tests.newsroom import Newsroom, newsroom_over
from tests.stalling_proxy import stalling_proxy
from tests.waiting import until

pytestmark = pytest.mark.postgres


def address(*ports: int, of: str) -> str:
    """The database at each of these ports, as PostgreSQL's own programs write it and the environment says it."""
    url = make_url(of)
    who = f"{url.username}:{url.password}@" if url.password else f"{url.username}@"
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    given = {"MODERATION_DATABASE_URL": f"postgresql://{who}{hosts}/{url.database}"}
    return read_environment(given, root=Path("/")).database_url


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def port_of(database: Database) -> int:
    """Where a connection of the pool leads."""
    with database.reading() as session:
        return int(session.connection().connection.dbapi_connection.info.port)  # type: ignore[union-attr]


def test_whoever_is_gone_is_passed_over(postgres_url: str) -> None:
    real = make_url(postgres_url).port or 5432
    with opened(address(1, real, of=postgres_url)) as database:
        assert port_of(database) == real


def test_one_that_hangs_is_left_for_another_though_that_answers(postgres_url: str) -> None:
    real = make_url(postgres_url).port or 5432
    with stalling_proxy("127.0.0.1", real) as proxy, opened(address(proxy.port, real, of=postgres_url)) as database:
        assert port_of(database) == proxy.port
        proxy.hang()
        time.sleep(FRESH_SECONDS)  # so that the server is asked first
        assert port_of(database) == real  # the pool's connection is given up when it doesn't answer
        whole = database._pulse
        assert whole is not None
        left_out = {"host": "127.0.0.1", "port": str(real)}
        until(lambda: whole.to_connect({}) == left_out)  # nobody pays any more for the one that hangs
        assert not whole.hangs
        proxy.go_on()
        until(lambda: whole.to_connect({}) == {})


def test_one_that_hangs_under_a_statement_is_told_and_the_next_asks_another(postgres_url: str) -> None:
    real = make_url(postgres_url).port or 5432
    with stalling_proxy("127.0.0.1", real) as proxy, opened(address(proxy.port, real, of=postgres_url)) as database:
        with database.reading() as session:
            session.execute(text("SELECT 1"))
            proxy.hang()
            with pytest.raises(DBAPIError) as told:
                session.execute(text("SELECT 1"))
        assert told.value.connection_invalidated
        assert port_of(database) == real


@pytest.fixture
def newsroom(postgres_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom_over(postgres_url, tmp_path) as newsroom:
        yield newsroom


def test_a_server_that_only_reads_is_503_and_no_connection_to_it_is_kept(newsroom: Newsroom) -> None:
    name = make_url(newsroom.services.database.url).database
    assert newsroom.comment().status_code == 202
    only_reads(newsroom, name, on=True)
    # The connections that are open may go on writing: this is what a server says that has become a standby.
    for connection in pooled(newsroom):
        connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        connection.commit()
    refused = newsroom.comment()
    assert refused.status_code == 503, refused.text
    assert int(refused.headers["Retry-After"]) > 0
    only_reads(newsroom, name, on=False)
    assert newsroom.comment().status_code == 202
    assert newsroom.stored() == 2


def only_reads(newsroom: Newsroom, name: str | None, *, on: bool) -> None:
    with psycopg.connect(plain(newsroom.services.database.url), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only = {"on" if on else "off"}'.encode()
        )


def pooled(newsroom: Newsroom) -> list[psycopg.Connection]:
    """The pool's open connections, which nobody uses at the moment."""
    engine = newsroom.services.database.engine
    held = [engine.raw_connection() for _ in range(engine.pool.checkedin())]  # type: ignore[attr-defined]
    found = [one.dbapi_connection for one in held]
    for one in held:
        one.close()
    return found  # type: ignore[return-value]


def test_a_standby_is_not_taken_for_the_one_to_write_to(newsroom: Newsroom) -> None:
    url = newsroom.services.database.url
    real = make_url(url).port or 5432
    only_reads(newsroom, make_url(url).database, on=True)
    with opened(address(1, real, of=url)) as database, pytest.raises(DBAPIError, match="read-only"):
        port_of(database)
    only_reads(newsroom, make_url(url).database, on=False)
