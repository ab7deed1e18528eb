"""A published comment's own page and its quotation, and the section for pages without scripts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from lxml import html
from werkzeug.test import TestResponse

from tests.api.test_section import APPROVE, write
from tests.newsroom import ORIGIN, Newsroom, detail

HOSTILE = '<script>alert("1")</script> "quoted" & <b>bold</b>, which is a long enough text about our trams.'


def all_of(seen: html.HtmlElement, *paths: str) -> list[html.HtmlElement]:
    """The elements at any of these paths, itself aside."""
    return [found for path in paths for found in seen.xpath(f".//{path}")]


def page(newsroom: Newsroom, path: str) -> TestResponse:
    return newsroom.client.get(path)


def test_a_published_comment_has_a_page_with_a_preview(newsroom: Newsroom) -> None:
    newsroom.put_article(url=f"{ORIGIN}/trams", title='Trams & "more"')
    (comment,) = write(newsroom, body=HOSTILE, author={"name": "Ada <i>", "id": "a", "staff": True})
    answer = page(newsroom, f"/comments/{comment}")
    assert answer.status_code == 200
    seen = html.fromstring(answer.text)
    told = {meta.get("property"): meta.get("content") for meta in all_of(seen, "meta[@property]")}
    assert told["og:title"] == 'Ada <i> on “Trams & "more"”'
    assert told["og:url"] == f"http://localhost/comments/{comment}"
    assert told["og:description"] == HOSTILE
    (link,) = all_of(seen, "link[@rel='alternate']")
    assert link.get("href") == f"http://localhost/oembed?{urlencode({'url': told['og:url']})}"
    assert all_of(seen, "link[@rel='canonical']")[0].get("href") == told["og:url"]
    assert HOSTILE in seen.text_content()
    assert not all_of(seen, "main//script")
    links = [a.get("href") for a in all_of(seen, "main//a")]
    assert links == [f"{ORIGIN}/trams", f"/comments/{comment}/report", f"/rules?site={newsroom.site}"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "public, max-age=0, s-maxage=10"


def test_what_is_gone_says_so_and_what_never_was_published_is_nowhere(newsroom: Newsroom) -> None:
    waiting = newsroom.accepted()["id"]
    (comment,) = write(newsroom)
    newsroom.decide(comment, "reject")
    (hidden,) = write(newsroom, article="trams")
    quoted = [f"/oembed?{urlencode({'url': f'http://localhost/comments/{one}'})}" for one in (comment, waiting)]
    for path, status in (
        (f"/comments/{comment}", 410),
        (f"/comments/{waiting}", 404),
        (f"/comments/{waiting}?receipt=", 404),
        ("/comments/nothing", 404),
        ("/comments/%00", 404),
        (quoted[0], 410),
        (quoted[1], 404),
    ):
        answer = page(newsroom, path)
        assert answer.status_code == status, path
        assert "comment" in answer.text
    newsroom.put_article(mode="hidden")
    assert page(newsroom, f"/comments/{hidden}").status_code == 404


def test_a_reader_can_be_quoted(newsroom: Newsroom) -> None:
    newsroom.put_article(url=f"{ORIGIN}/trams")
    (comment,) = write(newsroom, body=f"{HOSTILE}\n\nA second paragraph.\nAnd a line.")
    address = f"http://localhost/comments/{comment}"
    answer = newsroom.client.get("/oembed", query_string={"url": address, "format": "json", "maxwidth": "300"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    told = answer.json or {}
    assert (told["version"], told["type"], told["width"]) == ("1.0", "rich", 300)
    assert told["author_name"] == "Ada"
    assert told["title"] == "Ada on “Trams return to the harbour”"
    quotation = html.fromstring(told["html"])
    assert quotation.tag == "blockquote"
    assert not all_of(quotation, "script", "b", "style")
    assert [p.text_content() for p in all_of(quotation, "p")] == [HOSTILE, "A second paragraph.And a line."]
    assert [a.get("href") for a in all_of(quotation, "a")] == [address, f"{ORIGIN}/trams"]
    for query, status in (
        ({"url": address, "format": "xml"}, 422),
        ({"url": f"https://evil.example/comments/{comment}"}, 404),
        ({"url": f"{address}/x"}, 404),
        ({"url": "http://["}, 404),
        ({}, 404),
    ):
        wrong = newsroom.client.get("/oembed", query_string=query)
        assert wrong.status_code == status, query
        detail(wrong)
    for width in ("0", "-1", "9" * 30, "x", "٣"):
        assert newsroom.client.get("/oembed", query_string={"url": address, "maxwidth": width}).status_code == 200


# --- without scripts --------------------------------------------------------------------------------------------------


def fragment(newsroom: Newsroom, article: str = "trams", **query: str) -> TestResponse:
    return newsroom.client.get(f"/embed/{article}", query_string={"site": newsroom.publishable} | query)


def fill(newsroom: Newsroom, answer: TestResponse, **typed: str) -> dict[str, str]:
    """What a browser sends of the form in this answer."""
    (form,) = html.fromstring(answer.text).forms
    assert form.action.endswith("/embed/trams")
    return {name: value or "" for name, value in form.fields.items()} | typed


def post(newsroom: Newsroom, content: dict[str, str], *, origin: str | None = ORIGIN, **headers: str) -> TestResponse:
    sent = {**({"Origin": origin} if origin else {}), **headers}
    return newsroom.client.post("/embed/trams", data=content, headers=sent)


def test_a_piece_of_html_shows_the_discussion_without_scripts(newsroom: Newsroom) -> None:
    (comment,) = write(newsroom, body=HOSTILE)
    (reply,) = write(newsroom, parent_id=comment, author={"name": "Bo"})
    answer = fragment(newsroom)
    assert answer.content_type == "text/html; charset=utf-8"
    seen = html.fromstring(answer.text)
    assert seen.tag == "section"
    assert not all_of(seen, "script", "style", "link", "b")
    assert HOSTILE in seen.text_content()
    assert [one.get("id") for one in all_of(seen, "article")] == [f"comment-{comment}", f"comment-{reply}"]
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors {ORIGIN}" in policy
    assert f"form-action 'self' {ORIGIN}" in policy
    newsroom.put_article(mode="hidden")
    hidden = html.fromstring(fragment(newsroom).text)
    assert not all_of(hidden, "article", "form")
    newsroom.put_article(mode="closed")
    closed = html.fromstring(fragment(newsroom).text)
    assert len(all_of(closed, "article")) == 2
    assert not closed.forms
    assert fragment(newsroom, "nothing").status_code == 404
    assert newsroom.client.get("/embed/trams").status_code == 401
    assert newsroom.client.get("/embed/trams?site=pk_x").status_code == 401
    other = newsroom.hall.new_site()
    assert fragment(other).status_code == 404


def test_caches_keep_a_piece_of_html_apart_by_what_it_depends_on(newsroom: Newsroom) -> None:
    answer = fragment(newsroom)
    assert {"Accept-Language", "Accept-Encoding"} <= {one.strip() for one in answer.headers["Vary"].split(",")}
    german = newsroom.client.get(
        "/embed/trams", query_string={"site": newsroom.publishable}, headers={"Accept-Language": "de"}
    )
    assert (answer.headers["Content-Language"], german.headers["Content-Language"]) == ("en", "de")
    assert answer.headers["ETag"] != german.headers["ETag"]


def test_its_form_sends_a_comment_and_leads_back(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    back = f"{ORIGIN}/trams?page=2"
    content = fill(newsroom, fragment(newsroom, **{"return": back}), name="Ada", body=newsroom.text())
    newsroom.clock.move(minutes=1)
    sent = post(newsroom, content)
    assert sent.status_code == 200, sent.text
    assert "Your comment is published." in sent.text
    links = [a.get("href") for a in all_of(html.fromstring(sent.text), "main//a")]
    assert links[-1] == back
    receipt = next(link for link in links if link and link.startswith("/comments/"))
    assert newsroom.client.get(receipt).status_code == 200
    assert f"frame-ancestors {ORIGIN}" in sent.headers["Content-Security-Policy"]
    assert newsroom.published().json["comments"]  # type: ignore[index]


def test_what_it_refuses_comes_back_with_what_was_typed(newsroom: Newsroom) -> None:
    content = fill(newsroom, fragment(newsroom), name="Ada </textarea>", body="Too short <b>")
    refused = post(newsroom, content)
    assert refused.status_code == 422
    (form,) = html.fromstring(refused.text).forms
    assert form.fields["name"] == "Ada </textarea>"
    assert (form.fields["body"] or "").strip() == "Too short <b>"
    assert "at least 50" in refused.text
    newsroom.clock.move(minutes=1)
    again = fill(newsroom, refused, body=newsroom.text())
    assert post(newsroom, again, origin=None, **{"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert newsroom.stored() == 1


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None, f"{ORIGIN}.evil.example"])
def test_it_takes_nothing_from_other_origins(newsroom: Newsroom, origin: str | None) -> None:
    content = fill(newsroom, fragment(newsroom), name="Ada", body=newsroom.text())
    assert post(newsroom, content, origin=origin).status_code == 403
    assert newsroom.stored() == 0


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "javascript:alert(1)",
        f"{ORIGIN}@evil.example",
        "//evil.example",
        f"{ORIGIN}\\.evil.example",
    ],
)
def test_it_leads_back_to_nowhere_else(newsroom: Newsroom, back: str) -> None:
    answer = fragment(newsroom, **{"return": back})
    assert "evil" not in answer.text
    assert "javascript" not in answer.text
    content = fill(newsroom, answer, name="Ada", body=newsroom.text()) | {"return": back}
    sent = post(newsroom, content)
    assert sent.status_code == 200
    assert not re.search("evil|javascript", sent.text)


def test_a_program_that_fills_it_in_waits(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    content = fill(newsroom, fragment(newsroom), name="Ada", body=newsroom.text(), homepage="https://spam.example")
    newsroom.clock.move(minutes=1)
    sent = post(newsroom, content)
    assert "waits for a moderator" in sent.text


def test_it_is_limited_like_any_other_way_in(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nper_address = ["2 per minute"]\n', limits=True)
    content: dict[str, Any] = fill(newsroom, fragment(newsroom), name="Ada", body="short")
    assert [post(newsroom, content).status_code for _ in range(3)] == [422, 422, 429]
