"""Articles known by their addresses, and those that their site hasn't sent: registered from a reader's page, trusted
with nothing until the site's own word.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.test import TestResponse

from moderation.storage.articles import Article, find_article
from moderation.storage.audit import events_about
from moderation.storage.comments import Comment
from tests.api.test_section import APPROVE, section
from tests.newsroom import ORIGIN, Newsroom, detail

URL = f"{ORIGIN}/city/trams"
PAGE = {"url": URL, "title": "Trams, says the page", "text": "The page says that trams return."}


def by_address(newsroom: Newsroom, url: str, **more: str) -> dict[str, Any]:
    answer = newsroom.client.get("/api/v1/section", query_string={"site": newsroom.publishable, "url": url} | more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def article_of(newsroom: Newsroom, comment_id: str) -> str:
    """The site's name for the article under which a comment stands."""
    with newsroom.services.database.reading() as session:
        comment = session.get_one(Comment, comment_id)
        return session.get_one(Article, comment.article_id).external_id


def post(newsroom: Newsroom, name: str, page: dict[str, Any], **more: Any) -> TestResponse:
    content = {"author": {"name": "Ada"}, "body": newsroom.text(more.pop("words", "")), "article": page}
    path = f"/api/v1/articles/{quote(name, safe='')}/comments"
    return newsroom.browser("POST", path, json=content, **more)


def test_an_article_is_found_by_any_form_of_its_address_and_by_aliases(newsroom: Newsroom) -> None:
    newsroom.put_article(url=URL, aliases=[f"{ORIGIN}/2019/old-trams", "https://m.news.example/t"])
    for address in (
        URL,
        "http://www.news.example/city/trams/?utm_campaign=x#comments",
        f"{ORIGIN}/2019/old-trams?fbclid=1",
        "https://m.news.example/t/",
    ):
        shown = by_address(newsroom, address)
        assert (shown["article"]["id"], shown["article"]["known"]) == ("trams", True), address
    assert by_address(newsroom, f"{ORIGIN}/elsewhere", canonical=URL)["article"]["id"] == "trams"
    newsroom.put_article(url=f"{ORIGIN}/moved/trams")  # the former address still leads to it
    assert by_address(newsroom, URL)["article"]["id"] == "trams"
    assert by_address(newsroom, f"{ORIGIN}/moved/trams")["article"]["id"] == "trams"
    newsroom.put_article("buses", url=URL)  # the site's last word counts
    assert by_address(newsroom, URL)["article"]["id"] == "buses"
    other = newsroom.hall.new_site()
    assert by_address(other, URL)["article"]["known"] is False


def test_an_alias_that_is_no_address_is_refused(newsroom: Newsroom) -> None:
    for wrong in (["ftp://x"], ["https://"], [""], ["https://a@b.example"], "x", [1], ["https://a.example"] * 21):
        answer = newsroom.put_article(aliases=wrong)
        assert answer.status_code == 422, wrong
        assert (answer.json or {})["errors"][0]["field"] == "aliases"
    assert newsroom.put_article(aliases=None).status_code == 200


def test_an_unknown_article_is_registered_with_its_first_comment_and_trusted_with_nothing(newsroom: Newsroom) -> None:
    newsroom.configure('[comments]\nmode = "post"\n')
    before = by_address(newsroom, f"{URL}/?utm_source=x")["article"]
    assert (before["known"], before["title"], before["state"], before["count"]) == (False, None, "open", 0)
    name = before["id"]
    assert name == URL
    answer = post(newsroom, name, PAGE)
    assert answer.status_code == 202, answer.text
    assert (answer.json or {})["status"] == "pending"  # though comments elsewhere are published at once
    known = by_address(newsroom, URL)["article"]
    assert (known["known"], known["title"]) == (True, "Trams, says the page")
    assert article_of(newsroom, (answer.json or {})["id"]) == URL
    # A second page under the same address is the same article, whatever name it is sent under.
    assert post(newsroom, "another-name", {**PAGE, "title": "Changed", "url": f"{URL}?utm_id=2"}).status_code == 202
    assert by_address(newsroom, URL)["article"]["title"] == "Trams, says the page"
    assert section(newsroom, article="another-name")["article"]["known"] is False


