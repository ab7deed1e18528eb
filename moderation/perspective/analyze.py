"""A client of Perspective asks what a text scores. Nothing of it is stored."""

from __future__ import annotations

import time
from typing import Any

from moderation.comments.preparation import prepare_in_time
from moderation.core.scores import Scale, ScoreRequest
from moderation.perspective.wire import Asked, analyzed
from moderation.services import Services

ANSWER_WITHIN_SECONDS = 2.0
"""After that no answer is worth having: Coral waits 0.8 seconds, Discourse one to three."""


def analyze(services: Services, asked: Asked) -> dict[str, Any]:
    """The answer to ``comments:analyze``, on the scale that Perspective's users have set their thresholds on.

    Raises ``NotAnalyzed`` for what can't be answered honestly, ``ScoringFailed`` where the pack fails or is too slow.
    """
    left, begun = ANSWER_WITHIN_SECONDS, time.monotonic()
    article = None
    if asked.article is not None:
        # Prepared beside the others' scores, so that a new article holds up nobody; the scorer keeps it.
        article = prepare_in_time(services.scorer, asked.article, left)
        left = max(0.0, begun + left - time.monotonic())
    request = ScoreRequest(
        text=asked.seen.text,
        article=article,
        parent=asked.parent,
        languages=asked.languages,
        explain=asked.by_sentence,
    )
    scores = services.scorer.score_one(request, scale=Scale.BALANCED, timeout_s=left)
    return analyzed(asked, scores)
