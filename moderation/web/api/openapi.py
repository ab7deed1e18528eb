"""The API's description (OpenAPI 3.1), for people and for client generators: made from the views' models and from what
``operation`` says beside each view.

Composed here rather than by a library: neither of those that were tried can read our requests (``wire`` says why), and
the document alone isn't less code with them. Spectree 3.0.0 writes every answer, refusals too, as ``application/json``,
takes one model for a status, and knows no schema for a path's converter of ours. Flask-openapi3 4.3.2 wants the
application to be of its own class, and each view to take its path, query and body as models that it has read itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from werkzeug.routing import Rule

from moderation import __version__
from moderation.web.api.answers import Problem
from moderation.web.api.requests import Sent

Schema = dict[str, Any]
View = TypeVar("View", bound=Callable[..., Any])

SECRET: list[Schema] = [{"secretKey": []}]
EITHER: list[Schema] = [{"secretKey": []}, {"publishableKey": []}]
OR_READER: list[Schema] = [*EITHER, {"publishableKey": [], "readerToken": []}]
CORAL: list[Schema] = [{"coralSignature": []}]
NOBODY: list[Schema] = [{}]
"""No key at all."""

_SCHEMES = {
    "secretKey": {"type": "http", "scheme": "bearer", "description": "A site's secret key, from its server only."},
    "publishableKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Site-Key",
        "description": "From a reader's browser, on a page of an origin that the site allows.",
    },
    "readerToken": {
        "type": "http",
        "scheme": "Reader",
        "description": "A JWT that the site has signed, beside its publishable key: `sub`, `name`, `aud` (the site's "
        "id), `exp`, and, if it says so, `staff`, `subscriber`, `trusted`, `badges`. It stands in for `Origin` where "
        "there is none.",
    },
    "coralSignature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Coral-Signature",
        "description": "Coral's signature of the body with the secret of a site's external moderation phase.",
    },
}
_REFUSALS = {
    400: "The body is not valid JSON, or the cursor was changed.",
    401: "No key, or one that isn't known; or a reader's token that doesn't count.",
    403: "Not allowed: closed, banned, an origin or a right that is missing.",
    404: "No such article or comment.",
    409: "The same comment again, or somebody decided first.",
    413: "The body is too large.",
    415: "The content type is not JSON.",
    422: "A field can't be accepted; `errors` names it.",
    429: "Too many; `Retry-After` says when to come again.",
}
_PATH = {
    "article_id": ("article_id", "The site's own name for the article; may hold slashes."),
    "comment_id": ("id", "The comment's id."),
    "notice_id": ("id", "The notice's id."),
}
"""A rule's arguments: their names in the document, and what they are."""


_EXAMPLES: Mapping[str, str] = {
    "article_id": "trams",
    "article": "trams",
    "id": "01kexvyr0086cfbnc304mxd3rb",
    "comment": "01kexvyr0086cfbnc304mxd3rb",
    "receipt": "RECEIPT",
    "site": "PUBLISHABLE_KEY",
    "since": "NEWEST",
}
"""What may stand in the address, by the parameter's name; in capitals what only the caller knows."""


def parameter(name: str, where: str, description: str, *, required: bool = False) -> Schema:
    """A text in the address or a header."""
    return _with_example(
        {
            "name": name,
            "in": where,
            "required": required,
            "description": description,
            "schema": {"type": "string"},
        }
    )


def _with_example(described: Schema) -> Schema:
    """The parameter with what may stand there, where that can be said."""
    example = _EXAMPLES.get(described["name"])
    if example is None:
        return described
    return described | {"example": [example] if described["schema"].get("type") == "array" else example}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the document says of a view. ``answers`` maps a good status to what it means and the answer's type (None: no
    body), ``refusals`` are the statuses of problems.
    """

    summary: str
    answers: Mapping[int, tuple[str, Any]]
    refusals: tuple[int, ...]
    security: list[Schema]
    description: str | None = None
    body: type[Sent] | None = None
    query: type[Sent] | None = None
    parameters: tuple[Schema, ...] = ()


_BESIDE = "openapi_operation"


def operation(described: Operation) -> Callable[[View], View]:
    """Says beside a view what the document tells of it."""

    def beside(view: View) -> View:
        setattr(view, _BESIDE, described)
        return view

    return beside


def description(app: Flask) -> Schema:
    """The whole document."""
    found = list(_operations(app))
    models = [Problem, *(model for _, _, described in found for model in _models(described))]
    schemas, definitions = TypeAdapter.json_schemas(
        [(model, "validation", TypeAdapter(model)) for model in dict.fromkeys(models)],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schemas,
    )
    schema_of = {model: schema for (model, _), schema in schemas.items()}
    paths: dict[str, Schema] = {}
    for rule, name, described in found:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(_path(rule), {})[method.lower()] = _call(rule, name, described, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Comment moderation",
            "version": __version__,
            "description": "Takes readers' comments in, scores them, and tells where they stand. An optional field "
            "that is null or empty is one that wasn't sent.",
        },
        "components": {"schemas": definitions["$defs"], "securitySchemes": _SCHEMES},
        "paths": paths,
    }


class _Schemas(GenerateJsonSchema):
    """Without titles that say a field's name again, and without defaults of null: what isn't sent is left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        return super().default_schema(schema) if schema.get("default") else self.generate_inner(schema["schema"])


def _operations(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        described = getattr(view, _BESIDE, None)
        if described is not None:
            yield rule, view.__name__, described


def _models(described: Operation) -> Iterator[Any]:
    if described.body is not None:
        yield described.body
    yield from (model for _, model in described.answers.values() if model is not None)


def _path(rule: Rule) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: f"{{{_PATH[found[1]][0]}}}", rule.rule)


def _call(rule: Rule, name: str, described: Operation, schema_of: Mapping[Any, Schema]) -> Schema:
    parameters = [parameter(*_of_path(argument), required=True) for argument in sorted(rule.arguments)]
    parameters += described.parameters
    if described.query is not None:
        parameters += _of_query(described.query)
    call: Schema = {
        "operationId": name,
        "summary": described.summary,
        "parameters": parameters,
        "security": described.security,
        "responses": _answers(described, schema_of),
    }
    if described.description is not None:
        call["description"] = described.description
    if described.body is not None:
        call["requestBody"] = {"required": True, "content": _content("application/json", schema_of[described.body])}
    return call


def _of_path(argument: str) -> tuple[str, str, str]:
    name, words = _PATH[argument]
    return name, "path", words


def _of_query(query: type[Sent]) -> Iterator[Schema]:
    """A parameter for each of the model's fields, none of which is an object."""
    schema = query.model_json_schema(schema_generator=_Schemas)
    for name, field in schema["properties"].items():
        words = field.pop("description")
        told = parameter(name, "query", words, required=name in schema.get("required", ()))
        yield _with_example(told | {"schema": field})


def _answers(described: Operation, schema_of: Mapping[Any, Schema]) -> Schema:
    answers: Schema = {}
    for status, (words, model) in described.answers.items():
        content = {} if model is None else {"content": _content("application/json", schema_of[model])}
        answers[str(status)] = {"description": words, **content}
    for status in described.refusals:
        content = _content("application/problem+json", schema_of[Problem])
        answers[str(status)] = {"description": _REFUSALS[status], "content": content}
    return answers


def _content(kind: str, schema: Schema) -> Schema:
    return {kind: {"schema": schema}}