def test_what_a_page_says_satisfies_no_condition(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.approve]\nrelevance_at_least = 0.5\n")
    mine = newsroom.accepted("relevance=0.9")
    assert newsroom.status(mine["id"]) == "approved"
    answer = post(newsroom, URL, PAGE, words="relevance=0.9")
    assert (answer.json or {})["status"] == "pending"
    newsroom.configure("[policy.reject]\nrelevance_at_most = 0.5\n")
    answer = post(newsroom, URL, PAGE, words="relevance=0.1")
    assert (answer.json or {})["status"] == "pending"
    newsroom.put_article(URL, url=URL)
    answer = post(newsroom, URL, PAGE, words="relevance=0.1")
    assert (answer.json or {})["status"] == "rejected"


def test_a_page_never_overwrites_what_the_site_sent(newsroom: Newsroom) -> None:
    newsroom.put_article(url=URL)
    assert post(newsroom, "trams", {**PAGE, "title": "Mine now"}).status_code == 202
    assert section(newsroom)["article"]["title"] == "Trams return to the harbour"


def test_the_sites_own_word_takes_over_whatever_name_it_uses(newsroom: Newsroom) -> None:
    newsroom.configure('[comments]\nmode = "post"\n')
    first = (post(newsroom, URL, PAGE).json or {})["id"]
    assert newsroom.put_article("cms-17", url=URL).status_code == 201
    assert article_of(newsroom, first) == "cms-17"
    shown = by_address(newsroom, URL)["article"]
    assert (shown["id"], shown["title"]) == ("cms-17", "Trams return to the harbour")
    assert (post(newsroom, "cms-17", PAGE).json or {})["status"] == "approved"
    # Known by two names: what came in by the address becomes a part of the article that the site means.
    other = f"{ORIGIN}/city/ferries"
    stray = (post(newsroom, other, {**PAGE, "url": other}).json or {})["id"]
    newsroom.put_article("cms-18")
    assert newsroom.put_article("cms-18", url=other).status_code == 200
    assert article_of(newsroom, stray) == "cms-18"
    assert section(newsroom, article=other)["article"]["id"] == "cms-18"  # the old name means it
    newsroom.decide(stray)
    assert section(newsroom, article="cms-18")["article"]["count"] == 1


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/x", f"{ORIGIN}.evil.example/x", "https://news.example:8443/x", f"{ORIGIN}@evil.example/"],
)
def test_the_page_must_be_the_sites_own(newsroom: Newsroom, url: str) -> None:
    answer = post(newsroom, "new", {**PAGE, "url": url})
    assert answer.status_code == 422
    assert (answer.json or {})["errors"][0]["field"] in ("article.url", "url")
    assert section(newsroom, article="new")["article"]["known"] is False


def test_only_browsers_of_allowed_origins_register_articles(newsroom: Newsroom) -> None:
    assert post(newsroom, "new", PAGE, origin="https://evil.example").status_code == 403
    assert post(newsroom, "new", PAGE, origin=None).status_code == 403
    content = {"author": {"name": "Ada"}, "body": newsroom.text(), "article": PAGE}
    answer = newsroom.server("POST", "/api/v1/articles/new/comments", json=content)
    assert answer.status_code == 422
    assert "PUT" in detail(answer)
    assert newsroom.send(article="new").status_code == 404  # without the page's word, as ever


def test_a_comment_that_is_refused_registers_nothing(newsroom: Newsroom) -> None:
    content = {"author": {"name": "Ada"}, "body": "Too short.", "article": PAGE}
    answer = newsroom.browser("POST", "/api/v1/articles/junk/comments", json=content)
    assert answer.status_code == 422
    assert by_address(newsroom, URL)["article"]["known"] is False


def test_a_page_gives_up_the_address_that_its_site_does_not_confirm(newsroom: Newsroom) -> None:
    assert post(newsroom, "a", PAGE).status_code in (201, 202)
    assert by_address(newsroom, URL)["article"]["id"] == "a"
    newsroom.put_article("a", url=f"{ORIGIN}/a")
    assert by_address(newsroom, URL)["article"]["known"] is False


