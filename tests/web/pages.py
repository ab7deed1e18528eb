"""The pages of a newsroom, `demo`: what stands behind them, and a reader's browser that needs no screen."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from moderation.comments.articles import ArticleForm, register_article
from moderation.comments.idempotency import Sender
from moderation.comments.submit import submit
from moderation.core.actor import Actor
from moderation.core.comment import Author, Mode, Submission
from moderation.core.ids import new_id
from moderation.core.scores import Language, PreparedArticle, Scale, ScoreRequest, Scores, SentenceScore
from moderation.desk.decide import Ruling, Verdict, decide_comment
from moderation.scoring.language import LanguageDetector
from moderation.services import Services
from moderation.setup.first_start import first_start
from moderation.storage.accounts import Account, Grant, Role, WebSession, account_named
from moderation.storage.comments import Comment
from moderation.storage.sites import digest_of
from moderation.web.shared.access import COOKIE
from tests.doubles import FixedConfiguration, ObedientScorer, StandingClock
from tests.newsroom import BOTH, Hall, open_hall

ADMIN_PASSWORD = "a good long password for tests"
SITE_KEY = "sk_for_the_tests_0123456789"
MORNING = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)
CONFIGURATION = (Path(__file__).parents[2] / "config" / "moderation.toml").read_text()
WITHOUT_LIMITS = CONFIGURATION.replace("enabled = true", "enabled = false")
CALM = "I read this report twice, and the second time I understood what the council had really decided."
RUDE = "You are all idiots. Every idiot in this town believes whatever an idiot on the council is telling them."

on_both_databases = pytest.mark.parametrize("kind_of_database", BOTH, indirect=True)
on_sqlite_alone = pytest.mark.parametrize("kind_of_database", ["sqlite"], indirect=True)
"""On what a test of pages runs; ``conftest.py`` says which one says so."""

_DETECTOR = LanguageDetector()


class WordScorer(ObedientScorer):
    """Says that a text is toxic by the number of its idiots, and relevant unless it says "strawberries"; and what the
    text asks for: ``threat=0.85 unreadable=fr``. It reads English alone.
    """

    name = "words"

    def scores_of(self, request: ScoreRequest, scale: Scale) -> Scores:
        pieces = [(m.start(), m.end()) for m in re.finditer(r"[^.!?]+[.!?]*", request.text)]
        said = dict(re.findall(r"\b([a-z_]+)=([0-9a-z.]+)", request.text))
        passages = request.article.passages if isinstance(request.article, PreparedArticle) else ()
        return Scores(
            toxicity={label: float(said.get(label, 0.01)) for label in self.labels}
            | {"toxicity": self._toxicity(request.text)},
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

    def _toxicity(self, text: str) -> float:
        return min(0.95, 0.02 + 0.5 * len(re.findall("idiot", text)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """A hall with the site ``demo`` in it, and what a test does there behind its doors."""

    hall: Hall

    @property
    def services(self) -> Services:
        return self.hall.services

    @property
    def configuration(self) -> FixedConfiguration:
        return self.hall.configuration

    @property
    def clock(self) -> StandingClock:
        return self.hall.clock

    @property
    def app(self) -> Flask:
        return self.hall.app

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
        self.clock.move(minutes=1)
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
        self.configuration.set(WITHOUT_LIMITS + addition)

    def configure_limits(self) -> None:
        """Puts the configuration's own rate limits in force."""
        self.configuration.set(CONFIGURATION)


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


def names(desk: Visitor) -> list[str]:
    """Whose comments the desk's list has, from above."""
    return desk.texts("//ol[@id='lines']//bdi[@class='name']")


def secret_of(admin: Visitor) -> str:
    """The secret that a page shows this once."""
    (secret,) = admin.texts("//code[@class='secret']")
    return secret


def published(pages: Pages, body: str = CALM, *, by: str = "Priya S", to: str | None = None) -> str:
    """A comment that a moderator has approved; returns its id."""
    comment = pages.say(body, by=by, to=to)
    pages.decide(comment, Verdict.APPROVE)
    return comment


def statuses(pages: Pages, ids: list[str]) -> list[str]:
    with pages.services.database.reading() as session:
        return [session.get_one(Comment, comment_id).status for comment_id in ids]


def fields_of(form: html.FormElement) -> dict[str, list[str]]:
    """What a browser would send of a form: a checkbox's name may come several times."""
    fields: dict[str, list[str]] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    return fields


def furnished_hall(database_url: str, folder: Path, **changes: Any) -> Hall:
    """A hall as the pages' tests have it: the file's own configuration without limits, and a scorer of words. Its
    database is furnished, or will be.
    """
    made: dict[str, Any] = {"scorer": WordScorer(), "configuration": WITHOUT_LIMITS, "begins": MORNING}
    settings = {"admin_password": ADMIN_PASSWORD, "site_key": SITE_KEY}
    return open_hall(database_url, folder, **made, **(settings | changes))


@contextmanager
def open_pages(database_url: str, folder: Path, **changes: Any) -> Iterator[Pages]:
    """The pages over this database, which is furnished, with an application of their own. ``changes``: settings that
    differ.
    """
    hall = furnished_hall(database_url, folder, **changes)
    yield Pages(hall=hall)
    hall.services.database.close()


def pages_again(hall: Hall) -> Pages:
    """The pages over a hall whose database has been put back to how it was."""
    hall.begin_anew(configuration=WITHOUT_LIMITS, now=MORNING)
    return Pages(hall=hall)


def furnish(database_url: str, folder: Path) -> None:
    """Makes the account ``admin`` and the site ``demo``."""
    hall = furnished_hall(database_url, folder)
    first_start(hall.services)
    hall.services.database.close()


CLOSED = Mode.CLOSED
HIDDEN = Mode.HIDDEN
