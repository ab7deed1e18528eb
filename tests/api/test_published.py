"""The published comments of an article: order, pages, caching, and who may read them how."""

from __future__ import annotations

import pytest

from moderation.web.api.articles import PAGE
from tests.newsroom import Newsroom, detail

COMMENTS = "/api/v1/articles/trams/comments"


def publish(newsroom: Newsroom, count: int) -> list[str]:
    newsroom.configure("[policy.approve]\ntoxicity_at_most = 0.5\n")
    return [newsroom.accepted()["id"] for _ in range(count)]


def test_only_published_comments_are_shown_oldest_first(newsroom: Newsroom) -> None:
    waiting, first, second = (newsroom.accepted()["id"] for _ in range(3))
    newsroom.clock.move(minutes=1)
    early = newsroom.accepted(created_at="2026-03-01T00:00:00Z")["id"]
    for comment in (second, first, early):
        newsroom.decide(comment)
    shown = (newsroom.published().json or {})["comments"]
    assert [comment["id"] for comment in shown] == [early, *sorted((first, second))]
    assert waiting not in [comment["id"] for comment in shown]
    assert set(shown[0]) == {"id", "author", "body", "parent_id", "created_at"}
    assert shown[0]["author"] == {"name": "Ada", "initial": "A"}


def test_pages_follow_one_another_without_gap_or_repetition(newsroom: Newsroom) -> None:
    published = publish(newsroom, PAGE + 2)  # all at the same moment
    first = newsroom.published().json or {}
    assert len(first["comments"]) == PAGE
    second = newsroom.published(cursor=first["next"]).json or {}
    assert second["next"] is None
    seen = [comment["id"] for comment in first["comments"] + second["comments"]]
    assert sorted(seen) == sorted(published)
    assert len(set(seen)) == len(seen)
    # Edited, cut or brought from another article, it opens nothing.
    newsroom.put_article("buses")
    cursor = first["next"]
    edited = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for wrong in (edited, cursor[:-1], cursor + "A", "x", "x\x00", "é", "{}", "x" * 10_000):
        answer = newsroom.published(cursor=wrong)
        assert answer.status_code == 400
        assert "cursor" in detail(answer)
    assert newsroom.published("buses", cursor=cursor).status_code == 400


def test_anyone_may_read_them_and_caches_may_keep_them_shortly(newsroom: Newsroom) -> None:
    answer = newsroom.client.get(
        COMMENTS, query_string={"site": newsroom.publishable}, headers={"Origin": "https://any.example"}
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "s-maxage=" in answer.headers["Cache-Control"]
    assert "public" in answer.headers["Cache-Control"]
    assert "X-Site-Key" in answer.headers["Vary"]
    assert "Set-Cookie" not in answer.headers


def test_what_has_not_changed_is_304(newsroom: Newsroom) -> None:
    tag = newsroom.published().headers["ETag"]
    query = {"site": newsroom.publishable}
    again = newsroom.client.get(COMMENTS, query_string=query, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Access-Control-Allow-Origin"] == "*"
    publish(newsroom, 1)
    changed = newsroom.client.get(COMMENTS, query_string=query, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_answers_to_a_secret_key_are_kept_by_nobody(newsroom: Newsroom) -> None:
    answer = newsroom.server("GET", COMMENTS)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "ETag" not in answer.headers


def test_markup_stays_text(newsroom: Newsroom) -> None:
    body = "<img src=x onerror=alert(1)> is what I think about the trams in our harbour."
    newsroom.decide(newsroom.accepted(author={"name": "<script>"}, body=body)["id"])
    answer = newsroom.published()
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (answer.json or {})["comments"][0]["body"] == body


@pytest.mark.parametrize("article", ["nowhere", "a" * 300, "%00", "%ff", "..%2f..%2fetc", "'%20or%201=1"])
def test_an_article_that_is_not_there_has_no_comments(newsroom: Newsroom, article: str) -> None:
    assert newsroom.published(article).status_code in (404, 422)


def test_what_is_gone_but_was_answered_leaves_its_place_without_name_and_text(newsroom: Newsroom) -> None:
    first, lonely = publish(newsroom, 2)
    newsroom.clock.move(minutes=1)
    second = newsroom.accepted(parent_id=first)["id"]
    newsroom.clock.move(minutes=1)
    third = newsroom.accepted(parent_id=second)
    newsroom.decide(first, "reject")
    newsroom.decide(lonely, "reject")
    newsroom.clock.move(minutes=1)
    fourth = newsroom.accepted(parent_id=third["id"])["id"]
    path = f"/api/v1/comments/{third['id']}/withdraw"
    assert newsroom.client.post(path, query_string={"receipt": third["receipt"]}).status_code == 200
    shown = (newsroom.published().json or {})["comments"]
    assert [comment["id"] for comment in shown] == [first, second, third["id"], fourth]
    assert [comment.get("removed", False) for comment in shown] == [True, False, True, False]
    assert shown[0] | {"created_at": ""} == {
        "id": first, "author": {"name": "", "initial": ""}, "body": "", "parent_id": None, "created_at": "",
        "removed": True,
    }  # fmt: skip
    assert shown[2]["parent_id"] == second


def test_places_of_what_is_gone_come_page_by_page_too(newsroom: Newsroom) -> None:
    parents = publish(newsroom, PAGE)
    newsroom.clock.move(minutes=1)
    answers = [newsroom.accepted(parent_id=parent)["id"] for parent in parents]
    for parent in parents[::2]:
        newsroom.decide(parent, "reject")
    seen, cursor = [], ""
    while cursor is not None:
        page = newsroom.published(**({"cursor": cursor} if cursor else {})).json or {}
        seen += [comment["id"] for comment in page["comments"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(parents + answers)
