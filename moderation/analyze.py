"""A client of Perspective asks what a text scores. Nothing of it is stored."""

from __future__ import annotations

from typing import Any

from moderation.core.perspective import Asked, analyzed
from moderation.core.scores import Scale, ScoreRequest
from moderation.services import Services

ANSWER_WITHIN_SECONDS = 2.0
"""After that no answer is worth having: Coral waits 0.8 seconds, Discourse one to three."""


def analyze(services: Services, asked: Asked) -> dict[str, Any]:
    """The answer to ``comments:analyze``, on the scale that Perspective's users have set their thresholds on.

    Raises ``NotAnalyzed`` for what can't be answered honestly, ``ScoringFailed`` where the pack fails or is too slow.
    """
    # Prepared in the request's own thread, so that a new article holds up nobody else's scores; the scorer keeps it.
    article = services.scorer.prepare(asked.article) if asked.article is not None else None
    request = ScoreRequest(
        text=asked.seen.text,
        article=article,
        parent=asked.parent,
        languages=asked.languages,
        explain=asked.by_sentence,
    )
    scores = services.scorer.score_one(request, scale=Scale.BALANCED, timeout_s=ANSWER_WITHIN_SECONDS)
    return analyzed(asked, scores)
