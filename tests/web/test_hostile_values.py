"""Whatever somebody puts into an address, a form or a JSON body: a refusal in words, or a page; never a 5xx."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from lxml import html
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from moderation.desk.decide import Verdict
from tests.web.pages import SITE_KEY, Pages, Visitor, fields_of

PERCENT = ["%00", "2147483648", "1" + "0" * 40, "%ed%a0%80", "9223372036854775808", "-1", "%ff%fe", "x" * 3000]
PERCENT += ["%C2%B2", "1e999", "9" * 5000, "//[", ""]
"""Hostile values as they stand in an address."""
SENT = ["a\0b", "2147483648", "\ud800", "9223372036854775808", "1" + "0" * 40, "-1", "²", "nan", "x" * 5000, ""]
SENT += ["9" * 5000, "//["]
"""The same in a form; half a surrogate pair goes out as the bytes that it would be."""
IN_JSON = ['"\\u0000"', '"a\\u0000b"', '"\\ud800"', "2147483648", "9223372036854775808", "1" + "0" * 40, "-1", "1.5"]
IN_JSON += ["1e400", "NaN", "true", "null", "[]", "{}", '"abc"', '"' + "x" * 9000 + '"', "[" * 5000 + "]" * 5000]
NOT_JSON = [b"\xff", b"{", b'{"a": "\xed\xa0\x80"}', b"[" * 100_000, b"1" * 500_000, b'{"a":' * 50_000, b"", b"nul"]
LEFT_ALONE = ("/logout", "/account", "/login", "/static")
"""What would end the sign-in that the others need, and what has tests of its own."""


@pytest.fixture
def full(pages: Pages) -> Pages:
    """Something of everything that has an address."""
    first = pages.say("I read this report twice and I like what the council has decided about these lanes.")
    pages.say("Somebody else says the same about the lanes, in words of their own, and at some length.", by="Bo")
    pages.decide(first, Verdict.APPROVE)
    return pages


def known_parts(pages: Pages) -> dict[str, str]:
    """Real values for the parts of an address."""
    with pages.services.database.reading() as session:
        connection = session.connection()

        def one(query: str) -> str:
            return str(connection.exec_driver_sql(query).scalar())

        return {
            "account_id": one("SELECT id FROM accounts"),
            "article_id": one("SELECT id FROM articles"),
            "author_id": one("SELECT id FROM authors"),
            "comment_id": one("SELECT id FROM comments"),
            "key_id": one("SELECT id FROM site_keys"),
            "site_id": "demo",
            "name": "decisions",
            "kind": "featured",
        }


def rules_of(pages: Pages, method: str) -> Iterator[Rule]:
    for rule in pages.app.url_map.iter_rules():
        if method in (rule.methods or ()) and not str(rule).startswith(LEFT_ALONE):
            yield rule


def address(rule: Rule, parts: dict[str, str]) -> str:
    return re.sub(r"<(?:[^:<>]*(?:\([^)]*\))?:)?(\w+)>", lambda found: parts.get(found[1], "none"), str(rule))


def parameters_of(pages: Pages, rule: Rule) -> set[str]:
    """The names that the view's module, and what it imports of the web's, look for in an address or a form."""
    module = inspect.getmodule(inspect.unwrap(pages.app.view_functions[rule.endpoint]))
    assert module is not None
    source = inspect.getsource(module)
    names: set[str] = set()
    for beside in re.findall(r"from (moderation\.web\.\w+) import", source):
        if beside.endswith(("_view", "_forms", "_frame")):
            source += inspect.getsource(importlib.import_module(beside))
    for pattern in (r'(?:argument|field|moment)\("([\w.-]+)"', r'\.get(?:list)?\("([\w.-]+)"'):
        names.update(re.findall(pattern, source))
    for fields in re.findall(r"class \w*View:.*?(?=\n\n\n)", source, re.DOTALL):
        names.update(re.findall(r"^    (\w+): ", fields, re.MULTILINE))
    return names


def assert_no_5xx(answer: TestResponse, about: object) -> None:
    assert answer.status_code < 500, f"{answer.status_code} for {str(about)[:300]}"
    assert "Content-Security-Policy" in answer.headers, about
    answer.close()


def test_no_address_with_odd_parts_is_a_5xx(full: Pages) -> None:
    client, parts = full.signed_in().client, known_parts(full)
    for rule in rules_of(full, "GET"):
        for number, name in enumerate(sorted(rule.arguments)):
            for value in [*PERCENT[:3], *PERCENT[3 + number % 2 :: 2]]:
                path = address(rule, parts | {name: value})
                headers = {"Authorization": f"Bearer {SITE_KEY}"} if path.startswith("/api") else {}
                assert_no_5xx(client.get(path, headers=headers), path)


def test_no_odd_parameter_of_an_address_is_a_5xx(full: Pages) -> None:
    client, parts, by_api = full.signed_in().client, known_parts(full), in_queries(full)
    asked = 0
    for rule in rules_of(full, "GET"):
        path = address(rule, parts)
        headers = {"Authorization": f"Bearer {SITE_KEY}"} if path.startswith("/api") else {}
        names = sorted(parameters_of(full, rule))
        for value in PERCENT if full.services.database.is_sqlite else PERCENT[:4]:
            # Together, and where one is refused before others are looked at, in halves.
            several = [names, names[::2], names[1::2]] if value in PERCENT[:3] else [names]
            if path.startswith("/api") and value in PERCENT[:4]:
                several += [[name] for name in by_api]  # one that is refused would keep the others from being read
            for chosen in several:
                query = "&".join(f"{name}={value}" for name in chosen)
                assert_no_5xx(client.get(f"{path}?{query}", headers=headers), f"{path}?{query}")
                asked += len(chosen)
    assert asked > 100, "the parameters' names are no longer found"


def in_queries(pages: Pages) -> list[str]:
    """The names of what the API looks for in an address."""
    document = pages.app.test_client().get("/openapi.json").json or {}
    calls = [call for calls in document["paths"].values() for call in calls.values()]
    found = {parameter["name"] for call in calls for parameter in call["parameters"] if parameter["in"] == "query"}
    assert found
    return sorted(found)


def forms_of(visitor: Visitor, path: str) -> list[html.HtmlElement]:
    answer = visitor.client.get(path, follow_redirects=True)
    text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
    return list(html.fromstring(text).forms) if text.strip() else []


def test_no_odd_field_of_a_form_is_a_5xx(full: Pages) -> None:
    visitor, parts = full.signed_in(), known_parts(full)
    tried: set[tuple[str, str]] = set()
    for rule in rules_of(full, "GET"):
        for form in forms_of(visitor, address(rule, parts)):
            action = form.action or address(rule, parts)
            if form.method != "POST" or action.startswith(LEFT_ALONE) or "disable" in action:
                continue
            fields = fields_of(form)
            for name in fields:
                if name == "csrf_token" or (action, name) in tried:
                    continue
                tried.add((action, name))
                # Each field gets a few in turn; PostgreSQL what it refuses and SQLite takes.
                for value in SENT[len(tried) % 5 :: 5] if full.services.database.is_sqlite else SENT[:2]:
                    data = {field: (value if field == name else given) for field, given in fields.items()}
                    assert_no_5xx(visitor.client.post(action, data=encoded(data), headers=FORM), (action, name, value))
    assert len(tried) > 40, "the forms are no longer found"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def encoded(fields: dict[str, str | list[str]]) -> bytes:
    """A form's body; what is no text goes out as the bytes that it would be."""
    pairs = [(name, text) for name, given in fields.items() for text in ([given] if isinstance(given, str) else given)]
    return "&".join(f"{quote(name)}={quote(text.encode('utf-8', 'surrogatepass'))}" for name, text in pairs).encode()


