"""How much waits stands in the masthead and in the tab's title of every page, and stays true while a page is open."""

from __future__ import annotations

import pytest
from cachetools import TTLCache
from playwright.sync_api import Page, expect
from sqlalchemy import event

from moderation.core.cache import Cached
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from tests.web.pages import CALM, Pages


def test_every_page_says_how_much_waits_for_whoever_looks(pages: Pages) -> None:
    pages.article("sport", title="A match", section="sport")
    pages.say()
    pages.say(f"{CALM} Two.", under="sport")
    pages.account("sports", {"demo": Role.MODERATOR}, sections=("sport",))
    pages.account("stranger", {})
    for name, waits in (("admin", "2"), ("sports", "1"), ("stranger", "")):
        visitor = pages.signed_in(name)
        for path in ("/review/articles", "/account"):
            assert visitor.open(path).texts("//*[@id='waits']") == [waits]
            assert visitor.texts("//title")[0].startswith(f"({waits}) ") is bool(waits)
        assert (visitor.client.get("/review/waiting").json or {}) == {"waiting": waits or "0"}


def test_many_open_pages_share_one_count(pages: Pages) -> None:
    pages.say()
    pages.app.extensions["recent counts"] = Cached(TTLCache(9, 3600))
    pages.account("berta", {"*": Role.ADMIN})
    opened, counts = [pages.signed_in("admin"), pages.signed_in("berta")], []

    def counted(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "queue_index" in statement:
            counts.append(statement)

    event.listen(pages.services.database.engine, "before_cursor_execute", counted)
    for page in opened * 10:
        assert page.client.get("/review/waiting").json == {"waiting": "1"}
    assert len(counts) == 1


@pytest.mark.browser
def test_an_open_page_follows_and_says_when_it_can_not(pages: Pages, address: str, moderator: Page) -> None:
    comment = pages.say()
    moderator.goto(f"{address}/audit")
    expect(moderator).to_have_title("(1) Audit log · The desk")
    waits = moderator.locator("#waits")
    pages.say(f"{CALM} Two.")
    expect(waits).to_have_text("2")
    expect(moderator).to_have_title("(2) Audit log · The desk")
    moderator.route("**/review/waiting", lambda route: route.abort())
    expect(waits).to_have_class("waits old")
    expect(waits).to_have_text("2")
    pages.decide(comment, Verdict.APPROVE)
    moderator.unroute("**/review/waiting")
    expect(waits).to_have_text("1")
    expect(waits).to_have_class("waits")
    expect(moderator).to_have_title("(1) Audit log · The desk")
    # The queue tells its view's number in the title, and all that waits in the masthead.
    pages.say("The harbour is what the third of these comments speaks of, at some length.")
    moderator.goto(f"{address}/review?find=harbour")
    expect(moderator).to_have_title("(1 found) Waiting · The desk")
    expect(waits).to_have_text("2")
    pages.say("The harbour is what the fourth of these comments speaks of, at some length.")
    expect(moderator).to_have_title("(2 found) Waiting · The desk")
    expect(waits).to_have_text("3")
