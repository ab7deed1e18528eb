"""A whole application over a fresh database, asked in Perspective's own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from moderation.accounts.sites import insert_key, insert_site
from moderation.app import create_app
from moderation.core.errors import ScoringFailed, ScoringTooSlow
from moderation.core.scores import (
    LABELS,
    ArticleText,
    PackStamp,
    PreparedArticle,
    Scale,
    ScoreRequest,
    Scores,
    SentenceScore,
)
from moderation.core.text.sentences import sentences
from moderation.scoring.language import LanguageDetector
from moderation.services import CommentScorer, Services
from moderation.storage.database import Database
from moderation.storage.sites import KeyKind, Right
from moderation.unit_of_work import run_in_unit_of_work
from tests.newsroom import NOON, FixedConfiguration, StandingClock, settings_for

KEY = "sk_perspective_tests_0123456789"
WITHOUT_RIGHT = "sk_perspective_nothing_0123456789"
PUBLISHABLE = "pk_perspective_tests_0123456789"
SITE = "the-daily"


class WordScorer:
    """Scores 0.9 whoever says "idiot" and 0.1 the rest, in insult half of it; half of all that on the natural scale.

    Relevance is 0.8 where comment and article share a word of six letters, else 0.2; a parent adds 0.1.
    """

    stamp = PackStamp(name="words", version="7", runtime="python", precision="exact")
    prepares_as = "words 7"
    ready = True

    def __init__(self, labels: Sequence[str] = LABELS) -> None:
        self.labels = tuple(labels)
        self.prepared: list[ArticleText] = []
        self.asked: list[ScoreRequest] = []
        self.timeouts: list[float | None] = []
        self.slow = False
        self._detector = LanguageDetector()

    def prepare(self, article: ArticleText) -> PreparedArticle:
        self.prepared.append(article)
        return PreparedArticle(made_by=self.prepares_as, passages=article.paragraphs, vectors=b"")

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        self.asked.append(request)
        self.timeouts.append(timeout_s)
        if self.slow:
            raise ScoringTooSlow
        passages = request.article.passages if isinstance(request.article, PreparedArticle) else ()
        relevance = self._relevance(request, passages)
        return Scores(
            toxicity=self._labels(request.text, scale),
            relevance=relevance,
            passage=passages[0] if passages else None,
            sentences=tuple(
                SentenceScore(start=a, end=b, toxicity=found["toxicity"], labels=found)
                for a, b in (sentences(request.text) if request.explain else ())
                for found in [self._labels(request.text[a:b], scale)]
            ),
            language=self._detector.language(request.text, request.languages, ("en",)),
            pack=self.stamp,
            scale=scale,
        )

    def score_each(
        self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> list[Scores | ScoringFailed]:
        answers: list[Scores | ScoringFailed] = []
        for request in requests:
            try:
                answers.append(self.score_one(request, scale=scale, timeout_s=timeout_s))
            except ScoringFailed as error:
                answers.append(error)
        return answers

    def _labels(self, text: str, scale: Scale) -> dict[str, float]:
        value = (0.9 if "idiot" in text else 0.1) * (1.0 if scale is Scale.BALANCED else 0.5)
        return {label: value if label == "toxicity" else value / 2 for label in self.labels}

    def _relevance(self, request: ScoreRequest, passages: Sequence[str]) -> float | None:
        if not passages:
            return None
        words = {word for word in request.text.lower().split() if len(word) >= 6}
        near = 0.8 if words & set(" ".join(passages).lower().split()) else 0.2
        return near + (0.1 if request.parent else 0.0)


@dataclass(slots=True)
class World:
    """The application, and calls to it."""

    app: Flask
    services: Services
    scorer: WordScorer
    configuration: FixedConfiguration
    clock: StandingClock
    calls: list[str] = field(default_factory=list)

    def post(self, method: str, body: Any, *, key: str | None = KEY, **query: str) -> TestResponse:
        asked = {**({"key": key} if key is not None else {}), **query}
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        return self.app.test_client().post(f"/v1alpha1/comments:{method}", query_string=asked, **sent)

    def analyze(self, text: str = "You are an idiot.", **fields: Any) -> TestResponse:
        body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]} | fields
        return self.post("analyze", {name: value for name, value in body.items() if value is not None})

    def analyzed(self, text: str = "You are an idiot.", **fields: Any) -> dict[str, Any]:
        answer = self.analyze(text, **fields)
        assert answer.status_code == 200, answer.text
        return dict(answer.json or {})

    def suggest(self, value: float = 1, text: str = "You are an idiot.", **fields: Any) -> TestResponse:
        body = {"comment": {"text": text}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": value}}}}
        return self.post("suggestscore", body | fields)


def open_world(url: str, folder: Path, scorer: CommentScorer | None = None) -> World:
    clock, configuration, words = StandingClock(), FixedConfiguration(), WordScorer()
    services = Services(
        settings=settings_for(url, folder),
        configuration=configuration,
        database=Database(url),
        scorer=scorer or words,
        clock=clock,
    )

    def work(unit: Any) -> None:
        insert_site(unit, "test", SITE, "The Daily")
        insert_key(unit, "test", SITE, KeyKind.SECRET, KEY, rights=[Right.ANALYZE])
        insert_key(unit, "test", SITE, KeyKind.SECRET, WITHOUT_RIGHT, rights=[Right.READ])
        insert_key(unit, "test", SITE, KeyKind.PUBLISHABLE, PUBLISHABLE, origins=["https://news.example"])

    run_in_unit_of_work(services, work)
    return World(app=create_app(services), services=services, scorer=words, configuration=configuration, clock=clock)


def error(answer: TestResponse, status: int = 400) -> dict[str, Any]:
    """The error of an answer, after a look at its form."""
    assert answer.status_code == status, answer.text
    found = dict((answer.json or {})["error"])
    assert found["code"] == status
    assert found["message"]
    return found


def error_type(answer: TestResponse) -> str:
    """Perspective's own word for what is wrong."""
    found = error(answer)
    assert found["status"] == "INVALID_ARGUMENT"
    assert found["details"][0]["@type"] == "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
    return str(found["details"][0]["errorType"])


__all__ = [
    "KEY",
    "NOON",
    "PUBLISHABLE",
    "SITE",
    "WITHOUT_RIGHT",
    "WordScorer",
    "World",
    "error",
    "error_type",
    "open_world",
]
