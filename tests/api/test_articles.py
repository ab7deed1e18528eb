"""Articles by HTTP: registered, changed, refused; as text and as HTML."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from moderation.storage.articles import Article, PreparedVersion, find_article
from moderation.storage.audit import EventRow
from tests.newsroom import ARTICLE, Newsroom, detail

PAGE = """<!doctype html><html><head><title>Trams</title></head><body>
<nav><a href="/">Home</a><a href="/sport">Sport</a></nav>
<article><h1>Trams return to the harbour</h1>
<p>The city lays new rails along the quay, and the first trams will run from May, the mayor said on Monday.</p>
<p>Shopkeepers fear two years of building works; the council promises that every street stays open &amp; lit.</p>
<p>Tickets will cost as much as a bus ride does today, and children under twelve will travel without paying.</p>
</article><footer>Imprint</footer><script>alert(1)</script></body></html>"""


def kept(newsroom: Newsroom, article_id: str = "trams") -> Article:
    with newsroom.services.database.reading() as session:
        article = find_article(session, newsroom.site, article_id)
    assert article is not None
    return article


def test_new_is_201_and_changed_is_200(newsroom: Newsroom) -> None:
    assert newsroom.put_article("new").status_code == 201
    assert newsroom.put_article("new", title="Another title").status_code == 200
    assert kept(newsroom, "new").title == "Another title"


def test_a_version_changes_with_what_readers_read_and_with_nothing_else(newsroom: Newsroom) -> None:
    versions = [
        (newsroom.put_article().json or {})["version"],
        (newsroom.put_article(section="city", mode="post").json or {})["version"],
        (newsroom.put_article(text="Other words.").json or {})["version"],
    ]
    assert versions == [1, 1, 2]


def test_paragraphs_are_told_apart(newsroom: Newsroom) -> None:
    newsroom.put_article(text="  One  line.\r\n\r\n\r\nTwo\nlines. ")
    assert kept(newsroom).paragraphs == ["One line.", "Two lines."]


def test_an_article_is_taken_out_of_its_page(newsroom: Newsroom) -> None:
    answer = newsroom.server("PUT", "/api/v1/articles/page", json={"title": "Trams", "html": PAGE})
    assert answer.status_code == 201
    text = " ".join(kept(newsroom, "page").paragraphs)
    assert "The city lays new rails" in text
    assert "open & lit" in text
    assert "Imprint" not in text
    assert "alert" not in text


@pytest.mark.parametrize(
    "html",
    [
        "<html></html>", "no markup at all", "<" * 100_000, "<p>" * 20_000, "<!--", "&#0;&#xD800;&#x110000;",
        '<?xml version="1.0" encoding="utf-16"?><p>x</p>', "<![CDATA[x]]>", "\u202e<b>" * 50,
    ],
)  # fmt: skip
def test_html_without_an_article_is_422_or_taken_but_never_an_error(front_door: Newsroom, html: str) -> None:
    answer = front_door.server("PUT", "/api/v1/articles/strange", json={"title": "Trams", "html": html})
    assert answer.status_code in (201, 422)
    if answer.status_code == 422:
        assert "html" in detail(answer)


LONG = "The council has decided that the lanes stay where they are, after a long debate."


@pytest.mark.parametrize(
    ("html", "paragraphs"),
    [
        (f"<article>{LONG}</article>", [LONG]),
        (f"<article><p>{LONG}</p></article>", [LONG]),
        ("<article><p>It is short.</p></article>", ["It is short."]),
        (f"<div>{LONG}</div>", [LONG]),
        (f"<div><p>{LONG}</p></div>", [LONG]),
        ("<p>One of them.</p><p>Two of <b>them</b>.</p>", ["One of them.", "Two of them."]),
        (f"<p>{LONG}</p><p>Then there was more.</p>", [LONG, "Then there was more."]),
        ("<div>One.<br>Two.</div>", ["One.", "Two."]),
        (LONG, [LONG]),
        ("Salt &amp; pepper < sugar\n\nNext one", ["Salt & pepper < sugar", "Next one"]),
        (f"<article><h1>Trams return</h1><p>{LONG}</p></article>", [LONG]),
        ("<article><h1>TRAMS  return</h1><p>Short.</p></article>", ["Short."]),
        (f"<html><body><article><h1>Trams return</h1><p>{LONG}</p></article></body></html>", [LONG]),
        (f"Trams return\n\n{LONG}", [LONG]),
        ("Trams return", ["Trams return"]),
        (
            "<article><figure><img><figcaption>Photo: X</figcaption></figure><p>Short one.</p>"
            "<ul><li><a href='/x'>Read this too</a></li></ul><aside>Related</aside><script>x()</script></article>",
            ["Short one."],
        ),
        ("<div>" * 300 + "Deep." + "</div>" * 300, None),
    ],
)
def test_a_part_of_a_page_is_html_too_and_its_headline_is_no_paragraph(
    front_door: Newsroom, html: str, paragraphs: list[str] | None
) -> None:
    answer = front_door.server("PUT", "/api/v1/articles/part", json={"title": "Trams return", "html": html})
    assert answer.status_code == 201 or (paragraphs is None and answer.status_code == 422), answer.text
    if paragraphs is not None:
        with front_door.services.database.reading() as session:
            article = find_article(session, front_door.site, "part")
        assert article is not None
        assert list(article.paragraphs) == paragraphs


@pytest.mark.parametrize("html", ["<article></article>", "<p> </p>", "<div><nav>Menu</nav></div>"])
def test_html_without_any_text_is_refused_with_what_to_send(front_door: Newsroom, html: str) -> None:
    answer = front_door.server("PUT", "/api/v1/articles/part", json={"title": "Trams", "html": html})
    assert answer.status_code == 422
    assert "Send its text as `text`" in detail(answer)


def test_character_references_become_text_that_can_be_stored(front_door: Newsroom) -> None:
    html = PAGE.replace("on Monday", "on&#0; Mon&#xD800;day &#101;&#769;")
    answer = front_door.server("PUT", "/api/v1/articles/refs", json={"title": "Trams", "html": html})
    assert answer.status_code in (201, 422)


def test_a_title_with_markup_is_a_title(newsroom: Newsroom) -> None:
    title = '"><img src=x onerror=alert(1)>'
    assert (newsroom.put_article(title=title).json or {})["title"] == title


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": " \u3000 "}, "title"),
        ({"title": 5}, "title"),
        ({"title": "x" * 1001}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"text": 5}, "text"),
        ({"text": "half \udc00"}, "text"),
        ({"html": "<p>x</p>"}, "html"),
        ({"mode": "open"}, "mode"),
        ({"mode": True}, "mode"),
        ({"published_at": "soon"}, "published_at"),
        ({"published_at": "9999-12-31T23:59:59Z"}, "published_at"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"section": ["city"]}, "section"),
        ({"key_points": "one"}, "key_points"),
        ({"key_points": ["x" * 1001]}, "key_points"),
        ({"key_points": [5]}, "key_points"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_field_that_cannot_be_taken_is_named(front_door: Newsroom, content: dict[str, Any], field: str) -> None:
    answer = front_door.server("PUT", "/api/v1/articles/wrong", json=ARTICLE | content)
    assert answer.status_code == 422
    assert field in [error["field"] for error in (answer.json or {})["errors"]]
    assert front_door.published("wrong").status_code == 404


@pytest.mark.parametrize(
    "article_id",
    [
        "2026/03/02/trams",
        "a.b.c",
        "..%2f..%2fetc%2fpasswd",
        "a%20b",
        "https:%2F%2Fnews.example%2F%2Fa",
        "Ünïcode-漢字",
        "-",
        "x" * 200,
        "%2Fnews%2Ftrams%2F",
        "%2F",
        "%2F%2Fnews%2Fcomments",
        "trams%2F",
        "what%3F",
        "part%23two",
        "100%25",
        "a%252Fb",
        "a%26b=c;d+e",
        "می\u200cخواهم",
        "ക\u0d4d\u200dഷ",
        "ශ්\u200dරී",
    ],
)
def test_ids_may_look_like_anything(newsroom: Newsroom, article_id: str) -> None:
    assert newsroom.put_article(article_id).status_code == 201
    comment = newsroom.accepted(article=article_id)
    newsroom.decide(comment["id"])
    assert [c["id"] for c in (newsroom.published(article_id).json or {})["comments"]] == [comment["id"]]


@pytest.mark.parametrize(
    ("one", "other"), [("Caf\u00e9", "Cafe\u0301"), ("\uac00", "\u1100\u1161"), ("\u212b", "A\u030a")]
)
def test_two_spellings_of_an_id_are_one_article(newsroom: Newsroom, one: str, other: str) -> None:
    assert newsroom.put_article(one).status_code == 201
    assert newsroom.put_article(other).status_code == 200
    newsroom.decide(newsroom.accepted(article=other)["id"])
    assert len((newsroom.published(one).json or {})["comments"]) == 1


@pytest.mark.parametrize(
    "article_id", ["x" * 201, "a%00b", "%ff%fe", "a%e2%80%aeb", "a%0ab", "%e2%80%8fa", "%ef%bb%bfa"]
)
def test_ids_that_nobody_could_tell_apart_are_refused(newsroom: Newsroom, article_id: str) -> None:
    answers = [newsroom.put_article(article_id), newsroom.comment(article=article_id)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert "article_id" in detail(answers[0])


def test_opening_and_closing_leave_events_and_nothing_else_does(newsroom: Newsroom) -> None:
    newsroom.put_article(title="Another title")
    newsroom.put_article(mode="closed")
    newsroom.put_article(mode="pre")
    with newsroom.services.database.reading() as session:
        found = session.scalars(
            select(EventRow.event)
            .where(EventRow.chain == newsroom.site, EventRow.event.startswith("article."))
            .order_by(EventRow.sequence)
        ).all()
    assert found == ["article.opened", "article.closed", "article.opened"]


def test_an_article_is_prepared_once_per_version(newsroom: Newsroom) -> None:
    assert len(newsroom.scorer.prepared) == 1
    newsroom.accepted()
    newsroom.put_article(mode="post")
    assert len(newsroom.scorer.prepared) == 1
    newsroom.put_article(text="Other words.")
    newsroom.accepted()
    assert len(newsroom.scorer.prepared) == 2
    with newsroom.services.database.reading() as session:
        article = find_article(session, newsroom.site, "trams")
        assert article is not None
        rows = session.scalars(select(PreparedVersion).where(PreparedVersion.article_id == article.id)).all()
    assert [row.version for row in rows] == [2]


@pytest.mark.parametrize("content", [{"title": "Trams", "text": ""}, {"title": "Trams"}])
def test_without_text_there_is_no_relevance_and_that_is_flagged(newsroom: Newsroom, content: dict[str, Any]) -> None:
    newsroom.configure("[policy.approve]\nrelevance_at_least = 0.1\n[policy.flag]\nrelevance_at_most = 0.2\n")
    newsroom.server("PUT", "/api/v1/articles/bare", json=content)
    arrived = newsroom.accepted(article="bare")
    assert arrived["status"] == "pending"
    assert arrived["scores"]["relevance"] is None
    assert arrived["reasons"] == ["relevance unknown: the article has no text to compare with"]


def test_eight_at_once_make_one_article_and_count_its_versions(newsroom: Newsroom) -> None:
    barrier = threading.Barrier(8)

    def put(number: int) -> int:
        client = newsroom.hall.app.test_client()
        barrier.wait()
        content = {"title": "Trams", "text": f"Text number {number}."}
        headers = {"Authorization": f"Bearer {newsroom.secret}"}
        return client.put("/api/v1/articles/race", json=content, headers=headers).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(put, range(8))) == [200] * 7 + [201]
    assert kept(newsroom, "race").version == 8


def test_a_pack_that_fails_to_prepare_loses_neither_article_nor_comment(newsroom: Newsroom) -> None:
    def broken(article: Any) -> Any:
        raise RuntimeError("out of memory")

    newsroom.scorer.prepare = broken  # type: ignore[method-assign]
    assert newsroom.put_article("heavy").status_code == 201
    assert newsroom.accepted(article="heavy")["status"] == "pending"
    del newsroom.scorer.prepare
