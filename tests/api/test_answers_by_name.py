"""The answers that programs rely on: each call and each refusal by its status, in one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from moderation.accounts.sites import add_secret_key
from moderation.storage.sites import Right
from tests.newsroom import ORIGIN, Newsroom, detail

COMMENTS = "/api/v1/articles/trams/comments"
Ask = Callable[[Newsroom, dict[str, Any]], TestResponse]


def _sent(**more: Any) -> Ask:
    return lambda newsroom, _: newsroom.comment(**more)


def _of(path: str, **more: Any) -> Ask:
    """About the comment at hand, or the queue, by the site's server."""
    method = "POST" if "json" in more else "GET"
    return lambda newsroom, one: newsroom.server(method, f"/api/v1/comments{path.format(**one)}", **more)


def _open(path: str, method: str = "GET", **more: Any) -> Ask:
    """The same by nobody."""
    return lambda newsroom, one: newsroom.client.open(f"/api/v1/comments{path.format(**one)}", method=method, **more)


def _without(right: Right, path: str, **more: Any) -> Ask:
    def ask(newsroom: Newsroom, one: dict[str, Any]) -> TestResponse:
        rights = [other for other in Right if other is not right]
        key = add_secret_key(newsroom.services, "test", newsroom.site, rights)
        method = "POST" if "json" in more else "GET"
        return newsroom.server(method, path.format(**one), key, **more)

    return ask


def _again(newsroom: Newsroom, one: dict[str, Any]) -> TestResponse:
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    assert newsroom.server("POST", COMMENTS, json=content).status_code == 202
    return newsroom.server("POST", COMMENTS, json=content)


def _another_body(newsroom: Newsroom, one: dict[str, Any]) -> TestResponse:
    headers = {"Idempotency-Key": "one"}
    assert newsroom.comment(headers=headers).status_code == 202
    return newsroom.comment(headers=headers)


def _too_many(newsroom: Newsroom, one: dict[str, Any]) -> TestResponse:
    newsroom.configure('[rate_limits]\nper_reader = ["1 per minute"]\n', limits=True)
    author = {"name": "Ada", "id": "ada"}
    assert newsroom.comment(author=author).status_code == 202
    return newsroom.comment(author=author)


def _closed(newsroom: Newsroom, one: dict[str, Any]) -> TestResponse:
    newsroom.put_article(mode="closed")
    return newsroom.comment()


def _typed(kind: str, content: bytes) -> Ask:
    return lambda newsroom, _: newsroom.server("POST", COMMENTS, data=content, headers={"Content-Type": kind})


ANSWERS: dict[str, tuple[Ask, int]] = {
    "a new article": (lambda newsroom, _: newsroom.put_article("new"), 201),
    "a changed article": (lambda newsroom, _: newsroom.put_article(title="Changed"), 200),
    "a comment": (_sent(), 202),
    "the list": (lambda newsroom, _: newsroom.published(), 200),
    "one comment": (_of("/{id}"), 200),
    "one comment by receipt": (_open("/{id}?receipt={receipt}"), 200),
    "its history": (_of("/{id}/audit"), 200),
    "a decision": (_of("/{id}/decisions", json={"outcome": "approve"}), 200),
    "withdrawing": (_open("/{id}/withdraw?receipt={receipt}", "POST"), 200),
    "the queue": (_of("?status=pending&order=severity"), 200),
    # refusals
    "no JSON": (_typed("application/json", b"{"), 400),
    "an edited cursor": (lambda newsroom, _: newsroom.published(cursor="edited"), 400),
    "an edited cursor of the queue": (_of("?cursor=edited"), 400),
    "no key": (lambda newsroom, _: newsroom.client.post(COMMENTS, json={}), 401),
    "a bad key": (lambda newsroom, _: newsroom.server("POST", COMMENTS, "sk_nobody", json={}), 401),
    "the queue without a key": (_open(""), 401),
    "no receipt": (_open("/{id}"), 401),
    "closed": (_closed, 403),
    "another origin": (lambda newsroom, _: newsroom.browser("POST", COMMENTS, origin=f"{ORIGIN}.evil", json={}), 403),
    "no origin": (lambda newsroom, _: newsroom.browser("POST", COMMENTS, origin=None, json={}), 403),
    "no right to decide": (_without(Right.MODERATE, "/api/v1/comments/{id}/decisions", json={}), 403),
    "no right to the queue": (_without(Right.MODERATE, "/api/v1/comments"), 403),
    "no right to read": (_without(Right.READ, "/api/v1/comments/{id}/audit"), 403),
    "no such article": (_sent(article="nothing"), 404),
    "no such comment": (_of("/01kexvyr0086cfbnc304mxd3rb"), 404),
    "a wrong receipt": (_open("/{id}?receipt=0"), 404),
    "withdrawing by a wrong receipt": (_open("/{id}/withdraw?receipt=0", "POST"), 404),
    "the queue of no article": (_of("?article=nothing"), 404),
    "the same again": (_again, 409),
    "an older revision": (_of("/{id}/decisions", json={"outcome": "approve", "revision": 0}), 409),
    "too large": (_typed("application/json", b'{"body": "' + b"x" * 1_048_576 + b'"}'), 413),
    "another type": (_typed("text/plain", b"{}"), 415),
    "too short": (_sent(body="Short."), 422),
    "too long": (_sent(body="long " * 1200), 422),
    "no name": (_sent(author={"name": " "}), 422),
    "an unknown parent": (_sent(parent_id="01kexvyr0086cfbnc304mxd3rb"), 422),
    "an unknown field": (_sent(mood="good"), 422),
    "another body under the same name": (_another_body, 422),
    "an order that the queue doesn't know": (_of("?order=loudest"), 422),
    "too many": (_too_many, 429),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_each_call_and_each_refusal_answers_as_programs_rely_on(front_door: Newsroom, name: str) -> None:
    front_door.put_article()
    ask, status = ANSWERS[name]
    answer = ask(front_door, front_door.accepted())
    assert answer.status_code == status, answer.text
    if status >= 400:
        assert detail(answer)
    if status == 429:
        assert int(answer.headers["Retry-After"]) > 0


def test_every_call_is_described(front_door: Newsroom) -> None:
    described = (front_door.client.get("/openapi.json").json or {})["paths"]
    found = {(path, method) for path, calls in described.items() for method in calls if method != "parameters"}
    routes = {
        (_named(rule.rule), method.lower())
        for rule in front_door.hall.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/")
    }
    assert found == routes


def _named(rule: str) -> str:
    return (
        rule.replace("<article:article_id>", "{article_id}")
        .replace("<comment_id>", "{id}")
        .replace("<notice_id>", "{id}")
    )
