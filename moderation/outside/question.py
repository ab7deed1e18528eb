"""What a classifier is asked about a comment, and how its answer is read. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation.core.scores import ArticleText, PreparedArticle, ScoreRequest, Scores
from moderation.core.strict_json import NotJson, parse_json

LONGEST_ARTICLE = 30_000
"""Characters of an article that go along."""
LONGEST_ANSWER = 65_536
"""Characters of an answer that are read."""


class NoAnswer(ValueError):
    """What came back is no answer; the message says why, and holds nothing of what came."""


def question_of(request: ScoreRequest, scores: Scores) -> dict[str, Any]:
    """What is asked, as JSON: the text with what it stands under and answers, and what the pack made of it. Who wrote
    it isn't told.
    """
    return {
        "text": request.text,
        "article": _article(request.article),
        "parent": request.parent,
        "language": {"code": scores.language.code, "supported": scores.language.supported},
        "scores": {"toxicity": dict(scores.toxicity), "relevance": scores.relevance, "spam": scores.spam},
    }


def _article(article: ArticleText | PreparedArticle | None) -> dict[str, str] | None:
    match article:
        case None:
            return None
        case PreparedArticle(passages=passages):
            title, *paragraphs = passages or ("",)
        case ArticleText(title=title):
            paragraphs = [*article.key_points, *article.paragraphs]
    return {"title": title, "text": "\n\n".join(paragraphs)[:LONGEST_ARTICLE]}


def read_body(body: str) -> Any:
    """The JSON of an answer. Raises ``NoAnswer``."""
    try:
        return parse_json(body.encode("utf-8", "replace"))
    except NotJson:
        raise NoAnswer("is not JSON") from None


def signals_in_answer(answer: Any, names: Sequence[str]) -> Mapping[str, float]:
    """The signals with these names that an answer gives: ``{"signals": {"clickbait": 0.83}}``, 0 to 1 each. Whatever
    else it holds is passed over. Raises ``NoAnswer`` for what gives a signal another kind of value.
    """
    given = answer.get("signals") if isinstance(answer, Mapping) else None
    if not isinstance(given, Mapping):
        raise NoAnswer('holds no "signals"')
    found: dict[str, float] = {}
    for name in names:
        value = given.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise NoAnswer(f"gives {name} no number from 0 to 1")
        found[name] = float(value)
    return found
