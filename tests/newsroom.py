"""A newsroom for tests: the whole application over a fresh site, with a scorer that says what the text asks it to say.

``Hall`` is built once per kind of database and shared; every test gets a ``Newsroom`` of its own in it: a new site with
keys, the default configuration without limits, and a clock that stands still until the test moves it.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, make_url, select
from werkzeug.test import TestResponse

from moderation.accounts.sites import insert_key, insert_site, new_publishable_key, new_secret_key
from moderation.app import create_app
from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.config.settings import Settings
from moderation.core.errors import ScoringFailed, ScoringTooSlow
from moderation.core.scores import (
    LABELS,
    ArticleText,
    Language,
    PackStamp,
    PreparedArticle,
    Scale,
    ScoreRequest,
    Scores,
    SentenceScore,
)
from moderation.services import Services
from moderation.storage.comments import Comment
from moderation.storage.database import Database
from moderation.storage.sites import KeyKind, Right
from moderation.unit_of_work import run_in_unit_of_work
from tests.fresh_postgres import drop, new_database, url_of

ORIGIN = "https://news.example"
SECRET = "a secret of the tests that is long enough"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NO_LIMITS = "[rate_limits]\nenabled = false\n"
ARTICLE = {"title": "Trams return to the harbour", "text": "The city lays new rails.\n\nTrams will run from May."}

_numbers = itertools.count()


class StandingClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


class FixedConfiguration:
    """A configuration that a test sets."""

    def __init__(self) -> None:
        self.set(NO_LIMITS)

    def set(self, text: str) -> None:
        self._current = parse_configuration(text)

    def current(self) -> Configuration:
        return self._current


class ObedientScorer:
    """Says what the text asks for: ``insult=0.83 relevance=0.11 language=hi unreadable unread=de``; else calm and to
    the point. Of a name likewise (``toxicity=0.9``; ``unreadable``).

    ``fails`` makes it fail so many times, ``slow`` too slow; ``asked`` keeps what it was asked, ``batches`` how many
    it was asked together.
    """

    def __init__(self) -> None:
        self.fails = 0
        self.slow = False
        self.ready = True
        self.prepares_as = "obedient 1"
        self.asked: list[ScoreRequest] = []
        self.batches: list[int] = []
        self.labels: tuple[str, ...] = LABELS
        self.prepared: list[ArticleText] = []
        self.stamp = PackStamp(name="obedient", version="1", runtime="none", precision="f32")

    def prepare(self, article: ArticleText) -> PreparedArticle:
        self.prepared.append(article)
        passages = (article.title, *article.key_points, *article.paragraphs)
        return PreparedArticle(made_by=self.prepares_as, passages=passages, vectors=b"")

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        self.asked.append(request)
        if self.slow:
            raise ScoringTooSlow
        if self.fails:
            self.fails -= 1
            raise ScoringFailed
        said = dict(re.findall(r"([a-z_]+)=([0-9a-z.]+)", request.text))
        related = isinstance(request.article, PreparedArticle)
        return Scores(
            toxicity={label: float(said.get(label, 0.01)) for label in self.labels},
            relevance=float(said.get("relevance", 0.9)) if related else None,
            passage=request.article.passages[-1] if isinstance(request.article, PreparedArticle) else None,
            sentences=(SentenceScore(start=0, end=len(request.text), toxicity=float(said.get("toxicity", 0.01))),),
            language=Language(
                code=said.get("language", "en"), supported="unreadable" not in request.text, unread=said.get("unread")
            ),
            pack=self.stamp,
            scale=scale,
            spam=float(said["spam"]) if "spam" in said else None,
            name=self._of_name(request.name),
        )

    def score_each(
        self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> list[Scores | ScoringFailed]:
        self.batches.append(len(requests))
        answers: list[Scores | ScoringFailed] = []
        for request in requests:
            try:
                answers.append(self.score_one(request, scale=scale, timeout_s=timeout_s))
            except ScoringFailed as error:
                answers.append(error)
        return answers

    def _of_name(self, name: str | None) -> dict[str, float] | None:
        if name is None:
            return {}
        said = dict(re.findall(r"([a-z_]+)=([0-9.]+)", name))
        return None if "unreadable" in name else {label: float(said.get(label, 0.01)) for label in self.labels}


def settings_for(url: str, folder: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "config_path": folder / "moderation.toml",
        "database_url": url,
        "redis_url": None,
        "broker_url": None,
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

    def new_site(self, rights: list[Right] | None = None) -> Newsroom:
        """A site that nobody else has, with the default configuration, noon, and a scorer that works."""
        self.clock.now = NOON
        self.configuration.set(NO_LIMITS)
        _ = self.services.keys  # as a start has them
        self.scorer.__init__()  # type: ignore[misc]
        site = f"site-{next(_numbers)}"
        secret, publishable = new_secret_key(), new_publishable_key()

        def work(unit: Any) -> None:
            insert_site(unit, "test", site, "A site")
            insert_key(unit, "test", site, KeyKind.SECRET, secret, rights=rights or list(Right))
            insert_key(unit, "test", site, KeyKind.PUBLISHABLE, publishable, origins=[ORIGIN])

        run_in_unit_of_work(self.services, work)
        return Newsroom(hall=self, site=site, secret=secret, publishable=publishable, client=self.app.test_client())


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def hall(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One application per kind of database."""
    folder = tmp_path_factory.mktemp("hall")
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), folder / "hall.sqlite3")
        hall = open_hall(f"sqlite:///{copy}", folder)
        yield hall
        hall.services.database.close()
        return
    template = request.getfixturevalue("postgres_template")
    name = new_database(template)
    quick = make_url(url_of(name)).update_query_dict({"options": "-c synchronous_commit=off"})
    hall = open_hall(quick.render_as_string(hide_password=False), folder)
    yield hall
    hall.services.database.close()
    drop(name)


@pytest.fixture(scope="session")
def sqlite_hall(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """An application over SQLite alone."""
    folder = tmp_path_factory.mktemp("hall")
    hall = open_hall(f"sqlite:///{shutil.copy(sqlite_template, folder / 'hall.sqlite3')}", folder)
    yield hall
    hall.services.database.close()


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


def open_hall(url: str, folder: Path, **changes: Any) -> Hall:
    clock, configuration, scorer = StandingClock(), FixedConfiguration(), ObedientScorer()
    database = Database(url)
    if database.is_sqlite:
        # What a test has written need not outlive a power cut; waiting for the disk is most of its time.
        event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    services = Services(
        settings=settings_for(url, folder, **changes),
        configuration=configuration,
        database=database,
        scorer=scorer,
        clock=clock,
    )
    return Hall(services=services, app=create_app(services), clock=clock, configuration=configuration, scorer=scorer)


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
