"""The API's document as a page to read and to try (``/api``): made from the document alone, in its language, English.

Drawn here rather than by one of the known viewers, which come to between 0.9 and 3.6 MB of script (RapiDoc 9.3, Redoc
2.5, Swagger UI 5.35, Scalar 1.46): this is some HTML and a script of 2 KB, under the same policy as every page of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response

from moderation.core.messages import ENGLISH
from moderation.web.shared.addresses import own_address, root
from moderation.web.shared.rendering import page

Schema = Mapping[str, Any]
DEEPEST = 6
"""Levels of an answer's fields that are shown: discussions nest, and schemas with them."""
_KEYS = {
    "secretKey": "a secret key",
    "publishableKey": "a publishable key",
    "readerToken": "a reader’s token",
    "coralSignature": "Coral’s signature",
}
"""In words, by the document's names."""
_SENT = {"secretKey": "Authorization: Bearer SECRET_KEY", "coralSignature": "X-Coral-Signature: SIGNATURE"}
"""The header that an example brings, by the first key that a call takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A parameter, or a field of a body: ``name`` with dots for what lies within another."""

    name: str
    kind: str
    words: str
    where: str = ""
    required: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: str
    words: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation. ``body`` is an example of what is sent; ``curl`` a request as it stands."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    keys: str
    parameters: tuple[Field, ...]
    body: str
    body_fields: tuple[Field, ...]
    answers: tuple[Answer, ...]
    refusals: tuple[Answer, ...]
    curl: str


def reference_page(document: Mapping[str, Any]) -> Response:
    """The page."""
    problem = document["components"]["schemas"]["Problem"]
    answer = page(
        "api/reference.html",
        masthead=None,
        title=document["info"]["title"],
        version=document["info"]["version"],
        introduction=document["info"]["description"],
        groups=_groups(document),
        problem_fields=tuple(_fields(problem, document)),
        server=root(),
    )
    answer.headers["Cache-Control"] = "public, max-age=600"
    answer.headers["Content-Language"] = ENGLISH
    return answer


def _groups(document: Mapping[str, Any]) -> dict[str, list[Call]]:
    """Calls by what they are about: the part of the path behind the version."""
    groups: dict[str, list[Call]] = {}
    for path, calls in document["paths"].items():
        about = path.split("/")[3].capitalize()
        groups.setdefault(about, []).extend(_call(path, method, told, document) for method, told in calls.items())
    return groups


def _call(path: str, method: str, told: Schema, document: Schema) -> Call:
    sent = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    example: Any = next(iter(_resolved(sent, document).get("examples", ())), {}) if sent else None
    answers = [
        Answer(status=status, words=one["description"], fields=_of_answer(one, document))
        for status, one in told["responses"].items()
    ]
    return Call(
        name=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        description=told.get("description", ""),
        keys=_keys(told["security"]),
        parameters=tuple(_parameter(one, document) for one in told["parameters"]),
        body=json.dumps(example, indent=2, ensure_ascii=False) if sent else "",
        body_fields=tuple(_fields(sent, document)) if sent else (),
        answers=tuple(one for one in answers if one.status < "400"),
        refusals=tuple(one for one in answers if one.status >= "400"),
        curl=_curl(path, method.upper(), told, example),
    )


def _keys(security: list[Schema]) -> str:
    named = [" and ".join(_KEYS[name] for name in together) for together in security if together]
    if not named:
        return "No key."
    return f"Needs {' or '.join(named)}." if {} not in security else f"With {' or '.join(named)}, or without."


def _parameter(told: Schema, document: Schema) -> Field:
    example: Any = told.get("example", "")
    return Field(
        name=told["name"],
        kind=_kind(told["schema"], document),
        words=told.get("description", ""),
        where=told["in"],
        required=told["required"],
        example=example[0] if isinstance(example, list) else example,
    )


def _of_answer(told: Schema, document: Schema) -> tuple[Field, ...]:
    content = told.get("content", {}).get("application/json")
    return tuple(_fields(content["schema"], document)) if content else ()


def _resolved(schema: Schema, document: Schema) -> Schema:
    """What a reference leads to."""
    if "$ref" not in schema:
        return schema
    found: Schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _choices(schema: Schema, document: Schema) -> list[Schema]:
    """What a value may be, null left out."""
    resolved = _resolved(schema, document)
    told = resolved.get("anyOf") or resolved.get("oneOf") or [resolved]
    return [found for one in told if (found := _resolved(one, document)).get("type") != "null"]


def _fields(schema: Schema, document: Schema, before: str = "", depth: int = 0) -> Iterator[Field]:
    """Every field of an object, and of those within it."""
    for choice in _choices(schema, document):
        within = choice
        if choice.get("type") == "array":
            within = next(iter(_choices(choice.get("items", {}), document)), {})
        for name, told in within.get("properties", {}).items():
            yield Field(
                name=before + name,
                kind=_kind(told, document),
                words=told.get("description", ""),
                required=name in within.get("required", ()),
            )
            if depth < DEEPEST:
                dots = f"{before}{name}{'[]' if _is_list(told, document) else ''}."
                yield from _fields(told, document, dots, depth + 1)


def _is_list(schema: Schema, document: Schema) -> bool:
    return any(one.get("type") == "array" for one in _choices(schema, document))


def _kind(schema: Schema, document: Schema) -> str:
    """What a value is, in words."""
    return " or ".join(dict.fromkeys(_kind_of(one, document) for one in _choices(schema, document)))


def _kind_of(schema: Schema, document: Schema) -> str:
    if "enum" in schema or "const" in schema:
        return "one of " + ", ".join(map(str, schema.get("enum") or [schema["const"]]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_kind(schema.get('items', {}), document)}"
    if isinstance(kind, list):
        kind = " or ".join(one for one in kind if one != "null")
    return str(schema.get("format", kind))


def _curl(path: str, method: str, told: Schema, example: Any) -> str:
    """A request that can be pasted into a shell once what stands in capitals is filled in."""
    named = {one["name"]: one for one in told["parameters"] if "example" in one}
    keyless = {} in told["security"] and ("site" in named or told["security"] == [{}])
    for name, one in named.items():
        path = path.replace(f"{{{name}}}", quote(one["example"])) if one["in"] == "path" else path
    query = [
        (name, one["example"])
        for name, one in named.items()
        if one["in"] == "query" and (keyless or one["required"]) and (keyless or name != "receipt")
    ]
    url = own_address().rstrip("/") + path + (f"?{urlencode(query, doseq=True)}" if query else "")
    parts = [f"curl -X {method} '{url}'"]
    if not keyless:
        parts.append(f"-H '{_SENT[next(iter(told['security'][0]))]}'")
    if example is not None:
        parts.append("-H 'Content-Type: application/json'")
        quoted = json.dumps(example, ensure_ascii=False).replace("'", "'\\''")
        parts.append(f"-d '{quoted}'")
    return " \\\n  ".join(parts)
