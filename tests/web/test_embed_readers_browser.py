"""The comment section for readers whom the site's own login names, and what becomes of their token meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from moderation.readers.keys import Algorithm
from moderation.readers.site_keys import ask_to_sign_in, set_key
from tests.signing import SECRET, signed
from tests.web.pages import CALM, Pages, on_both_databases
from tests.web.paper import Paper

pytestmark = pytest.mark.browser
NAME = "Zoë Ωmega"


def token(pages: Pages, **changes: object) -> str:
    until = int(pages.clock().timestamp()) + 600
    return signed({"sub": "reader-17", "name": NAME, "aud": "demo", "exp": until} | changes)


@pytest.fixture
def signing(pages: Pages) -> Pages:
    """The site's tokens count."""
    set_key(pages.services, "test", "demo", Algorithm.HS256, SECRET)
    pages.configuration.set('[comments]\nmode = "post"\n[rate_limits]\nenabled = false\n')
    return pages


def send(page: Page, body: str = CALM) -> None:
    page.get_by_label("Your comment").fill(body)
    page.get_by_role("button", name="Send comment").click()


@on_both_databases
def test_a_token_on_the_line_names_who_writes(signing: Pages, paper: Paper, page: Page) -> None:
    page.goto(paper.put("/lanes", paper.line_for("lanes", reader_token=token(signing))))
    name = page.get_by_label("Your name")
    expect(name).to_have_value(NAME)
    expect(name).not_to_be_editable()
    send(page)
    expect(page.locator(".notice")).to_contain_text("Thank you")
    page.reload()
    expect(page.locator(".comment").first).to_contain_text(NAME)


def test_a_token_that_is_over_is_fetched_anew_and_nothing_is_lost(signing: Pages, paper: Paper, page: Page) -> None:
    stale, fresh = token(signing, exp=1), token(signing)
    callback = f'async (anew) => {{ asked.push(anew); return anew ? "{fresh}" : "{stale}"; }}'
    head = f'<script nonce="own">window.asked = []; window.readerComments = {{ readerToken: {callback} }};</script>'
    page.goto(paper.put("/lanes", paper.line, head=head))
    send(page)
    expect(page.locator(".notice")).to_contain_text("Thank you")
    assert page.evaluate("asked") == [False, False, True]
    for gone in ("() => ''", "() => { throw new Error('away'); }", "async () => { throw new Error('away'); }"):
        page.get_by_role("button", name="Write another comment").click()
        send(page, f"{CALM} Before {gone}")
        expect(page.locator(".notice.good")).to_contain_text("Thank you")
        page.get_by_role("button", name="Write another comment").click()
        page.evaluate(f"readerComments.readerToken = (anew) => anew ? ({gone})() : '{stale}'")
        send(page, f"{CALM} {gone}")
        expect(page.get_by_role("alert")).to_contain_text("You were signed out meanwhile.")
        expect(page.get_by_label("Your comment")).to_have_value(f"{CALM} {gone}")
        page.evaluate(f"readerComments.readerToken = () => '{fresh}'")
        page.get_by_role("button", name="Send comment").click()
        expect(page.locator(".notice.good")).to_contain_text("Thank you")


def test_a_callback_that_fails_makes_nobody_a_guest(signing: Pages, paper: Paper, page: Page) -> None:
    head = '<script nonce="own">window.readerComments = { readerToken: () => { throw new Error("away"); } };</script>'
    page.goto(paper.put("/lanes", paper.line, head=head))
    page.get_by_label("Your name").fill("Ravi")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("You were signed out meanwhile.")
    expect(page.get_by_label("Your comment")).to_have_value(CALM)


def test_where_readers_sign_in_the_form_says_so_kindly(signing: Pages, paper: Paper, page: Page) -> None:
    ask_to_sign_in(signing.services, "test", "demo", asked=True)
    page.goto(paper.put("/lanes", paper.line_for("lanes", sign_in="/login?back=/lanes")))
    link = page.get_by_role("link", name="Please sign in to write a comment.")
    expect(link).to_have_attribute("href", "/login?back=/lanes")
    expect(page.get_by_label("Your comment")).to_have_count(0)
    page.goto(paper.put("/ohne", paper.line, lang="de"))
    expect(page.get_by_text("Bitte melden Sie sich an, um zu kommentieren.")).to_be_visible()
    page.goto(paper.put("/in", paper.line_for("lanes", reader_token=token(signing))))
    send(page)
    expect(page.locator(".notice")).to_contain_text("Thank you")


def test_a_section_that_was_open_before_readers_had_to_sign_in(signing: Pages, paper: Paper, page: Page) -> None:
    page.goto(paper.put("/lanes", paper.line))
    page.get_by_label("Your name").fill("Ravi")
    ask_to_sign_in(signing.services, "test", "demo", asked=True)
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("Please sign in to write a comment")
    expect(page.get_by_label("Your comment")).to_have_value(CALM)


def test_comments_are_read_and_kept_while_the_sites_callback_hangs(signing: Pages, paper: Paper, page: Page) -> None:
    page.clock.install()
    head = '<script nonce="own">window.readerComments = { readerToken: () => new Promise(() => {}) };</script>'
    page.goto(paper.put("/lanes", paper.line, head=head))
    expect(page.get_by_label("Your comment")).to_be_visible(timeout=15_000)
    page.get_by_label("Your name").fill("Ravi")
    send(page)
    expect(page.get_by_role("button", name="Sending…")).to_be_visible()
    page.clock.fast_forward(21_000)
    expect(page.get_by_role("alert")).to_contain_text("You were signed out meanwhile.")
    expect(page.get_by_label("Your comment")).to_have_value(CALM)
