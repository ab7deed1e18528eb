"""The comment section's one call: what stands above the comments, threads, their order and pages, and caches."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from sqlalchemy import update

from moderation.core.actor import Actor
from moderation.core.ids import new_id
from moderation.desk.flags import flag_comment
from moderation.jobs.threads import fill_threads
from moderation.storage.accounts import Account
from moderation.storage.comments import Comment
from moderation.storage.moderator_workspace import FlagKind
from moderation.web.api.section import REPLIES
from moderation.web.api.section_pages import FIRST_REPLIES, THREADS
from tests.newsroom import Newsroom, detail

APPROVE = "[policy.approve]\ntoxicity_at_most = 0.5\n"


def section(newsroom: Newsroom, **query: str) -> dict[str, Any]:
    asked = {"site": newsroom.publishable, "article": "trams"} | query
    answer = newsroom.client.get("/api/v1/section", query_string=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def ids(comments: list[dict[str, Any]]) -> list[str]:
    return [comment["id"] for comment in comments]


def write(newsroom: Newsroom, count: int = 1, **more: Any) -> list[str]:
    """Published comments, a minute between each."""
    newsroom.configure(APPROVE)
    written = []
    for _ in range(count):
        newsroom.clock.move(minutes=1)
        written.append(newsroom.accepted(**more)["id"])
    return written


def test_one_call_says_all_that_is_shown_first(newsroom: Newsroom) -> None:
    newsroom.configure(f"{APPROVE}[comments.replies]\nminimum_length = 3\n")
    first = newsroom.accepted(author={"name": "priya s"})
    reply = newsroom.accepted(parent_id=first["id"])
    shown = section(newsroom)
    assert shown["site"] == {"name": "A site"}
    assert shown["article"] == {
        "id": "trams",
        "title": "Trams return to the harbour",
        "url": None,
        "known": True,
        "state": "open",
        "closed_because": None,
        "opens_at": None,
        "closes_at": None,
        "count": 2,
    }
    assert shown["rules"] == {
        "minimum_length": 50,
        "reply_minimum_length": 3,
        "maximum_length": 5000,
        "name_maximum": 80,
    }
    assert (shown["what_follows"], shown["announcement"], shown["next"]) == ("some_at_once", None, None)
    (thread,) = shown["comments"]
    assert thread["author"] == {"name": "priya s", "initials": "P", "marks": [], "first": False}
    assert thread["url"] == f"http://localhost/comments/{first['id']}"
    assert (thread["edited"], thread["featured"], thread["removed"]) == (False, False, False)
    assert thread["replies"]["count"] == 1
    assert thread["replies"]["next"] is None
    assert ids(thread["replies"]["comments"]) == [reply["id"]]
    assert thread["replies"]["comments"][0]["in_reply_to"] is None


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_follow_one_another_in_either_order(newsroom: Newsroom, order: str) -> None:
    written = write(newsroom, THREADS + 2)
    first = section(newsroom, sort=order)
    assert len(first["comments"]) == THREADS
    second = section(newsroom, sort=order, cursor=first["next"])
    assert second["next"] is None
    expected = written if order == "oldest" else written[::-1]
    assert ids(first["comments"] + second["comments"]) == expected


def test_a_cursor_opens_nothing_but_its_own_list(newsroom: Newsroom) -> None:
    write(newsroom, THREADS + 1)
    cursor = section(newsroom)["next"]
    newsroom.put_article("buses")
    wrong = [{"cursor": cursor[:-1]}, {"cursor": cursor, "sort": "oldest"}, {"cursor": cursor, "article": "buses"}]
    for query in (*wrong, {"cursor": "x" * 400}, {"cursor": "é"}):
        asked = {"site": newsroom.publishable, "article": "trams"} | query
        answer = newsroom.client.get("/api/v1/section", query_string=asked)
        assert answer.status_code == 400, query
        assert "cursor" in detail(answer)


def test_what_answers_a_reply_stands_in_the_thread_and_says_whom_it_answers(newsroom: Newsroom) -> None:
    chain = write(newsroom)
    for number in range(9):  # deeper than replies stand under one another
        chain += write(newsroom, parent_id=chain[-1], author={"name": f"Reader {number}"})
    (thread,) = section(newsroom)["comments"]
    assert thread["id"] == chain[0]
    assert thread["replies"]["count"] == 9
    assert ids(thread["replies"]["comments"]) == chain[1 : 1 + FIRST_REPLIES]
    rest = further(newsroom, chain[0], thread["replies"]["next"])
    assert ids(rest["comments"]) == chain[1 + FIRST_REPLIES :]
    assert rest["next"] is None
    replies = [*thread["replies"]["comments"], *rest["comments"]]
    assert replies[0]["in_reply_to"] is None
    for number, reply in enumerate(replies[1:]):
        assert reply["in_reply_to"] == {"id": chain[number + 1], "name": f"Reader {number}"}


def further(newsroom: Newsroom, comment: str, cursor: str | None = None) -> dict[str, Any]:
    asked = {"site": newsroom.publishable, "comment": comment} | ({"cursor": cursor} if cursor else {})
    answer = newsroom.client.get("/api/v1/section/replies", query_string=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def test_further_replies_come_in_pages(newsroom: Newsroom) -> None:
    (opening,) = write(newsroom)
    replies = write(newsroom, REPLIES + 5, parent_id=opening)
    (thread,) = section(newsroom)["comments"]
    found, cursor = ids(thread["replies"]["comments"]), thread["replies"]["next"]
    while cursor:
        page = further(newsroom, opening, cursor)
        found, cursor = found + ids(page["comments"]), page["next"]
    assert found == replies


def test_a_thread_from_before_threads_were_kept_is_shown_alike(newsroom: Newsroom) -> None:
    chain = write(newsroom)
    for _ in range(6):
        chain += write(newsroom, parent_id=chain[-1])
    before = section(newsroom)
    all_further = further(newsroom, chain[0])

    newsroom.services.database.writing(
        lambda session: session.execute(update(Comment).where(Comment.id.in_(chain)).values(thread_id=None))
    )
    chain += write(newsroom, parent_id=chain[-1])  # joins a thread that isn't filled in
    after = section(newsroom)
    assert after["comments"][0]["replies"]["count"] == before["comments"][0]["replies"]["count"] + 1
    assert after["comments"][0]["replies"]["comments"] == before["comments"][0]["replies"]["comments"]
    rest = further(newsroom, chain[0], after["comments"][0]["replies"]["next"])
    assert ids(rest["comments"]) == chain[1 + FIRST_REPLIES :]
    assert further(newsroom, chain[0])["comments"][:-1] == all_further["comments"]


def test_a_reply_outside_a_thread_that_is_filled_comes_in_with_the_next_look(newsroom: Newsroom) -> None:
    """A process of the version before, beside which this one runs during an upgrade, keeps no threads."""
    (opening,) = write(newsroom)
    replies = write(newsroom, 3, parent_id=opening)
    left_out = (Comment.thread_id == opening, Comment.id == replies[1])
    newsroom.services.database.writing(
        lambda session: session.execute(update(Comment).where(*left_out).values(thread_id=None))
    )
    assert fill_threads(newsroom.services) >= 1  # other discussions of the hall may have some too
    newsroom.clock.move(minutes=1)
    shown = section(newsroom)["comments"][0]["replies"]
    assert (ids(shown["comments"]), shown["count"]) == (replies, 3)
    assert ids(further(newsroom, opening)["comments"]) == replies


def test_answers_to_what_nobody_saw_stand_alone_until_it_is_published(newsroom: Newsroom) -> None:
    newsroom.configure("")
    waiting = newsroom.accepted()["id"]
    newsroom.clock.move(minutes=1)
    answer = newsroom.accepted(parent_id=waiting)["id"]
    newsroom.clock.move(minutes=1)
    below = newsroom.accepted(parent_id=answer)["id"]
    for comment in (answer, below):
        newsroom.decide(comment)
    (alone,) = section(newsroom)["comments"]
    assert (alone["id"], ids(alone["replies"]["comments"])) == (answer, [below])
    newsroom.decide(waiting)
    (thread,) = section(newsroom)["comments"]
    assert (thread["id"], thread["replies"]["count"]) == (waiting, 2)
    assert ids(thread["replies"]["comments"]) == [answer, below]
    assert thread["replies"]["comments"][1]["in_reply_to"]["id"] == answer


def test_what_is_removed_is_gone_at_once_and_keeps_its_place_where_it_was_answered(newsroom: Newsroom) -> None:
    lonely, parent = write(newsroom, 2)
    (reply,) = write(newsroom, parent_id=parent)
    assert section(newsroom)["article"]["count"] == 3
    newsroom.decide(lonely, "reject")
    newsroom.decide(parent, "reject")
    shown = section(newsroom)
    assert shown["article"]["count"] == 1
    (place,) = shown["comments"]
    assert (place["id"], place["removed"], place["body"]) == (parent, True, "")
    assert place["author"] == {"name": "", "initials": "", "marks": [], "first": False}
    newsroom.decide(reply, "reject")
    assert section(newsroom)["comments"] == []


def test_two_processes_show_what_either_removes(newsroom: Newsroom) -> None:
    """Each keeps pages of its own; the revision that both read tells them that theirs are old."""
    (comment,) = write(newsroom)
    assert ids(section(newsroom)["comments"]) == [comment]
    other = dict(newsroom.hall.app.extensions)
    for name in [name for name in other if name.startswith("recent ")]:
        del newsroom.hall.app.extensions[name]  # another process begins with nothing kept
    newsroom.decide(comment, "reject")
    assert section(newsroom)["comments"] == []
    newsroom.hall.app.extensions.update(other)  # back in the first, which still has what it kept
    assert section(newsroom)["comments"] == []


def test_featured_threads_come_first_if_wanted(newsroom: Newsroom) -> None:
    first, second, third, fourth = write(newsroom, 4)
    (reply,) = write(newsroom, parent_id=second)
    feature(newsroom, first, reply)
    shown = section(newsroom, sort="featured")
    assert ids(shown["comments"]) == [second, first, fourth, third]
    assert [comment["featured"] for comment in shown["comments"]] == [False, True, False, False]
    assert shown["comments"][0]["replies"]["comments"][0]["featured"] is True
    more = write(newsroom, THREADS)
    page = section(newsroom, sort="featured")
    assert ids(page["comments"]) == [second, first, *more[::-1]]
    rest = section(newsroom, sort="featured", cursor=page["next"])
    assert ids(rest["comments"]) == [fourth, third]


def feature(newsroom: Newsroom, *comments: str) -> None:
    """As the desk does."""
    for comment in comments:
        flag_comment(newsroom.services, somebody(newsroom), comment, FlagKind.FEATURED)


def somebody(newsroom: Newsroom) -> Actor:
    """An account with every right on the site."""
    account_id = new_id(newsroom.clock())
    account = Account(id=account_id, name=f"moderator {account_id}", password_hash="-", created_at=newsroom.clock())
    newsroom.services.database.writing(lambda session: session.add(account))
    rights = {newsroom.site: frozenset({"read", "moderate", "senior", "admin"})}
    return Actor(reference=f"account:{account_id}", name="moderator", account_id=account_id, rights=rights)


def test_what_has_not_changed_is_304_and_large_answers_are_compressed(newsroom: Newsroom) -> None:
    write(newsroom, 5)
    asked = {"site": newsroom.publishable, "article": "trams"}
    plain = newsroom.client.get("/api/v1/section", query_string=asked)
    assert "Content-Encoding" not in plain.headers
    zipped = newsroom.client.get("/api/v1/section", query_string=asked, headers={"Accept-Encoding": "gzip, br"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert zipped.headers["ETag"] == plain.headers["ETag"]
    assert "Accept-Encoding" in zipped.headers["Vary"]
    again = newsroom.client.get("/api/v1/section", query_string=asked, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    write(newsroom)
    changed = newsroom.client.get(
        "/api/v1/section", query_string=asked, headers={"If-None-Match": plain.headers["ETag"]}
    )
    assert changed.status_code == 200


def test_any_page_may_read_it_and_caches_keep_it_ten_seconds_at_most(newsroom: Newsroom) -> None:
    query = {"site": newsroom.publishable, "article": "trams"}
    for path, asked in (("/api/v1/section", query), ("/api/v1/counts", query)):
        answer = newsroom.client.get(path, query_string=asked, headers={"Origin": "https://any.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "public, max-age=0, s-maxage=10"
        assert "Origin" not in answer.headers["Vary"]
        assert "Set-Cookie" not in answer.headers
        wrong = newsroom.client.get(
            path, query_string=asked | {"site": "pk_x"}, headers={"Origin": "https://a.example"}
        )
        assert wrong.status_code == 401
        assert wrong.headers["Access-Control-Allow-Origin"] == "*"
    secret = newsroom.server("GET", "/api/v1/section?article=trams")
    assert secret.headers["Cache-Control"] == "private, no-store"


def test_hidden_and_closed_discussions_say_so(newsroom: Newsroom) -> None:
    write(newsroom)
    newsroom.put_article(mode="closed")
    shut = section(newsroom)
    assert (shut["article"]["state"], shut["article"]["count"], len(shut["comments"])) == ("closed", 1, 1)
    assert "closed" in shut["article"]["closed_because"]
    newsroom.put_article(mode="hidden")
    hidden = section(newsroom)
    assert (hidden["article"]["state"], hidden["article"]["count"], hidden["comments"]) == ("hidden", 0, [])
    newsroom.put_article(published_at="2026-03-01T00:00:00Z")
    newsroom.configure("[comments]\nclose_after_days = 14\n")
    assert section(newsroom)["article"]["closes_at"] == "2026-03-15T00:00:00Z"


def test_what_is_asked_for_wrongly_is_said(newsroom: Newsroom) -> None:
    for query, field in (
        ({}, "article"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://news.example/" + "a" * 2000}, "url"),
        ({"article": "trams", "sort": "loudest"}, "sort"),
        ({"article": "trams", "page": "2"}, "page"),
        ({"article": "tr\u202eams"}, "article_id"),
    ):
        answer = newsroom.client.get("/api/v1/section", query_string={"site": newsroom.publishable} | query)
        assert answer.status_code == 422, query
        assert (answer.json or {})["errors"][0]["field"] == field
    assert newsroom.client.get("/api/v1/section?article=trams").status_code == 401


def test_news_are_counted_since_a_moment(newsroom: Newsroom) -> None:
    write(newsroom)
    since = section(newsroom)["newest"]
    assert news(newsroom, since) == {"new": 0, "newest": since}
    newsroom.configure("")
    waiting = newsroom.accepted()["id"]
    write(newsroom, 2)
    newsroom.decide(waiting)  # what was held arrives when it is published
    fresh = news(newsroom, since)
    assert fresh["new"] == 3
    assert news(newsroom, fresh["newest"])["new"] == 0
    assert section(newsroom)["newest"] == fresh["newest"]
    for wrong in ("x", "-1", "f" * 15, "0" * 40, "1.5"):
        asked = {"site": newsroom.publishable, "article": "trams", "since": wrong}
        assert newsroom.client.get("/api/v1/section/news", query_string=asked).status_code == 400, wrong


def news(newsroom: Newsroom, since: str) -> dict[str, Any]:
    asked = {"site": newsroom.publishable, "article": "trams", "since": since}
    answer = newsroom.client.get("/api/v1/section/news", query_string=asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def test_counts_are_told_by_what_was_asked_for(newsroom: Newsroom) -> None:
    newsroom.put_article("buses", url="https://news.example/city/buses")
    newsroom.put_article("ferries", mode="hidden")
    write(newsroom, 2)
    write(newsroom, article="buses")
    url = "http://www.news.example/city/buses/?utm_source=x#top"
    for _ in range(2):  # the second time from what was kept
        answer = newsroom.client.get(
            "/api/v1/counts",
            query_string=[
                ("site", newsroom.publishable),
                *(("article", name) for name in ("trams", "buses", "ferries", "nowhere")),
                *(("url", address) for address in (url, "https://news.example/other")),
            ],
        )
        assert (answer.json or {})["counts"] == {
            "trams": 2,
            "buses": 1,
            "ferries": 0,
            "nowhere": 0,
            url: 1,
            "https://news.example/other": 0,
        }
    write(newsroom)
    answer = newsroom.client.get("/api/v1/counts", query_string={"site": newsroom.publishable, "article": "trams"})
    assert (answer.json or {})["counts"] == {"trams": 3}
    many = [
        ("site", newsroom.publishable),
        *(("article", f"a{n}") for n in range(60)),
        *(("url", url) for _ in range(41)),
    ]
    assert newsroom.client.get("/api/v1/counts", query_string=many).status_code == 422


def test_what_can_be_no_article_costs_the_others_nothing(newsroom: Newsroom) -> None:
    write(newsroom, 2)
    wrong = ("not an address", "javascript:alert(1)", "https://", "https://news.example/" + "x" * 3000)
    names = ("a\u202eb", "x" * 900)
    asked = [("site", newsroom.publishable), ("article", "trams"), *(("url", url) for url in wrong)]
    answer = newsroom.client.get("/api/v1/counts", query_string=[*asked, *(("article", name) for name in names)])
    assert answer.status_code == 200, answer.text
    told = answer.json or {}
    assert told["counts"] == {"trams": 2}
    assert set(told["refused"]) == {*wrong, *names}
    assert told["refused"]["not an address"].startswith("url: must be like https://")


def test_one_site_never_sees_anothers(newsroom: Newsroom) -> None:
    (comment,) = write(newsroom)
    other = newsroom.hall.new_site()
    shown = section(other)
    assert (shown["article"]["known"], shown["comments"]) == (False, [])
    answer = other.client.get("/api/v1/section/replies", query_string={"site": other.publishable, "comment": comment})
    assert answer.status_code == 404
    assert (
        other.client.get(
            "/api/v1/section/news", query_string={"site": other.publishable, "article": "trams", "since": "0"}
        ).status_code
        == 404
    )
    counts = other.client.get("/api/v1/counts", query_string={"site": other.publishable, "article": "trams"})
    assert (counts.json or {})["counts"] == {"trams": 0}


def test_an_identified_authors_first_comment_is_marked_and_a_guests_never(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    known = {"name": "Ada", "id": "reader-1", "staff": True, "subscriber": True, "badges": ["Gardener"]}
    for author in (known, known, {"name": "Bo"}):
        newsroom.clock.move(minutes=1)
        newsroom.accepted(author=author)
    first, second, guest = (one["author"] for one in section(newsroom, sort="oldest")["comments"])
    assert (first["first"], second["first"], guest["first"]) == (True, False, False)
    assert first["marks"] == ["staff", "subscriber", "Gardener"]
    assert guest["marks"] == []
