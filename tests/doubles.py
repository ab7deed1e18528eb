"""What a test puts in the place of a clock, a configuration file, a password hasher and a scoring pack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher

from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.core.errors import ScoringFailed, ScoringTooSlow
from moderation.core.scores import (
    LABELS,
    TOO_SHORT,
    ArticleText,
    Language,
    PackStamp,
    PreparedArticle,
    Scale,
    ScoreRequest,
    Scores,
    SentenceScore,
    Subject,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""A real password hasher that takes no time; the service's own takes some by intention."""
NO_LIMITS = "[rate_limits]\nenabled = false\n"


class StandingClock:
    """Stands still until it is moved."""

    def __init__(self, begins: datetime = NOON) -> None:
        self.now = begins

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> None:
        self.now += timedelta(**span)


class FixedConfiguration:
    """A configuration that a test sets."""

    now: Configuration

    def __init__(self, text: str = NO_LIMITS) -> None:
        self.set(text)

    def set(self, text: str) -> None:
        self.now = parse_configuration(text)

    def current(self) -> Configuration:
        return self.now


class ObedientScorer:
    """Says what the text asks for: ``insult=0.83 relevance=0.11 language=hi unreadable unread=de``; else calm and to
    the point. Of a name likewise (``toxicity=0.9``; ``unreadable``). Those who read texts otherwise build on it.

    ``fails`` makes it fail so many times, ``slow`` too slow; ``asked`` keeps what it was asked and ``timeouts`` how
    long that might take, ``batches`` how many it was asked together.
    """

    name = "obedient"
    version = "1"

    def __init__(self, labels: Sequence[str] = LABELS) -> None:
        self._labels = tuple(labels)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Works, and has been asked nothing."""
        self.labels = self._labels
        self.fails = 0
        self.slow = False
        self.ready = True
        self.prepares_as = f"{self.name} {self.version}"
        self.stamp = PackStamp(name=self.name, version=self.version, runtime="none", precision="f32")
        self.asked: list[ScoreRequest] = []
        self.timeouts: list[float | None] = []
        self.batches: list[int] = []
        self.prepared: list[ArticleText] = []

    def prepare(self, article: ArticleText) -> PreparedArticle:
        self.prepared.append(article)
        passages = filter(None, (article.title, *article.key_points, *article.paragraphs))
        return PreparedArticle(made_by=self.prepares_as, passages=tuple(passages), vectors=b"")

    def score_one(
        self, request: ScoreRequest, *, scale: Scale = Scale.NATURAL, timeout_s: float | None = None
    ) -> Scores:
        self.asked.append(request)
        self.timeouts.append(timeout_s)
        if self.slow:
            raise ScoringTooSlow
        if self.fails:
            self.fails -= 1
            raise ScoringFailed
        return self.scores_of(request, scale)

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

    def scores_of(self, request: ScoreRequest, scale: Scale) -> Scores:
        said = dict(re.findall(r"([a-z_]+)=([0-9a-z.]+)", request.text))
        passages = request.article.passages if isinstance(request.article, PreparedArticle) else ()
        return Scores(
            toxicity={label: float(said.get(label, 0.01)) for label in self.labels},
            relevance=None if "relevance=none" in request.text or not passages else float(said.get("relevance", 0.9)),
            passage=passages[-1] if passages else None,
            sentences=(SentenceScore(start=0, end=len(request.text), toxicity=float(said.get("toxicity", 0.01))),),
            language=Language(
                code=said.get("language", "en"), supported="unreadable" not in request.text, unread=said.get("unread")
            ),
            pack=self.stamp,
            scale=scale,
            spam=float(said["spam"]) if "spam" in said else None,
            name=self._of_name(request.name),
            subject=Subject(made_by=self.prepares_as, vector=request.text.encode()) if passages else None,
            discussed=len(request.discussion),
            relevance_note=TOO_SHORT if "relevance=none" in request.text and passages else None,
        )

    def _of_name(self, name: str | None) -> dict[str, float] | None:
        if name is None:
            return {}
        said = dict(re.findall(r"([a-z_]+)=([0-9.]+)", name))
        return None if "unreadable" in name else {label: float(said.get(label, 0.01)) for label in self.labels}