COMMENT: dict[str, object] = {
    "author": {"name": "Ada", "id": "a", "address": "203.0.113.7"},
    "body": "A comment about the lanes that is certainly long enough to be taken in, as far as anybody can tell.",
    "parent_id": None,
    "external_id": "1",
    "created_at": "2026-01-13T09:30:00Z",
}
ARTICLE: dict[str, object] = {
    "title": "T",
    "text": "One.\n\nTwo.",
    "url": "https://a.example",
    "section": "city",
    "mode": "pre",
}
DECISION: dict[str, object] = {"outcome": "approve", "reason": None, "note": "n", "revision": 1}
ANALYZE: dict[str, object] = {
    "comment": {"text": "hello"},
    "requestedAttributes": {"TOXICITY": {"scoreThreshold": 0.5}},
    "languages": ["en"],
}
SUGGEST: dict[str, object] = {
    "comment": {"text": "hello"},
    "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
    "clientToken": "x",
}


def calls(parts: dict[str, str]) -> list[tuple[str, str, dict[str, object]]]:
    return [
        ("POST", "/api/v1/articles/lanes/comments", COMMENT),
        ("PUT", "/api/v1/articles/lanes", ARTICLE),
        ("POST", f"/api/v1/comments/{parts['comment_id']}/decisions", DECISION),
        ("POST", f"/v1alpha1/comments:analyze?key={SITE_KEY}", ANALYZE),
        ("POST", f"/v1alpha1/comments:suggestscore?key={SITE_KEY}", SUGGEST),
    ]


