"""Where things stand on the desk's pages: what is chosen from beside what is read, and the masthead over the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from moderation.web.shared.access import COOKIE
from tests.web.pages import CALM, Pages
from tests.web.test_rights import ROWS, Who, furnished

pytestmark = pytest.mark.browser

NO_PAGES = {  # parts of pages, numbers for scripts, and files
    *("comment_pages.pane", "queue_pages.further", "queue_pages.news", "queue_pages.waits"),
    *("audit_pages.export", "figures_pages.as_csv"),
    "policy_pages.former",  # a page once there is a policy to go back to
}
"""What opens by a sign-in and shows no page of the desk here."""

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


def test_the_masthead_lines_up_with_every_page(pages: Pages, address: str, page: Page) -> None:
    stage = furnished(pages)
    chief = stage.named | {"action": stage.named["action of chief"]}
    cookie = pages.signed_in("chief").client.get_cookie(COOKIE)
    assert cookie is not None
    page.context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": address}])
    page.set_viewport_size({"width": 1920, "height": 1080})
    for name, path in desk_pages().items():
        page.goto(address + path.format(**chief))
        assert page.locator(".bar").count() == 1, f"{name} shows no page of the desk, and isn't in NO_PAGES"
        assert ends_of(page, ".bar > div") == ends_of(page, "#main"), path


def desk_pages() -> dict[str, str]:
    """The paths of whatever opens by a sign-in, but for ``NO_PAGES``: what somebody adds is among them."""
    found = {
        name: row.path
        for name, row in ROWS.items()
        if not row.post and row.method in (None, "GET") and Who.SIGNED_IN <= row.who <= Who.CHIEF
    }
    assert found.keys() >= NO_PAGES
    return {name: path for name, path in found.items() if name not in NO_PAGES}


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
