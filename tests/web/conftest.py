"""The pages' hall, furnished once for each kind of database and put back for each test.

Every test of pages runs on SQLite and on PostgreSQL. Of one with many cases SQLite has them all, and PostgreSQL the
first, unless the test says ``on_both_databases``: where the database has a say in it, that is in what a page finds,
orders, counts or writes. What a browser shows stands over SQLite, but for the main way through each page, which says
``on_both_databases`` too. ``on_sqlite_alone``: what only SQLite can hold or do.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from moderation.web.shared.access import COOKIE
from tests.fresh_postgres import ReusedPostgres
from tests.newsroom import BOTH, Hall
from tests.served import server_of, serving
from tests.web.pages import Pages, furnish, furnished_hall, open_pages, pages_again
from tests.web.paper import Paper, open_paper


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names, marks = metafunc.fixturenames, metafunc.definition.iter_markers("parametrize")
    if "kind_of_database" in names and "browser" not in names and not any(map(_says_on_which, marks)):
        metafunc.parametrize("kind_of_database", BOTH, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Takes out the cases that SQLite alone has."""
    met: set[tuple[str, str]] = set()

    def is_left_out(item: pytest.Item) -> bool:
        if not isinstance(item, pytest.Function) or any(map(_says_on_which, item.iter_markers("parametrize"))):
            return False
        if not hasattr(item, "callspec") or item.callspec.params.get("kind_of_database") != "postgres":
            return False
        test = (str(item.path), item.originalname)
        known = test in met
        met.add(test)
        return known

    left_out = [item for item in items if is_left_out(item)]
    if left_out:
        left_out[0].config.hook.pytest_deselected(items=left_out)
        known = set(left_out)
        items[:] = [item for item in items if item not in known]


def _says_on_which(mark: pytest.Mark) -> bool:
    return bool(mark.args[0] == "kind_of_database")


@pytest.fixture
def kind_of_database(request: pytest.FixtureRequest) -> str:
    """What the pages stand over, "sqlite" or "postgres"."""
    return str(getattr(request, "param", "sqlite"))


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


@pytest.fixture(scope="session")
def furnished_postgres(
    postgres_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ReusedPostgres, Hall]]:
    """A hall, and its database, which is put back after each test."""
    folder = tmp_path_factory.mktemp("hall")
    reused = ReusedPostgres(postgres_template, lambda url: furnish(url, folder))
    hall = furnished_hall(reused.url, folder)
    yield reused, hall
    hall.services.database.close()
    reused.close()


@pytest.fixture
def furnished_url(
    request: pytest.FixtureRequest, kind_of_database: str, furnished_template: Path, tmp_path: Path
) -> Iterator[str]:
    """A database with the admin and the site ``demo``, for an application of the test's own."""
    if kind_of_database == "sqlite":
        yield f"sqlite:///{shutil.copy(furnished_template, tmp_path / 'pages.sqlite3')}"
        return
    reused, _ = request.getfixturevalue("furnished_postgres")
    yield reused.url
    reused.clean()


@pytest.fixture
def empty_pages(
    request: pytest.FixtureRequest, kind_of_database: str, furnished_template: Path, tmp_path: Path
) -> Iterator[Pages]:
    """The pages with their admin and the site ``demo``, and no article."""
    if "browser" in request.fixturenames:  # what a browser still asks when a test ends meets the next test's pages
        with open_pages(request.getfixturevalue("furnished_url"), tmp_path) as opened:
            yield opened
        return
    if kind_of_database == "sqlite":
        file, hall = request.getfixturevalue("furnished_sqlite")
        shutil.copy(furnished_template, file)
        yield pages_again(hall)
        hall.services.database.close()  # which opens again when it is asked
        for left in file.parent.iterdir():
            left.unlink()
        return
    reused, hall = request.getfixturevalue("furnished_postgres")
    yield pages_again(hall)
    if reused.clean(idle_stay=True):
        hall.services.database.close()


@pytest.fixture
def pages(empty_pages: Pages) -> Pages:
    """The pages with one article, ``lanes``."""
    empty_pages.article()
    return empty_pages


@pytest.fixture
def address(pages: Pages) -> Iterator[str]:
    """Where the service answers."""
    server = server_of(pages.app)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


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
