"""Reads a JSON body field by field into plain values; what was never asked for is an unknown field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Request

from moderation.core.errors import InvalidField
from moderation.core.strict_json import NotJson, parse_json
from moderation.core.text.written import LONGEST, as_written
from moderation.core.times import parse_time
from moderation.web.shared.errors import MAX_PROBLEMS, BodyNotJson, InvalidFields, NotJsonType


def json_object(request: Request) -> dict[str, Any]:
    """The request's JSON object. Raises ``NotJsonType``, ``BodyNotJson``, or 413 from Werkzeug."""
    if not request.is_json:
        raise NotJsonType
    try:
        value = parse_json(request.get_data(cache=True))
    except NotJson as error:
        raise BodyNotJson(str(error)) from error
    if not isinstance(value, dict):
        raise BodyNotJson('it must be an object, such as {"author": {"name": "…"}, "body": "…"}.')
    return value


@dataclass(slots=True)
class Problems:
    """What is wrong with a body: the first of them in words, of the others how many."""

    told: list[dict[str, str]] = field(default_factory=list)
    more: int = 0


@dataclass(slots=True)
class Fields:
    """An object of the body. Problems are collected; ``finish`` raises them all at once."""

    values: Mapping[str, Any]
    path: str = ""
    found: Problems = field(default_factory=Problems)
    asked: set[str] = field(default_factory=set)

    def name(self, key: str) -> str:
        return f"{self.path}{key}"

    def problem(self, key: str, message: str) -> None:
        if len(self.found.told) < MAX_PROBLEMS:
            self.found.told.append({"field": self.name(key), "message": message})
        else:
            self.found.more += 1

    def text(self, key: str, *, maximum: int, required: bool = False) -> str | None:
        """A text, canonical and trimmed; None where it is missing or empty, which is a problem where ``required``."""
        self.asked.add(key)
        value = self.values.get(key)
        if value is None:
            if required:
                self.problem(key, "is missing.")
            return None
        if not isinstance(value, str):
            self.problem(key, "must be a text.")
            return None
        if len(value) > maximum:
            self.problem(key, f"has {len(value)} characters; at most {maximum} are possible.")
            return None
        try:
            text = as_written(value, self.name(key))
            if not text and required:
                self.problem(key, "is empty.")
            return text or None
        except InvalidField as error:
            self.problem(key, error.message)
            return None

    def whole_text(self, key: str, *, required: bool = False, longest: int = LONGEST) -> str | None:
        """A text of up to ``longest`` code points; empty stays empty, so that what judges its length can say so."""
        self.asked.add(key)
        value = self.values.get(key)
        if value is None and not required:
            return None
        if not isinstance(value, str):
            self.problem(key, "is missing." if value is None else "must be a text.")
            return None
        try:
            return as_written(value, self.name(key), longest=longest)
        except InvalidField as error:
            self.problem(key, error.message)
            return None

    def texts(self, key: str, *, maximum: int, each: int) -> tuple[str, ...]:
        self.asked.add(key)
        value = self.values.get(key)
        if value is None:
            return ()
        if not isinstance(value, list) or len(value) > maximum or not all(isinstance(part, str) for part in value):
            self.problem(key, f"must be a list of at most {maximum} texts.")
            return ()
        if any(len(part) > each for part in value):
            self.problem(key, f"must be texts of at most {each} characters each.")
            return ()
        try:
            return tuple(text for part in value if (text := as_written(part, self.name(key))))
        except InvalidField as error:
            self.problem(key, error.message)
            return ()

    def integer(self, key: str) -> int | None:
        self.asked.add(key)
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
            self.problem(key, "must be a whole number, 0 or more.")
            return None
        return value

    def choice(self, key: str, allowed: tuple[str, ...], *, required: bool = False) -> str | None:
        value = self.text(key, maximum=100, required=required)
        if value is not None and value not in allowed:
            self.problem(key, f"must be one of {', '.join(allowed)}.")
            return None
        return value

    def time(self, key: str) -> datetime | None:
        """A time such as ``2026-01-13T09:30:00Z``, in UTC. One without a zone is a problem: nobody can tell when it
        was.
        """
        self.asked.add(key)
        value = self.values.get(key)
        if value is None or value == "":
            return None
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        try:
            return parse_time(str(value).strip() if number or isinstance(value, str) else "")
        except ValueError as error:
            self.problem(key, str(error))
            return None

    def object(self, key: str, *, required: bool = False) -> Fields:
        """A nested object; its problems are collected here."""
        self.asked.add(key)
        value = self.values.get(key)
        if isinstance(value, dict):
            return Fields(value, path=f"{self.name(key)}.", found=self.found)
        if value is not None or required:
            self.problem(key, "is missing." if value is None else "must be an object.")
        return Fields({}, path=f"{self.name(key)}.")  # what it would have held is no further problem

    def known(self) -> None:
        """Notes a problem for every field that was never asked for."""
        unknown = [key for key in self.values if key not in self.asked]
        if unknown:
            known = "is not a field here; known are " + ", ".join(sorted(self.asked)) + "."
            for key in unknown[: MAX_PROBLEMS + 1]:
                self.problem(key[:80], known)
            self.found.more += len(unknown[MAX_PROBLEMS + 1 :])

    def finish(self) -> None:
        """Raises ``InvalidFields`` if there is any problem."""
        self.known()
        if self.found.told:
            raise InvalidFields(self.found.told, self.found.more)
