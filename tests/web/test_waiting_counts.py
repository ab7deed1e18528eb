"""How much waits stands in the masthead and in the tab's title of every page, and stays true while a page is open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pages_house import CALM, SiteRulesCache
from playwright.sync_api import Page, expect
from sqlalchemy import event
from test_pages_browser import address, moderator

from moderation.core.cache import Recent
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role

__all__ = ["address", "moderator"]


def test_every_page_says_how_much_waits_for_whoever_looks(either_house: SiteRulesCache) -> None:
    site_rules = either_house
    site_rules.article("sport", title="A match", section="sport")
    site_rules.say()
    site_rules.say(f"{CALM} Two.", under="sport")
    site_rules.account("sports", {"demo": Role.MODERATOR}, sections=("sport",))
    site_rules.account("stranger", {})
    for name, waits in (("admin", "2"), ("sports", "1"), ("stranger", "")):
        visitor = site_rules.signed_in(name)
        for path in ("/review/articles", "/account"):
            assert visitor.open(path).texts("//*[@id='waits']") == [waits]
            assert visitor.texts("//title")[0].startswith(f"({waits}) ") is bool(waits)
        assert (visitor.client.get("/review/waiting").json or {}) == {"waiting": waits or "0"}


def test_many_open_pages_share_one_count(site_rules: SiteRulesCache) -> None:
    site_rules.say()
    site_rules.app.extensions["recent counts"] = Recent[str](timedelta(hours=1))
    site_rules.account("berta", {"*": Role.ADMIN})
    pages, counts = [site_rules.signed_in("admin"), site_rules.signed_in("berta")], []

    def counted(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "queue_index" in statement:
            counts.append(statement)

    event.listen(site_rules.services.database.engine, "before_cursor_execute", counted)
    for page in pages * 10:
        assert page.client.get("/review/waiting").json == {"waiting": "1"}
    assert len(counts) == 1


@pytest.mark.browser
def test_an_open_page_follows_and_says_when_it_can_not(
    site_rules: SiteRulesCache, address: str, moderator: Page
) -> None:
    comment = site_rules.say()
    moderator.goto(f"{address}/audit")
    expect(moderator).to_have_title("(1) Audit log · The desk")
    waits = moderator.locator("#waits")
    site_rules.say(f"{CALM} Two.")
    expect(waits).to_have_text("2")
    expect(moderator).to_have_title("(2) Audit log · The desk")
    moderator.route("**/review/waiting", lambda route: route.abort())
    expect(waits).to_have_class("waits old")
    expect(waits).to_have_text("2")
    site_rules.decide(comment, Verdict.APPROVE)
    moderator.unroute("**/review/waiting")
    expect(waits).to_have_text("1")
    expect(waits).to_have_class("waits")
    expect(moderator).to_have_title("(1) Audit log · The desk")
    # The queue tells its view's number in the title, and all that waits in the masthead.
    site_rules.say("The harbour is what the third of these comments speaks of, at some length.")
    moderator.goto(f"{address}/review?find=harbour")
    expect(moderator).to_have_title("(1 found) Waiting · The desk")
    expect(waits).to_have_text("2")
    site_rules.say("The harbour is what the fourth of these comments speaks of, at some length.")
    expect(moderator).to_have_title("(2 found) Waiting · The desk")
    expect(waits).to_have_text("3")
