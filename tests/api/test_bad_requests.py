"""Whatever is sent, the service answers, and never with a fault of its own."""

from __future__ import annotations

import json
import random
import string
from typing import Any
from urllib.parse import quote_from_bytes

import pytest

from tests.newsroom import ORIGIN, Newsroom, detail

REQUESTS = 300
"""On each kind of database; always the same ones, so that a failure can be looked at again."""

CHARACTERS = [
    *string.printable, "\x00", "\ud800", "\udfff", "\u200d", "\u202e", "\u0301", "\ufeff", "\ufffd", "é", "漢",
    "👩‍👩‍👧‍👦",
    "<script>", '"><img onerror>', "' OR 1=1 --", "../", "%00", "{{7*7}}", "\\", "\u2028",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, -(10**400), 1e308, "", " " * 50, "x" * 60, "x" * 6000, "\u200d" * 3000,
    "e" + "\u0301" * 50, "\x00" * 50, "\ud800" * 50, [], {}, [[]], [None] * 50, {"a": {"b": {"c": {}}}}, "2026-13-45",
    "9999-12-31T23:59:59+00:00", "0000-00-00", "approve", "reject", "closed",
]  # fmt: skip
FIELDS = [
    "author", "body", "parent_id", "external_id", "created_at", "title", "text", "html", "url", "section", "key_points",
    "published_at", "mode", "outcome", "reason", "note", "revision", "sentence", "\ud800", "",
]  # fmt: skip


class Fuzzer:
    """Makes requests that are nearly right, so that they get far."""

    def __init__(self, newsroom: Newsroom, seed: int) -> None:
        self.random = random.Random(seed)
        self.newsroom = newsroom
        newsroom.decide(newsroom.accepted()["id"])
        self.comment = newsroom.accepted()

    def text(self) -> str:
        return "".join(self.random.choices(CHARACTERS, k=self.random.choice((1, 3, 60, 400))))

    def value(self, depth: int = 0) -> Any:
        kind = self.random.random()
        if kind < 0.4:
            return self.random.choice(VALUES)
        if kind < 0.8 or depth > 2:
            return self.text()
        return {self.random.choice([*FIELDS, "name", "id", "address"]): self.value(depth + 1) for _ in range(3)}

    def content(self) -> Any:
        good = {
            "author": {"name": "Ada"}, "body": self.newsroom.text(), "title": "A title", "outcome": "approve",
        }  # fmt: skip
        changed = {key: good[key] for key in self.random.sample(sorted(good), self.random.randint(0, 4))}
        if self.random.random() < 0.3 and "author" in changed:
            changed["author"] = {"name": self.value(), "id": self.value(), "address": self.value()}
        return changed | {self.random.choice(FIELDS): self.value() for _ in range(self.random.randint(0, 3))}

    def body(self) -> bytes:
        raw = json.dumps(self.content(), ensure_ascii=self.random.random() < 0.5).encode("utf-8", "surrogatepass")
        if self.random.random() < 0.1:
            raw = raw[: self.random.randint(0, len(raw))]
        if self.random.random() < 0.1:
            raw = bytes(self.random.choices(range(256), k=50))
        return raw

    def segment(self) -> str:
        if self.random.random() < 0.6:
            return self.random.choice(("trams", self.comment["id"], "..", "%2e%2e%2f", "a%2fb", "%00", "%ff", "%"))
        return quote_from_bytes(self.text().encode("utf-8", "surrogatepass"))[:3000]

    def path(self) -> str:
        form = self.random.choice(
            (
                "/api/v1/articles/{}", "/api/v1/articles/{}/comments", "/api/v1/articles/trams/comments",
                "/api/v1/comments/{}", "/api/v1/comments/{}/decisions", "/api/v1/comments/{}/audit",
                "/api/v1/comments/{}/withdraw", "/articles/{}", "/comments/{}", "/{}", "/review/comments/{}",
                "/login", "/review", "/audit", "/admin", "/metrics",
            )
        )  # fmt: skip
        query = {
            name: self.text() for name in ("cursor", "receipt", "site", "next", "page") if self.random.random() < 0.2
        }
        if "receipt" not in query and self.random.random() < 0.2:
            query["receipt"] = self.comment["receipt"]
        encoded = "&".join(
            f"{name}={quote_from_bytes(value.encode('utf-8', 'surrogatepass'))}" for name, value in query.items()
        )
        return form.format(self.segment()) + (f"?{encoded}" if encoded else "")

    def headers(self) -> dict[str, str]:
        latin = "".join(c for c in self.text() if c.isprintable() and ord(c) < 256)
        choices = {
            "Authorization": (f"Bearer {self.newsroom.secret}", "Bearer x", "Basic x", latin),
            "X-Site-Key": (self.newsroom.publishable, latin),
            "Origin": (ORIGIN, "null", latin),
            "Idempotency-Key": ("k", latin, ""),
            "Content-Type": (
                "application/json",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                latin,
            ),
            "Cookie": ("moderation_session=forged; moderation_form=eyJjc3JmIjoieCJ9.x.y", latin),
            "If-None-Match": ('"x"', latin),
            "X-Forwarded-For": ("1.2.3.4", latin),
        }
        weights = {"Authorization": 0.7, "Content-Type": 0.9, "X-Site-Key": 0.4, "Origin": 0.5}
        return {
            name: self.random.choice(values if self.random.random() < 0.3 else values[:1])
            for name, values in choices.items()
            if self.random.random() < weights.get(name, 0.15)
        }


