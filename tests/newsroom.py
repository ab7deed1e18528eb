"""A newsroom for tests: the whole application over a fresh site, with a scorer that says what the text asks it to say.

``Hall`` is built once per kind of database and shared; every test gets a ``Newsroom`` of its own in it: a new site with
keys, the default configuration without limits, and a clock that stands still until the test moves it.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import event, func, make_url, select, update
from werkzeug.test import TestResponse

from moderation.accounts.sites import insert_key, insert_site, new_publishable_key, new_secret_key
from moderation.app import create_app
from moderation.comments.rescoring import ATTEMPTS
from moderation.config.settings import Settings
from moderation.services import Services
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.site_rules_cache import SiteRulesCache
from moderation.storage.sites import KeyKind, Right
from moderation.unit_of_work import run_in_unit_of_work
from moderation.web.account.attempts import Attempts
from moderation.web.shared.standing import STANDING, Standing
from tests.doubles import CHEAP, NO_LIMITS, NOON, FixedConfiguration, ObedientScorer, StandingClock
from tests.fresh_postgres import drop_at_the_end, new_database, url_of

ORIGIN = "https://news.example"
SECRET = "a secret of the tests that is long enough"
ARTICLE = {"title": "Trams return to the harbour", "text": "The city lays new rails.\n\nTrams will run from May."}
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
"""The parameters of a fixture that comes over each kind of database in turn."""

_numbers = itertools.count()


def settings_for(url: str, folder: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "config_path": folder / "moderation.toml",
        "database_url": url,
        "redis_url": None,
        "trusted_proxies": 0,
        "secret_key": SECRET,
        "production": False,
        "admin_password": None,
        "site_key": None,
        "var": folder / "var",
        "metrics_token": None,
    }
    return Settings(**(values | changes))


@dataclass(slots=True)
class Hall:
    """The application over one database."""

    services: Services
    app: Flask
    clock: StandingClock
    configuration: FixedConfiguration
    scorer: ObedientScorer
    extensions: dict[str, Any]
    """The application's, as they were at first."""

    def new_site(self, rights: list[Right] | None = None) -> Newsroom:
        """A site that nobody else has, with the default configuration, noon, and a scorer that works. What other sites
        left unscored isn't tried any more: a sweep finds this one's comments alone.
        """
        self.services.database.writing(
            lambda session: session.execute(
                update(Comment)
                .where(~Comment.scored, Comment.scoring_attempts <= ATTEMPTS)
                .values(scoring_attempts=ATTEMPTS, scoring_leased_until=None)
            )
        )
        self.clock.now = NOON
        self.configuration.set(NO_LIMITS)
        _ = self.services.keys  # as a start has them
        self.scorer.begin_anew()
        site = f"site-{next(_numbers)}"
        secret, publishable = new_secret_key(), new_publishable_key()

        def work(unit: Any) -> None:
            insert_site(unit, "test", site, "A site")
            insert_key(unit, "test", site, KeyKind.SECRET, secret, rights=rights or list(Right))
            insert_key(unit, "test", site, KeyKind.PUBLISHABLE, publishable, origins=[ORIGIN])

        run_in_unit_of_work(self.services, work)
        return Newsroom(hall=self, site=site, secret=secret, publishable=publishable, client=self.app.test_client())

    def change(self, **parts: Any) -> None:
        """Exchanges parts of the services."""
        self.services = replace(self.services, **parts)
        self.app.extensions["moderation"] = self.services

    def begin_anew(self, *, configuration: str, now: datetime) -> None:
        """As a start leaves it, over a database that has been put back to how it was: nothing kept, counted or asked.
        To make another application would compile some two hundred routes, which takes longer than most tests do.
        """
        self.clock.now = now
        self.configuration.set(configuration)
        self.scorer.begin_anew()
        self.app.extensions.clear()
        self.app.extensions |= self.extensions
        self.change(site_rules=SiteRulesCache(), key_store=None, password_hasher=CHEAP, outside=None)
        Attempts(self.app, self.services.settings.redis_url)
        for limiter in self.app.extensions["limiter"]:
            limiter.reset()