def with_one_replaced(content: dict[str, object], value: str) -> Iterator[str]:
    """The JSON text of an object once for each of its fields, nested ones too, with that field's value replaced."""
    marker = "a place for a value"
    for name, given in content.items():
        yield json.dumps(content | {name: marker}).replace(f'"{marker}"', value)
        if isinstance(given, dict):
            for inner in with_one_replaced(given, value):
                yield json.dumps(content | {name: marker}).replace(f'"{marker}"', inner)
    yield json.dumps(content | {"unknown": marker}).replace(f'"{marker}"', value)


def test_no_odd_value_in_a_json_body_is_a_5xx(full: Pages) -> None:
    client = full.app.test_client()
    headers = {"Authorization": f"Bearer {SITE_KEY}", "Content-Type": "application/json"}
    for method, path, content in calls(known_parts(full)):
        for value in IN_JSON:
            for body in with_one_replaced(content, value):
                answer = client.open(path, method=method, data=body.encode(), headers=headers)
                assert_no_5xx(answer, (path, body[:200]))
        for odd in NOT_JSON:
            assert_no_5xx(client.open(path, method=method, data=odd, headers=headers), (path, odd[:40]))


def test_no_answer_is_larger_than_what_was_asked_and_a_page(full: Pages) -> None:
    client = full.app.test_client()
    headers = {"Authorization": f"Bearer {SITE_KEY}", "Content-Type": "application/json"}
    many = {f"field {number}": 1 for number in range(20_000)}
    long = {"y" * 300_000: 1}
    for method, path, content in calls(known_parts(full)):
        for more in (many, long):
            inner = {name: given | more for name, given in content.items() if isinstance(given, dict)}
            for odd in (content | more, content | inner, more):
                answer = client.open(path, method=method, data=json.dumps(odd), headers=headers)
                assert answer.status_code < 500
                assert len(answer.data) < 20_000, (path, answer.text[:300])
    for path in ("/api/v1/" + "z" * 20_000, "/" + "z" * 20_000, "/review?find=" + "z" * 20_000):
        assert len(client.get(path).data) < 60_000


def test_an_answer_can_not_be_made_to_hold_more_attributes_than_there_are(pages: Pages) -> None:
    asked: dict[str, dict[str, object]] = {f"TOXICITY@{number}": {} for number in range(20_000)}
    for more in ({}, {"dropUnsupportedAttributes": True}):
        answer = pages.app.test_client().post(
            f"/v1alpha1/comments:analyze?key={SITE_KEY}",
            json={"comment": {"text": "hello"}, "requestedAttributes": asked} | more,
        )
        assert answer.status_code == 400
        assert len(answer.data) < 2000


