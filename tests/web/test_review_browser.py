"""Reviewing in a real browser: by keyboard alone, two at once, and when the network goes away."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from moderation.desk.decide import Verdict
from moderation.storage.accounts import Role
from moderation.storage.comments import Comment
from moderation.web.shared.access import COOKIE
from tests.web.pages import CALM, RUDE, Pages, on_both_databases

pytestmark = pytest.mark.browser


def moderator(pages: Pages, address: str, browser: Browser, name: str = "admin") -> Page:
    """A page of somebody who is signed in; it refuses to leave the service, and fails where a script does."""
    cookie = pages.signed_in(name).client.get_cookie(COOKIE)
    assert cookie is not None
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": address}])
    page = context.new_page()

    def went_wrong(error: object) -> None:
        raise AssertionError(error)

    page.on("pageerror", went_wrong)
    page.on("request", lambda asked: went_wrong(asked.url) if urlsplit(asked.url).port is None else None)
    return page


def all_sent(page: Page) -> None:
    """Waits until the server has all that was done."""
    expect(page.locator("#workbench")).to_have_attribute("data-pending", "0")


def has_keys(page: Page) -> None:
    """Waits until the page listens to keys."""
    expect(page.locator("html.scripted")).to_be_attached()


def standing(pages: Pages, comment: str) -> str:
    with pages.services.database.reading() as db:
        return db.get_one(Comment, comment).status


def test_thirty_comments_are_reviewed_by_keyboard_alone(pages: Pages, address: str, browser: Browser) -> None:
    comments = [pages.say(f"{CALM} This is number {number}.", by=f"Reader {number}") for number in range(33)]
    page = moderator(pages, address, browser)
    page.goto(f"{address}/review?order=oldest")
    title = page.locator("#pane-title bdi")
    for number in range(30):
        expect(title).to_have_text(f"Reader {number}")
        if number % 3 == 2:
            page.keyboard.press("r")
            page.keyboard.press("5")
        else:
            page.keyboard.press("a")
    expect(title).to_have_text("Reader 30")
    expect(page.locator("#l-" + comments[29])).to_contain_text("Rejected: Off-topic")
    all_sent(page)
    decided = [standing(pages, comment) for comment in comments]
    assert decided == [*(["approved", "approved", "rejected"] * 10), *["pending"] * 3]
    # Backwards, one after the other; then on.
    page.keyboard.press("u")
    expect(title).to_have_text("Reader 29")
    page.keyboard.press("u")
    expect(title).to_have_text("Reader 28")
    all_sent(page)
    assert [standing(pages, comment) for comment in comments[27:30]] == ["approved", "pending", "pending"]
    # A reason's sentence is adapted, with letters that are keys elsewhere.
    for key in ("r", "w", "5"):
        page.keyboard.press(key)
    page.keyboard.type(" Ask a junior.")
    page.keyboard.press("Control+Enter")
    expect(title).to_have_text("Reader 29")
    page.keyboard.press("n")
    page.keyboard.type("a note, just a note")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".left")).to_contain_text("a note, just a note")
    page.keyboard.press("e")
    expect(title).to_have_text("Reader 30")
    page.keyboard.press("s")
    expect(page.locator(".left")).to_contain_text("Sent to the newsroom by admin")
    page.keyboard.press("f")
    expect(title).to_have_text("Reader 31")
    page.keyboard.press("j")
    expect(title).to_have_text("Reader 32")
    page.keyboard.press("k")
    expect(title).to_have_text("Reader 31")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type('"number 32"')
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Waiting (1 found)")
    has_keys(page)
    page.keyboard.press("i")
    expect(page.get_by_role("heading", level=1)).to_have_text("Comment by Reader 32")
    has_keys(page)
    page.keyboard.press("a")
    expect(page.locator("#done")).to_contain_text("Approved.")
    page.goto(f"{address}/review/comments/{comments[28]}")
    expect(page.locator(".trail")).to_contain_text("It is not about the article. Ask a junior.")
    page.context.close()


KEYBOARDS: dict[str, list[tuple[str, str, dict[str, bool]]]] = {  # what the keyboard writes, and where the key lies
    "Caps Lock": [
        ("R", "KeyR", {"modifierCapsLock": True}),
        ("5", "Digit5", {}),
        ("A", "KeyA", {"modifierCapsLock": True}),
    ],
    "Russian": [("к", "KeyR", {}), ("5", "Digit5", {}), ("ф", "KeyA", {})],
    "Greek": [("ρ", "KeyR", {}), ("5", "Digit5", {}), ("α", "KeyA", {})],
    "Hebrew": [("ר", "KeyR", {}), ("5", "Digit5", {}), ("ש", "KeyA", {})],
    "Arabic": [("ق", "KeyR", {}), ("٥", "Digit5", {}), ("ش", "KeyA", {})],
    "AZERTY": [("r", "KeyR", {}), ("(", "Digit5", {}), ("a", "KeyQ", {})],
    "a number pad": [("r", "KeyR", {}), ("5", "Numpad5", {}), ("a", "KeyA", {})],
}


@pytest.mark.parametrize("keyboard", KEYBOARDS)
def test_every_keyboard_decides(pages: Pages, address: str, browser: Browser, keyboard: str) -> None:
    comments = [pages.say(f"{CALM} This is number {number}.", by=f"Reader {number}") for number in range(3)]
    page = moderator(pages, address, browser)
    page.goto(f"{address}/review?order=oldest")
    has_keys(page)

    def press(key: str, code: str, more: dict[str, bool]) -> None:
        asked = {"key": key, "code": code, "bubbles": True, "cancelable": True} | more
        page.evaluate(
            "e => (document.activeElement || document.body).dispatchEvent(new KeyboardEvent('keydown', e))", asked
        )

    reject, digit, approve = KEYBOARDS[keyboard]
    press(*reject)
    press(*digit)
    expect(page.locator("#pane-title bdi")).to_have_text("Reader 1")
    press(*approve)
    expect(page.locator("#pane-title bdi")).to_have_text("Reader 2")
    all_sent(page)
    assert [standing(pages, comment) for comment in comments] == ["rejected", "approved", "pending"]
    press("A", "KeyA", {"shiftKey": True})  # a shortcut of somebody else's
    press("ф", "KeyA", {"ctrlKey": True})
    all_sent(page)
    assert standing(pages, comments[2]) == "pending"
    page.context.close()


@on_both_databases
def test_two_moderators_race_over_one_comment(pages: Pages, address: str, browser: Browser) -> None:
    pages.account("berta", {"*": Role.MODERATOR})
    first, second = pages.say(by="First"), pages.say(f"{CALM} Two.", by="Second")
    admin, berta = moderator(pages, address, browser), moderator(pages, address, browser, "berta")
    with admin.expect_response("**/review/locks"):
        admin.goto(f"{address}/review?order=oldest")
    # Whoever comes next is shown who has it, and is given the one behind.
    with berta.expect_response("**/review/locks"):
        berta.goto(f"{address}/review?order=oldest")
    expect(berta.locator(f"#l-{first}")).to_contain_text("admin has it open")
    expect(berta.locator("#pane-title bdi")).to_have_text("Second")
    with berta.expect_response("**/review/locks"):  # which leaves Second
        berta.locator(f"#l-{first} a").click()
    expect(berta.locator(".open-elsewhere")).to_contain_text("admin has this comment open.")
    berta.route("**/review/news?*", lambda route: route.abort())  # she presses before her page hears of it
    with admin.expect_request("**/review/news?*"):  # asked after Second was left
        pass
    expect(admin.locator(f"#l-{second} .fate")).to_have_text("")
    admin.keyboard.press("a")
    expect(admin.locator("#pane-title bdi")).to_have_text("Second")
    all_sent(admin)
    for key in ("r", "4", "4"):
        berta.keyboard.press(key)
    told = berta.locator("#troubles")
    expect(told).to_contain_text("Published by admin. Nothing was overwritten.")
    expect(told).to_contain_text("First: This comment changed meanwhile: it is approved now, decided by admin")
    expect(berta.locator(f"#l-{first}")).to_contain_text("Published by admin")
    assert standing(pages, first) == "approved"
    assert standing(pages, second) == "pending"
    for page in (admin, berta):
        page.context.close()


def test_what_is_open_with_a_colleague_is_told_at_the_end_and_decided_on_the_second_press(
    pages: Pages, address: str, browser: Browser
) -> None:
    pages.account("berta", {"*": Role.MODERATOR})
    first, second = pages.say(by="First"), pages.say(f"{CALM} Two.", by="Second")
    admin, berta = moderator(pages, address, browser), moderator(pages, address, browser, "berta")
    with berta.expect_response("**/review/locks"):
        berta.goto(f"{address}/review?order=oldest&at={second}")
    admin.goto(f"{address}/review?order=oldest")
    admin.keyboard.press("a")
    told = admin.locator(".ended")
    expect(told).to_contain_text("1 comment is open with a colleague:")
    expect(told.locator(".remaining")).to_have_text("Second (open with berta)")
    with admin.expect_response("**/review/locks"):
        told.get_by_role("link", name="Second").click()
    expect(admin.locator("#pane-title bdi")).to_have_text("Second")
    expect(admin.locator(".open-elsewhere")).to_contain_text("berta has this comment open.")
    admin.keyboard.press("r")
    admin.keyboard.press("5")
    expect(admin.locator(".open-elsewhere")).to_contain_text("Press once more for “Rejected: Off-topic” all the same.")
    all_sent(admin)
    assert standing(pages, second) == "pending"
    admin.keyboard.press("5")
    expect(admin.get_by_text("That was the last one")).to_be_visible()
    all_sent(admin)
    assert (standing(pages, first), standing(pages, second)) == ("approved", "rejected")
    expect(berta.locator(f"#l-{second}")).to_contain_text("Rejected by admin: Off-topic")
    expect(berta.locator("#said")).to_have_text("Meanwhile: Rejected by admin: Off-topic.")
    for page in (admin, berta):
        page.context.close()


def test_what_a_page_did_not_know_to_be_open_elsewhere_asks_afterwards(
    pages: Pages, address: str, browser: Browser
) -> None:
    pages.account("berta", {"*": Role.MODERATOR})
    first, second = pages.say(by="First"), pages.say(f"{CALM} Two.", by="Second")
    admin, berta = moderator(pages, address, browser), moderator(pages, address, browser, "berta")
    for path in ("**/review/locks", "**/review/news?*"):
        admin.route(path, lambda route: route.abort())
    admin.goto(f"{address}/review?order=oldest")
    with berta.expect_response("**/review/locks"):
        berta.goto(f"{address}/review?order=oldest&at={first}")
    admin.keyboard.press("a")
    told = admin.locator("#troubles")
    expect(told).to_contain_text("berta has this comment open. Nothing was changed yet. First: Published?")
    assert standing(pages, first) == "pending"
    told.get_by_role("button", name="Do it all the same").click()
    expect(told).to_have_text("")
    expect(admin.locator(f"#l-{first}")).to_contain_text("Published")
    all_sent(admin)
    assert (standing(pages, first), standing(pages, second)) == ("approved", "pending")
    for page in (admin, berta):
        page.context.close()


def test_nothing_is_lost_while_the_network_is_away(pages: Pages, address: str, browser: Browser) -> None:
    first, second = pages.say(by="First"), pages.say(f"{CALM} Two.", by="Second")
    page = moderator(pages, address, browser)
    page.goto(f"{address}/review?order=oldest")
    expect(page.locator("#pane-title bdi")).to_have_text("First")
    page.wait_for_load_state("networkidle")
    page.route("**/approve", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.locator("#pane-title bdi")).to_have_text("Second")
    expect(page.get_by_role("alert")).to_contain_text("The network is away. 1 of your actions wait here")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/approve")
    expect(page.locator("#held")).to_have_count(0, timeout=15000)
    all_sent(page)
    assert (standing(pages, first), standing(pages, second)) == ("approved", "pending")
    page.context.close()


def test_whoever_was_signed_out_is_told_so_and_keeps_what_is_open(pages: Pages, address: str, browser: Browser) -> None:
    for number in range(8):
        pages.say(f"{CALM} This is number {number}.", by=f"Reader {number}")
    page = moderator(pages, address, browser)
    page.goto(f"{address}/review?order=oldest")
    expect(page.locator("#pane-title bdi")).to_have_text("Reader 0")
    page.wait_for_load_state("networkidle")
    page.context.clear_cookies()
    page.locator(".line .name", has_text="Reader 7").click()
    expect(page.locator("#troubles")).to_contain_text("You were signed out")
    expect(page.locator("#pane-title bdi")).to_have_text("Reader 0")
    page.context.close()


def test_an_undo_of_many_says_how_many_were_left_alone(pages: Pages, address: str, browser: Browser) -> None:
    first, second = pages.say(CALM), pages.say(f"{CALM} Twice.")
    score_range = pages.signed_in().open("/review/map?signal=toxicity&from=0&to=1")
    score_range.send("/review/map/approve")
    pages.decide(first, Verdict.REOPEN)
    page = moderator(pages, address, browser)
    page.goto(f"{address}/review")
    has_keys(page)
    page.keyboard.press("u")
    expect(page.locator("#said")).to_contain_text("1 left alone: somebody else has decided since")
    assert [standing(pages, comment) for comment in (first, second)] == ["pending", "pending"]
    page.context.close()


def test_the_thread_is_one_key_away_and_decided_there(pages: Pages, address: str, browser: Browser) -> None:
    first = pages.say("The first one speaks of the lanes, at a length that is just sufficient.", by="Ann")
    pages.decide(first, Verdict.APPROVE)
    pages.say("The reply says something about the first one, and waits.", by="Bob", to=first)
    other = pages.say("Another reply, that waits as well, and is shown beside it.", by="Cat", to=first)
    page = moderator(pages, address, browser)
    page.goto(f"{address}/review?order=oldest")
    expect(page.locator("#pane-title bdi")).to_have_text("Bob")
    page.keyboard.press("t")
    expect(page.locator(f".thread li[data-comment='{other}']")).to_be_focused()
    page.keyboard.press("a")
    expect(page.locator(f".thread li[data-comment='{other}']")).to_contain_text("Published")
    expect(page.locator("#pane-title bdi")).to_have_text("Bob")
    expect(page.locator(f"#l-{other}")).to_contain_text("Published")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.get_by_text("That was the last one")).to_be_visible()
    page.context.close()


def test_what_arrives_announces_itself_and_moves_nothing(pages: Pages, address: str, browser: Browser) -> None:
    pages.say(by="First")
    page = moderator(pages, address, browser)
    page.goto(f"{address}/review")
    expect(page.locator("#pane-title bdi")).to_have_text("First")
    pages.say(RUDE, by="Flagged more")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#news")).to_have_text("1 new comment")
    assert page.locator(".line .name").all_inner_texts() == ["First"]
    page.locator("#news a").click()
    expect(page.locator(".line .name").first).to_have_text("Flagged more")
    page.context.close()


@on_both_databases
def test_every_count_follows_what_happens_without_a_hand(pages: Pages, address: str, browser: Browser) -> None:
    first = pages.say("The harbour is what the first of these comments speaks of, at some length.", by="First")
    page = moderator(pages, address, browser)
    page.goto(f"{address}/review?find=harbour")
    expect(page).to_have_title("(1 found) Waiting · The desk")
    pages.say("The harbour is what the second of these comments speaks of, at some length.", by="Second")
    pages.say("The market is what the third of these comments speaks of, at some length.", by="Third")
    expect(page).to_have_title("(2 found) Waiting · The desk")
    expect(page.locator(".tabs [aria-current] .number")).to_have_text("2")
    pages.decide(first, Verdict.APPROVE)
    expect(page).to_have_title("(1 found) Waiting · The desk")
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_wherever_one_reviews(
    pages: Pages, address: str, browser: Browser, width: int, scheme: str
) -> None:
    first = pages.say("The first one speaks of the lanes, and is published for all to read.", by="सुनीता")
    pages.decide(first, Verdict.APPROVE)
    pages.say(f"{RUDE} Nobody asked them.", by="<b>", to=first)
    waiting = pages.say(f"{CALM} {RUDE}", by="\u202ereven")
    page = moderator(pages, address, browser)
    page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    page.set_viewport_size({"width": width, "height": 900})
    views = ["/review", f"/review?at={waiting}", "/review?status=approved&find=lanes", "/review?find=nothing"]
    for path in (*views, f"/review/comments/{waiting}", "/review/actions", "/review/preferences"):
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        page.evaluate("document.querySelectorAll('details:not(.pop)').forEach(found => { found.open = true; })")
        for key in ("", "r", "n"):
            if key:
                page.keyboard.press(key)
            found = Axe().run(page).response["violations"]
            assert [(path, key, rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.context.close()
