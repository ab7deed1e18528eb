"""axe-core finds nothing in the comment section: light and dark, left to right and right to left."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from moderation.desk.decide import Verdict
from tests.web.pages import CALM, Pages
from tests.web.paper import Paper

pytestmark = pytest.mark.browser

INK = '<style nonce="own">body{background:Canvas;color:CanvasText}</style>'


def check(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(
    ("scheme", "language", "width"),
    [("light", "en", 1440), ("dark", "en", 390), ("light", "ar", 390), ("dark", "ar", 1440)],
)
def test_axe_finds_nothing_in_any_state(
    pages: Pages, paper: Paper, browser: Browser, scheme: str, language: str, width: int
) -> None:
    first = pages.say(by="Priya S")
    pages.decide(first, Verdict.APPROVE)
    for number in range(5):
        reply = pages.say(f"{CALM} So I reply, for the time {number}.", by="Ravi K", to=first)
        pages.decide(reply, Verdict.APPROVE)
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(paper.put("/lanes", paper.line, head=INK, lang=language, scheme=scheme))
    expect(page.locator(".threads .comment")).to_have_count(4)
    expect(page.locator(".comments")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('reader-comments').shadowRoot.firstChild).colorScheme")
        == scheme
    )
    check(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.locator(".comment .link").first.click()
    page.locator("form.reply textarea").fill("x")
    page.locator("form.reply .primary").click(force=True)
    expect(page.locator("form.reply .notice")).to_be_visible()
    check(page)
    page.locator("form.reply .input").first.fill("Ravi K")
    page.locator("form.reply textarea").fill(f"{CALM} That is what I think.")
    page.locator("form.reply .primary").click()
    expect(page.locator(".own")).to_be_visible()
    check(page)
    context.close()
