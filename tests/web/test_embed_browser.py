"""The comment section on a newspaper's page: another origin, a strict policy, no cookies."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, Response, expect

from moderation.desk.decide import Verdict
from tests.web.pages import CALM, Pages, on_both_databases, published
from tests.web.paper import Paper, text

pytestmark = pytest.mark.browser
COUNTED = """<script nonce="own">
  window.formatters = [];
  for (const name of ["NumberFormat", "DateTimeFormat", "RelativeTimeFormat", "Segmenter"]) {
    const construct = (...all) => { formatters.push(name); return Reflect.construct(...all); };
    Intl[name] = new Proxy(Intl[name], { construct });
  }
</script>"""
FAR = '<style nonce="own">.far{height:9000px}</style>'


@on_both_databases
def test_a_reader_reads_sorts_pages_replies_writes_and_shares(pages: Pages, paper: Paper, quiet: Page) -> None:
    ids = [published(pages, text(number), by=f"Reader {number}") for number in range(30)]
    for number in range(5):
        published(pages, f"{text(number)} So I reply.", by=f"Neighbour {number}", to=ids[-1])
    quiet.context.grant_permissions(["clipboard-read", "clipboard-write"])
    quiet.goto(paper.put("/lanes", paper.line))

    section = quiet.get_by_role("region", name="Reader comments 35")
    expect(section.locator(".threads > li")).to_have_count(25)
    newest = section.locator(".threads > li").first
    expect(newest).to_contain_text("Comment number 29")
    expect(newest.locator(".replies > li")).to_have_count(3)
    newest.get_by_role("button", name="Show 2 more replies").click()
    expect(newest.locator(".replies > li")).to_have_count(5)
    expect(newest.locator(".replies .comment").nth(3)).to_be_focused()

    section.get_by_role("button", name="Show more comments").click()
    expect(section.locator(".threads > li")).to_have_count(30)
    expect(section.locator(f"#comment-{ids[4]}")).to_be_focused()
    section.get_by_label("Sort").focus()
    section.get_by_label("Sort").select_option("oldest")
    expect(section.locator(".threads > li").first).to_contain_text("Comment number 0")
    expect(section.get_by_label("Sort")).to_be_focused()

    first = section.locator(".threads > li").first
    first.get_by_role("button", name="Share, Reader 0").click()
    expect(first.get_by_role("button", name="Link copied")).to_be_visible()
    assert quiet.evaluate("navigator.clipboard.readText()") == f"{paper.service}/comments/{ids[0]}"
    assert first.locator("header").get_by_role("link").get_attribute("href") == f"{paper.service}/comments/{ids[0]}"

    first.get_by_role("button", name="Reply, Reader 0").click()
    form = first.get_by_role("textbox", name="Your reply to Reader 0")
    expect(form).to_be_focused()
    first.get_by_label("Your name").fill("Ravi K")
    form.fill(CALM)
    first.get_by_role("button", name="Send comment").click()
    own = first.locator(".replies .own")
    expect(own).to_contain_text("Waits for a moderator. Only you see it here.")
    expect(own.locator(".comment")).to_be_focused()
    expect(section.get_by_role("status")).to_contain_text(["Thank you. Your comment waits for a moderator."])


@on_both_databases
def test_a_comment_is_written_kept_and_published(pages: Pages, paper: Paper, quiet: Page) -> None:
    quiet.goto(paper.put("/lanes", paper.line))
    section = quiet.get_by_role("region", name="Reader comments")
    expect(section).to_contain_text("No comment is published here yet. Yours can be the first.")
    expect(section).to_contain_text("We welcome thoughtful discussions from our readers.")
    expect(section).to_contain_text("Minimum 50 characters")
    expect(section.locator(".counter")).to_have_text("0/50")
    send = section.get_by_role("button", name="Send comment")
    expect(send).to_have_attribute("aria-disabled", "true")
    expect(section.locator(".why")).to_have_text("50 more characters needed")

    section.get_by_label("Your comment").fill("Too short. 👩‍👩‍👧")
    expect(section.locator(".counter")).to_have_text("12/50")
    send.click(force=True)
    expect(section.get_by_role("alert")).to_have_text("Not sent yet: 38 more characters needed.")
    expect(section.get_by_label("Your comment")).to_be_focused()
    section.get_by_label("Your comment").fill(CALM)
    expect(section.locator(".why")).to_have_text("Your name is missing")
    quiet.reload()
    expect(section.get_by_label("Your comment")).to_have_value(CALM)
    expect(section).to_contain_text("We kept what you had written here.")

    section.get_by_label("Your name").fill("Ravi K")
    section.get_by_role("button", name="Send comment").click()
    notice = section.locator(".notice")
    expect(notice).to_contain_text("Thank you. Your comment waits for a moderator.")
    expect(notice).to_be_focused()
    quiet.reload()
    own = section.locator(".own")
    expect(own).to_contain_text(CALM)
    expect(own).to_contain_text("Waits for a moderator. Only you see it here.")
    expect(section.get_by_label("Your comment")).to_have_value("")
    expect(section.get_by_label("Your name")).to_have_value("Ravi K")
    link = own.get_by_role("link", name="Where it stands").get_attribute("href") or ""
    assert link.startswith(f"{paper.service}/comments/")

    waiting = quiet.evaluate("JSON.parse(Object.entries(sessionStorage).find(([name]) => / own /.test(name))[1])[0].id")
    pages.decide(waiting, Verdict.APPROVE)
    quiet.reload()
    expect(section.locator(".threads .comment")).to_contain_text([CALM])
    expect(section.locator(".own")).to_have_count(0)


def test_the_form_is_drawn_once_the_page_is_idle_or_a_reader_asks_for_it(
    pages: Pages, paper: Paper, quiet: Page
) -> None:
    for number in range(25):
        published(pages, text(number), by=f"Reader {number}")
    quiet.goto(paper.put("/lanes", paper.line))
    body = quiet.get_by_label("Your comment")
    expect(quiet.locator(".threads > li")).to_have_count(25)
    expect(body).to_have_count(1)  # far below, and nobody came near
    body.fill(CALM)
    quiet.get_by_label("Sort").select_option("oldest")
    expect(quiet.locator(".threads > li").first).to_contain_text("Comment number 0")
    expect(body).to_have_value(CALM)

    quiet.add_init_script("window.requestIdleCallback = () => 0;")  # a page that is never idle
    quiet.reload()
    expect(quiet.locator(".threads > li")).to_have_count(25)
    expect(body).to_have_count(0)
    quiet.get_by_role("button", name="Leave a comment").click()
    expect(body).to_be_focused()
    expect(body).to_have_value(CALM)


def test_no_cookie_is_sent_or_set(pages: Pages, paper: Paper, page: Page) -> None:
    published(pages, CALM)
    page.context.add_cookies([{"name": "moderation_session", "value": "x", "url": paper.service}])
    sent: list[Request] = []
    responses: list[Response] = []
    page.on("request", lambda request: sent.append(request) if request.url.startswith(paper.service) else None)
    page.on("response", lambda response: responses.append(response) if response.url.startswith(paper.service) else None)
    page.goto(paper.put("/lanes", paper.line))
    page.get_by_label("Your name").fill("Ravi K")
    page.get_by_label("Your comment").fill(f"{CALM} Or so it seems to me.")
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".notice")).to_contain_text("Thank you")
    assert len(responses) >= 3
    assert [request.url for request in sent if "api" in request.url and "cookie" in request.all_headers()] == []
    assert [response.url for response in responses if "set-cookie" in response.all_headers()] == []
    assert page.evaluate("document.cookie") == ""


def test_with_third_party_cookies_blocked_nothing_is_missed(pages: Pages, paper: Paper, quiet: Page) -> None:
    published(pages, CALM)
    third = paper.service.replace("http:", "https:")  # a browser keeps such a cookie of a secure place alone
    quiet.context.add_cookies([{"name": "third", "value": "x", "url": third, "sameSite": "None", "secure": True}])
    quiet.goto(paper.put("/lanes", paper.line))
    script = f"{paper.service}/embed.js?again"  # what another origin may load without asking
    assert [cookie["name"] for cookie in quiet.context.cookies()] == ["third"]
    with quiet.expect_request(script) as asked:
        quiet.evaluate("url => fetch(url, { credentials: 'include', mode: 'no-cors' })", script)
    assert "cookie" not in asked.value.all_headers(), "this browser lets third-party cookies through"
    expect(quiet.locator(".threads .text")).to_have_text(CALM)
    quiet.get_by_label("Your name").fill("Ravi K")
    quiet.get_by_label("Your comment").fill(f"{CALM} Or so it seems to me.")
    quiet.get_by_role("button", name="Send comment").click()
    expect(quiet.locator(".notice")).to_contain_text("Thank you")
    quiet.reload()
    expect(quiet.locator(".own .text")).to_have_text(f"{CALM} Or so it seems to me.")
    expect(quiet.get_by_label("Your name")).to_have_value("Ravi K")


def test_everything_goes_by_keyboard_alone(pages: Pages, paper: Paper, quiet: Page) -> None:
    published(pages, text(1), by="Asha T")
    quiet.goto(paper.put("/lanes", paper.line))
    expect(quiet.locator(".comment")).to_be_visible()

    def go_to(name: str) -> None:
        for _ in range(20):
            quiet.keyboard.press("Tab")
            here = "(e => e && (e.getAttribute('aria-label') || (e.labels && e.labels[0] || e).textContent))"
            if quiet.evaluate(f"{here}(document.activeElement.shadowRoot?.activeElement)") == name:
                return
        raise AssertionError(f"Tab doesn't reach {name!r}")

    go_to("Reply, Asha T")
    quiet.keyboard.press("Enter")
    quiet.keyboard.type("I see it the same way as you do. ")
    quiet.keyboard.type(CALM)
    quiet.keyboard.press("Shift+Tab")
    quiet.keyboard.type("Ravi K")
    quiet.keyboard.press("Tab")
    go_to("Send comment")
    quiet.keyboard.press("Enter")
    expect(quiet.locator(".replies .own .comment")).to_be_focused()
    go_to("Your name")
    quiet.keyboard.type("Ravi K")
    go_to("Your comment")
    quiet.keyboard.type(text(2))
    go_to("Send comment")
    quiet.keyboard.press("Space")
    expect(quiet.locator(".notice")).to_be_focused()
    expect(quiet.locator(".threads > .own")).to_contain_text(text(2))


def test_new_comments_announce_themselves_and_never_move_the_page(pages: Pages, paper: Paper, quiet: Page) -> None:
    for number in range(12):
        published(pages, text(number), by=f"Reader {number}")
    quiet.clock.install()
    quiet.goto(paper.put("/lanes", paper.line))
    expect(quiet.locator(".threads > li")).to_have_count(12)
    sixth = quiet.locator(".threads .comment").nth(5)
    sixth.scroll_into_view_if_needed()
    before = sixth.bounding_box()
    late = published(pages, text(99), by="Late L")
    quiet.clock.run_for(61_000)
    button = quiet.get_by_role("button", name="1 new comment")
    expect(button).to_be_in_viewport()
    assert sixth.bounding_box() == before
    expect(quiet.locator(".threads > li")).to_have_count(12)
    button.click()
    expect(quiet.locator(f"#comment-{late}")).to_be_focused()
    expect(button).to_have_count(0)


def test_what_readers_write_is_text(pages: Pages, paper: Paper, quiet: Page) -> None:
    body = "<img src=x onerror=alert(1)> <b>bold</b> https://example.com/x &amp; javascript:alert(1) and more of it."
    published(pages, body, by="<i>Eve</i>")
    quiet.goto(paper.put("/lanes", paper.line))
    expect(quiet.locator(".text")).to_have_text(body)
    expect(quiet.locator(".name")).to_have_text("<i>Eve</i>")
    assert quiet.locator(".text *").count() == 0
    assert quiet.locator(".name *").count() == 0


def test_a_link_to_one_comment_leads_to_it(pages: Pages, paper: Paper, quiet: Page) -> None:
    ids = [published(pages, text(number), by=f"Reader {number}") for number in range(20)]
    address = paper.put("/lanes", f'<div class="far"></div>{paper.line}', head=FAR)
    quiet.goto(f"{address}#comment-{ids[3]}")
    expect(quiet.locator(f"#comment-{ids[3]}")).to_be_focused()
    expect(quiet.locator(f"#comment-{ids[3]}")).to_be_in_viewport()


def test_a_section_far_below_is_not_asked_for_until_a_reader_comes_near(paper: Paper, quiet: Page) -> None:
    asked: list[str] = []
    quiet.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    quiet.goto(paper.put("/lanes", f'<div class="far"></div>{paper.line}', head=FAR))
    expect(quiet.locator("reader-comments")).to_be_attached()
    quiet.wait_for_timeout(300)
    assert asked == []
    quiet.locator("reader-comments").scroll_into_view_if_needed()
    expect(quiet.get_by_label("Your comment")).to_be_visible()
    assert len(asked) == 1


def test_drawing_waits_for_none_of_the_formatters_that_take_a_browser_long(
    pages: Pages, paper: Paper, quiet: Page
) -> None:
    for number, hours in enumerate((118, 25, 1, 0.1, 0)):
        published(pages, text(number), by=f"Reader {number}")
        pages.clock.move(minutes=60 * hours)
    quiet.clock.set_fixed_time(pages.clock())
    quiet.goto(paper.put("/lanes", paper.line, head=COUNTED))
    times = ["just now", "7 minutes ago", "1 hour ago", "1 day ago", "6 days ago"]
    expect(quiet.locator(".threads time")).to_have_text(times)
    assert quiet.evaluate("formatters") == []
    quiet.get_by_label("Your comment").fill("नमस्ते")
    expect(quiet.locator(".counter")).to_have_text("3/50")
    quiet.locator("time").first.hover()
    assert quiet.evaluate("formatters") == ["Segmenter", "DateTimeFormat"]