@pytest.mark.parametrize("seed", [20260302])
def test_hundreds_of_strange_requests_meet_no_fault_of_ours(newsroom: Newsroom, seed: int) -> None:
    fuzzer = Fuzzer(newsroom, seed)
    seen: dict[int, int] = {}
    for number in range(REQUESTS):
        method = fuzzer.random.choice(
            ("GET", "POST", "POST", "POST", "PUT", "PUT", "HEAD", "OPTIONS", "DELETE", "PATCH")
        )
        path, headers, body = fuzzer.path(), fuzzer.headers(), fuzzer.body()
        answer = newsroom.client.open(path, method=method, headers=headers, data=body)
        assert answer.status_code < 500, (number, method, path, headers, body, answer.text)
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
    assert {200, 400, 401, 403, 404, 415, 422} <= set(seen), seen  # they did get far


@pytest.mark.parametrize("field", ["author", "author.name", "author.id", "author.address", "body", "external_id"])
def test_no_value_of_any_field_of_a_comment_is_a_fault(newsroom: Newsroom, field: str) -> None:
    outer, _, inner = field.partition(".")
    for value in VALUES:
        content: dict[str, Any] = {"author": {"name": "Ada"}, "body": newsroom.text()}
        content[outer] = content[outer] | {inner: value} if inner else value
        for call in (newsroom.server, newsroom.browser):
            assert call("POST", "/api/v1/articles/trams/comments", json=content).status_code < 500, value


PATHS = {
    "article": ("PUT", "/api/v1/articles/trams"),
    "comment": ("POST", "/api/v1/articles/trams/comments"),
    "decision": ("POST", "/api/v1/comments/01kexvyr0086cfbnc304mxd3rb/decisions"),
}
RIGHT: dict[str, dict[str, Any]] = {
    "article": {"title": "Trams"},
    "comment": {
        "author": {"name": "Ada"},
        "body": "A comment about the trams that is certainly long enough to be read.",
    },
    "decision": {"outcome": "approve"},
}
HALF = "holds half of a surrogate pair, which is not a character. Send it as valid Unicode."
MODES = "must be 'pre', 'post', 'closed' or 'hidden'."


