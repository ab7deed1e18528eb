"""A whole application over a fresh database, with a scorer of words, and a reader's browser that needs no screen."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from lxml import html
from sqlalchemy import event
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation.app import create_app
from moderation.comments.articles import ArticleForm, register_article
from moderation.comments.idempotency import Sender
from moderation.comments.submit import submit
from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.config.settings import read_environment
from moderation.core.actor import Actor
from moderation.core.comment import Author, Mode, Submission
from moderation.core.errors import ScoringFailed
from moderation.core.ids import new_id
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
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.scoring.language import LanguageDetector
from moderation.services import Services
from moderation.setup.first_start import first_start
from moderation.storage.accounts import Account, Grant, Role, WebSession, account_named
from moderation.storage.database import Database
from moderation.storage.sites import digest_of
from moderation.web.account.attempts import Attempts
from moderation.web.shared.access import COOKIE

ADMIN_PASSWORD = "a good long password for tests"
SITE_KEY = "sk_for_the_tests_0123456789"
CONFIGURATION = (Path(__file__).parents[2] / "config" / "moderation.toml").read_text()
WITHOUT_LIMITS = CONFIGURATION.replace("enabled = true", "enabled = false")
CALM = "I read this report twice, and the second time I understood what the council had really decided."
RUDE = "You are all idiots. Every idiot in this town believes whatever an idiot on the council is telling them."


class _Compiled(BytecodeCache):
    """Templates are compiled once for all tests; each application would do it again."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.known:
            bucket.bytecode_from_string(self.known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()
_DETECTOR = LanguageDetector()


class WordScorer:
    """Says that a text is toxic by the number of its idiots, and relevant unless it says "strawberries"; and what the
    text asks for: ``threat=0.85 unreadable=fr``. It reads English alone. ``fails`` makes it fail so many times.
    """

    stamp = PackStamp(name="words", version="1", runtime="python", precision="exact")
    prepares_as = "words 1"
    labels = LABELS
    ready = True

    def __init__(self) -> None:
        self.fails = 0

    def prepare(self, article: ArticleText) -> PreparedArticle:
        return PreparedArticle(made_by=self.prepares_as, passages=(article.title, *article.paragraphs), vectors=b"")

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        if self.fails:
            self.fails -= 1
            raise ScoringFailed
        pieces = [(m.start(), m.end()) for m in re.finditer(r"[^.!?]+[.!?]*", request.text)]
        said = dict(re.findall(r"\b([a-z_]+)=([0-9a-z.]+)", request.text))
        passages = request.article.passages if isinstance(request.article, PreparedArticle) else ()
        return Scores(
            toxicity={"toxicity": self._toxicity(request.text)}
            | {label: float(said.get(label, 0.01)) for label in LABELS if label != "toxicity"},
            relevance=(0.05 if "strawberries" in request.text else 0.9) if passages else None,
            passage=passages[-1] if passages else None,
            sentences=tuple(
                SentenceScore(start=a, end=b, toxicity=self._toxicity(request.text[a:b])) for a, b in pieces
            ),
            language=Language(code=said["unreadable"], supported=False)
            if "unreadable" in said
            else _DETECTOR.language(request.text, (), {"en"}),
            pack=self.stamp,
            scale=scale,
        )

    def score_each(
        self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> list[Scores | ScoringFailed]:
        answers: list[Scores | ScoringFailed] = []
        for request in requests:
            try:
                answers.append(self.score_one(request, scale=scale))
            except ScoringFailed as error:
                answers.append(error)
        return answers

    def _toxicity(self, text: str) -> float:
        return min(0.95, 0.02 + 0.5 * len(re.findall("idiot", text)))


class FixedConfiguration:
    """A configuration that a test can exchange."""

    def __init__(self, text: str) -> None:
        self.now = parse_configuration(text)

    def current(self) -> Configuration:
        return self.now


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **skipped: float) -> None:
        self.now += timedelta(**skipped)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The application and what a test does to it behind its doors."""

    services: Services
    configuration: FixedConfiguration
    clock: Clock
    app: Flask

    def article(self, external_id: str = "lanes", *, site: str = "demo", **changes: Any) -> str:
        """Registers an article; returns the site's id for it."""
        form: dict[str, Any] = {
            "external_id": external_id,
            "title": "The lanes stay",
            "summary": "The council has decided.",
            "key_points": ("Buses are faster", "Shops complain"),
            "paragraphs": ("The council voted on Thursday.", "Line 4 now takes 17 minutes."),
            "section": "city",
            "source": "The Courier",
            "byline": "Jo Ashdown",
            "published_at": datetime(2026, 1, 13, 6, 0, tzinfo=UTC),
            "url": "https://paper.example/lanes",
        }
        register_article(self.services, site, "test", ArticleForm(**(form | changes)))
        return external_id

    def say(
        self, body: str = CALM, *, by: str = "Priya S", under: str = "lanes", site: str = "demo", to: str | None = None
    ) -> str:
        """A comment comes in, a minute after the one before; returns its id."""
        self.clock.wait(minutes=1)
        sender = Sender(site_id=site, key_id=None, reference="test", vouches=True)
        submission = Submission(article_id=under, author=Author(name=by, id=by), body=body, parent_id=to)
        return submit(self.services, sender, submission).comment_id

    def decide(self, comment_id: str, verdict: Verdict, reason: str | None = None) -> None:
        """Somebody with every right decides."""
        actor = Actor(reference="test", name="test", rights={"*": frozenset({"read", "moderate"})})
        decide_comment(self.services, actor, comment_id, Ruling(verdict=verdict, reason_id=reason))

    def account(
        self,
        name: str,
        roles: Mapping[str, Role],
        *,
        sections: tuple[str, ...] | None = None,
        extra: tuple[str, ...] = (),
    ) -> None:
        """An account that can't sign in by password: hashing one takes its time, by intention. ``sections`` limit it
        to these; ``extra`` are rights that its role doesn't bring.
        """
        now = self.clock()

        def insert(session: Session) -> None:
            account = Account(id=new_id(now), name=name, password_hash="-", created_at=now)
            session.add(account)
            session.flush()
            more = {"sections": None if sections is None else list(sections), "extra": list(extra)}
            session.add_all(
                Grant(account_id=account.id, site_id=site, role=role, **more) for site, role in roles.items()
            )

        self.services.database.writing(insert)

    def visitor(self) -> Visitor:
        return Visitor(self.app.test_client())

    def signed_in(self, name: str = "admin") -> Visitor:
        """A visitor with this account's sign-in, without the password's way there."""
        cookie, now = secrets.token_urlsafe(32), self.clock()

        def insert(session: Session) -> None:
            account = account_named(session, name)
            assert account is not None
            ends = now + timedelta(hours=12)
            session.add(WebSession(digest=digest_of(cookie), account_id=account.id, created_at=now, expires_at=ends))

        self.services.database.writing(insert)
        visitor = self.visitor()
        visitor.client.set_cookie(COOKIE, cookie)
        return visitor

    def configure(self, addition: str) -> None:
        """Adds tables to the configuration in force."""
        self.configuration.now = parse_configuration(WITHOUT_LIMITS + addition)

    def configure_limits(self) -> None:
        """Puts the configuration's own rate limits in force."""
        self.configuration.now = parse_configuration(CONFIGURATION)


class Visitor:
    """Opens pages, follows redirects, and sends forms with what stands in them."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.answer: TestResponse
        self.page: html.HtmlElement

    def open(self, path: str) -> Visitor:
        return self._see(self.client.get(path, follow_redirects=True))

    def post(
        self, path: str, fields: Mapping[str, str | list[str]], *, headers: Mapping[str, str] | None = None
    ) -> Visitor:
        return self._see(self.client.post(path, data=dict(fields), headers=headers or {}, follow_redirects=True))

    def send(self, action: str, **filled: str) -> Visitor:
        """Sends the page's first form with this action, as a browser would."""
        form = next(form for form in self.page.forms if form.action == action)
        fields: dict[str, str | list[str]] = {**fields_of(form), **filled}
        if form.method == "GET":
            return self._see(self.client.get(action, query_string=fields, follow_redirects=True))
        return self.post(action, fields)

    def send_form(self, **filled: str) -> Visitor:
        """Sends the page's only form to the page's own address."""
        (form,) = self.page.forms
        return self.post(self.path, {**fields_of(form), **filled})

    def _see(self, answer: TestResponse) -> Visitor:
        self.answer = answer
        self.page = html.fromstring(answer.get_data(as_text=True))
        return self

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def path(self) -> str:
        """Where the redirects have led, query included."""
        return self.answer.request.full_path.rstrip("?")

    @property
    def text(self) -> str:
        """Everything that can be read, white space once."""
        return " ".join(self.page.text_content().split())

    def texts(self, selector: str) -> list[str]:
        """What stands in each element that an XPath finds, white space once."""
        return [" ".join(found.text_content().split()) for found in self.page.xpath(selector)]


def fields_of(form: html.FormElement) -> dict[str, list[str]]:
    """What a browser would send of a form: a checkbox's name may come several times."""
    fields: dict[str, list[str]] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    return fields


@contextmanager
def open_world(database_url: str, folder: Path, *, alone: bool = False, **environment: str | None) -> Iterator[World]:
    """The application over this database, which is furnished, with rate limits off. ``environment``: variables that
    differ, in lower case and without their prefix. ``alone``: it shares its application with no other test.
    """
    services, configuration, clock = _services(database_url, folder, **environment)
    app = new_application(services) if alone or environment else _application(services)
    yield World(services=services, configuration=configuration, clock=clock, app=app)
    services.database.close()


def new_application(services: Services) -> Flask:
    app = create_app(services)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.jinja_env.bytecode_cache = _COMPILED
    return app


_APPLICATIONS: list[tuple[Flask, dict[str, Any]]] = []
"""The one of all tests that change no variable, with its extensions as they were at first; or none yet."""


def _application(services: Services) -> Flask:
    """The application over these services, and nothing counted yet. One for all tests: to make one compiles some two
    hundred routes, which takes longer than most tests do.
    """
    if not _APPLICATIONS:
        made = new_application(services)
        _APPLICATIONS.append((made, dict(made.extensions)))
    ((app, extensions),) = _APPLICATIONS
    app.extensions.clear()  # what was kept for a moment, and attempts
    app.extensions |= extensions | {"moderation": services}
    Attempts(app, None)
    for limiter in app.extensions["limiter"]:
        limiter.reset()
    return app


@cache
def _database(url: str) -> Database:
    """One for all tests over this address, as it keeps its compiled statements; closed, it opens again."""
    database = Database(url)
    if database.is_sqlite:
        # What a test has written need not outlive a power cut; waiting for the disk is most of its time.
        event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return database


def furnish(database_url: str, folder: Path) -> None:
    """Makes the account ``admin`` and the site ``demo``."""
    services, _, _ = _services(database_url, folder)
    first_start(services)
    services.database.close()


def _services(database_url: str, folder: Path, **changes: str | None) -> tuple[Services, FixedConfiguration, Clock]:
    environment = {
        "MODERATION_DATABASE_URL": database_url,
        "MODERATION_VAR": str(folder / "var"),
        "MODERATION_ADMIN_PASSWORD": ADMIN_PASSWORD,
        "MODERATION_SITE_KEY": SITE_KEY,
        "MODERATION_SECRET_KEY": "a secret that only the tests know",
    }
    environment |= {f"MODERATION_{name.upper()}": value for name, value in changes.items() if value is not None}
    clock = Clock()
    configuration = FixedConfiguration(WITHOUT_LIMITS)
    services = Services(
        settings=read_environment(environment, root=folder),
        configuration=configuration,
        database=_database(database_url),
        scorer=WordScorer(),
        clock=clock,
    )
    return services, configuration, clock


CLOSED = Mode.CLOSED
HIDDEN = Mode.HIDDEN
