"""The pages' hall, furnished once for each kind of database and put back for each test.

Pages stand over SQLite, which is enough for what is shown, asked or refused. A test that says ``on_both_databases``
runs on PostgreSQL too: where the database has a say in it, that is in what a page finds, orders, counts or writes, and
for the main way through each page. Of a test with many cases that differ before the database is asked, SQLite has them
all. Every route is asked on both by ``test_rights.py``.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from moderation.web.shared.access import COOKIE
from tests.fresh_postgres import ReusedPostgres
from tests.newsroom import Hall
from tests.served import server_of
from tests.web.pages import Pages, furnish, furnished_hall, open_pages, pages_again
from tests.web.paper import Paper, open_paper


@pytest.fixture(scope="session")
def furnished_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the admin and the site ``demo``."""
    folder = tmp_path_factory.mktemp("furnished")
    file = Path(shutil.copy(sqlite_template, folder / "furnished.sqlite3"))
    furnish(f"sqlite:///{file}", folder)
    return file


@pytest.fixture(scope="session")
def furnished_sqlite(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Hall]:
    """A hall, and where its database is put for each test: what is compiled for one serves the next."""
    file = tmp_path_factory.mktemp("pages") / "pages.sqlite3"
    return file, furnished_hall(f"sqlite:///{file}", tmp_path_factory.mktemp("hall"))


@pytest.fixture
def empty_pages(
    request: pytest.FixtureRequest,
    furnished_template: Path,
    furnished_sqlite: tuple[Path, Hall],
    tmp_path: Path,
) -> Iterator[Pages]:
    """The pages with their admin and the site ``demo``, and no article."""
    if "browser" in request.fixturenames:  # what a browser still asks when a test ends meets the next test's pages
        own = shutil.copy(furnished_template, tmp_path / "pages.sqlite3")
        with open_pages(f"sqlite:///{own}", tmp_path) as opened:
            yield opened
        return
    file, hall = furnished_sqlite
    shutil.copy(furnished_template, file)
    with pages_again(hall) as opened:
        yield opened
    for left in file.parent.iterdir():
        left.unlink()


@pytest.fixture(scope="session")
def furnished_postgres(
    postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ReusedPostgres, Hall]]:
    """A hall, and its database, which is put back after each test."""
    folder = tmp_path_factory.mktemp("hall")
    reused = ReusedPostgres(postgres_template, lambda url: furnish(url, folder))
    yield reused, furnished_hall(reused.url, folder)
    reused.close()


@pytest.fixture
def pages(request: pytest.FixtureRequest) -> Iterator[Pages]:
    """The pages with one article, ``lanes``; over SQLite, unless the test is ``on_both_databases``."""
    if getattr(request, "param", "sqlite") == "sqlite":
        opened = request.getfixturevalue("empty_pages")
        opened.article()
        yield opened
        return
    reused, hall = request.getfixturevalue("furnished_postgres")
    with pages_again(hall) as opened:
        opened.article()
        yield opened
    reused.clean()


@pytest.fixture
def address(pages: Pages) -> Iterator[str]:
    """Where the service answers."""
    server = server_of(pages.app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def moderator(pages: Pages, address: str, page: Page) -> Page:
    """A page that is signed in, and that reports whatever goes wrong in it."""
    cookie = pages.signed_in().client.get_cookie(COOKIE)
    assert cookie is not None
    page.context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": address}])
    return page


@pytest.fixture
def paper(pages: Pages) -> Iterator[Paper]:
    """A newspaper's own server, on whose pages the comment section stands."""
    with open_paper(pages) as opened:
        yield opened


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """A page of which nothing may go wrong unseen."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda told: troubles.append(told.text) if told.type in ("error", "warning") else None)
    yield page
    assert troubles == []