@pytest.mark.parametrize(
    ("what", "content", "field", "message"),
    [
        ("article", {"title": None}, "title", "is missing."),
        ("article", {"title": " "}, "title", "is empty."),
        ("article", {"title": "x" * 1001}, "title", "has 1001 characters; at most 1000 are possible."),
        ("article", {"text": "half \udc00"}, "text", HALF),
        ("article", {"section": "half \udc00"}, "section", HALF),
        ("article", {"text": "", "html": "<p>x</p>"}, "html", "can't be given together with text; send one of them."),
        ("article", {"url": "ftp://a.example"}, "url", "must begin with https:// or http://."),
        ("article", {"mode": "open"}, "mode", f"is 'open'; it {MODES}"),
        ("article", {"mode": True}, "mode", MODES),
        ("article", {"key_points": "one"}, "key_points", "must be a list of texts."),
        ("article", {"key_points": ["a"] * 51}, "key_points", "has 51 entries; at most 50 are possible."),
        ("article", {"key_points": ["a", 5, 6]}, "key_points", "must be a text (entry 2)."),
        ("article", {"key_points": [7] * 50_000}, "key_points", "must be a text (entry 1)."),
        ("comment", {"author": None}, "author", "is missing."),
        ("comment", {"author": "Ada"}, "author", "must be an object."),
        ("comment", {"author": {"name": " "}}, "author.name", "is empty. A comment needs its author's name."),
        (
            "comment",
            {"author": {"name": "Ada", "nick": 1}},
            "author.nick",
            "is not known here; known are address, badges, id, name, staff, subscriber, verified.",
        ),
        ("comment", {"body": 5}, "body", "must be a text."),
        ("decision", {"outcome": " "}, "outcome", "is missing."),
        ("decision", {"outcome": "maybe"}, "outcome", "is 'maybe'; it must be 'approve', 'reject' or 'reopen'."),
        ("decision", {"revision": "1"}, "revision", "must be a whole number, 0 or more."),
        ("decision", {"revision": -1}, "revision", "must be a whole number, 0 or more."),
        ("decision", {"revision": 2**31}, "revision", "must be a whole number below 2147483648."),
    ],
)
def test_what_is_wrong_with_a_field_is_said_in_words(
    front_door: Newsroom, what: str, content: dict[str, Any], field: str, message: str
) -> None:
    method, path = PATHS[what]
    answer = front_door.server(method, path, json=RIGHT[what] | content)
    assert answer.status_code == 422
    (error,) = (answer.json or {})["errors"]
    assert (error["field"], error["message"]) == (field, message)
    assert (answer.json or {})["detail"] == f"{field} {message}"


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_field_that_is_null_or_empty_is_one_that_was_not_sent(front_door: Newsroom, nothing: str | None) -> None:
    names = ("summary", "url", "section", "source", "byline", "published_at", "mode")
    article = front_door.put_article("bare", **dict.fromkeys(names, nothing), html=None, key_points=None)
    assert article.status_code == 201, article.text
    assert [(article.json or {})[name] for name in ("section", "mode", "published_at")] == [None, None, None]
    author = {"name": "Ada", "id": nothing, "address": nothing}
    more = dict.fromkeys(("parent_id", "external_id", "created_at"), nothing)
    comment = front_door.accepted(article="bare", author=author, **more)
    assert front_door.whole(comment["id"])["external_id"] is None
    more = dict.fromkeys(("reason", "sentence", "note"), nothing)
    assert front_door.decide(comment["id"], **more, revision=None).status_code == 200


@pytest.mark.parametrize(
    "cookie", ["x", "\xff", "moderation_session=\x7f", "moderation_form=.eJw.x", "=;=;", "a" * 5000]
)
def test_a_forged_cookie_is_nobodys_sign_in(front_door: Newsroom, cookie: str) -> None:
    headers = {"Cookie": cookie if "=" in cookie else f"moderation_session={cookie}; moderation_form={cookie}"}
    assert front_door.client.get("/review", headers=headers).status_code == 302
    assert front_door.client.post("/login", headers=headers, data={"name": "admin", "password": "x"}).status_code in (
        400,
        403,
    )


@pytest.mark.parametrize("name", ["\x00", "a\x00b", "\ud800", "x" * 100_000, "", "\u202e"])
def test_a_sign_in_with_a_strange_name_fails_like_any_other(newsroom: Newsroom, name: str) -> None:
    newsroom.client.get("/login")
    token = newsroom.client.get("/login").text.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert token
    form = {"csrf_token": token, "name": name.encode("utf-8", "surrogatepass"), "password": "\x00wrong"}
    assert newsroom.client.post("/login", data=form).status_code in (401, 422, 403, 200)


def test_an_empty_parameter_is_none_and_counts_against_how_many_may_be_sent(front_door: Newsroom) -> None:
    path = f"/api/v1/counts?site={front_door.publishable}&article=trams"
    answer = front_door.client.get(path + "&article=" * 99)
    assert (answer.json or {})["counts"] == {"trams": 0}
    answer = front_door.client.get(path + "&article=" * 100)
    assert answer.status_code == 422
    assert "101 entries" in detail(answer)
    assert front_door.server("GET", "/api/v1/comments?article=&section=&article=").status_code == 200
