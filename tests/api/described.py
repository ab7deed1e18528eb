"""Holds real answers against the API's document: an operation, a status, a type of content and a schema for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from tests.newsroom import Newsroom


@dataclass(slots=True)
class Document:
    """The document that a service gives out. ``seen`` are the operations and statuses that were held against it."""

    newsroom: Newsroom
    content: dict[str, Any] = field(init=False)
    seen: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        answer = self.newsroom.client.get("/openapi.json")
        assert answer.status_code == 200
        self.content = dict(answer.json or {})

    @property
    def told(self) -> set[tuple[str, int]]:
        """Every operation and status that it describes."""
        calls = [call for calls in self.content["paths"].values() for call in calls.values()]
        return {(call["operationId"], int(status)) for call in calls for status in call["responses"]}

    def operation_of(self, answer: TestResponse) -> dict[str, Any]:
        """What it says of the call that this answers."""
        request = answer.request
        rule, _ = self.newsroom.hall.app.url_map.bind("localhost").match(request.path, request.method, return_rule=True)
        path = (
            rule.rule.replace("<article:article_id>", "{article_id}")
            .replace("<comment_id>", "{id}")
            .replace("<notice_id>", "{id}")
        )
        return dict(self.content["paths"][path][request.method.lower()])

    def check(self, answer: TestResponse) -> None:
        """Fails where the answer isn't one that the document tells of."""
        operation, status = self.operation_of(answer), answer.status_code
        told = operation["responses"].get(str(status))
        about = (answer.request.method, answer.request.path, status)
        assert told is not None, (*about, "is not described", answer.text[:300])
        self.seen.add((operation["operationId"], status))
        if "content" not in told:
            assert not answer.data, about
            return
        assert list(told["content"]) == [answer.content_type], about
        (content,) = told["content"].values()
        problems = [f"{list(error.path)} {error.message[:300]}" for error in self.validator(content["schema"], answer)]
        assert not problems, (*about, problems)

    def validator(self, schema: dict[str, Any], answer: TestResponse) -> list[Any]:
        whole = {**schema, "components": self.content["components"]}
        return list(Draft202012Validator(closed(whole)).iter_errors(answer.json))


def closed(schema: Any) -> Any:
    """The same schemas, with room for nothing that they don't name: a program may meet more one day, a test not."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {name: closed(part) for name, part in schema.items()}
    is_object = schema.get("type") == "object" and "properties" in schema
    return {"additionalProperties": False, **parts} if is_object else parts
