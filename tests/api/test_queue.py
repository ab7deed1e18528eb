"""The queue by API: what waits, page by page, for whoever may decide about it, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.accounts.accounts import add_account, add_token
from moderation.storage.accounts import Granted, Role
from moderation.storage.sites import Right
from tests.newsroom import ORIGIN, Newsroom, detail

QUEUE = "/api/v1/comments"
PASSWORD = "a good long password"


def queue(newsroom: Newsroom, key: str | None = None, **query: Any) -> dict[str, Any]:
    answer = newsroom.server("GET", QUEUE, key, query_string=query)
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    return dict(answer.json or {})


def ids(newsroom: Newsroom, key: str | None = None, **query: Any) -> list[str]:
    return [comment["id"] for comment in queue(newsroom, key, **query)["comments"]]


def token(newsroom: Newsroom, right: Right = Right.MODERATE, **more: Any) -> str:
    name = f"Mo of {newsroom.site}"
    add_account(newsroom.services, "test", name, PASSWORD, {newsroom.site: Granted(role=Role.MODERATOR, **more)})
    return add_token(newsroom.services, "test", name, right)


def test_a_waiting_comment_is_told_whole(newsroom: Newsroom) -> None:
    sent = newsroom.accepted("threat=0.85 relevance=0.10")
    (comment,) = queue(newsroom)["comments"]
    assert set(comment) == {
        *("id", "article_id", "author", "body", "status", "created_at", "revision"),
        *("scores", "reasons", "flags", "severity", "marks", "language"),
    }
    assert (comment["id"], comment["article_id"], comment["author"]) == (sent["id"], "trams", {"name": "Ada"})
    assert (comment["status"], comment["revision"], comment["flags"]) == ("pending", 1, 2)
    assert comment["scores"] == sent["scores"]
    assert comment["reasons"] == ["threat 0.85, at or over 0.20", "relevance 0.10, at or under 0.20"]
    assert comment["language"] == {"code": "en", "supported": True}
    assert 900 < comment["severity"] < 1000


def test_the_order_is_chosen(newsroom: Newsroom) -> None:
    comments = []
    for words in ("", "insult=0.2 threat=0.9", "relevance=0.1"):
        newsroom.clock.move(minutes=1)
        comments.append(newsroom.accepted(words)["id"])
    calm, threat, beside = comments
    assert ids(newsroom) == ids(newsroom, order="severity", status="pending") == [threat, beside, calm]
    assert ids(newsroom, order="oldest") == comments
    assert ids(newsroom, order="newest") == comments[::-1]


@pytest.mark.parametrize("order", ["severity", "oldest", "newest"])
def test_pages_of_fifty_follow_each_other_without_gap_or_double(newsroom: Newsroom, order: str) -> None:
    sent = [newsroom.accepted(f"threat=0.{number % 7}5")["id"] for number in range(53)]
    first = queue(newsroom, order=order)
    assert len(first["comments"]) == 50
    # What was the page's last comment is decided meanwhile: the next page goes on behind where it stood.
    assert newsroom.decide(first["comments"][-1]["id"]).status_code == 200
    second = queue(newsroom, order=order, cursor=first["next"])
    assert second["next"] is None
    assert sorted(c["id"] for page in (first, second) for c in page["comments"]) == sorted(sent)


def test_it_is_narrowed_by_article_section_and_language(newsroom: Newsroom) -> None:
    newsroom.put_article("https://news.example/match", section="sport")
    here = newsroom.accepted()["id"]
    sport = newsroom.accepted(article="https://news.example/match")["id"]
    french = newsroom.accepted("language=fr unreadable", article="https://news.example/match")["id"]
    assert ids(newsroom, article="trams") == [here]
    assert set(ids(newsroom, article="https://news.example/match")) == {sport, french}
    assert set(ids(newsroom, section="sport")) == {sport, french}
    assert ids(newsroom, language="fr") == ids(newsroom, language="fr", section="sport") == [french]
    assert ids(newsroom, section="nowhere") == []
    assert set(ids(newsroom, article=["trams", "https://news.example/match"])) == {here, sport, french}
    assert newsroom.server("GET", QUEUE, query_string={"article": "none"}).status_code == 404


def test_a_token_reaches_its_site_and_sections_alone(newsroom: Newsroom) -> None:
    other = newsroom.hall.new_site()
    other.put_article()
    other.accepted("threat=0.9")
    newsroom.put_article("match", section="sport")
    newsroom.accepted()
    sport = newsroom.accepted(article="match")["id"]
    limited = token(newsroom, sections=frozenset({"sport"}))
    assert ids(newsroom, limited) == ids(newsroom, limited, article="match") == [sport]
    assert newsroom.server("GET", QUEUE, limited, query_string={"article": "trams"}).status_code == 404
    assert len(ids(newsroom)) == 2


def test_it_needs_the_right_to_moderate(newsroom: Newsroom) -> None:
    reads = newsroom.server("GET", QUEUE, token(newsroom, Right.READ))
    assert reads.status_code == 403
    assert "'moderate'" in detail(reads)
    assert newsroom.client.get(QUEUE).status_code == 401
    assert newsroom.browser("GET", QUEUE, origin=ORIGIN).status_code == 401
    assert newsroom.server("GET", QUEUE, newsroom.publishable).status_code == 401


@pytest.mark.parametrize(
    ("query", "status", "names"),
    [
        ({"order": "flagged"}, 422, "order"),
        ({"status": "approved"}, 422, "status"),
        ({"sort": "oldest"}, 422, "sort"),
        ({"language": "x" * 201}, 422, "language"),
        ({"order": ["oldest", "newest"]}, 422, "order"),
        ({"article": [str(number) for number in range(21)]}, 422, "article"),
        ({"cursor": "changed"}, 400, "cursor"),
    ],
)
def test_what_makes_no_sense_is_named(newsroom: Newsroom, query: dict[str, Any], status: int, names: str) -> None:
    answer = newsroom.server("GET", QUEUE, query_string=query)
    assert answer.status_code == status
    assert names in detail(answer)


def test_several_things_that_make_no_sense_are_named_at_once_and_an_empty_one_is_none(newsroom: Newsroom) -> None:
    query = {"order": ["oldest", "newest"], "status": "approved", "sort": "x", "article": ["a"] * 21}
    answer = newsroom.server("GET", QUEUE, query_string=query)
    assert {error["field"]: error["message"] for error in (answer.json or {})["errors"]} == {
        "order": "is given 2 times; it can be given once.",
        "status": "is 'approved'; it must be 'pending'.",
        "sort": "is not known here; known are article, cursor, language, order, section, status.",
        "article": "has 21 entries; at most 20 are possible.",
    }
    assert newsroom.server("GET", f"{QUEUE}?status=&order=&article=&section=&language=&cursor=").status_code == 200


def test_a_cursor_belongs_to_its_own_list(newsroom: Newsroom) -> None:
    for _ in range(51):
        newsroom.accepted()
    cursor = queue(newsroom)["next"]
    for changed in ({"order": "oldest"}, {"article": "trams"}):
        assert newsroom.server("GET", QUEUE, query_string={"cursor": cursor} | changed).status_code == 400
    assert newsroom.server("GET", QUEUE, token(newsroom), query_string={"cursor": cursor}).status_code == 400
    assert newsroom.server("GET", QUEUE, query_string={"cursor": cursor[:-2]}).status_code == 400


def test_it_is_described(newsroom: Newsroom) -> None:
    described = (newsroom.client.get("/openapi.json").json or {})["paths"][QUEUE]["get"]
    assert {parameter["name"] for parameter in described["parameters"]} == {
        *("status", "order", "article", "section", "language", "cursor")
    }
