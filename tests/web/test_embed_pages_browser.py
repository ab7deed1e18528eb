"""The comment section and the pages around it: scripts off, articles not registered, front pages, languages."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from moderation.core.text.written import as_written, visible_length
from moderation.desk.decide import Verdict
from tests.web.pages import CALM, Pages, on_both_databases, published
from tests.web.paper import Paper, text
from tests.web.test_pages_browser import TEXTS

pytestmark = pytest.mark.browser


def test_without_scripts_a_link_leads_to_the_same_comments_and_back(
    pages: Pages, paper: Paper, browser: Browser
) -> None:
    published(pages, text(1), by="Asha T")
    address = f"{paper.origin}/lanes"
    link = (
        f'<noscript><a href="{paper.service}/embed/lanes?site={paper.key}&amp;return={address}">Comments</a></noscript>'
    )
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(paper.put("/lanes", paper.line + link))
    page.get_by_role("link", name="Comments").click()
    expect(page.get_by_role("region", name="Reader comments")).to_contain_text(text(1))
    page.get_by_label("Your name").fill("Ravi K")
    page.get_by_label("Your comment").fill(CALM)
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_role("status")).to_contain_text("waits for a moderator")
    page.get_by_role("link", name="Back to the article").click()
    expect(page).to_have_url(address)
    page.context.close()


def test_an_unknown_article_is_described_by_its_page_and_begins_with_its_first_comment(
    pages: Pages, paper: Paper, quiet: Page
) -> None:
    story = {"@type": "NewsArticle", "headline": "The ferry returns", "articleBody": "It runs."}
    told = {"@graph": [{"@type": "Organization"}, story]}
    canonical = f'<link rel="canonical" href="{paper.origin}/ferry">'
    head = f'<script type="application/ld+json">{json.dumps(told)}</script>{canonical}'
    quiet.goto(f"{paper.put('/ferry', paper.line_for(None), head=head)}?utm_source=letter#top")
    expect(quiet.locator(".counter")).to_have_text("0/50")
    with quiet.expect_request("**/comments") as sent:
        quiet.get_by_label("Your name").fill("Ravi K")
        quiet.get_by_label("Your comment").fill(CALM)
        quiet.get_by_role("button", name="Send comment").click()
    body = sent.value.post_data_json or {}
    assert body["article"] == {
        "url": f"{paper.origin}/ferry",
        "title": "The ferry returns",
        "text": "It runs.",
    }
    expect(quiet.locator(".notice")).to_contain_text("Thank you")
    waiting = quiet.evaluate("JSON.parse(Object.entries(sessionStorage).find(([name]) => / own /.test(name))[1])[0].id")
    pages.decide(waiting, Verdict.APPROVE)
    quiet.goto(f"{paper.origin}/ferry")
    expect(quiet.locator(".threads .text")).to_have_text(CALM)


@on_both_databases
def test_the_front_page_shows_how_many_comments_articles_have(pages: Pages, paper: Paper, quiet: Page) -> None:
    pages.article("lanes", url=f"{paper.origin}/lanes")
    for number in range(3):
        published(pages, text(number), by=f"Reader {number}")
    links = (
        '<a href="/x" data-comment-count="lanes">–</a> <a href="/lanes#comments" data-comment-count>–</a> '
        '<a href="/y" data-comment-count="unheard-of">–</a>'
    )
    counter = f'<script src="{paper.service}/counts.js" data-site-key="{paper.key}" async></script>'
    quiet.goto(paper.put("/", links + counter))
    expect(quiet.locator("a").nth(0)).to_have_text("3")
    expect(quiet.locator("a").nth(1)).to_have_text("3")
    expect(quiet.locator("a").nth(2)).to_have_text("0")


def test_more_counters_than_are_asked_for_at_once_are_all_filled_in(pages: Pages, paper: Paper, quiet: Page) -> None:
    published(pages, text(1))
    names = ["x" * 4200, *(f"unheard-of-{number}" for number in range(100)), "lanes"]  # one fills a query by itself
    links = "".join(f'<a data-comment-count="{name}">–</a> ' for name in names)
    asked: list[str] = []
    quiet.on("request", lambda request: asked.append(request.url) if "/api/v1/counts" in request.url else None)
    counter = f'<script src="{paper.service}/counts.js" data-site-key="{paper.key}" async></script>'
    quiet.goto(paper.put("/", links + counter))
    expect(quiet.locator("a").last).to_have_text("1")
    expect(quiet.get_by_text("0", exact=True)).to_have_count(100)
    expect(quiet.locator("a").first).to_have_text("–")  # no article is called so
    assert [url.count("article=") for url in asked] == [1, 100, 1]


@pytest.mark.parametrize(
    ("lang", "words", "counter"),
    [
        ("de-AT", "Mindestens 50 Zeichen", "0/50"),
        ("hi", "कम से कम 50 अक्षर", "0/50"),
        ("ar-EG", "٥٠ حرفًا على الأقل", "٠/٥٠"),
    ],
)
def test_the_section_speaks_the_language_of_the_page(
    paper: Paper, quiet: Page, lang: str, words: str, counter: str
) -> None:
    quiet.goto(paper.put("/lanes", paper.line, lang=lang))
    expect(quiet.locator(".under")).to_contain_text(words)
    expect(quiet.locator(".counter")).to_have_text(counter)
    expect(quiet.locator(".comments")).to_have_attribute("dir", "rtl" if lang.startswith("ar") else "ltr")


def test_a_name_is_written_its_own_way_in_a_sentence_from_right_to_left(
    pages: Pages, paper: Paper, quiet: Page
) -> None:
    published(pages, CALM, by="Omar S.")
    quiet.goto(paper.put("/lanes", paper.line, lang="ar"))
    quiet.locator(".row button").first.click()
    expect(quiet.locator("form.reply label").last).to_contain_text("\u2068Omar S.\u2069")


def test_the_counter_counts_exactly_as_the_server_does(paper: Paper, quiet: Page) -> None:
    quiet.goto(paper.put("/lanes", paper.line))
    field = quiet.get_by_label("Your comment")
    expect(field).to_be_visible()
    shown = field.evaluate(
        """(field, texts) => texts.map((text) => {
            field.value = text;
            field.dispatchEvent(new Event("input", { bubbles: true }));
            return [field.value, field.getRootNode().querySelector(".counter").textContent];
        })""",
        [*TEXTS, "x" * 49 + "👩‍👩‍👧", "क्षे " * 30],
    )
    assert len(shown) > 10
    assert [
        (typed, counted) for typed, counted in shown if counted != f"{visible_length(as_written(typed, 'body'))}/50"
    ] == []
