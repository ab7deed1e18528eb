"""Reads what Perspective's clients send. No I/O.

What Google accepts is accepted: names in camelCase or as_in_protobuf, ``null`` for what is not given, one language
without its list. What it refuses is refused in its words, because clients look for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import regex

from moderation.core.scores import ArticleText
from moderation.core.strict_json import NotJson, parse_json
from moderation.core.text.markup import SeenText, seen_in_html
from moderation.perspective.wire import LABEL_OF, RELEVANCE, Asked, ErrorType, NotAnalyzed, Suggestion, Wanted, invalid

LONGEST_TEXT = 20_480
"""Bytes of a comment in UTF-8."""
LONGEST_CONTEXT = 1_048_576
"""Bytes of one context entry in UTF-8."""
LONGEST_REQUEST = 8 * 1_048_576
"""Bytes: two context entries whose every character is written as an escape still fit."""
READ_OF_ARTICLE = 30_000
"""Characters of an article that relevance looks at: some 5,000 words, so that no context keeps others waiting."""
LONGEST_TOKEN = 10_000
MAX_ATTRIBUTES = 50
"""Names that a request may ask for: each is answered for every sentence."""


def read_json(body: bytes) -> Mapping[str, Any]:
    """The object in a request's body. Raises ``NotAnalyzed``."""
    try:
        value = parse_json(body)
    except NotJson as error:
        raise invalid(f"Invalid JSON payload received. {str(error)[:1].upper()}{str(error)[1:]}") from error
    if not isinstance(value, dict):
        raise invalid("Invalid JSON payload received. The request must be an object.")
    return value


def read_analyze(content: Mapping[str, Any]) -> Asked:
    """A request to ``comments:analyze``. Raises ``NotAnalyzed``."""
    message = _Message(
        content,
        "",
        {"comment", "context", "requestedAttributes", "languages", "spanAnnotations", "doNotStore", "clientToken"}
        | {"sessionId", "communityId", "dropUnsupportedAttributes", "userId"},
    )
    seen = _comment(message)
    attributes = _attributes(message)
    article, parent = _context(message)
    if not any(wanted.label == RELEVANCE for wanted in attributes.values()):
        article = parent = None
    return Asked(
        seen=seen,
        attributes=attributes,
        article=article,
        parent=parent if article is not None else None,
        languages=_languages(message),
        by_sentence=message.flag("spanAnnotations"),
        drop_unsupported=message.flag("dropUnsupportedAttributes"),
        client_token=message.text("clientToken", maximum=LONGEST_TOKEN),
    )


def read_suggestion(content: Mapping[str, Any]) -> Suggestion:
    """A request to ``comments:suggestscore``. Its context is checked and left alone. Raises ``NotAnalyzed``."""
    message = _Message(
        content,
        "",
        {"comment", "context", "attributeScores", "languages", "communityId", "clientToken", "sessionId", "userId"},
    )
    seen = _comment(message)
    _context(message)
    return Suggestion(
        seen=seen,
        labels=_suggested(message),
        languages=_languages(message),
        client_token=message.text("clientToken", maximum=LONGEST_TOKEN),
    )


class _Message:
    """An object of a request, its names in camelCase. Raises ``NotAnalyzed`` for a name that Google doesn't know."""

    def __init__(self, value: Any, path: str, known: set[str] | frozenset[str]) -> None:
        if not isinstance(value, dict):
            raise invalid(f"Invalid value at '{path}': it must be an object.")
        self.path = path
        self.values = {_camel(name): value for name, value in value.items()}
        for name in value:
            if _camel(name) not in known:
                at = f" at '{path}'" if path else ""
                raise invalid(
                    f'Invalid JSON payload received. Unknown name "{_whole(name)[:80]}"{at}: Cannot find field.'
                )

    def name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def message(self, key: str, known: set[str]) -> _Message:
        value = self.values.get(key)
        return _Message({} if value is None else value, self.name(key), known)

    def text(self, key: str, *, maximum: int) -> str | None:
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid(f"Invalid value at '{self.name(key)}': it must be a string.")
        if len(value) > maximum:
            raise invalid(f"Invalid value at '{self.name(key)}': {len(value)} characters exceed the limit ({maximum}).")
        return _whole(value)

    def flag(self, key: str) -> bool:
        value = self.values.get(key)
        if value in (None, False, "false"):
            return False
        if value in (True, "true"):
            return True
        raise invalid(f"Invalid value at '{self.name(key)}': it must be true or false.")

    def number(self, key: str) -> float | None:
        value = self.values.get(key)
        if value is None:
            return None
        try:
            number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise invalid(f"Invalid value at '{self.name(key)}': it must be a number.")
        return number


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


_SURROGATE = regex.compile("[\ud800-\udfff]")


def _whole(text: str) -> str:
    """The text with half surrogate pairs, which are no characters, replaced: one UTF-16 unit by one."""
    return _SURROGATE.sub("�", text)


def _written(message: _Message) -> tuple[str, bool]:
    """The text of a ``TextEntry`` as it was sent, and whether it is HTML."""
    kind = message.values.get("type") or "PLAIN_TEXT"
    if kind not in ("PLAIN_TEXT", "HTML", "TEXT_TYPE_UNSPECIFIED"):
        raise invalid("Unknown text type. Known are PLAIN_TEXT and HTML.")
    text = message.text("text", maximum=LONGEST_REQUEST) or ""
    limit = LONGEST_TEXT if message.path == "comment" else LONGEST_CONTEXT
    size = len(text.encode())
    if size > limit:
        raise NotAnalyzed(
            ErrorType.COMMENT_TOO_LONG if message.path == "comment" else ErrorType.INVALID_REQUEST,
            f"{message.path.capitalize()} text was too many bytes. Value ({size}) exceeded limit ({limit}).",
        )
    # Of an article only the beginning counts anyway; markup takes a multiple of the text's room.
    return text if message.path == "comment" else text[: 8 * READ_OF_ARTICLE], kind == "HTML"


