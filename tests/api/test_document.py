"""The API's document: it is valid, its examples can be sent, and no answer differs from what it tells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from sqlalchemy import update
from werkzeug.test import TestResponse

from moderation.accounts.accounts import add_account, add_token
from moderation.accounts.sites import add_secret_key
from moderation.storage.accounts import Granted, Role
from moderation.storage.authors import Author
from moderation.storage.sites import Right
from tests.api.described import Document
from tests.coral.asking import connected
from tests.doubles import NOON
from tests.newsroom import ORIGIN, Newsroom

COMMENTS = "/api/v1/articles/trams/comments"
REASONS = '[[reasons]]\nid = "personal-attack"\nlabel = "Personal attack"\nreader = "It attacks a person."\n'
NOTHING = "/api/v1/comments/01kexvyr0086cfbnc304mxd3rb"


def test_it_is_valid_openapi(front_door: Newsroom) -> None:
    OpenAPIV31SpecValidator(Document(front_door).content).validate()


def test_its_examples_can_be_sent(front_door: Newsroom) -> None:
    schemas = Document(front_door).content["components"]["schemas"]
    (article,) = schemas["NewArticle"]["examples"]
    (comment,) = schemas["NewComment"]["examples"]
    (decision,) = schemas["NewDecision"]["examples"]
    (announcement,) = schemas["NewAnnouncement"]["examples"]
    (report,) = schemas["NewReport"]["examples"]
    (notice,) = schemas["NewNotice"]["examples"]
    front_door.configure(REASONS)
    assert front_door.server("PUT", "/api/v1/articles/example", json=article).status_code == 201
    said = front_door.server("POST", "/api/v1/articles/example/announcement", json=announcement)
    assert said.status_code == 200
    sent = front_door.server("POST", "/api/v1/articles/example/comments", json=comment)
    assert sent.status_code == 202
    path = f"/api/v1/comments/{(sent.json or {})['id']}/decisions"
    assert front_door.server("POST", path, json=decision).status_code == 200
    other = str(front_door.accepted()["id"])
    front_door.decide(other)
    assert front_door.server("POST", f"/api/v1/comments/{other}/reports", json=report).status_code == 202
    url = notice["url"].replace("https://comments.example", "http://localhost").rpartition("/")[0] + f"/{other}"
    assert front_door.client.post("/api/v1/notices", json=notice | {"url": url}).status_code == 201


def test_what_is_sent_is_described_whole(front_door: Newsroom) -> None:
    """Whatever a field of a body is refused for by its name, the names that are known are those of the document."""
    document = Document(front_door)
    for path, method, schema in (
        ("/api/v1/articles/trams", "PUT", "NewArticle"),
        (COMMENTS, "POST", "NewComment"),
        (f"{NOTHING}/decisions", "POST", "NewDecision"),
        (ANNOUNCEMENT, "POST", "NewAnnouncement"),
        (f"{NOTHING}/reports", "POST", "NewReport"),
        ("/api/v1/notices", "POST", "NewNotice"),
    ):
        answer = front_door.server(method, path, json={"colour": "red"})
        assert answer.status_code == 422
        known = ", ".join(sorted(document.content["components"]["schemas"][schema]["properties"]))
        assert {"field": "colour", "message": f"is not known here; known are {known}."} in (answer.json or {})["errors"]


# --- every answer -----------------------------------------------------------------------------------------------------


def key_without(newsroom: Newsroom, right: Right) -> str:
    return add_secret_key(newsroom.services, "test", newsroom.site, [other for other in Right if other is not right])


def a_token(newsroom: Newsroom) -> str:
    name, role = f"Mo of {newsroom.site}", Granted(role=Role.MODERATOR)
    add_account(newsroom.services, "test", name, "a good long password", {newsroom.site: role})
    return add_token(newsroom.services, "test", name, Right.MODERATE)


def bodies_that_are_none(newsroom: Newsroom, method: str, path: str) -> Iterator[TestResponse]:
    yield newsroom.server(method, path, data=b"{", content_type="application/json")
    yield newsroom.server(method, path, data=b"{}", content_type="text/plain")
    large = b'{"body": "' + b"x" * 1_048_576 + b'"}'
    yield newsroom.server(method, path, data=large, content_type="application/json")
    yield newsroom.server(method, path, json={"author": {"nick": 1}, "key_points": [1], "revision": "1"})
    yield newsroom.client.open(path, method=method, json={})


def articles(newsroom: Newsroom) -> Iterator[TestResponse]:
    path = "/api/v1/articles/new"
    yield newsroom.put_article("new")
    yield newsroom.put_article("new", section="city", mode="pre", published_at="2026-03-02T11:00:00.25Z")
    yield newsroom.server("PUT", path, key_without(newsroom, Right.ARTICLES), json={})
    yield from bodies_that_are_none(newsroom, "PUT", path)


def arrivals(newsroom: Newsroom) -> Iterator[TestResponse]:
    yield newsroom.comment("insult=0.9")
    yield newsroom.send()
    yield newsroom.comment(article="nothing")
    yield newsroom.comment(body="Short.")
    yield newsroom.browser("POST", COMMENTS, origin=f"{ORIGIN}.evil", json={})
    content = {"author": {"name": "unreadable"}, "body": newsroom.text("spam=0.2")}
    yield newsroom.server("POST", COMMENTS, json=content)
    yield newsroom.server("POST", COMMENTS, json=content)
    yield from bodies_that_are_none(newsroom, "POST", COMMENTS)
    newsroom.scorer.fails = 1
    yield newsroom.comment()
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.5\n[policy.reject]\nthreat_at_least = 0.9\n")
    yield newsroom.comment()
    yield newsroom.comment("threat=0.95")
    newsroom.put_article("over", mode="closed")
    yield newsroom.comment(article="over")
    ada = {"name": "Ada", "id": "ada"}
    newsroom.accepted(author=ada)
    newsroom.services.database.writing(
        lambda session: session.execute(
            update(Author).where(Author.site_id == newsroom.site).values(banned_until=NOON.replace(year=2027))
        )
    )
    yield newsroom.comment(author=ada)
    newsroom.configure('[rate_limits]\nper_reader = ["1 per minute"]\n', limits=True)
    eve = {"name": "Eve", "id": "eve"}
    newsroom.accepted(author=eve)
    yield newsroom.comment(author=eve)


def lists(newsroom: Newsroom) -> Iterator[TestResponse]:
    newsroom.configure("[comments.replies]\nminimum_length = 2\n")
    above: dict[str, Any] = {}
    for _ in range(8):  # the last ones stand under another comment than the one that they answer
        above = newsroom.accepted(**({"parent_id": above["id"]} if above else {}))
        newsroom.decide(above["id"])
    gone = newsroom.accepted()
    newsroom.decide(gone["id"])
    newsroom.decide(newsroom.accepted(parent_id=gone["id"])["id"])
    newsroom.decide(gone["id"], "reject")
    answer = newsroom.published()
    assert {"in_reply_to", "removed"} <= {name for comment in (answer.json or {})["comments"] for name in comment}
    yield answer
    query = {"site": newsroom.publishable}
    yield newsroom.client.get(COMMENTS, query_string=query, headers={"If-None-Match": answer.headers["ETag"]})
    yield newsroom.server("GET", COMMENTS)
    yield newsroom.server("GET", COMMENTS, key_without(newsroom, Right.READ))
    yield newsroom.client.get(COMMENTS)
    yield newsroom.published(cursor="edited")
    yield newsroom.published("nothing")
    yield newsroom.published("a%00b")


def queues(newsroom: Newsroom) -> Iterator[TestResponse]:
    path = "/api/v1/comments"
    newsroom.accepted("insult=0.9 relevance=0.01 language=de unreadable")
    newsroom.scorer.fails = 1
    newsroom.accepted()
    yield newsroom.server("GET", path)
    yield newsroom.server("GET", path, key_without(newsroom, Right.MODERATE))
    yield newsroom.client.get(path)
    yield newsroom.server("GET", f"{path}?cursor=edited")
    yield newsroom.server("GET", f"{path}?article=nothing")
    yield newsroom.server("GET", f"{path}?order=loudest&language={'x' * 201}&order=again")


def one_comment(newsroom: Newsroom) -> Iterator[TestResponse]:
    newsroom.configure(REASONS)
    text = "I live at 10 Downing Street, London SW1A 2AA, and my number is 020 7946 0018."
    one = newsroom.accepted(text, external_id="cms-1", parent_id=newsroom_parent(newsroom))
    path = f"/api/v1/comments/{one['id']}"
    yield newsroom.server("GET", path)
    yield newsroom.server("GET", path, a_token(newsroom))
    yield newsroom.client.get(path, query_string={"receipt": one["receipt"]})
    yield newsroom.client.get(path)
    yield newsroom.server("GET", NOTHING)
    yield newsroom.server("GET", path, key_without(newsroom, Right.READ))
    yield newsroom.server("GET", f"{path}/audit")
    yield newsroom.server("GET", f"{path}/audit", key_without(newsroom, Right.READ))
    yield newsroom.server("GET", f"{NOTHING}/audit")
    yield newsroom.client.get(f"{path}/audit")
    yield from bodies_that_are_none(newsroom, "POST", f"{path}/decisions")
    yield newsroom.decide(one["id"], "reject", reason="personal-attack", note="n", sentence="Not here.", revision=1)
    yield newsroom.decide(one["id"], revision=1)
    yield newsroom.decide(NOTHING.rpartition("/")[2])
    yield newsroom.decide(one["id"], key=key_without(newsroom, Right.MODERATE))
    yield newsroom.server("GET", path)
    yield newsroom.server("GET", f"{path}/audit")
    yield newsroom.client.post(f"{path}/withdraw", query_string={"receipt": one["receipt"]})
    yield newsroom.client.post(f"{path}/withdraw", query_string={"receipt": "0"})
    yield newsroom.client.post(f"{path}/withdraw")
    other = newsroom.accepted()
    path = f"/api/v1/comments/{other['id']}/withdraw"
    yield newsroom.client.post(path, query_string={"receipt": other["receipt"]})
    newsroom.configure('[rate_limits]\nper_address = ["1 per minute"]\n', limits=True)
    newsroom.client.post(path)
    yield newsroom.client.post(path)


def readers(newsroom: Newsroom) -> Iterator[TestResponse]:
    newsroom.configure(REASONS)
    one, call = newsroom.accepted(), newsroom.client.open
    for step, method, field in (("", "PATCH", "body"), ("/appeal", "POST", "text")):
        bare = f"/api/v1/comments/{one['id']}{step}"
        path = f"{bare}?receipt={one['receipt']}"
        yield from bodies_that_are_none(newsroom, method, path)
        yield call(path, method=method, json={field: newsroom.text()})
        yield call(bare, method=method, json={field: newsroom.text()})
        yield call(f"{bare}?receipt=0", method=method, json={field: newsroom.text()})
        if not step:
            newsroom.put_article(mode="closed")
            yield call(path, method=method, json={field: newsroom.text()})
            newsroom.put_article(mode="pre")
        newsroom.decide(one["id"], "reject", reason="personal-attack")
        yield call(path, method=method, json={field: newsroom.text()})
        yield call(path, method=method, json={field: newsroom.text()})
        yield call(f"/api/v1/comments/{one['id']}?receipt={one['receipt']}")
    other = newsroom.accepted()
    newsroom.configure('[rate_limits]\nper_address = ["1 per minute"]\n', limits=True)
    for step, method, field in (("", "PATCH", "body"), ("/appeal", "POST", "text")):
        for _ in range(2):
            path = f"/api/v1/comments/{other['id']}{step}?receipt={other['receipt']}"
            yield call(path, method=method, json={field: newsroom.text()})


def newsroom_parent(newsroom: Newsroom) -> str:
    parent = newsroom.accepted()["id"]
    newsroom.decide(parent)
    return str(parent)


def sections(newsroom: Newsroom) -> Iterator[TestResponse]:
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.5\n[comments]\nclose_after_days = 30\n")
    newsroom.server("POST", ANNOUNCEMENT, json={"kind": "question", "text": "Why?", "until": "2026-03-09T12:00:00Z"})
    author = {"name": "Ada", "id": "ada", "staff": True, "badges": ["Gardener"]}
    opening = newsroom.accepted(author=author)["id"]
    above = opening
    for _ in range(5):
        above = newsroom.accepted(parent_id=above)["id"]
    key = {"site": newsroom.publishable}
    without = key_without(newsroom, Right.READ)
    for path, asked, wrong in (
        ("/api/v1/section", {"article": "trams"}, {"sort": "loudest"}),
        ("/api/v1/section/replies", {"comment": opening}, {"comment": "x" * 65}),
        ("/api/v1/section/news", {"article": "trams", "since": "0"}, {"article": "tr\u202eams"}),
        ("/api/v1/counts", {"article": "trams"}, {"article": ["x"] * 101}),
    ):
        answer = newsroom.client.get(path, query_string=key | asked)
        yield answer
        yield newsroom.client.get(path, query_string=key | asked, headers={"If-None-Match": answer.headers["ETag"]})
        yield newsroom.client.get(path, query_string=key | asked | wrong)
        yield newsroom.client.get(path, query_string=asked)
        yield newsroom.server("GET", path, query_string=asked)
        yield newsroom.server("GET", path, without, query_string=asked)
    yield newsroom.client.get("/api/v1/section", query_string=key | {"url": f"{ORIGIN}/nowhere"})
    yield newsroom.client.get("/api/v1/section", query_string=key | {"article": "trams", "cursor": "edited"})
    yield newsroom.client.get("/api/v1/section/replies", query_string=key | {"comment": opening, "cursor": "edited"})
    yield newsroom.client.get("/api/v1/section/replies", query_string=key | {"comment": above})
    yield newsroom.client.get("/api/v1/section/news", query_string=key | {"article": "trams", "since": "x"})
    yield newsroom.client.get("/api/v1/section/news", query_string=key | {"article": "nothing", "since": "0"})
    newsroom.put_article(mode="hidden")
    yield newsroom.client.get("/api/v1/section", query_string=key | {"article": "trams"})


ANNOUNCEMENT = "/api/v1/articles/trams/announcement"


def announcements(newsroom: Newsroom) -> Iterator[TestResponse]:
    said = {"kind": "announcement", "text": "The council has voted."}
    yield newsroom.server("POST", ANNOUNCEMENT, json=said)
    yield newsroom.server("POST", ANNOUNCEMENT, json={"kind": "shout"})
    for method in ("POST", "DELETE"):
        yield newsroom.server(method, ANNOUNCEMENT, key_without(newsroom, Right.MODERATE), json=said)
        yield newsroom.server(method, "/api/v1/articles/nothing/announcement", json=said)
        yield newsroom.server(method, "/api/v1/articles/a%00b/announcement", json=said)
    yield newsroom.client.delete(ANNOUNCEMENT)
    yield newsroom.server("DELETE", ANNOUNCEMENT)
    yield from bodies_that_are_none(newsroom, "POST", ANNOUNCEMENT)


def reports(newsroom: Newsroom) -> Iterator[TestResponse]:
    comment = newsroom.accepted()["id"]
    path = f"/api/v1/comments/{comment}/reports"
    yield newsroom.server("POST", path, json={"reason": "threat"})
    newsroom.decide(comment)
    yield newsroom.server("POST", path, json={"reason": "threat", "reporter": {"id": "reader-1"}})
    yield newsroom.browser("POST", path, origin="https://other.example", json={"reason": "threat"})
    yield newsroom.client.post(path, json={"reason": "threat"})
    yield newsroom.server("POST", path, json={"reason": ""})
    yield from bodies_that_are_none(newsroom, "POST", path)
    notice = {"comment_id": comment, "explanation": "A lie.", "name": "Ada", "email": "a@b.example", "good_faith": True}
    given = newsroom.client.post("/api/v1/notices", json=notice)
    yield given
    yield newsroom.client.post("/api/v1/notices", json=notice | {"comment_id": "nothing"})
    yield newsroom.client.post("/api/v1/notices", json=notice | {"name": ""})
    yield from bodies_that_are_none(newsroom, "POST", "/api/v1/notices")
    told = dict(given.json or {})
    yield newsroom.client.get(f"/api/v1/notices/{told['id']}?receipt={told['receipt']}")
    yield newsroom.client.get(f"/api/v1/notices/{told['id']}?receipt=wrong")
    yield newsroom.client.get(f"/api/v1/notices/{told['id']}")
    newsroom.configure('[rate_limits]\nreports = ["1 per hour"]\nnotices = ["1 per hour"]\n', limits=True)
    for _ in range(2):
        yield newsroom.browser("POST", path, json={"reason": "threat"})
        yield newsroom.client.post("/api/v1/notices", json=notice)


def coral_s_questions(newsroom: Newsroom) -> Iterator[TestResponse]:
    coral = connected(newsroom)
    newsroom.configure("[policy.reject]\nthreat_at_least = 0.8\n[policy.approve]\ntoxicity_at_most = 0.2\n")
    for scores in ("", "threat=0.9", "toxicity=0.7"):
        yield coral.send(json.dumps(coral.question(f"<div>Calm. {scores}</div>")).encode())
    yield coral.send(b"{")
    yield coral.send(b"{}", "sha256=0")


GROUPS: list[Callable[[Newsroom], Iterator[TestResponse]]] = [
    articles,
    arrivals,
    lists,
    queues,
    one_comment,
    readers,
    sections,
    announcements,
    reports,
    coral_s_questions,
]


def test_every_answer_is_as_it_is_described_and_whatever_is_described_is_answered(newsroom: Newsroom) -> None:
    document = Document(newsroom)
    for answers in GROUPS:
        fresh = newsroom.hall.new_site()
        fresh.put_article()
        for answer in answers(fresh):
            document.check(answer)
    assert document.seen == document.told


@pytest.mark.parametrize(
    ("change", "status"),
    [({"body": 5}, 202), ({"moood": "good"}, 202), ({"id": "one", "status": "odd"}, 202), ({}, 418)],
)
def test_an_answer_that_is_not_described_would_be_found(
    front_door: Newsroom, change: dict[str, Any], status: int
) -> None:
    answer = front_door.comment()
    document = Document(front_door)
    document.check(answer)
    answer.set_data(front_door.hall.app.json.dumps((answer.json or {}) | change))
    answer.status_code = status
    with pytest.raises(AssertionError):
        document.check(answer)
