"""`moderation score`: JSON Lines in, JSON Lines out, scored and decided exactly as the service would."""

from __future__ import annotations

import json
import os
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import click

from moderation.comments.articles import paragraphs_of
from moderation.comments.evaluation import PrivateFound, private_data_in
from moderation.config.configuration import Configuration
from moderation.config.configuration_file import parse_configuration
from moderation.config.settings import Settings, read_environment
from moderation.core.comment import MARKS, Mode
from moderation.core.errors import ConfigurationError, InvalidField, ScoringFailed
from moderation.core.policy import decide, signals_from
from moderation.core.scores import ArticleText, Scale, Scorer, ScoreRequest, Scores, scores_shape
from moderation.core.strict_json import NotJson, parse_json
from moderation.core.text.links import count_links
from moderation.core.text.names import links_in_name
from moderation.core.text.written import display_name
from moderation.scoring import build_scorer, pack_scorer

CHUNK_LINES = 64
CHUNK_BYTES = 1 << 20


class _Bytes(Protocol):
    """Standard input, as far as it is used here."""

    def read1(self, size: int, /) -> bytes: ...
    def fileno(self) -> int: ...


UNKNOWN_COUNTS: Mapping[str, float] = dict.fromkeys(("reports", "author_approved", "trusted", *MARKS, "terms"), 0.0)
"""What a line can't tell about its comment: as for a new author whom nobody reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of input: a request, or what is wrong with it."""

    id: Any
    request: ScoreRequest | None = None
    problem: str | None = None


@click.command()
@click.option("--pack", metavar="NAME", help="The scoring pack; by default the configuration's.")
@click.option(
    "--calibration",
    type=click.Choice([scale.value for scale in Scale]),
    default=Scale.NATURAL.value,
    show_default=True,
    help="The mix of comments on which a score is a probability: as under articles, or half of them toxic.",
)
def command(pack: str | None, calibration: str) -> None:
    """Score comments: a JSON object a line from standard input, the answers in the same order.

    \b
    In:  {"id": any, "text": str, "article": {"title": str, "text": str} or null, "parent": str or null,
          "name": str or null, "discussion": [str, ...] or absent}
    Out: {"id", "toxicity", "relevance", "passage", "spam", "name", "sentences", "language", "outcome", "reasons",
          "pack"}

    A line that can't be scored gives {"id", "error"} in its place, and the exit status is 1.
    """
    settings = read_environment()
    configuration = _configuration(settings)
    asked = configuration.scoring
    scorer = (
        pack_scorer(pack, asked.runtime, settings.packs)
        if pack
        else build_scorer(asked.pack, asked.runtime, settings.packs, languages=asked.languages)
    )
    failed = False
    source = cast("_Bytes", sys.stdin.buffer)
    with click.progressbar(
        length=_size(source) or 0, label="scoring", file=sys.stderr, hidden=not (sys.stderr.isatty() and _size(source))
    ) as bar:
        for chunk in _chunks(source):
            for answer in answers(chunk, scorer, configuration, Scale(calibration)):
                failed |= "error" in answer
                sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()
            bar.update(sum(map(len, chunk)))
    sys.exit(1 if failed else 0)


def answers(
    lines: list[bytes], scorer: Scorer, configuration: Configuration, scale: Scale = Scale.NATURAL
) -> Iterator[dict[str, Any]]:
    """An answer for each line that isn't blank, in order; the lines are scored together."""
    read = [_read(line) for line in lines if line.strip()]
    requests = [line.request for line in read if line.request is not None]
    scored = iter(_scored(requests, scorer, scale))
    for line in read:
        result: Scores | str = line.problem or "" if line.request is None else next(scored)
        if isinstance(result, str) or line.request is None:
            yield {"id": line.id, "error": result}
        else:
            yield {"id": line.id, **_shape(line.request, result, configuration)}