def test_many_problems_are_told_up_to_twenty_and_how_many_more(full: Pages) -> None:
    client = full.app.test_client()
    body = COMMENT | {f"odd-{number}": 1 for number in range(50)}
    headers = {"Authorization": f"Bearer {SITE_KEY}"}
    answer = client.post("/api/v1/articles/lanes/comments", json=body, headers=headers)
    assert answer.status_code == 422
    problem = answer.json or {}
    assert len(problem["errors"]) == 20
    assert "30 more" in problem["detail"]


APART = ["http://[", "//[", "https://[::1", "http://[x]y", "http://a]b[c"]
"""What looks like an address, and can't be taken apart."""


def test_an_address_that_can_not_be_taken_apart_is_no_fault(full: Pages) -> None:
    client, parts = full.signed_in().client, known_parts(full)
    token = str(html.fromstring(client.get("/account").text).xpath("//input[@name='csrf_token']/@value")[0])
    comment = f"/comments/{parts['comment_id']}"
    for odd in APART:
        full.article(url=odd)  # as its site has sent it
        query = quote(odd)
        for path in (f"/oembed?url={query}", f"/login?next={query}", f"/review?back={query}"):
            assert_no_5xx(client.get(path), path)
        fields = {"csrf_token": token, "back": odd, "next": odd, "url": odd, "where": odd, "explanation": "It lies."}
        for where in (odd, f"https://elsewhere.example{comment}"):
            for path in ("/notice", f"{comment}/report", "/articles/lanes/comments", "/embed/lanes", "/login"):
                answer = client.post(path, data=fields | {"where": where}, headers={"Origin": odd, "Referer": odd})
                assert_no_5xx(answer, (path, odd))
            notice = {"url": where, "explanation": "It lies.", "name": "A", "email": "a@b.example", "good_faith": True}
            assert client.post("/api/v1/notices", json=notice).status_code == 422
        assert_no_5xx(client.post(f"/review{comment}/approve", data=fields), odd)
        assert_no_5xx(client.post("/review/views", data=fields | {"name": "x"}), odd)


@pytest.mark.parametrize("odd", ["//[", "http://[::1", "https://exa℀mple/review", "//", "\\\\[", "/review\ud800"])
def test_nothing_that_is_to_lead_somewhere_is_a_5xx(full: Pages, odd: str) -> None:
    """Where a sign-in leads to, and what a browser says of where it comes from."""
    client, query = full.app.test_client(), quote(odd.encode("utf-8", "surrogatepass"))
    for path in ("/login", "/login/provider"):
        assert_no_5xx(client.get(f"{path}?next={query}"), (path, odd))
    data = {"name": "admin", "password": "x", "next": odd.encode("utf-8", "replace").decode()}
    assert full.visitor().open("/login").send("/login", **data).status == 422
    headers = {"Origin": odd.encode("latin-1", "replace").decode("latin-1")}
    for path in ("/articles/lanes", f"/comments/{known_parts(full)['comment_id']}/report"):
        assert_no_5xx(client.post(path, data={}, headers=headers), (path, odd))


HOSTS = ["[", "a b", "ä", ":80", "a:99999", "a" * 300, "a/b", "a:b", "[::1", "user@host", "a\0b", "..", "a,b", "a?b"]


PATHS = ["/", "/review", "/login", "/api/v1/comments/x", "/nothing", "/static/", "/$discovery/rest"]


def test_a_host_that_is_none_is_400_with_every_header(pages: Pages) -> None:
    client = pages.app.test_client()
    for host in HOSTS:
        for path in PATHS:
            answer = client.get(path, environ_overrides={"HTTP_HOST": host.encode().decode("latin-1")})
            assert answer.status_code == 400, (host, path)
            assert "Host" in (answer.json or {})["detail"]
            for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"):
                assert name in answer.headers


def test_a_host_that_is_one_is_served(pages: Pages) -> None:
    for host in ["paper.example", "paper.example:8000", "127.0.0.1", "[::1]:80", "a_b", "xn--4ca.example.", ""]:
        assert pages.app.test_client().get("/login", environ_overrides={"HTTP_HOST": host}).status_code == 200, host
