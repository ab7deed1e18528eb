"""The pages of authors, articles, site rules and legal cases in a real browser: nothing for axe-core to find."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from moderation.core.actor import Actor
from moderation.desk.decide import Verdict
from moderation.desk.legal import CaseForm, receive
from moderation.desk.wordlists import add_terms
from moderation.storage.accounts import account_named
from moderation.storage.comments import Comment
from moderation.storage.legal import LegalKind
from tests.web.pages import Pages, on_both_databases
from tests.web.site_rules import article_id

pytestmark = pytest.mark.browser


@pytest.fixture
def filled(pages: Pages) -> list[str]:
    """The addresses of every such page, with something to show on each."""
    comment = pages.say(by="\u202ereven")
    pages.decide(comment, Verdict.APPROVE)
    pages.say("Another one, which still waits for somebody to read it today.", by="सुनीता")
    with pages.services.database.reading() as db:
        author, account = db.get_one(Comment, comment).author_id, account_named(db, "admin")
    assert account is not None
    rights = {"*": frozenset({"senior", "moderate"})}
    admin = Actor(reference="test", name="test", account_id=account.id, rights=rights)
    add_terms(pages.services, admin, "demo", ["Anna Lindqvist", "<b>"], "name of a victim")
    form = CaseForm(
        kind=LegalKind.ORDER,
        explanation="Take it down.",
        received_at=pages.clock() - timedelta(days=1),
        link=comment,
        sender="A court",
    )
    legal_case = receive(pages.services, admin, "demo", form)
    article = f"/review/articles/{article_id(pages)}"
    return ["/review/articles", article, f"/review/authors/{author}", "/review/rules", "/legal", f"/legal/{legal_case}"]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light")])
def test_axe_finds_nothing_and_nothing_leaves_the_service(
    filled: list[str], address: str, moderator: Page, width: int, scheme: str
) -> None:
    wrong: list[str] = []
    moderator.emulate_media(color_scheme="light" if scheme == "light" else "dark")
    moderator.set_viewport_size({"width": width, "height": 900})
    moderator.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    moderator.on("pageerror", lambda error: wrong.append(str(error)))
    moderator.on("request", lambda asked: wrong.append(asked.url) if urlsplit(asked.url).port is None else None)
    for path in filled:
        moderator.goto(address + path)
        moderator.evaluate("document.querySelectorAll('details').forEach(found => { found.open = true; })")
        found = Axe().run(moderator).response["violations"]
        assert [(path, rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []
        assert moderator.evaluate("document.documentElement.scrollWidth") <= width, path
    assert wrong == []


@on_both_databases
def test_an_article_is_closed_for_the_night_by_keyboard_alone(filled: list[str], address: str, moderator: Page) -> None:
    moderator.goto(address + filled[1])
    moderator.get_by_text("Set it for this article").focus()
    moderator.keyboard.press("Enter")
    moderator.get_by_role("radio", name="As set more widely").focus()
    for _ in range(3):
        moderator.keyboard.press("ArrowDown")
    moderator.get_by_role("button", name="Set", exact=True).focus()
    moderator.keyboard.press("Enter")
    expect(moderator.locator("#done")).to_contain_text("Article set: closed")
    expect(moderator.get_by_role("heading", name="Closed")).to_be_visible()
