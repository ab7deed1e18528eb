"""What a reader may do, from the section on another origin to the end, in a browser: every step stands in the chain and
in what the reader is told, and axe-core finds nothing on the way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from moderation.core.audit_chain import verify
from moderation.core.comment import Status
from moderation.storage.accounts import Role
from moderation.storage.audit import events_of
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalCase
from moderation.storage.reports import ReportedComment
from moderation.web.shared.access import COOKIE
from tests.web.pages import CALM, RUDE, WITHOUT_LIMITS, Pages, on_both_databases, published
from tests.web.paper import Paper

pytestmark = pytest.mark.browser
OTHER = "I read the report a third time, and I still think that the council has decided about the lanes too early."
QUOTED = "It quotes what the mayor said; the insult is his."


@pytest.fixture
def reader(paper: Paper, browser: Browser) -> Iterator[Page]:
    """A reader's browser, which no moderator shares."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def sign_in(pages: Pages, paper: Paper, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Opens a moderator's browser, signed in."""
    contexts = []

    def opened(name: str) -> Page:
        pages.account(name, {"demo": Role.MODERATOR})
        cookie = pages.signed_in(name).client.get_cookie(COOKIE)
        assert cookie is not None
        context = browser.new_context()
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": paper.service}])
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def flawless(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, (page.url, found.generate_report())


def refuse(desk: Page, paper: Paper, comment: str) -> None:
    """The first of the configured reasons, from the queue, by keys."""
    desk.goto(f"{paper.service}/review")
    desk.locator(f".pane[data-comment='{comment}']").wait_for()
    desk.keyboard.press("r")
    desk.keyboard.press("1")
    expect(desk.locator("#workbench")).to_have_attribute("data-pending", "0")


def only(pages: Pages, status: Status) -> Comment:
    with pages.services.database.reading() as session:
        return session.scalars(select(Comment).where(Comment.status == status)).one()


def write(section: Page | Locator, body: str) -> None:
    section.get_by_label("Your name").fill("Ravi K")
    section.get_by_label("Your comment").fill(body)


@on_both_databases
def test_refused_mended_refused_looked_at_again_and_published_in_the_section_of_another_origin(
    pages: Pages, paper: Paper, sign_in: Callable[[str], Page], reader: Page
) -> None:
    pages.configuration.set(WITHOUT_LIMITS.replace("nudge = false", "nudge = true"))
    ada, berta = sign_in("ada"), sign_in("berta")
    at = paper.put("/lanes", paper.line)
    reader.goto(at)
    section = reader.get_by_role("region", name="Reader comments")
    rules = section.get_by_role("link", name="Rules for comments").get_attribute("href") or ""
    assert rules.startswith(f"{paper.service}/rules?site={paper.key}")

    # Asked once about a sentence, and sent as it is.
    write(section, RUDE)
    section.get_by_role("button", name="Send comment").click()
    asked = section.get_by_role("alert")
    expect(asked).to_contain_text("This sentence may hurt somebody: “Every idiot in this town")
    flawless(reader)
    section.get_by_role("button", name="Send it as it is").click()
    expect(section.locator(".notice")).to_contain_text("Thank you. Your comment waits for a moderator.")
    first = only(pages, Status.PENDING).id
    link = section.locator(".own").get_by_role("link", name="Where it stands").get_attribute("href") or ""
    refuse(ada, paper, first)

    # Told why, mended, and refused again.
    reader.goto(link)
    expect(reader.get_by_text("It attacks a person rather than what they say.").first).to_be_visible()
    expect(reader.get_by_text("Software noticed it, and a person decided.")).to_be_visible()
    flawless(reader)
    reader.get_by_role("link", name="Mend it and send it again").click()
    flawless(reader)
    reader.get_by_label("Your comment").fill(OTHER)
    pages.clock.move(minutes=1)
    reader.get_by_role("button", name="Send it again").click()
    reader.wait_for_url(lambda url: "/mend" not in url and first not in url)
    second = only(pages, Status.PENDING).id
    refuse(ada, paper, second)

    # Another look, by somebody else, who finds that it was wrong.
    for language, words in (
        ("de", "Ein Mensch hat es bemerkt, und ein Mensch hat entschieden."),
        ("fr", "Une personne l’a remarqué, et une personne a décidé."),
        ("en", "A person noticed it, and a person decided."),
    ):
        reader.goto(f"{reader.url.partition('&lang')[0]}&lang={language}")
        expect(reader.get_by_text(words)).to_be_visible()
    reader.get_by_text("Ask for another look", exact=True).click()
    reader.get_by_label("Why should somebody look again?").fill(QUOTED)
    flawless(reader)
    reader.get_by_role("button", name="Ask now").click()
    expect(reader.get_by_text("You asked for it on")).to_be_visible()
    flawless(reader)
    ada.goto(f"{paper.service}/review/appeals")
    expect(ada.get_by_text("Nothing waits here.")).to_be_visible()
    berta.goto(f"{paper.service}/review/appeals")
    flawless(berta)
    berta.get_by_role("link", name="The comment by Ravi K").click()
    expect(berta.get_by_text(QUOTED)).to_be_visible()
    flawless(berta)
    berta.get_by_role("radio", name=re.compile("^Reversed")).check()
    berta.get_by_label("To its writer: why").fill("It was a quotation, as you say.")
    berta.get_by_role("button", name="Decide", exact=True).click()
    expect(berta.get_by_text("Decided and recorded.")).to_be_visible()

    # The reader is told so in their language, and the section shows it.
    receipt = reader.url.partition("&lang")[0]
    for language, words in (
        ("en", "The refusal was wrong, and was taken back."),
        ("de", "Die Ablehnung war falsch und wurde zurückgenommen."),
        ("fr", "Le refus était une erreur ; il a été annulé."),
    ):
        reader.goto(f"{receipt}&lang={language}")
        expect(reader.locator("main")).to_contain_text(words)
        expect(reader.locator("main")).to_contain_text("It was a quotation, as you say.")
        expect(reader.get_by_role("status")).to_have_count(0)
        flawless(reader)
    reader.goto(at)
    expect(section.locator(".threads .comment")).to_contain_text([OTHER])

    with pages.services.database.reading() as session:
        chain = list(events_of(session, "demo"))
        verify("demo", chain)
        told = [(event.event, event.subject) for event in chain if event.subject in (first, second)]
    steps = [(kind, one) for kind, one in told if kind not in ("comment.scored", "comment.decided")]
    assert steps == [
        ("comment.submitted", first),
        ("comment.rejected", first),
        ("comment.submitted", second),
        ("comment.mended", first),
        ("comment.rejected", second),
        ("comment.appealed", second),
        ("comment.appeal_decided", second),
        ("comment.approved", second),
    ]


def test_whoever_was_asked_may_change_it_and_is_asked_no_more_about_that_comment(
    pages: Pages, paper: Paper, reader: Page
) -> None:
    pages.configuration.set(WITHOUT_LIMITS.replace("nudge = false", "nudge = true"))
    reader.goto(paper.put("/lanes", paper.line))
    section = reader.get_by_role("region", name="Reader comments")
    asked, send = section.get_by_role("alert"), section.get_by_role("button", name="Send comment")

    write(section, RUDE)
    send.click()
    expect(asked).to_contain_text("This sentence may hurt somebody")
    section.get_by_label("Your comment").fill(CALM)
    send.click()
    expect(section.locator(".notice")).to_contain_text("Thank you. Your comment waits for a moderator.")
    assert only(pages, Status.PENDING).body == CALM

    section.get_by_role("button", name="Write another comment").click()
    section.get_by_label("Your comment").fill(RUDE)
    send.click()
    expect(asked).to_contain_text("This sentence may hurt somebody")
    reader.reload()
    expect(section.get_by_label("Your comment")).to_have_value(RUDE)
    send.click()
    expect(section.locator(".notice")).to_contain_text("Thank you. Your comment waits for a moderator.")
    expect(section.locator(".own")).to_have_count(2)


def test_where_a_site_has_not_turned_it_on_nobody_is_asked(pages: Pages, paper: Paper, quiet: Page) -> None:
    quiet.goto(paper.put("/lanes", paper.line))
    write(quiet, RUDE)
    quiet.get_by_role("button", name="Send comment").click()
    expect(quiet.locator(".notice")).to_contain_text("Thank you. Your comment waits for a moderator.")
    assert only(pages, Status.PENDING).body == RUDE


@pytest.mark.parametrize("first", ["the writer", "the moderator"])
def test_of_an_edit_and_a_decision_one_wins_and_both_are_told(
    pages: Pages, paper: Paper, sign_in: Callable[[str], Page], reader: Page, first: str
) -> None:
    ada = sign_in("ada")
    reader.goto(paper.put("/lanes", paper.line))
    write(reader, CALM)
    reader.get_by_role("button", name="Send comment").click()
    link = reader.locator(".own").get_by_role("link", name="Where it stands").get_attribute("href") or ""
    comment = only(pages, Status.PENDING).id
    reader.goto(link)
    reader.get_by_text("Edit it", exact=True).click()
    reader.get_by_label("Your comment").fill(OTHER)
    ada.goto(f"{paper.service}/review/comments/{comment}")
    approve = ada.get_by_role("button", name="Approve").first
    save = reader.get_by_role("button", name="Save the change")
    for step in (save, approve) if first == "the writer" else (approve, save):
        with step.page.expect_response(lambda answer: answer.request.method == "POST"):
            step.click()
    with pages.services.database.reading() as session:
        stored = session.get_one(Comment, comment)
        verify("demo", events_of(session, "demo"))
    if first == "the writer":
        assert (stored.status, stored.body) == ("pending", OTHER)
        expect(reader.get_by_text("Your change is in.")).to_be_visible()
        expect(ada.get_by_text("Its writer edited it meanwhile").first).to_be_visible()
    else:
        assert (stored.status, stored.body) == ("approved", CALM)
        expect(reader.get_by_role("alert")).to_contain_text("approved meanwhile")
        expect(reader.get_by_label("Your comment")).to_have_value(OTHER)
        expect(ada.get_by_text("Approved").first).to_be_visible()
    flawless(reader)


def test_a_comment_of_the_section_is_reported_and_given_notice_of_without_scripts(
    pages: Pages, paper: Paper, browser: Browser, reader: Page
) -> None:
    comment = published(pages, CALM)
    reader.goto(paper.put("/lanes", paper.line))
    where = reader.locator(f"#comment-{comment} header").get_by_role("link").get_attribute("href") or ""
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(where)
    plain.get_by_role("link", name="Report", exact=True).click()
    plain.get_by_label("Threat").check()
    plain.get_by_role("button", name="Report").click()
    expect(plain.get_by_role("status")).to_contain_text("Your report was taken.")
    plain.get_by_role("link", name="report it as illegal").click()
    plain.get_by_label("Why is it illegal?").fill("It accuses me of theft.")
    plain.get_by_role("textbox", name="Your name").fill("Ada Holm")
    plain.get_by_label("Your e-mail address").fill("ada@holm.example")
    plain.get_by_label("To the best of my knowledge").check()
    plain.get_by_role("button", name="Send the notice").click()
    expect(plain.get_by_role("status")).to_contain_text("Your notice has arrived.")
    for language, words in (
        ("de", "Ihr Hinweis ist eingegangen."),
        ("fr", "Votre notification est arrivée."),
        ("es", "Su aviso ha llegado."),
    ):
        reader.goto(f"{plain.url}&lang={language}")
        expect(reader.locator("main")).to_contain_text(words)
        flawless(reader)
    context.close()
    with pages.services.database.reading() as session:
        assert session.get_one(ReportedComment, comment).open_reports == 1
        case = session.scalars(select(LegalCase)).one()
        assert (case.comment_id, case.acknowledged_at is not None) == (comment, True)
        chain = list(events_of(session, "demo"))
        verify("demo", chain)
    assert {"comment.reported", "legal.received"} <= {event.event for event in chain}
