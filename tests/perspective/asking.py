"""A newsroom that asks in Perspective's own words, and a scorer whose answers can be told by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete
from werkzeug.test import TestResponse

from moderation.core.scores import PreparedArticle, Scale, ScoreRequest, Scores, SentenceScore
from moderation.core.text.sentences import sentences
from moderation.scoring.language import LanguageDetector
from moderation.services import Services
from moderation.storage.sites import Right
from moderation.storage.suggestions import SuggestedLabels
from tests.doubles import FixedConfiguration, ObedientScorer, StandingClock
from tests.newsroom import BOTH, Hall, Newsroom

on_both_databases = pytest.mark.parametrize("perspective", BOTH, indirect=True)
"""A test of what is kept, on PostgreSQL too."""

_DETECTOR = LanguageDetector()


class IdiotScorer(ObedientScorer):
    """Scores 0.9 whoever says "idiot" and 0.1 the rest, in insult half of it; half of all that on the natural scale.

    Relevance is 0.8 where comment and article share a word of six letters, else 0.2; a parent adds 0.1.
    """

    name = "words"
    version = "7"

    def scores_of(self, request: ScoreRequest, scale: Scale) -> Scores:
        passages = request.article.passages if isinstance(request.article, PreparedArticle) else ()
        return Scores(
            toxicity=self._toxicity(request.text, scale),
            relevance=self._relevance(request, passages),
            passage=passages[0] if passages else None,
            sentences=tuple(
                SentenceScore(start=a, end=b, toxicity=found["toxicity"], labels=found)
                for a, b in (sentences(request.text) if request.explain else ())
                for found in [self._toxicity(request.text[a:b], scale)]
            ),
            language=_DETECTOR.language(request.text, request.languages, ("en",)),
            pack=self.stamp,
            scale=scale,
        )

    def _toxicity(self, text: str, scale: Scale) -> dict[str, float]:
        value = (0.9 if "idiot" in text else 0.1) * (1.0 if scale is Scale.BALANCED else 0.5)
        return {label: value if label == "toxicity" else value / 2 for label in self.labels}

    def _relevance(self, request: ScoreRequest, passages: Sequence[str]) -> float | None:
        if not passages:
            return None
        words = {word for word in request.text.lower().split() if len(word) >= 6}
        near = 0.8 if words & set(" ".join(passages).lower().split()) else 0.2
        return near + (0.1 if request.parent else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Perspective:
    """A site that came from Perspective, and its calls."""

    newsroom: Newsroom

    @property
    def key(self) -> str:
        return self.newsroom.secret

    @property
    def site(self) -> str:
        return self.newsroom.site

    @property
    def services(self) -> Services:
        return self.newsroom.services

    @property
    def scorer(self) -> ObedientScorer:
        return self.newsroom.scorer

    @property
    def clock(self) -> StandingClock:
        return self.newsroom.clock

    @property
    def configuration(self) -> FixedConfiguration:
        return self.newsroom.hall.configuration

    @property
    def app(self) -> Flask:
        return self.newsroom.hall.app

    def post(self, method: str, body: Any, *, key: str | None = "its own", **query: str) -> TestResponse:
        """A call with the site's key, another, or none."""
        key = self.key if key == "its own" else key
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


def arrive(hall: Hall) -> Perspective:
    """A site with a key to analyze, in a hall where no label is kept."""
    hall.services.database.writing(lambda session: session.execute(delete(SuggestedLabels)))
    return Perspective(newsroom=hall.new_site(rights=[Right.ANALYZE]))


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
