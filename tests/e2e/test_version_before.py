"""The version before goes on over the new version's tables: it was started before they were made, and isn't stopped for
it. Its code is that of the commit before the newest migration, as the repository's history has it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from moderation.storage import schema
from moderation.storage.database import Database
from tests.e2e.history import VERSIONS, git, newest_migration, version_before
from tests.e2e.service import ADMIN_PASSWORD, Service
from tests.waiting import until

PAGES = (
    "/review/actions", "/review/articles", "/review/appeals", "/review/map", "/review/reporters", "/review/rules",
    "/legal", "/audit", "/account", "/admin", "/admin/accounts", "/admin/figures", "/admin/policy", "/admin/sites",
    "/admin/webhooks", "/admin/what-if",
)  # fmt: skip
TEXT = "Comment {}: the bridge will spare my children the detour along the main road every morning."


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The code of the version before."""
    commit = version_before()
    assert commit is not None
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=BytesIO(git("archive", commit, "moderation", "config"))) as archive:
        archive.extractall(folder, filter="data")
    assert not (folder / VERSIONS / newest_migration()).exists()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without a table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    return str(request.getfixturevalue("empty_postgres_url"))


class Moderator:
    """Who works at the desk, by a browser of their own."""

    def __init__(self, service: Service) -> None:
        self._address = service.address
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        form = {"name": "admin", "password": ADMIN_PASSWORD, "csrf_token": self._token("/login")}
        assert self.page("/login?next=/review", form)

    def page(self, path: str, form: dict[str, str] | None = None) -> str:
        data = None if form is None else urlencode(form).encode()
        with self._browser.open(self._address + path, data, timeout=60) as answer:
            return str(answer.read().decode())

    def _token(self, path: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.page(path))
        assert found is not None
        return found[1]


def say(service: Service, number: int) -> dict[str, str]:
    comment = {"author": {"name": f"Reader {number}", "id": f"reader {number}"}, "body": TEXT.format(number)}
    answer = service.ask("POST", "/api/v1/articles/bridge/comments", comment)
    assert answer.status == 202, answer.body
    return dict(answer.json)


def test_it_goes_on_over_the_new_versions_tables(own_service: Service, before: Path, empty_url: str) -> None:
    old = own_service
    old.environment["MODERATION_DATABASE_URL"] = empty_url
    old.code = before
    old.start()
    work(old, 0)
    database = Database(empty_url)
    was = schema.revision_of(database)
    schema.upgrade(database)
    assert schema.is_current(database)
    assert schema.revision_of(database) != was, "it ran the newest migration already"
    work(old, 100)
    every_column(before, empty_url)
    log = (old.var / "log").read_text()
    assert '"exception"' not in log, log[-3000:]
    assert "Traceback" not in log, log[-3000:]
    # The new version over what both have written.
    old.stop()
    new = Service(old.var, environment=old.environment).start()
    work(new, 200)
    with database.reading() as session:
        statuses = session.execute(text("SELECT status, count(*) FROM comments GROUP BY status ORDER BY status")).all()
    assert [tuple(row) for row in statuses] == [("approved", 3), ("pending", 3), ("rejected", 3), ("withdrawn", 3)]
    assert new.command("audit", "verify").exit_code == 0
    new.stop()
    database.close()


def work(service: Service, begins: int) -> None:
    """What sites, readers and moderators do."""
    article = {"title": "A bridge", "text": f"The council builds a bridge, {begins}."}
    assert service.ask("PUT", "/api/v1/articles/bridge", article).status in (200, 201)
    said = [say(service, begins + number) for number in range(4)]
    ids = [one["id"] for one in said]
    until(lambda: all(service.ask("GET", f"/api/v1/comments/{id_}").json["scores"] for id_ in ids), seconds=120)
    for id_, verdict in ((ids[0], "approve"), (ids[1], "reject")):
        ruling = {"outcome": verdict} | ({"reason": "spam"} if verdict == "reject" else {})
        answer = service.ask("POST", f"/api/v1/comments/{id_}/decisions", ruling)
        assert answer.status in (200, 201), answer.body
    answer = service.ask("POST", f"/api/v1/comments/{ids[2]}/withdraw?receipt={said[2]['receipt']}")
    assert answer.status == 200, answer.body
    assert ids[0] in {one["id"] for one in service.ask("GET", "/api/v1/articles/bridge/comments").json["comments"]}
    moderator = Moderator(service)
    assert f"Comment {begins + 3}:" in moderator.page("/review?find=bridge")
    for page in (f"/review/comments/{ids[3]}", *PAGES):
        assert moderator.page(page)  # anything but 200 is an error


EVERY_COLUMN = """
import sys
from sqlalchemy import select, update
from moderation.storage.base import Base
from moderation.storage.database import Database
import moderation.storage.tables

database = Database(sys.argv[1])
for table in Base.metadata.sorted_tables:
    def ask(connection):
        nothing = select(table).where(table.c[0] != table.c[0])
        connection.execute(select(table)).all()
        connection.execute(table.insert().from_select(list(table.columns.keys()), nothing))
        connection.execute(update(table).where(nothing.whereclause).values({one: one for one in table.columns}))
    database.changing(ask)
print(len(Base.metadata.sorted_tables))
"""


def every_column(before: Path, database_url: str) -> None:
    """The version before names each column of each of its tables to the new ones, as its statements do."""
    arguments = ["-c", EVERY_COLUMN, database_url]
    asked = subprocess.run([sys.executable, *arguments], cwd=before, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert int(asked.stdout) > 20