def open_hall(
    url: str,
    folder: Path,
    *,
    scorer: ObedientScorer | None = None,
    configuration: str = NO_LIMITS,
    begins: datetime = NOON,
    **changes: Any,
) -> Hall:
    """The application over this database, at ``begins``. ``changes``: settings that differ."""
    clock, fixed = StandingClock(begins), FixedConfiguration(configuration)
    database = Database(url)
    if database.is_sqlite:
        # What a test has written need not outlive a power cut; waiting for the disk is most of its time.
        event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    services = Services(
        settings=settings_for(url, folder, **changes),
        configuration=fixed,
        database=database,
        scorer=scorer or ObedientScorer(),
        clock=clock,
        password_hasher=CHEAP,
    )
    return hall_of(services, clock, fixed)


def hall_of(services: Services, clock: StandingClock, configuration: FixedConfiguration) -> Hall:
    """The application over these services."""
    app = create_app(services)
    app.jinja_env.bytecode_cache = _COMPILED
    # Always asked anew, however long that takes on a busy machine.
    app.extensions[STANDING] = Standing(lambda: app.extensions["moderation"], kept_seconds=0, patience_seconds=60)
    assert isinstance(services.scorer, ObedientScorer)
    return Hall(
        services=services,
        app=app,
        clock=clock,
        configuration=configuration,
        scorer=services.scorer,
        extensions=dict(app.extensions),
    )


@contextmanager
def newsroom_over(url: str, folder: Path, **changes: Any) -> Iterator[Newsroom]:
    """A newsroom with an article `trams` over this database, with an application of its own: for what breaks there, and
    for settings that differ.
    """
    hall = open_hall(url, folder, **changes)
    newsroom = hall.new_site()
    assert newsroom.put_article().status_code == 201
    yield newsroom
    hall.services.database.close()


class _Compiled(BytecodeCache):
    """Templates are compiled once for all applications."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@contextmanager
def hall_over(
    kind: str, request: pytest.FixtureRequest, folder: Path, scorer: ObedientScorer | None = None
) -> Iterator[Hall]:
    """The application over a database of this kind, "sqlite" or "postgres", with this version's tables."""
    if kind == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), folder / "hall.sqlite3")
        hall = open_hall(f"sqlite:///{copy}", folder, scorer=scorer)
        yield hall
        hall.services.database.close()
        return
    name = new_database(request.getfixturevalue("postgres_template"))
    quick = make_url(url_of(name)).update_query_dict({"options": "-c synchronous_commit=off"})
    hall = open_hall(quick.render_as_string(hide_password=False), folder, scorer=scorer)
    yield hall
    hall.services.database.close()
    drop_at_the_end(name)


@pytest.fixture(scope="session")
def sqlite_hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """An application over SQLite alone."""
    with hall_over("sqlite", request, tmp_path_factory.mktemp("hall")) as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres_hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """An application over PostgreSQL alone."""
    with hall_over("postgres", request, tmp_path_factory.mktemp("hall")) as opened:
        yield opened


@pytest.fixture(params=BOTH)
def hall(request: pytest.FixtureRequest) -> Hall:
    """The application over each kind of database in turn. With these parameters the two above would be one fixture of
    the session, which is made anew, database and all, whenever a file goes from one kind to the other.
    """
    opened: Hall = request.getfixturevalue(f"{request.param}_hall")
    return opened


@pytest.fixture
def front_door(sqlite_hall: Hall) -> Newsroom:
    """A site of its own with an article `trams`, on SQLite alone: for what is refused before any database is asked."""
    newsroom = sqlite_hall.new_site()
    assert newsroom.put_article().status_code == 201
    return newsroom


