"""Perspective's names and ours; what a client asks, what it is answered, and what it is refused. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from moderation.core.errors import ModerationError
from moderation.core.scores import ArticleText, Scores
from moderation.core.text.markup import SeenText, in_utf16

RELEVANCE = "relevance"
LABEL_OF: Mapping[str, str] = {
    "TOXICITY": "toxicity",
    "SEVERE_TOXICITY": "severe_toxicity",
    "IDENTITY_ATTACK": "identity_attack",
    "INSULT": "insult",
    "PROFANITY": "obscene",
    "OBSCENE": "obscene",
    "THREAT": "threat",
    "SEXUALLY_EXPLICIT": "sexual_explicit",
    "RELEVANCE": RELEVANCE,
}
"""Perspective's attributes that we have an honest score for, and what we call them. ``RELEVANCE`` is ours."""


class ErrorType(StrEnum):
    """What Perspective calls its refusals; clients decide by these."""

    COMMENT_EMPTY = "COMMENT_EMPTY"
    COMMENT_TOO_LONG = "COMMENT_TOO_LONG"
    NO_REQUESTED_ATTRIBUTES = "NO_REQUESTED_ATTRIBUTES"
    LANGUAGE_NOT_SUPPORTED = "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    INVALID_REQUEST = "INVALID_REQUEST"


@dataclass(eq=False, slots=True)
class NotAnalyzed(ModerationError):
    """A request that Perspective would refuse as well (400)."""

    error_type: ErrorType
    message: str

    @property
    def detail(self) -> str:
        return self.message

    @property
    def details(self) -> list[dict[str, Any]]:
        """What stands under ``error.details``."""
        return [_detail(self.error_type)]


@dataclass(eq=False, slots=True)
class LanguageNotSupported(NotAnalyzed):
    """No installed pack reads this language. Clients drop ``attributes`` and try again."""

    attributes: tuple[str, ...]
    detected: str
    requested: tuple[str, ...]

    @property
    def details(self) -> list[dict[str, Any]]:
        languages: dict[str, Any] = {"detectedLanguages": [self.detected]}
        if self.requested:
            languages["requestedLanguages"] = list(self.requested)
        return [
            {**_detail(self.error_type), "languageNotSupportedByAttributeError": {**languages, "attribute": name}}
            for name in self.attributes
        ]


def _detail(error_type: ErrorType) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error", "errorType": error_type.value}


def invalid(message: str) -> NotAnalyzed:
    return NotAnalyzed(ErrorType.INVALID_REQUEST, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An attribute as a client asks for it. ``label`` is None where we have no honest score for it."""

    label: str | None
    threshold: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request to analyze, checked. ``attributes`` are under the very names that the client used.

    ``article`` and ``parent`` are there only where the client wants to know the relevance.
    """

    seen: SeenText
    attributes: Mapping[str, Wanted]
    article: ArticleText | None
    parent: str | None
    languages: tuple[str, ...]
    by_sentence: bool
    drop_unsupported: bool
    client_token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a client thinks that a comment should have scored: 0..1 by attribute, under the client's names."""

    seen: SeenText
    labels: Mapping[str, float]
    languages: tuple[str, ...]
    client_token: str | None


READ_AS = "en"
"""What a text is read as that states no language and shows none: every pack reads English."""


def analyzed(asked: Asked, scores: Scores) -> dict[str, Any]:
    """The answer to a request. Raises ``NotAnalyzed`` where an attribute can't be answered honestly."""
    found = {name: _attribute(asked, wanted, scores) for name, wanted in _answerable(asked, scores).items()}
    kept = {name: score for name, score in found.items() if score is not None}
    detected = detected_language(scores)
    answer: dict[str, Any] = {"attributeScores": kept} if kept else {}
    answer["languages"] = list(asked.languages) or [detected]
    answer["detectedLanguages"] = [detected]
    if asked.client_token is not None:
        answer["clientToken"] = asked.client_token
    return answer


def detected_language(scores: Scores) -> str:
    return READ_AS if scores.language.code == "und" else scores.language.code


def _answerable(asked: Asked, scores: Scores) -> Mapping[str, Wanted]:
    known = {name: wanted for name, wanted in asked.attributes.items() if _value(wanted, scores) is not None}
    if asked.drop_unsupported:
        return known if scores.language.supported else {}
    for name, wanted in asked.attributes.items():
        if name not in known:
            if wanted.label == RELEVANCE and scores.relevance_note:
                continue  # nothing can be told of so few words: the answer goes without it
            if wanted.label == RELEVANCE:
                raise invalid("RELEVANCE needs the article in context.entries[0] or context.articleAndParentComment.")
            raise invalid(f"Unknown requested attribute: {name[:80]}")
    if not scores.language.supported:
        code = scores.language.code
        raise LanguageNotSupported(
            ErrorType.LANGUAGE_NOT_SUPPORTED,
            f"Attribute {next(iter(known))} does not support request languages: {code}",
            attributes=tuple(known),
            detected=code,
            requested=asked.languages,
        )
    return known


def _value(wanted: Wanted, scores: Scores) -> float | None:
    if wanted.label is None:
        return None
    return scores.relevance if wanted.label == RELEVANCE else scores.toxicity.get(wanted.label)


def _attribute(asked: Asked, wanted: Wanted, scores: Scores) -> dict[str, Any] | None:
    """Summary and spans of one attribute; None where the summary stays below the asked threshold."""
    value = _value(wanted, scores)
    if value is None or (wanted.threshold is not None and value < wanted.threshold):
        return None
    spans = _sentences(asked, wanted, scores) if asked.by_sentence else []
    if not spans:
        ((begin, end),) = in_utf16(asked.seen.written, [(0, len(asked.seen.written))])
        spans = [{"begin": begin, "end": end, "score": _score(value)}]
    return {"spanScores": spans, "summaryScore": _score(value)}


def _sentences(asked: Asked, wanted: Wanted, scores: Scores) -> list[dict[str, Any]]:
    """A span for each sentence that has this label's score and isn't below the threshold."""
    found = []
    for sentence in scores.sentences:
        value = sentence.labels.get(wanted.label or "")
        part = asked.seen.text[sentence.start : sentence.end]
        start = sentence.start + len(part) - len(part.lstrip())
        end = sentence.end - len(part) + len(part.rstrip())
        if value is not None and start < end and (wanted.threshold is None or value >= wanted.threshold):
            found.append((asked.seen.as_written(start, end), value))
    places = in_utf16(asked.seen.written, [place for place, _ in found])
    return [
        {"begin": begin, "end": end, "score": _score(value)}
        for (begin, end), (_, value) in zip(places, found, strict=True)
    ]


def _score(value: float) -> dict[str, Any]:
    return {"value": round(value, 8), "type": "PROBABILITY"}
