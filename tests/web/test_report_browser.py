"""Reports and notices in a real browser: without scripts, by keys on the desk, and nothing for axe-core to find."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from moderation.comments.reports import ReportForm, ReportSender, report
from moderation.storage.comments import Comment
from moderation.storage.reports import ReportedComment, Reporter
from tests.web.pages import Pages, on_both_databases, published

pytestmark = pytest.mark.browser


def reported(pages: Pages, comment: str, reader: str = "k") -> None:
    sender = ReportSender(site_id="demo", keys=(reader,), reference="reader")
    report(pages.services, sender, comment, ReportForm(reason="threat", text="It names her street."))


def open_reports(pages: Pages, comment: str) -> int:
    with pages.services.database.reading() as db:
        return db.get_one(ReportedComment, comment).open_reports


def test_a_comment_is_reported_and_given_notice_of_without_scripts(
    pages: Pages, address: str, browser: Browser
) -> None:
    comment = published(pages)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/comments/{comment}")
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_label("Threat").check()
    page.get_by_role("button", name="Report").click()
    assert page.get_by_role("status").inner_text().startswith("Your report was taken.")
    assert open_reports(pages, comment) == 1
    page.get_by_role("link", name="report it as illegal").click()
    page.get_by_label("Why is it illegal?").fill("It accuses me of theft.")
    page.get_by_role("textbox", name="Your name").fill("Ada Holm")
    page.get_by_label("Your e-mail address").fill("ada@holm.example")
    page.get_by_label("To the best of my knowledge").check()
    page.get_by_role("button", name="Send the notice").click()
    assert page.get_by_role("status").inner_text().startswith("Your notice has arrived.")
    context.close()


@on_both_databases
def test_what_is_reported_is_worked_through_by_keys(pages: Pages, address: str, moderator: Page) -> None:
    first, second, third = (published(pages, by=by) for by in ("Ann", "Bea", "Cem"))
    reported(pages, first)
    for reader in ("k", "l"):
        reported(pages, second, reader)
    for reader in ("k", "l", "m"):
        reported(pages, third, reader)
    moderator.goto(f"{address}/review?status=reported")
    opened = moderator.locator(f".pane[data-comment='{third}']")
    opened.wait_for()  # the one that most have reported
    moderator.keyboard.press("a")
    moderator.locator(f".pane[data-comment='{second}']").wait_for()
    moderator.keyboard.press("d")
    moderator.locator(f".pane[data-comment='{first}']").wait_for()
    moderator.keyboard.press("r")
    moderator.keyboard.press("3")
    expect(moderator.locator("#workbench")).to_have_attribute("data-pending", "0")
    assert [open_reports(pages, one) for one in (first, second, third)] == [0, 0, 0]
    with pages.services.database.reading() as db:
        statuses = [db.get_one(Comment, one).status for one in (first, second, third)]
        records = {one.key: (one.rightly, one.wrongly) for one in db.scalars(select(Reporter))}
    assert statuses == ["rejected", "approved", "approved"]
    assert records == {"k": (1, 1), "l": (0, 1), "m": (0, 1)}


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_axe_finds_nothing(pages: Pages, address: str, moderator: Page, width: int, scheme: str) -> None:
    comment = published(pages)
    reported(pages, comment)
    with pages.services.database.reading() as db:
        reporter = db.scalars(select(Reporter)).one().id
    moderator.set_viewport_size({"width": width, "height": 844})
    moderator.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    readers = (f"/comments/{comment}", f"/comments/{comment}/report", f"/notice?comment={comment}", "/rules")
    desk = (
        "/review?status=reported",
        f"/review/comments/{comment}",
        "/review/reporters",
        f"/review/reporters/{reporter}",
    )
    for path in (*readers, *desk, f"/review/reporters/{reporter}", f"/notice?comment={comment}&lang=ar"):
        moderator.goto(address + path)
        found = Axe().run(moderator)
        assert found.violations_count == 0, (path, found.generate_report())
        wide = moderator.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
