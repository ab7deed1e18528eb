"""Reads files of texts with the scores that Perspective gave them: CSV or JSON Lines."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.core.errors import InvalidField
from moderation.core.scores import LABELS
from moderation.core.text.markup import seen_in_html
from moderation.perspective.requests import label_of
from moderation.perspective.wire import RELEVANCE

NESTED = ("attributeScores", "scores", "perspective", "metadata", "response")
"""Where JSON Lines may hold the scores, if not beside the text: a logged answer can stay as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A text and what Perspective said of it, by attribute in capitals. ``line`` is its line in the file."""

    line: int
    text: str
    scores: Mapping[str, float]
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """A line that can't be used, and why."""

    line: int
    problem: str


def read_log(file: Path) -> Iterator[Logged | BadLine]:
    """Each row of the file. Raises ``InvalidField`` for a file that is neither CSV nor JSON Lines."""
    try:
        if _is_json(file):
            yield from _json_lines(file)
        else:
            yield from _csv(file)
    except UnicodeDecodeError as error:
        raise InvalidField(str(file), f"is not UTF-8 (byte {error.start} of a line). Save it as UTF-8.") from error
    except OSError as error:
        raise InvalidField(str(file), f"can't be read: {error.strerror}") from error


def _is_json(file: Path) -> bool:
    if file.suffix.lower() in (".csv", ".tsv"):
        return False
    with file.open("rb") as opened:
        return opened.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _json_lines(file: Path) -> Iterator[Logged | BadLine]:
    with file.open("rb") as opened:
        for number, line in enumerate(opened, start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                yield BadLine(line=number, problem=f"is not JSON: {error}")
                continue
            if isinstance(value, dict):
                yield _row(number, value)
            else:
                yield BadLine(line=number, problem="is not a JSON object")


def _csv(file: Path) -> Iterator[Logged | BadLine]:
    csv.field_size_limit(10_000_000)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        comma = _separator(opened.readline())
        opened.seek(0)
        rows = csv.DictReader(opened, delimiter=comma)
        names = rows.fieldnames or []
        if "text" not in names or not any(_attribute(name) for name in names):
            raise InvalidField(
                str(file), "needs a first line that names a column `text` and columns such as `TOXICITY`."
            )
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield BadLine(line=rows.line_num, problem=f"is not CSV: {error}")
                continue
            values = {name: value for name, value in row.items() if name and isinstance(value, str) and value}
            if comma != ",":  # spreadsheets that set columns apart so write 0,83 for 0.83
                values = {n: v.replace(",", ".") if _attribute(n) else v for n, v in values.items()}
            yield _row(rows.line_num, values)


def _separator(first_line: str) -> str:
    """What sets columns apart: the sign after which the first line names a column ``text``."""
    for sign in (",", ";", "\t", "|"):
        if "text" in next(csv.reader([first_line], delimiter=sign), []):
            return sign
    return ","


def _row(line: int, value: Mapping[str, Any]) -> Logged | BadLine:
    value = _coral(value)
    text = value.get("text")
    if not isinstance(text, str) or not text.strip():
        return BadLine(line=line, problem="has no text")
    found = _scores(value)
    if isinstance(found, str):
        return BadLine(line=line, problem=found)
    if not found:
        return BadLine(line=line, problem="has no score of an attribute such as TOXICITY")
    language = value.get("language")
    return Logged(line=line, text=text, scores=found, language=language if isinstance(language, str) else None)


def _coral(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """One of Coral's comments, as its database exports them, as a row: its newest revision that has a score."""
    revisions = value.get("revisions")
    if "text" in value or not isinstance(revisions, list):
        return value
    for revision in reversed(revisions):
        body, metadata = (
            (revision.get("body"), revision.get("metadata")) if isinstance(revision, dict) else (None, None)
        )
        if isinstance(body, str) and isinstance(metadata, dict) and metadata.get("perspective"):
            return {"text": seen_in_html(body).text.strip(), "perspective": metadata["perspective"]}
    return value


def logged_scores(value: Mapping[str, Any]) -> dict[str, float]:
    """The scores among these values, by attribute in capitals; nothing of those that are none."""
    found = _scores(value)
    return {} if isinstance(found, str) else found


def _scores(value: Mapping[str, Any]) -> dict[str, float] | str:
    found: dict[str, float] = {}
    model = value.get("model")
    if isinstance(model, str) and _attribute(model) and "score" in value:  # as Coral keeps it with each revision
        value = {**value, model: value["score"]}
    for name, given in value.items():
        if name in NESTED and isinstance(given, dict):
            inner = _scores(given)
            if isinstance(inner, str):
                return inner
            found |= inner
        attribute = _attribute(name)
        if attribute is None or given is None:
            continue
        score = _number(given)
        if score is None or not 0 <= score <= 1:
            return f"has a {name} that is no number from 0 to 1"
        found[attribute] = score
    return found


def _attribute(name: str | None) -> str | None:
    """``TOXICITY`` for ``toxicity``, ``TOXICITY@6`` or ``TOXICITY_EXPERIMENTAL``; our labels are known too."""
    upper = (name or "").strip().upper()
    label = label_of(upper)
    if label == RELEVANCE:
        return None
    if label is not None:
        return upper.partition("@")[0].removesuffix("_EXPERIMENTAL")
    return upper if upper.lower() in LABELS else None


def _number(given: Any) -> float | None:
    if isinstance(given, dict):
        summary = given.get("summaryScore")
        given = summary.get("value") if isinstance(summary, dict) else given.get("value")
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        return None
    try:
        number = float(given)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
