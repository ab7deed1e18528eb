"""The pages in a browser that prefers another language: nothing is too wide, keys work, and scripts speak it too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.pages import CALM, RUDE, Pages

pytestmark = pytest.mark.browser

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PICTURES = os.environ.get("MODERATION_PICTURES", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""


def prefer(page: Page, language: str) -> None:
    page.set_extra_http_headers({"Accept-Language": language})


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_long_words_leave_the_desk_as_wide_as_a_telephone(
    pages: Pages, address: str, moderator: Page, language: str
) -> None:
    rude = pages.say(RUDE)
    pages.say(f"{CALM} It is a long road.")
    prefer(moderator, language)
    moderator.set_viewport_size({"width": 390, "height": 844})
    for name, path in {
        "queue": "/review",
        "comment": f"/review/comments/{rude}",
        "preferences": "/review/preferences",
        "actions": "/review/actions",
    }.items():
        moderator.goto(address + path)
        assert moderator.locator("html").get_attribute("lang") == language
        picture(moderator, f"{name}-{language}-390")
        moderator.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true; })")
        assert moderator.evaluate(WIDER) <= 0, path


@pytest.mark.parametrize("language", ["de", "pt", "hi", "ar"])
def test_a_readers_page_is_no_wider_than_a_telephone(pages: Pages, address: str, page: Page, language: str) -> None:
    comment = pages.say()
    receipt = pages.services.keys.receipt(comment)
    prefer(page, language)
    page.set_viewport_size({"width": 390, "height": 844})
    for name, path in {"article": "/articles/lanes", "receipt": f"/comments/{comment}?receipt={receipt}"}.items():
        page.goto(address + path)
        assert page.locator("html").get_attribute("lang") == language
        picture(page, f"{name}-{language}-390")
        assert page.evaluate(WIDER) <= 0, path


def test_keys_decide_in_any_language_and_what_they_did_is_said_in_it(
    pages: Pages, address: str, moderator: Page
) -> None:
    pages.say(RUDE)
    pages.say(CALM)
    prefer(moderator, "de")
    moderator.set_viewport_size({"width": 1440, "height": 900})
    moderator.goto(f"{address}/review")
    picture(moderator, "queue-de-1440")
    moderator.keyboard.press("a")
    expect(moderator.locator("#said")).to_contain_text("Veröffentlicht")
    moderator.keyboard.press("u")
    expect(moderator.locator("#said")).to_contain_text("Rückgängig: Freigegeben.")


def test_the_live_counter_counts_in_the_pages_words(address: str, page: Page) -> None:
    prefer(page, "ar")
    page.goto(f"{address}/articles/lanes")
    page.locator("#body").fill("مرحبا")
    page.locator("#name").fill("Ada")
    page.locator("button.primary").click()
    expect(page.locator("#too-short")).to_have_text("لم يُرسل بعد: 45 حرفًا إضافيًا مطلوبًا.")