def _seen(written: str, is_html: bool) -> SeenText:
    return seen_in_html(written) if is_html else SeenText(written, written)


_ENTRY = {"text", "type"}


def _comment(message: _Message) -> SeenText:
    seen = _seen(*_written(message.message("comment", _ENTRY)))
    if not seen.text.strip():
        raise NotAnalyzed(ErrorType.COMMENT_EMPTY, "Comment must be non-empty.")
    return seen


def _context(message: _Message) -> tuple[ArticleText | None, str | None]:
    context = message.message("context", {"entries", "articleAndParentComment"})
    entries = context.values.get("entries") or []
    pair = context.message("articleAndParentComment", {"article", "parentComment"})
    if entries and pair.values:
        raise invalid("Context can have either entries or article_and_parent_comment, but both fields were populated.")
    if not isinstance(entries, list):
        raise invalid("Invalid value at 'context.entries': it must be a list.")
    if pair.values:
        written = [_written(pair.message(key, _ENTRY)) for key in ("article", "parentComment")]
    else:
        written = [
            _written(_Message(entry, f"context.entries[{index}]", _ENTRY)) for index, entry in enumerate(entries)
        ]
    article = _article(_seen(*written[0]).text) if written else None
    # The first entry is the article; of a whole thread after it, the last is what the comment answers.
    parent = _seen(*written[-1]).text.strip()[:LONGEST_TEXT] if len(written) > 1 else ""
    return article, parent or None


def _article(text: str) -> ArticleText | None:
    """An article out of running text: paragraphs by empty lines, or by lines where there are none."""
    text = text[:READ_OF_ARTICLE].replace("\r\n", "\n")
    separator = "\n\n" if "\n\n" in text.strip() else "\n"
    paragraphs = tuple(" ".join(part.split()) for part in text.split(separator) if part.strip())
    return ArticleText(title="", paragraphs=paragraphs) if paragraphs else None


_NAME = regex.compile(r"(?P<base>[A-Z][A-Z_]{0,60}?)(?:_EXPERIMENTAL)?(?:@[A-Za-z0-9_.-]{1,40})?")


def label_of(attribute: str) -> str | None:
    """What we call an attribute such as ``TOXICITY``, ``TOXICITY@6`` or ``TOXICITY_EXPERIMENTAL``; None if unknown."""
    found = _NAME.fullmatch(attribute)
    return LABEL_OF.get(found["base"]) if found else None


def _attributes(message: _Message) -> Mapping[str, Wanted]:
    asked = message.values.get("requestedAttributes")
    if asked is None or asked == {}:
        raise NotAnalyzed(ErrorType.NO_REQUESTED_ATTRIBUTES, "Missing requested_attributes")
    if not isinstance(asked, dict):
        raise invalid("Invalid value at 'requestedAttributes': it must be an object such as {\"TOXICITY\": {}}.")
    if len(asked) > MAX_ATTRIBUTES:
        raise invalid(f"Invalid value at 'requestedAttributes': {len(asked)} exceed the limit ({MAX_ATTRIBUTES}).")
    wanted: dict[str, Wanted] = {}
    for name, settings in asked.items():
        path = f"requestedAttributes[{_whole(name)[:80]}]"
        one = _Message({} if settings is None else settings, path, {"scoreType", "scoreThreshold"})
        kind = one.values.get("scoreType")
        if kind not in (None, "PROBABILITY", "SCORE_TYPE_UNSPECIFIED"):
            raise invalid(
                f"Requested score type {_whole(str(kind))[:40]} is not supported by attribute {_whole(name)[:80]}"
            )
        wanted[name] = Wanted(label=label_of(name), threshold=one.number("scoreThreshold"))
    return wanted


def _suggested(message: _Message) -> Mapping[str, float]:
    scores = message.values.get("attributeScores")
    if not isinstance(scores, dict) or not scores or len(scores) > MAX_ATTRIBUTES:
        raise invalid(
            "Invalid value at 'attributeScores': it must hold scores, "
            'such as {"TOXICITY": {"summaryScore": {"value": 1}}}.'
        )
    labels: dict[str, float] = {}
    for name, score in scores.items():
        if not _NAME.fullmatch(name):
            raise invalid(f"Unknown attribute: {_whole(name)[:80]}")
        path = f"attributeScores[{name}]"
        summary = _Message(score, path, {"summaryScore", "spanScores"}).message("summaryScore", {"value", "type"})
        value = summary.number("value")
        if value is None or not 0 <= value <= 1:
            raise invalid(f"Invalid value at '{summary.name('value')}': it must be a number from 0 to 1.")
        labels[name] = value
    return labels


def _languages(message: _Message) -> tuple[str, ...]:
    languages = message.values.get("languages")
    if languages is None:
        return ()
    if isinstance(languages, str):
        languages = [languages]
    if not isinstance(languages, list) or len(languages) > 20 or not all(_is_language(code) for code in languages):
        raise invalid("Invalid value at 'languages': it must be a list of codes such as [\"en\"].")
    return tuple(languages)


def _is_language(code: Any) -> bool:
    return isinstance(code, str) and regex.fullmatch(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}", code) is not None