def test_a_name_that_is_an_address_is_that_pages_own(newsroom: Newsroom) -> None:
    name = by_address(newsroom, f"{ORIGIN}/other")["article"]["id"]
    answer = post(newsroom, name, PAGE)
    assert answer.status_code == 422
    assert detail(answer).startswith("article.url")


def test_a_readers_token_may_come_from_pages_and_one_that_names_nobody_is_refused(newsroom: Newsroom) -> None:
    newsroom.put_article()
    asked = {"Access-Control-Request-Method": "POST", "Origin": ORIGIN}
    preflight = newsroom.client.options("/api/v1/articles/trams/comments", headers=asked)
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    headers = {"Authorization": "Reader abc.def.ghi", "X-Site-Key": newsroom.publishable, "Origin": ORIGIN}
    answer = newsroom.client.post("/api/v1/articles/trams/comments", json=content, headers=headers)
    assert (answer.status_code, (answer.json or {})["code"]) == (401, "reader_token_refused"), answer.text


def test_so_many_an_hour(newsroom: Newsroom) -> None:
    newsroom.configure(
        '[rate_limits]\nunverified_articles = ["2 per hour"]\nper_address = ["100 per minute"]\n', limits=True
    )
    pages = [{**PAGE, "url": f"{ORIGIN}/{newsroom.site}/{number}"} for number in range(3)]
    answers = [post(newsroom, str(page["url"]), page) for page in pages]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert "Retry-After" in answers[-1].headers
    assert post(newsroom, str(pages[0]["url"]), pages[0]).status_code == 202  # it is known by now


def test_one_address_cannot_use_up_what_the_site_has(newsroom: Newsroom) -> None:
    newsroom.configure(
        """[rate_limits]
unverified_articles = ["3 per hour"]
unverified_per_address = ["1 per hour"]
per_address = ["100 per minute"]
""",
        limits=True,
    )

    def begin(number: int, address: str) -> int:
        url = f"{ORIGIN}/{newsroom.site}/from-{number}"
        content = {"author": {"name": "Ada"}, "body": newsroom.text(), "article": {**PAGE, "url": url}}
        sent = {"X-Site-Key": newsroom.publishable, "Origin": ORIGIN}
        path = f"/api/v1/articles/{quote(url, safe='')}/comments"
        there = {"REMOTE_ADDR": address}
        return newsroom.client.post(path, json=content, headers=sent, environ_base=there).status_code

    assert [begin(number, "203.0.113.5") for number in range(3)] == [202, 429, 429]
    assert [begin(number, f"203.0.113.{number}") for number in (10, 11, 12)] == [202, 202, 429]  # the site's own limit


def test_hostile_pages_are_refused_or_kept_as_text(newsroom: Newsroom) -> None:
    hostile: list[Any] = [
        {"title": "T"},
        {**PAGE, "title": ""},
        {**PAGE, "title": "x" * 1001},
        {**PAGE, "text": "x" * 200_001},
        {**PAGE, "html": "<p>"},
        {**PAGE, "url": "//news.example/x"},
        {**PAGE, "title": "\ud800"},
        {f"x{number}": 1 for number in range(50_000)},
        [],
        "x",
    ]
    for page in hostile:
        assert post(newsroom, "new", page).status_code in (400, 422)
    page = {**PAGE, "title": "<script>alert(1)</script>", "text": "<img src=x onerror=alert(1)>"}
    assert post(newsroom, URL, page).status_code == 202
    assert by_address(newsroom, URL)["article"]["title"] == "<script>alert(1)</script>"


def test_registering_is_in_the_audit_chain(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    first = (post(newsroom, URL, PAGE).json or {})["id"]
    (opened,) = [event["payload"] for event in newsroom.events(first) if event["event"] == "comment.submitted"]
    newsroom.put_article("cms-1", url=URL)
    with newsroom.services.database.reading() as session:
        events = [
            (event.event, json.loads(event.payload))
            for event in events_about(session, newsroom.site, opened["article"])
        ]
        registered = find_article(session, newsroom.site, "cms-1")
        assert registered is not None
        after = [event.event for event in events_about(session, newsroom.site, registered.id)]
    assert [name for name, _ in events] == ["article.opened"]
    assert events[0][1]["verified"] is False
    assert after == ["article.joined", "article.opened"]