@pytest.fixture
def newsroom(hall: Hall) -> Newsroom:
    """A site of its own with an article `trams`."""
    newsroom = hall.new_site()
    assert newsroom.put_article().status_code == 201
    return newsroom


@dataclass(slots=True)
class Newsroom:
    """One site and what its server, its readers' browsers and its moderators do."""

    hall: Hall
    site: str
    secret: str
    publishable: str
    client: FlaskClient
    texts: Any = field(default_factory=itertools.count)

    @property
    def services(self) -> Services:
        return self.hall.services

    @property
    def clock(self) -> StandingClock:
        return self.hall.clock

    @property
    def scorer(self) -> ObedientScorer:
        return self.hall.scorer

    def configure(self, text: str, *, limits: bool = False) -> None:
        self.hall.configuration.set(text if limits else NO_LIMITS + text)

    # --- calls ------------------------------------------------------------------------------------------------------

    def server(self, method: str, path: str, key: str | None = None, **more: Any) -> TestResponse:
        """A call by the site's server."""
        headers = {"Authorization": f"Bearer {key or self.secret}", **more.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **more)

    def browser(self, method: str, path: str, *, origin: str | None = ORIGIN, **more: Any) -> TestResponse:
        """A call by a reader's browser."""
        headers = {"X-Site-Key": self.publishable, **({"Origin": origin} if origin else {}), **more.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **more)

    def put_article(self, article_id: str = "trams", **changes: Any) -> TestResponse:
        return self.server("PUT", f"/api/v1/articles/{article_id}", json=ARTICLE | changes)

    def text(self, words: str = "") -> str:
        """A comment long enough, like no other."""
        return f"Comment number {next(self.texts)} about the trams in our harbour, which I like. {words}".strip()

    def comment(
        self, words: str = "", *, article: str = "trams", author: Mapping[str, Any] | None = None, **more: Any
    ) -> TestResponse:
        """A comment sent by the site's server; a new reader unless ``author`` says who."""
        headers = more.pop("headers", {})
        content = {"author": author or {"name": "Ada"}, "body": self.text(words)} | more
        return self.server("POST", f"/api/v1/articles/{article}/comments", json=content, headers=headers)

    def accepted(self, words: str = "", **more: Any) -> dict[str, Any]:
        answer = self.comment(words, **more)
        assert answer.status_code in (201, 202), answer.text
        return dict(answer.json or {})

    def send(self, *, article: str = "trams", address: str = "203.0.113.7", **more: Any) -> TestResponse:
        """A comment sent by a reader's browser."""
        headers = more.pop("headers", {})
        content = {"author": {"name": "Ada"}, "body": self.text()} | more
        path = f"/api/v1/articles/{article}/comments"
        return self.browser("POST", path, json=content, headers=headers, environ_base={"REMOTE_ADDR": address})

    def decide(self, comment_id: str, outcome: str = "approve", key: str | None = None, **more: Any) -> TestResponse:
        path = f"/api/v1/comments/{comment_id}/decisions"
        return self.server("POST", path, key, json={"outcome": outcome} | more)

    def whole(self, comment_id: str) -> dict[str, Any]:
        answer = self.server("GET", f"/api/v1/comments/{comment_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})

    def status(self, comment_id: str) -> str:
        return str(self.whole(comment_id)["status"])

    def events(self, comment_id: str) -> list[dict[str, Any]]:
        return list((self.server("GET", f"/api/v1/comments/{comment_id}/audit").json or {})["events"])

    def published(self, article: str = "trams", **query: str) -> TestResponse:
        return self.client.get(f"/api/v1/articles/{article}/comments", query_string={"site": self.publishable} | query)

    def stored(self) -> int:
        """How many comments this site has."""
        with self.services.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Comment).where(Comment.site_id == self.site)) or 0


def detail(answer: TestResponse) -> str:
    """The problem's detail, after a look at its form."""
    assert answer.content_type == "application/problem+json", answer.text
    problem = answer.json
    assert problem is not None
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["type"]
    return str(problem["detail"])
