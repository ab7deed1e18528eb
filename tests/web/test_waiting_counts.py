"""How much waits stands in the masthead and in the tab's title of every page, and stays true while a page is open."""

from __future__ import annotations

import pytest
from cachetools import TTLCache
from playwright.sync_api import Page, expect
from sqlalchemy import event

from moderation.core.cache import Cached
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from tests.web.pages_world import CALM, World
from tests.web.test_pages_browser import address, moderator

__all__ = ["address", "moderator"]


def test_every_page_says_how_much_waits_for_whoever_looks(either_world: World) -> None:
    world = either_world
    world.article("sport", title="A match", section="sport")
    world.say()
    world.say(f"{CALM} Two.", under="sport")
    world.account("sports", {"demo": Role.MODERATOR}, sections=("sport",))
    world.account("stranger", {})
    for name, waits in (("admin", "2"), ("sports", "1"), ("stranger", "")):
        visitor = world.signed_in(name)
        for path in ("/review/articles", "/account"):
            assert visitor.open(path).texts("//*[@id='waits']") == [waits]
            assert visitor.texts("//title")[0].startswith(f"({waits}) ") is bool(waits)
        assert (visitor.client.get("/review/waiting").json or {}) == {"waiting": waits or "0"}


def test_many_open_pages_share_one_count(world: World) -> None:
    world.say()
    world.app.extensions["recent counts"] = Cached(TTLCache(9, 3600))
    world.account("berta", {"*": Role.ADMIN})
    pages, counts = [world.signed_in("admin"), world.signed_in("berta")], []

    def counted(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "queue_index" in statement:
            counts.append(statement)

    event.listen(world.services.database.engine, "before_cursor_execute", counted)
    for page in pages * 10:
        assert page.client.get("/review/waiting").json == {"waiting": "1"}
    assert len(counts) == 1


@pytest.mark.browser
def test_an_open_page_follows_and_says_when_it_can_not(world: World, address: str, moderator: Page) -> None:
    comment = world.say()
    moderator.goto(f"{address}/audit")
    expect(moderator).to_have_title("(1) Audit log · The desk")
    waits = moderator.locator("#waits")
    world.say(f"{CALM} Two.")
    expect(waits).to_have_text("2")
    expect(moderator).to_have_title("(2) Audit log · The desk")
    moderator.route("**/review/waiting", lambda route: route.abort())
    expect(waits).to_have_class("waits old")
    expect(waits).to_have_text("2")
    world.decide(comment, Verdict.APPROVE)
    moderator.unroute("**/review/waiting")
    expect(waits).to_have_text("1")
    expect(waits).to_have_class("waits")
    expect(moderator).to_have_title("(1) Audit log · The desk")
    # The queue tells its view's number in the title, and all that waits in the masthead.
    world.say("The harbour is what the third of these comments speaks of, at some length.")
    moderator.goto(f"{address}/review?find=harbour")
    expect(moderator).to_have_title("(1 found) Waiting · The desk")
    expect(waits).to_have_text("2")
    world.say("The harbour is what the fourth of these comments speaks of, at some length.")
    expect(moderator).to_have_title("(2 found) Waiting · The desk")
    expect(waits).to_have_text("3")
