"""The pages of administration in a real browser: sliders that answer at once, and nothing for axe-core to find."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from moderation.accounts.accounts import invite
from moderation.desk.decide import Verdict
from moderation.storage.accounts import Granted, Role, account_named
from tests.web.pages import ADMIN_PASSWORD, CALM, RUDE, Pages, on_both_databases

pytestmark = pytest.mark.browser


@pytest.fixture
def busy(pages: Pages) -> Pages:
    """Comments that people have decided both ways, and figures by moderator."""
    pages.configure("[figures]\nby_moderator = true\n[policy.sections.opinion.flag]\nlinks_at_least = false\n")
    for number in range(3):
        pages.decide(pages.say(f"{CALM} {number}", by=f"calm {number}"), Verdict.APPROVE)
        pages.decide(pages.say(f"{RUDE} {number}", by="\u202ereven"), Verdict.REJECT, "rude")
    pages.decide(pages.say(f"{CALM} But no.", by="<b>"), Verdict.REJECT, "off-topic")
    pages.say("This one still waits for somebody to come and read it today.", by="सुनीता")
    return pages


@on_both_databases
def test_moving_a_slider_answers_without_loading_the_page_again(busy: Pages, address: str, moderator: Page) -> None:
    moderator.goto(f"{address}/admin/what-if")
    moderator.evaluate("window.stays = true")
    moderator.get_by_text("Conditions", exact=True).first.click()
    published = moderator.locator("#answer tr", has_text="published at once").locator("td").nth(1)
    expect(published).to_have_text("0")
    slider = moderator.get_by_role("slider", name="toxicity at or under, slider", exact=True)
    slider.focus()
    for _ in range(10):
        moderator.keyboard.press("ArrowRight")
    expect(moderator.get_by_role("spinbutton", name="toxicity at or under", exact=True)).to_have_value("0.1")
    expect(published).to_have_text("4")
    assert "toxicity_at_most = 0.1" in moderator.locator("#toml").input_value()
    assert "approve.toxicity_at_most=0.1" in moderator.url
    assert moderator.evaluate("window.stays")
    moderator.get_by_role("spinbutton", name="toxicity at or under", exact=True).fill("")
    expect(published).to_have_text("0")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")])
def test_axe_finds_nothing_and_nothing_leaves_the_service(
    busy: Pages, address: str, moderator: Page, width: int, scheme: str
) -> None:
    invitation = invite(busy.services, "test", "Ida", {"demo": Granted(role=Role.SENIOR, sections=("sport",))})
    with busy.services.database.reading() as db:
        ida = account_named(db, "Ida")
    assert ida is not None
    wrong: list[str] = []
    moderator.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    moderator.set_viewport_size({"width": width, "height": 900})
    moderator.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    moderator.on("pageerror", lambda error: wrong.append(str(error)))
    moderator.on("request", lambda asked: wrong.append(asked.url) if urlsplit(asked.url).port is None else None)
    below = (
        "",
        "/policy",
        "/policy/change",
        "/policy/change?section=opinion",
        "/figures",
        "/sites",
        "/accounts",
        f"/accounts/{ida.id}",
    )
    tried = "tried=1&approve.toxicity_at_most=0.1&reject.toxicity_at_least=0.9"
    paths = [*(f"/admin{page}" for page in below), f"/admin/what-if?{tried}", "/account", f"/invitation/{invitation}"]
    for path in paths:
        moderator.goto(address + path)
        _clean(moderator, path, width)
    moderator.goto(f"{address}/account")
    moderator.get_by_label("Your password").fill(ADMIN_PASSWORD)
    moderator.get_by_role("button", name="Set it up").click()
    expect(moderator.locator("svg.qr")).to_be_visible()
    _clean(moderator, "the picture to scan", width)
    assert wrong == []


def _clean(page: Page, path: str, width: int) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true; })")
    found = Axe().run(page).response["violations"]
    assert [(path, rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, path
