"""In a real browser: times by its own clock, wherever they come from, and several of many chosen by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from moderation.web.shared.access import COOKIE
from tests.web.pages import CALM, Pages, on_both_databases

pytestmark = pytest.mark.browser


@pytest.fixture
def moderator(pages: Pages, address: str, browser: Browser) -> Iterator[Page]:
    """Somebody signed in, at the queue, in New York, while the service is in Berlin."""
    pages.configure('[display]\ntime_zone = "Europe/Berlin"\n')
    for number in range(9):
        pages.article(f"a{number}", title=f"Article number {number}", section=f"Part {number}")
        pages.say(f"{CALM} {number}", by=f"Reader {number}", under=f"a{number}")
    cookie = pages.signed_in().client.get_cookie(COOKIE)
    assert cookie is not None
    context = browser.new_context(timezone_id="America/New_York", viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/review?order=oldest")
    expect(page.locator("html.scripted")).to_be_attached()
    yield page
    context.close()


@on_both_databases
def test_times_are_told_by_the_browsers_clock_and_several_are_chosen_by_keyboard(moderator: Page) -> None:
    age = moderator.locator(".line time").first
    expect(age).to_have_attribute("title", "14 January 2026, 04:01 GMT-5 · 14 January 2026, 09:01 UTC")
    moderator.locator(".line").nth(1).click()
    opened = moderator.locator("#open time[data-told=age]").first  # it came after the page
    expect(opened).to_have_attribute("title", "14 January 2026, 04:02 GMT-5 · 14 January 2026, 09:02 UTC")
    moderator.keyboard.press("i")
    made = moderator.locator(".trail time").first
    expect(made).to_have_text("14 January 2026, 04:02 GMT-5")
    expect(made).to_have_attribute("title", "14 January 2026, 09:02 UTC")

    moderator.go_back()
    moderator.locator("summary", has_text="Filter").click()
    articles = moderator.get_by_role("group", name="Articles")
    find = articles.get_by_role("searchbox", name="Find among articles")
    find.press_sequentially("number 7")
    expect(articles.get_by_role("status")).to_have_text("1 found")
    expect(articles.get_by_role("checkbox")).to_have_count(1)
    find.press("Enter")  # finds, and sends nothing
    find.press("Tab")
    moderator.keyboard.press("Space")
    moderator.keyboard.press("a")  # approves nothing in here
    find.fill("number 2")
    expect(articles.get_by_role("checkbox")).to_have_count(2)  # what is chosen stays in sight
    articles.get_by_role("checkbox", name="Article number 2").press("Space")
    assert Axe().run(moderator).response["violations"] == []
    moderator.get_by_role("button", name="Show").click()
    expect(moderator.locator(".line .name")).to_have_text(["Reader 2", "Reader 7"])