def _scored(requests: list[ScoreRequest], scorer: Scorer, scale: Scale) -> list[Scores | str]:
    """Scores, or in words why there are none: one request that fails doesn't take the others with it."""
    if not requests:
        return []
    try:
        return list(scorer.score(requests, scale=scale))
    except ScoringFailed as error:
        if len(requests) == 1:
            return [str(error)]
        return [answer for request in requests for answer in _scored([request], scorer, scale)]


def _shape(request: ScoreRequest, scores: Scores, configuration: Configuration) -> dict[str, Any]:
    policy = configuration.policy
    private = private_data_in(configuration, request.text, request.name or "")
    decision = decide(
        signals_from(scores, counts=_counts(request, private), meanings=private.meanings),
        policy.rules_for(),
        mode=Mode(configuration.comments.base["mode"]),
        policy_version=policy.version,
    )
    shape = scores_shape(scores) or {}
    pack = shape.pop("pack")
    return {**shape, "outcome": decision.outcome.value, "reasons": list(decision.words), "pack": pack}


def _counts(request: ScoreRequest, private: PrivateFound) -> dict[str, float]:
    counts = {
        **UNKNOWN_COUNTS,
        "links": float(count_links(request.text)),
        "private_data": float(private.count),
    }
    if request.name is not None:
        counts["name_links"] = float(links_in_name(request.name))
    return counts


def _read(line: bytes) -> Line:
    try:
        value = parse_json(line.removeprefix(BOM_UTF8))
    except NotJson as error:
        return Line(id=None, problem=f"the line is not JSON: {error}")
    if not isinstance(value, dict):
        return Line(id=None, problem="the line must be a JSON object")
    problem = _problem(value)
    if problem is not None:
        return Line(id=value.get("id"), problem=problem)
    article = value.get("article")
    text = None if article is None else ArticleText(title=article["title"], paragraphs=paragraphs_of(article["text"]))
    return Line(
        id=value.get("id"),
        request=ScoreRequest(
            text=value["text"],
            article=text,
            parent=value.get("parent"),
            name=value.get("name"),
            discussion=tuple(text for text in value.get("discussion") or () if text.strip()),
        ),
    )


def _problem(value: dict[str, Any]) -> str | None:
    if not isinstance(value.get("text"), str):
        return "text must be a string"
    for key in ("parent", "name"):
        if not isinstance(value.get(key), str | None):
            return f"{key} must be a string or null"
    if value.get("name"):
        try:
            display_name(value["name"], "name")
        except InvalidField as error:
            return f"name {error.message}"
    return _problem_around(value.get("article"), value.get("discussion"))


def _problem_around(article: Any, discussion: Any) -> str | None:
    """What is wrong with what a comment stands under."""
    if discussion is not None and not (
        isinstance(discussion, list) and all(isinstance(one, str) for one in discussion)
    ):
        return "discussion must be a list of strings: comments that were approved under the article"
    if not isinstance(article, dict | None):
        return "article must be an object or null"
    wrong = [key for key in ("title", "text") if not isinstance(article.get(key), str)] if article is not None else []
    return f"article.{wrong[0]} must be a string" if wrong else None


def _chunks(source: _Bytes) -> Iterator[list[bytes]]:
    """Whole lines as they come: a program that waits for the answer to each line gets it at once."""
    begun: list[bytes] = []
    while block := source.read1(CHUNK_BYTES):
        *lines, rest = block.split(b"\n")
        if lines:
            lines[0] = b"".join((*begun, lines[0]))
            begun = []
        begun.append(rest)
        for start in range(0, len(lines), CHUNK_LINES):
            yield [line + b"\n" for line in lines[start : start + CHUNK_LINES]]
    if rest := b"".join(begun):
        yield [rest]


def _size(source: _Bytes) -> int | None:
    """The bytes to come, where standard input is a file."""
    try:
        status = os.fstat(source.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _configuration(settings: Settings) -> Configuration:
    """The configuration file's; its defaults where there is no file."""
    try:
        return parse_configuration(settings.config_path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return parse_configuration("")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(settings.config_path), f"can't be read: {error}") from error
