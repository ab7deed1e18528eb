"""A backup of a service that sixteen clients write to, brought back; and PostgreSQL by exactly the commands that are
printed.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import psycopg
import pytest
import regex

from tests.e2e.load import Load, register_article, stored
from tests.e2e.service import ADMIN_PASSWORD, MODERATION, ROOT, Service
from tests.fresh_postgres import drop, new_database, plain, url_of
from tests.newsroom import SECRET, open_hall


class Endless(Load):
    """Clients that post until they are told to end."""

    ended = threading.Event()

    def start(self) -> None:
        def numbers() -> Iterator[int]:
            number = itertools.count()
            while not self.ended.is_set():
                yield next(number)

        self.ended.clear()
        common = numbers()
        self._threads = [threading.Thread(target=self._client, args=(common,)) for _ in range(4)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self.ended.set()
        self.join()


def the_desk_as_admin(service: Service) -> str:
    """The queue's page after a sign-in by the form."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{service.address}/login?next=/review") as page:
        token = regex.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
    fields = {"name": "admin", "password": ADMIN_PASSWORD, "csrf_token": token[1] if token else ""}
    with browser.open(f"{service.address}/login?next=/review", urlencode(fields).encode()) as page:
        return str(page.read().decode())


def test_what_was_acknowledged_before_a_backup_under_load_comes_back(own_service: Service) -> None:
    service = own_service.start()
    register_article(service)
    load, file = Endless(service), str(service.var / "backup.tar.gz")
    load.start()
    load.wait_for(20)
    before = dict(load.acknowledged)
    made = service.command("backup", file)
    assert made.exit_code == 0, made.stderr
    load.wait_for(len(load.acknowledged) + 20)
    load.end()
    assert set(load.outcomes) == {"acknowledged"}, "the backup held up nobody"

    refused = service.command("restore", file, "--replace")
    assert (refused.exit_code, "Somebody uses" in refused.stderr) == (2, True), refused.stderr
    assert service.stop() == 0
    back = service.command("restore", file, "--replace")
    assert back.exit_code == 0, back.stderr
    (aside,) = service.var.glob("moderation.sqlite3.replaced-*")

    found = stored(service)
    lost = before.keys() - found.keys()
    print(
        f"backup: {len(before)} acknowledged before, {len(found)} in it, {len(lost)} lost, "
        f"{len(load.acknowledged)} in all"
    )
    assert not lost
    assert len(found) < len(load.acknowledged), "it was made while others wrote"
    assert all(len(ids) == 1 and ids[0] == load.acknowledged[number] for number, ids in found.items())
    verified = service.command("audit", "verify")
    assert verified.exit_code == 0, verified.stdout
    service.start()
    assert service.ask("GET", "/readyz", key=None).status in (200, 503)
    assert "Reader" in the_desk_as_admin(service)
    assert aside.stat().st_size > 0


@pytest.fixture
def newspaper(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The name of a PostgreSQL database of the test's own; dropped with what was put aside of it."""
    name = new_database(postgres_template)
    yield name
    with psycopg.connect(plain(postgres_server), autocommit=True) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name]).fetchall()
    for (one,) in found:
        drop(one)


def counts(name: str) -> dict[str, int]:
    tables = "comments", "audit_events", "queue_index", "sites", "key_ring"
    with psycopg.connect(plain(url_of(name))) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # type: ignore[index]


@pytest.mark.postgres
def test_postgres_comes_back_by_exactly_the_commands_that_are_printed(newspaper: str, tmp_path: Path) -> None:
    hall = open_hall(url_of(newspaper), tmp_path)
    site = hall.new_site()
    site.put_article()
    for number in range(3):
        site.accepted(f"Number {number}")
    hall.services.database.close()
    before = counts(newspaper)

    def run(line: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")} | {
            "MODERATION_DATABASE_URL": url_of(newspaper),
            "MODERATION_SECRET_KEY": SECRET,
            "MODERATION_VAR": str(tmp_path / "var"),
            "PATH": f"{MODERATION.parent}:{os.environ['PATH']}",
        }
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    file = tmp_path / "with a space.dump"
    asked = run(f"moderation backup '{file}'")
    assert asked.returncode == 1, asked.stderr
    done = run(asked.stdout)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o777 == 0o600

    asked = run(f"moderation restore '{file}'")
    assert asked.returncode == 1, asked.stderr
    done = run(asked.stdout)
    assert done.returncode == 0, done.stderr
    assert f"chain {site.site}: " in done.stdout  # the last command verified the chains
    assert counts(newspaper) == before
