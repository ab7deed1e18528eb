"""The score map in a real browser: a score range of 500 by pointer, by keyboard and without scripts, and its undo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from moderation.jobs.worker import Runner
from moderation.storage.comments import Comment
from moderation.web.shared.access import COOKIE
from tests.served import server_of, serving
from tests.web.pages import Pages, on_both_databases

pytestmark = pytest.mark.browser

RUDE = "Only an idiot would believe what the council has told us about these lanes for years."


@pytest.fixture
def address(pages: Pages) -> Iterator[str]:
    """Where the service answers, with a runner beside it as beside every web server."""
    server, runner = server_of(pages.app), Runner(pages.services, every_seconds=0.05)
    with serving(server):
        runner.start()
        yield f"http://127.0.0.1:{server.server_port}"
        runner.stop()


def cookie(pages: Pages, address: str) -> Any:
    """The admin's sign-in."""
    kept = pages.signed_in().client.get_cookie(COOKIE)
    assert kept is not None
    return {"name": COOKIE, "value": kept.value, "url": address}


def how_many(pages: Pages, status: str) -> int:
    with pages.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Comment).where(Comment.status == status)) or 0


@on_both_databases
def test_a_score_range_of_500_is_dragged_approved_and_taken_back(pages: Pages, address: str, page: Page) -> None:
    for number in range(500):
        pages.say(f"{RUDE} That is point {number}.", by=f"Reader {number}")
    pages.say("I read this report twice, and the second time I understood what had been decided.")
    page.context.add_cookies([cookie(pages, address)])
    page.goto(f"{address}/review/map")
    drawn = page.locator("#drawn").bounding_box()
    assert drawn is not None
    y = drawn["y"] + drawn["height"] / 2
    page.mouse.move(drawn["x"] + drawn["width"] * 0.45, y)
    page.mouse.down()
    page.mouse.move(drawn["x"] + drawn["width"] * 0.6, y, steps=4)
    page.mouse.up()
    expect(page.get_by_label("From")).to_have_value("0.45")
    expect(page.locator("#count")).to_have_text("500 comments")
    page.get_by_role("button", name="Approve 500 comments").click()
    expect(page.locator("#bulk-action")).to_contain_text("500 comments: Approved.", timeout=60_000)
    assert (how_many(pages, "approved"), how_many(pages, "pending")) == (500, 1)
    page.keyboard.press("u")
    expect(page.locator("#bulk-action")).to_contain_text("500 comments stand as before.", timeout=60_000)
    assert (how_many(pages, "approved"), how_many(pages, "pending")) == (0, 501)


def test_a_score_range_is_chosen_and_decided_by_keyboard_alone(pages: Pages, address: str, page: Page) -> None:
    for number in range(3):
        pages.say(f"{RUDE} That is point {number}.", by=f"Reader {number}")
    page.context.add_cookies([cookie(pages, address)])
    page.goto(f"{address}/review/map")
    page.get_by_label("From").focus()
    page.keyboard.type("0.53")
    page.keyboard.press("Tab")
    page.keyboard.type("0.60")
    expect(page.locator("#score-range")).to_contain_text("Nothing waits in this range.")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#count")).to_have_text("3 comments")
    page.get_by_role("button", name="Approve 3 comments").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#bulk-action")).to_contain_text("3 comments: Approved.")


def test_the_map_and_its_actions_work_without_scripts(pages: Pages, address: str, browser: Browser) -> None:
    for number in range(60):
        pages.say(f"{RUDE} That is point {number}.", by=f"Reader {number}")
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([cookie(pages, address)])
    page = context.new_page()
    page.goto(f"{address}/review/map")
    page.get_by_label("From").fill("0.50")
    page.get_by_label("To", exact=True).fill("0.60")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Approve 60 comments").click()
    while "Look again" in page.locator("#bulk-action").inner_text():
        page.goto(address + (page.get_by_role("link", name="Look again").get_attribute("href") or ""))
    expect(page.locator("#bulk-action")).to_contain_text("60 comments: Approved.")
    context.close()


def test_what_is_not_read_is_reached_by_keyboard_and_stays_beside_the_map(
    pages: Pages, address: str, page: Page
) -> None:
    pages.say(RUDE)
    threat = pages.say("Ich weiß genau, wo du wohnst, und morgen Nacht komme ich vorbei und bringe dich um.")
    page.context.add_cookies([cookie(pages, address)])
    page.goto(f"{address}/review/map")
    page.get_by_label("From").fill("0.00")
    expect(page.locator("#count")).to_have_text("1 comment")
    region = page.get_by_role("region", name="In no range of scores")
    expect(region).to_contain_text("German 1")
    page.get_by_role("button", name="Show").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(region.get_by_role("link", name="Not read: German")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(f"li[data-comment='{threat}']")).to_be_visible()
    assert page.locator("li[data-comment]").count() == 1


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_on_the_map_and_its_actions(
    pages: Pages, address: str, page: Page, width: int, scheme: str
) -> None:
    ids = [pages.say(f"{RUDE} That is point {number}.", by=f"Reader {number}") for number in range(3)]
    pages.say("Ich weiß genau, wo du wohnst, und morgen Nacht komme ich vorbei und bringe dich um.")
    with pages.services.database.reading() as session:
        article_id = session.get_one(Comment, ids[0]).article_id
    page.context.add_cookies([cookie(pages, address)])
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/review/map?signal=toxicity&from=0.50&to=0.60")
    page.get_by_role("button", name="Approve 3 comments").click()
    paths = ["/review/map", "/review/map?signal=toxicity&from=0&to=1", f"/review/articles/{article_id}/remove"]
    for path in (page.url.removeprefix(address), *paths):
        page.goto(address + path)
        page.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true; })")
        found = Axe().run(page).response["violations"]
        assert [(path, rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert wrong == []
