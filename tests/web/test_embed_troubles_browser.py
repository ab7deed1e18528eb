"""The comment section where things go wrong: odd pages, wrong keys, a service that is away, a token that expired."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, Route, expect

from moderation.accounts.sites import change_origins
from moderation.core.comment import Mode
from moderation.desk.decide import Verdict
from moderation.storage.sites import KeyKind, keys_of
from tests.web.pages import CALM, Pages
from tests.web.paper import Paper

pytestmark = pytest.mark.browser

ODD = """<script nonce="own">
  for (const name of ["map", "filter", "forEach", "reduce", "some", "find", "concat", "slice", "join", "indexOf"]) {
    Array.prototype[name] = () => { throw new Error("odd " + name); };
  }
  Array.from = () => { throw new Error("odd Array.from"); };
  Array.prototype.last = function () { return this[this.length - 1]; };
  Object.prototype.extend = () => {};
  Array.prototype.toJSON = String.prototype.toJSON = function () { return '"odd"'; };
  window.fetch = () => { throw new Error("odd fetch"); };
  Object.defineProperty(window, "customElements", { value: { get() {}, define() { throw new Error("odd define"); } } });
  Object.defineProperty(window, "sessionStorage", { get() { throw new Error("odd storage"); } });
</script>"""


def write(page: Page, body: str = CALM) -> None:
    page.get_by_label("Your name").fill("Ravi K")
    page.get_by_label("Your comment").fill(body)
    page.get_by_role("button", name="Send comment").click()


def test_a_page_that_has_changed_what_is_built_in(pages: Pages, paper: Paper, page: Page) -> None:
    pages.decide(pages.say("I was there when the lanes were painted, and it rained all day."), Verdict.APPROVE)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(paper.put("/lanes", paper.line, head=ODD))
    expect(page.locator(".text")).to_contain_text("I was there")
    write(page, f'{CALM} "Quoted" and \\ \n a line.')
    expect(page.locator(".notice")).to_contain_text("Thank you")
    expect(page.locator(".own .text")).to_contain_text('"Quoted" and \\')
    assert broken == []


def test_two_sections_on_one_page_keep_apart(pages: Pages, paper: Paper, page: Page) -> None:
    pages.article("trams", title="Trams return", url="https://paper.example/trams")
    for article in ("lanes", "trams"):
        comment = pages.say(f"This is about the {article}, and about nothing else in the whole town.", under=article)
        pages.decide(comment, Verdict.APPROVE)
    lines = f"<div id=one>{paper.line}</div><div id=two>{paper.line_for('trams')}</div>"
    page.goto(paper.put("/both", lines))
    for place, article in (("#one", "lanes"), ("#two", "trams")):
        expect(page.locator(f"{place} reader-comments")).to_have_count(1)
        expect(page.locator(f"{place} .text")).to_have_text(
            f"This is about the {article}, and about nothing else in the whole town."
        )
    page.locator("#two").get_by_label("Your comment").fill("A draft")
    page.reload()
    expect(page.locator("#two").get_by_label("Your comment")).to_have_value("A draft")
    expect(page.locator("#one").get_by_label("Your comment")).to_have_value("")


def test_a_page_without_loading_mounts_and_unmounts(pages: Pages, paper: Paper, page: Page) -> None:
    pages.decide(pages.say(), Verdict.APPROVE)
    loader = f'<script src="{paper.service}/embed.js" async></script>'
    page.goto(paper.put("/app", '<div id="view"></div>', head=loader))
    page.wait_for_function("Boolean(window.readerComments && readerComments.mount)")
    options = json.dumps({"siteKey": paper.key, "article": "lanes"})
    page.evaluate(f"window.mounted = readerComments.mount(document.getElementById('view'), {options})")
    expect(page.locator("#view .text")).to_have_text(CALM)
    page.get_by_label("Your comment").fill("Half a thought")
    page.evaluate("readerComments.unmount(mounted)")
    expect(page.locator("reader-comments")).to_have_count(0)
    element = f"<reader-comments data-site-key='{paper.key}' data-article='lanes'></reader-comments>"
    page.evaluate("html => { document.getElementById('view').innerHTML = html; }", element)
    expect(page.locator("#view .text")).to_have_text(CALM)
    expect(page.get_by_label("Your comment")).to_have_value("Half a thought")


def test_a_wrong_key_is_told_kindly_and_the_reason_to_whoever_builds_the_page(paper: Paper, page: Page) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "warning" else None)
    paper.key = "pk_wrong"
    page.goto(paper.put("/lanes", paper.line))
    expect(page.get_by_role("alert")).to_contain_text("Comments aren’t possible on this page at the moment.")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert any("This key is not known here" in line for line in told)


def test_an_origin_that_is_not_allowed_reads_and_is_told_that_it_cannot_write(
    pages: Pages, paper: Paper, page: Page
) -> None:
    pages.decide(pages.say(), Verdict.APPROVE)
    with pages.services.database.reading() as db:
        key_id = next(key.id for key in keys_of(db, "demo") if key.kind == KeyKind.PUBLISHABLE)
    change_origins(pages.services, "test", key_id, ["https://elsewhere.example"])
    page.goto(paper.put("/lanes", paper.line))
    expect(page.locator(".text")).to_have_text(CALM)
    write(page, f"{CALM} And again.")
    expect(page.get_by_role("alert")).to_contain_text("Comments aren’t possible on this page at the moment.")
    expect(page.get_by_role("alert")).to_contain_text("What you wrote is kept here.")
    expect(page.get_by_label("Your comment")).to_have_value(f"{CALM} And again.")


def test_a_service_that_is_away_is_told_kindly_and_asked_again(pages: Pages, paper: Paper, page: Page) -> None:
    pages.decide(pages.say(), Verdict.APPROVE)
    page.route("**/api/v1/**", lambda route: route.abort())
    page.goto(paper.put("/lanes", paper.line))
    expect(page.get_by_role("alert")).to_contain_text("The comments can’t be reached right now.")
    page.unroute("**/api/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".text")).to_have_text(CALM)
    expect(page.locator(".notice")).to_have_count(0)


def test_what_could_not_be_sent_is_kept_and_sent_once(pages: Pages, paper: Paper, page: Page) -> None:
    keys: list[str | None] = []

    def answer_is_lost(route: Route) -> None:
        keys.append(route.request.header_value("Idempotency-Key"))
        if len(keys) == 1:
            route.fetch()  # it arrives, and its answer doesn't
            route.abort()
        else:
            route.continue_()

    page.route("**/comments", answer_is_lost)
    page.goto(paper.put("/lanes", paper.line))
    write(page)
    expect(page.get_by_role("alert")).to_contain_text("What you wrote is kept here.")
    page.reload()
    expect(page.get_by_label("Your comment")).to_have_value(CALM)
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".notice")).to_contain_text("Thank you")
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_a_token_that_expired_meanwhile_is_refreshed_and_the_comment_sent(paper: Paper, page: Page) -> None:
    sent: list[tuple[str | None, str | None]] = []
    problem = {"title": "Unauthorized", "status": 401, "detail": "This token has expired."}

    def check(route: Route) -> None:
        request = route.request
        sent.append((request.header_value("Authorization"), request.header_value("Idempotency-Key")))
        readable = {"Access-Control-Allow-Origin": paper.origin}
        if request.header_value("Authorization") != "Reader fresh":
            route.fulfill(
                status=401, headers=readable, content_type="application/problem+json", body=json.dumps(problem)
            )
            return
        arrival = {"id": "c1", "status": "pending", "receipt": "r", "created_at": "2026-01-14T09:00:00Z"}
        route.fulfill(status=202, headers=readable, content_type="application/json", body=json.dumps(arrival))

    page.route("**/comments", check)
    callback = '<script nonce="own">window.readerComments = { readerToken: anew => anew ? "fresh" : "stale" };</script>'
    page.goto(paper.put("/lanes", paper.line, head=callback))
    write(page)
    expect(page.locator(".notice")).to_contain_text("Thank you")
    assert [token for token, _ in sent] == ["Reader stale", "Reader fresh"]
    assert sent[0][1] == sent[1][1]

    sent.clear()
    page.evaluate("window.readerComments.readerToken = () => 'stale'")
    page.get_by_role("button", name="Write another comment").click()
    write(page, f"{CALM} Once more.")
    expect(page.get_by_role("alert")).to_contain_text("You were signed out meanwhile.")
    expect(page.get_by_label("Your comment")).to_have_value(f"{CALM} Once more.")


def test_what_the_service_refuses_is_told_in_its_words(pages: Pages, paper: Paper, page: Page) -> None:
    page.goto(paper.put("/lanes", paper.line))
    write(page)
    expect(page.locator(".notice")).to_contain_text("Thank you")
    page.get_by_role("button", name="Write another comment").click()
    write(page, f"{CALM} ")
    expect(page.get_by_role("alert")).to_contain_text("This comment has already arrived here")
    expect(page.get_by_label("Your comment")).to_have_value(f"{CALM} ")


def test_a_closed_discussion_is_read_and_says_why_nobody_can_write(pages: Pages, paper: Paper, page: Page) -> None:
    pages.decide(pages.say(), Verdict.APPROVE)
    pages.article("lanes", mode=Mode.CLOSED)
    page.goto(paper.put("/lanes", paper.line))
    expect(page.locator(".text")).to_have_text(CALM)
    expect(page.locator(".write")).to_contain_text("closed")
    expect(page.get_by_label("Your comment")).to_have_count(0)
    expect(page.get_by_role("button", name="Reply, Priya S")).to_have_count(0)
