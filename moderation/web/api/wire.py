"""JSON in, JSON out: what is sent becomes a model of ``requests``, a model of ``answers`` becomes an answer.

Views read by themselves rather than through a library's decorator. Spectree and flask-openapi3 were tried on
``POST …/comments``: both read the body before the view runs, so that it was parsed and refused (422) before anybody was
asked for a key, and before an Idempotency-Key could bring back its first answer; both take what is no JSON, or no JSON
by its content type, for an empty body (422 instead of 400 and 415); and both put every problem into words, which took
seconds for 80,000 unknown fields. Without their reading nothing of them remains but the document: see ``openapi``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from flask import Request, Response
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from moderation.core.messages import Message
from moderation.core.strict_json import NotJson, parse_json
from moderation.web.api.requests import Sent
from moderation.web.shared.errors import MAX_PROBLEMS, BodyNotJson, Fields, InvalidFields, NotJsonType

S = TypeVar("S", bound=Sent)


def json_sent(request: Request, kind: type[S]) -> S:
    """The request's body. Raises ``NotJsonType``, ``BodyNotJson``, ``InvalidFields``, or 413 from Werkzeug."""
    if not request.is_json:
        raise NotJsonType
    try:
        values = parse_json(request.get_data(cache=True))
    except NotJson as error:
        raise BodyNotJson(str(error)) from error
    if not isinstance(values, dict):
        raise BodyNotJson('it must be an object, such as {"author": {"name": "…"}, "body": "…"}.')
    return _read(kind, values, _Problems())


def query_sent(args: MultiDict[str, str], kind: type[S]) -> S:
    """What an address asks for; an empty parameter is none. Raises ``InvalidFields``."""
    problems = _Problems()
    values: dict[str, Any] = {}
    for name, given in args.lists():
        known = kind.model_fields.get(name)
        if known is not None and get_origin(known.annotation) is tuple:
            values[name] = given
        elif known is not None and len(given) > 1:
            problems.add(name, f"is given {len(given)} times; it can be given once.")
        elif known is None or given[0]:
            values[name] = given[0]
    return _read(kind, values, problems)


def json_answer(model: BaseModel, status: int = 200) -> Response:
    """An answer that holds what the model was given; what it wasn't given is left out."""
    return Response(model.model_dump_json(exclude_unset=True), status=status, content_type="application/json")


def private_answer(model: BaseModel, status: int = 200) -> Response:
    """The same for one reader alone: nobody keeps it."""
    answer = json_answer(model, status)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


# --- what is wrong ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Problems:
    """What is wrong: the first of it in words, of the rest how many."""

    told: Fields = field(default_factory=list)
    more: int = 0

    def add(self, name: str, message: str) -> None:
        self.told.append({"field": name, "message": message})


def _read(kind: type[S], values: Mapping[str, Any], problems: _Problems) -> S:
    known = _known(kind, values, "", problems)
    try:
        read = kind.model_validate(known)
    except ValidationError as error:
        wrong = [_told(details) for details in error.errors(include_url=False)]
        raise InvalidFields([*wrong, *problems.told], problems.more) from None
    if problems.told:
        raise InvalidFields(problems.told, problems.more)
    return read


def _known(kind: type[Sent], values: Mapping[str, Any], path: str, problems: _Problems) -> Mapping[str, Any]:
    """The values without unknown fields, of which the first become problems. Pydantic would make one of each, however
    many there are, and can't name what isn't Unicode.
    """
    fields, objects = _fields(kind)
    if not values.keys() <= fields:
        unknown = [key for key in values if key not in fields]
        message = f"is not known here; known are {', '.join(sorted(fields))}."
        for key in unknown[:MAX_PROBLEMS]:
            problems.add(f"{path}{key[:80]}", message)
        problems.more += len(unknown[MAX_PROBLEMS:])
        values = {key: value for key, value in values.items() if key in fields}
    for name, inner in objects:
        value = values.get(name)
        if isinstance(value, dict):
            values = {**values, name: _known(inner, value, f"{path}{name}.", problems)}
    return values


@cache
def _fields(kind: type[Sent]) -> tuple[frozenset[str], tuple[tuple[str, type[Sent]], ...]]:
    """The fields' names, and those that are objects themselves."""
    annotations = (
        (name, is_)
        for name, known in kind.model_fields.items()
        for is_ in (known.annotation, *get_args(known.annotation))  # itself, or that or null
    )
    objects = ((name, is_) for name, is_ in annotations if isinstance(is_, type) and issubclass(is_, Sent))
    return frozenset(kind.model_fields), tuple(objects)


def _choices(value: Any, more: Mapping[str, Any]) -> str:
    is_ = f"is {value[:50]!r}; it " if isinstance(value, str) else ""
    return f"{is_}must be {more['expected']}."


_WHOLE = "must be a whole number, 0 or more."
_WORDS: dict[str, Callable[[Any, Mapping[str, Any]], str | Message]] = {
    "value_error": lambda _, more: more["error"].args[0],  # ours, from ``requests``
    "string_type": lambda *_: "must be a text.",
    "string_unicode": lambda *_: "holds half of a surrogate pair, which is not a character. Send it as valid Unicode.",
    "string_too_long": lambda value, more: f"has {len(value)} characters; at most {more['max_length']} are possible.",
    "tuple_type": lambda *_: "must be a list of texts.",
    "too_long": lambda value, more: f"has {len(value)} entries; at most {more['max_length']} are possible.",
    "model_type": lambda *_: "must be an object.",
    "enum": _choices,
    "literal_error": _choices,
    "bool_type": lambda *_: "must be true or false.",
    "int_type": lambda *_: _WHOLE,
    "greater_than_equal": lambda *_: _WHOLE,
    "less_than": lambda _, more: f"must be a whole number below {more['lt']}.",
}
"""Pydantic's kinds of errors as what is said behind the field's name."""


def _told(error: ErrorDetails) -> dict[str, Any]:
    path = error["loc"]
    if error["type"] == "missing" or error["input"] is None:
        message: str | Message = "is missing."
    elif error["type"] in _WORDS:
        message = _WORDS[error["type"]](error["input"], error.get("ctx", {}))
    else:
        message = f"can't be taken: {error['msg']}."
    entry = next((part for part in path if isinstance(part, int)), None)
    if entry is not None:
        message = f"{str(message).removesuffix('.')} (entry {entry + 1})."
    return {"field": ".".join(part for part in path if isinstance(part, str)), "message": message}
