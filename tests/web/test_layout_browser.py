"""Where things stand on the desk's pages: what is chosen from beside what is read, and the masthead over the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.web.pages import CALM, Pages
from tests.web.test_pages_browser import address, moderator

__all__ = ["address", "moderator"]
pytestmark = pytest.mark.browser

OVERLAP = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [text, around, panel] = [box(".inside > .text"), box(".inside"), box(".pane .action-bar details[open] .panel")];
  const [bar, page] = [box(".action-bar"), document.documentElement.clientHeight];
  const seen = { left: text.left, right: text.right, top: Math.max(text.top, around.top),
    bottom: Math.min(text.bottom, around.bottom, panel.left < text.right ? bar.top : page) };
  const across = Math.min(seen.right, panel.right) - Math.max(seen.left, panel.left);
  const down = Math.min(seen.bottom, panel.bottom) - Math.max(seen.top, panel.top);
  return { over: across > 1 && down > 1, high: Math.min(seen.bottom, page) - Math.max(seen.top, 0),
    within: panel.right <= document.documentElement.clientWidth && panel.bottom <= page + 1 };
}"""


@pytest.mark.parametrize("width", [390, 1000, 1440, 1920])
def test_what_unfolds_never_stands_over_the_text(pages: Pages, address: str, moderator: Page, width: int) -> None:
    comment = pages.say(f"{CALM} " * 30)
    moderator.set_viewport_size({"width": width, "height": 844})
    for path in (f"/review?at={comment}", f"/review/comments/{comment}"):
        for key in ("r", "n"):
            moderator.goto(address + path)
            moderator.keyboard.press(key)
            found = moderator.evaluate(OVERLAP)
            assert found["within"], (path, key)
            assert not found["over"], (path, key)
            assert found["high"] > 150, (path, key)  # lines enough to read
    # It is read on while a reason is chosen.
    moderator.keyboard.press("Escape")
    moderator.keyboard.press("r")
    moderator.locator("#pane-text .written").click(position={"x": 5, "y": 5})
    assert moderator.locator(".action-bar details.reject[open]").count() == 1


def test_the_masthead_lines_up_with_every_page(pages: Pages, address: str, moderator: Page) -> None:
    comment = pages.say()
    moderator.set_viewport_size({"width": 1920, "height": 1080})
    paths = [
        "/review",
        f"/review/comments/{comment}",
        "/review/map",
        "/review/articles",
        "/review/rules",
        "/legal",
        "/review/appeals",
    ]
    for path in (*paths, "/audit", "/admin", "/admin/sites", "/account", "/review/actions"):
        moderator.goto(address + path)
        assert ends_of(moderator, ".bar > div") == ends_of(moderator, "#main"), path


def test_readers_pages_line_up_too(pages: Pages, address: str, page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    for path in ("/articles/lanes", "/login", "/nothing/here"):
        page.goto(address + path)
        column = ends_of(page, "article.page, .page")
        assert [ends_of(page, ".masthead > div"), ends_of(page, ".colophon > p")] == [column, column], path


def ends_of(page: Page, selector: str) -> list[float]:
    """Where what stands in a box begins and ends, in pixels from the left."""
    found: list[float] = page.locator(selector).first.evaluate(
        """one => {
          const [box, style] = [one.getBoundingClientRect(), getComputedStyle(one)];
          return [box.left + parseFloat(style.paddingLeft), box.right - parseFloat(style.paddingRight)];
        }"""
    )
    return found
