"""The pages in a real browser: the live counter, the desk by keyboard alone, and nothing for axe-core to find."""

from __future__ import annotations

import random
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from moderation.comments.appeals import ask_for_another_look
from moderation.core.text.written import as_written, visible_length
from moderation.desk.decide import Verdict
from moderation.web.shared.access import COOKIE
from tests.web.pages import CALM, RUDE, Pages, on_both_databases

pytestmark = pytest.mark.browser

TEXTS = [
    "",
    "   ",
    "plain text",
    "  trimmed \n\n and   folded\tonce  ",
    "\u200b\u200b\u200dnothing\u2060 to \ufeffsee\u00ad",
    "नमस्ते, क्षत्रिय और स्त्री",
    "ক্ষমতা வணக்கம் స్త్రీ ក្រុង",
    "👩‍👩‍👧👍🏽🇮🇳🇮🇳🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "e\u0301 e\u0301\u0301\u0301 \u0301",
    "각 ᄀ가각",
    "\u202eturned\u202c",
    "\u0085\u2028\u2029\x1f\x0b",
    "\u2800\u3164\u115f\uffa0",
    "a\u200d b\u200d\u200d",
    "\u0600\u0661 ﷽",
    "a\r\nb\rc",
]


def test_the_counter_counts_exactly_as_the_server_does(address: str, page: Page) -> None:
    page.goto(address)
    chance = random.Random(7)
    # A virama stands after its consonant, as in writing: alone, browsers and servers differ in what they join it to.
    units = [
        "a",
        "b",
        " ",
        "  ",
        "\n",
        "\u200b",
        "\u200d",
        "\u0301",
        "\u2060",
        "क्षे",
        "स्त",
        "हि",
        "👩",
        "👩🏽",
        "🇮",
        "🇳",
    ]
    units += ["ﷺ", "각", "\u00ad", "\ufe0f", "\u202e", "\u0085", "\u2028", "กำ", "\u0600", "\u115f", "\u1100", "\r\n"]
    texts = [*TEXTS, *("".join(chance.choices(units, k=chance.randrange(30))) for _ in range(2000))]
    counted = page.evaluate(
        "async texts => texts.map((await import('/static/visible-length.js')).visibleLength)",
        texts,
    )
    expected = [visible_length(as_written(text, "body")) for text in texts]
    assert [pair for pair in zip(texts, counted, expected, strict=True) if pair[1] != pair[2]] == []


def test_a_comment_is_written_with_the_counter_running(address: str, page: Page) -> None:
    page.goto(address)
    expect(page.locator("#counter")).to_have_text("0/50")
    page.get_by_label("Your name").fill("Ravi K")
    page.get_by_label("Your comment").fill("Too short. 👩‍👩‍👧")
    expect(page.locator("#counter")).to_have_text("12/50")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator("#too-short")).to_contain_text("38 more characters needed")
    page.get_by_label("Your comment").fill(CALM)
    expect(page.locator("#counter")).to_have_class("counter enough")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator("#sent")).to_contain_text("waits for a moderator")


@on_both_databases
def test_everything_works_without_scripts(pages: Pages, address: str, browser: Browser) -> None:
    comment = pages.say()
    cookie = pages.signed_in().client.get_cookie(COOKIE)
    assert cookie is not None
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": address}])
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Your name").fill("Ravi K")
    page.get_by_label("Your comment").fill(f"{CALM} Or so it seems.")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator("#sent")).to_contain_text("waits for a moderator")
    page.goto(f"{address}/review?at={comment}")
    pane = page.locator(f"#c-{comment}")
    pane.get_by_text("Reject…").click()
    pane.get_by_role("button", name="Off-topic").click()
    expect(page.locator("#done")).to_contain_text("Rejected: Off-topic")
    page.locator("#done").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting (2)")
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing_and_nothing_leaves_the_service(
    pages: Pages, address: str, moderator: Page, width: int, scheme: str
) -> None:
    published = pages.say("The first one speaks of the lanes, and is published for all to read.", by="सुनीता")
    pages.decide(published, Verdict.APPROVE)
    pages.say(f"{RUDE} Nobody asked them.", by="<b>", to=published)
    waiting = pages.say(f"{CALM} {RUDE}", by="\u202ereven")
    wrong: list[str] = []
    moderator.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    moderator.set_viewport_size({"width": width, "height": 900})
    moderator.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    moderator.on("pageerror", lambda error: wrong.append(str(error)))
    moderator.on("request", lambda asked: wrong.append(asked.url) if urlsplit(asked.url).port is None else None)
    paths = ["/", f"/?reply={published}", "/review", f"/review?done={published}", f"/review/comments/{waiting}"]
    receipt = pages.services.keys.receipt(waiting)
    paths += [f"/comments/{waiting}?receipt={receipt}", f"/review/comments/{waiting}/alike"]
    refused = pages.say("The second one is refused, and its writer would like somebody to look at it again.")
    pages.decide(refused, Verdict.REJECT, "off-topic")
    asked_for = ask_for_another_look(pages.services, refused, "It is about the lanes.").id
    receipt = pages.services.keys.receipt(refused)
    paths += [f"/comments/{refused}?receipt={receipt}"]
    mended = pages.say("The third one is refused too, and its writer would like to say the same in other words.")
    pages.decide(mended, Verdict.REJECT, "off-topic")
    paths += [f"/comments/{mended}/mend?receipt={pages.services.keys.receipt(mended)}"]
    paths += ["/review/appeals", f"/review/appeals/{asked_for}", f"/review/comments/{refused}"]
    for path in (*paths, "/audit", "/admin"):
        moderator.goto(address + path)
        moderator.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true; })")
        found = Axe().run(moderator).response["violations"]
        assert [(path, rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []
        assert moderator.evaluate("document.documentElement.scrollWidth") <= width, path
    assert wrong == []
