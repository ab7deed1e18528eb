"""What can't be taken back is named before it is done, and done by a second press, with scripts or without."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from lxml import html
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from moderation.accounts.accounts import add_token
from moderation.core.ids import new_id
from moderation.desk.decide import Verdict
from moderation.readers.keys import Algorithm
from moderation.readers.site_keys import set_key
from moderation.storage.accounts import Role, account_named
from moderation.storage.legal import LegalCase
from moderation.storage.sites import Right
from moderation.web.shared.access import COOKIE
from moderation.webhooks.endpoints import add_endpoint, rotate_secret
from tests.web.pages import Pages, Visitor, fields_of

ASKS = {
    "sites_pages.revoke_key",
    "sites_pages.remove_reader_key",
    "accounts_pages.disable",
    "accounts_pages.remove_second_factor",
    "accounts_pages.end_session",
    "accounts_pages.end_all_sessions",
    "accounts_pages.revoke_token",
    "account_pages.end_one_session",
    "account_pages.end_other_sessions",
    "desk_work_pages.forget",
    "receipt_pages.take_back",
    "legal_pages.told",
    "legal_pages.forget",
    "webhooks_pages.retire",
    "webhooks_pages.remove",
}
"""What can't be taken back, and asks first."""
HAS_ITS_FORM = {  # the page, the password or what must be written with it is the first step
    *("account_pages.change_password", "account_pages.renew_codes", "account_pages.remove_second_factor"),
    *("accounts_pages.invite", "legal_pages.decide", "legal_pages.enter", "login", "login_code", "invitation"),
    *("account_pages.begin_second_factor", "account_pages.confirm_second_factor", "reader_pages.write"),
    *("policy_pages.review", "fragment_pages.send", "section_desk_pages.join", "webhooks_pages.add"),
    *("receipt_pages.edit", "receipt_pages.appeal", "receipt_pages.send_again", "appeal_pages.decide"),
    *("report_pages.send_report", "report_pages.send_notice", "sites_pages.set_reader_key"),
    *("receipt_pages.mail", "mail_pages.stop", "accounts_pages.link_subject", "author_pages.erase"),
}
CAN_BE_TAKEN_BACK = {  # by undo, by the same form again, or by what stands beside it
    *("comment_pages.approve", "comment_pages.reject", "comment_pages.reopen", "flag_pages.flags", "flag_pages.notes"),
    *("flag_pages.away", "desk_work_pages.locks", "desk_work_pages.take_back", "desk_work_pages.views"),
    *(
        "desk_work_pages.change_preferences",
        "bulk_pages.take_back",
        "bulk_pages.remove_article",
        "bulk_pages.remove_author",
    ),
    *(
        "alike_pages.alike",
        "map_pages.approve",
        "map_pages.reject",
        "article_pages.mode",
        "article_pages.lift",
        "article_pages.note",
        "section_desk_pages.notice",
    ),
    *("article_pages.terms", "article_pages.off", "author_pages.decide", "author_pages.note", "rules_pages.mode"),
    *("rules_pages.read_only", "rules_pages.terms", "rules_pages.off", "audit_pages.check", "sites_pages.add_site"),
    *("sites_pages.add_key", "sites_pages.rotate_key", "sites_pages.change_origins", "accounts_pages.invite_again"),
    *(
        "account_pages.choose_language",
        "account_pages.ask_for_digest",
        "account_pages.end_digest",
        "comment_pages.statement",
        "flag_pages.reports_aside",
        "reporter_pages.mute",
    ),
    *(
        "receipt_pages.no_mail",
        "sites_pages.ask_to_sign_in",
        "section_desk_pages.part",
        "webhooks_pages.again",
        "webhooks_pages.rotate",
        "webhooks_pages.test",
    ),
    *("accounts_pages.set_role", "accounts_pages.enable", "logout", "policy_pages.force", "policy_pages.step_back"),
}


def endpoint_of(pages: Pages, action: str) -> str:
    return str(pages.app.url_map.bind("localhost").match(action, method="POST")[0])


def is_asked_for(form: html.HtmlElement) -> bool:
    """Whether the form unfolds from a summary, and says what will happen."""
    (folded,) = form.xpath("ancestor::details[contains(@class, 'confirm')]") or (None,)
    return folded is not None and bool(folded.xpath("summary")) and len(form.xpath("string(p)")) > 30


def with_a_second_factor(session: Session) -> str:
    account = account_named(session, "berta")
    assert account is not None
    account.totp_secret = "the salt of a secret"
    return account.id


def decided_case(session: Session, now: datetime) -> str:
    """A notice that was decided, and whose sender has not been told."""
    case, hour = new_id(now), timedelta(hours=1)
    session.add(
        LegalCase(
            id=case,
            site_id="demo",
            kind="notice",
            sender="Ada",
            contact="ada@example.org",
            explanation="It is untrue.",
            received_at=now - hour,
            due_at=now + hour,
            decided_at=now,
            outcome="refused",
            decision="It is an opinion.",
        )
    )
    return case


def furnished(pages: Pages) -> list[Visitor]:
    """Every page that has such a step, as whoever may take it sees it."""
    comment = pages.say()
    pages.account("berta", {"*": Role.MODERATOR})
    for name in ("berta", "admin"):
        pages.signed_in(name)
    add_token(pages.services, "test", "berta", Right.MODERATE)
    berta = pages.services.database.writing(with_a_second_factor)
    desk = pages.signed_in().open("/review").send("/review/views", name="Mine")
    receipt = pages.services.keys.receipt(comment)
    endpoint = add_endpoint(pages.services, "test", "demo", "http://127.0.0.1:1/told", allow_private=True).id
    rotate_secret(pages.services, "test", endpoint)
    for secret in ("s" * 40, "t" * 40):
        set_key(pages.services, "test", "demo", Algorithm.HS256, secret)
    case = pages.services.database.writing(lambda session: decided_case(session, pages.clock()))
    return [
        desk,
        *(
            pages.signed_in().open(path)
            for path in (
                "/admin/sites",
                f"/admin/accounts/{berta}",
                "/account",
                f"/admin/webhooks/{endpoint}",
                f"/legal/{case}",
            )
        ),
        pages.visitor().open(f"/comments/{comment}?receipt={receipt}"),
    ]


def test_whatever_can_be_sent_is_known_to_be_taken_back_or_to_ask(pages: Pages) -> None:
    sent = {
        rule.endpoint
        for rule in pages.app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.endpoint.split(".")[0].endswith("_api")
    }
    assert sent == ASKS | HAS_ITS_FORM | CAN_BE_TAKEN_BACK


def test_what_can_not_be_taken_back_says_what_will_happen_first(pages: Pages) -> None:
    found = set()
    for visitor in furnished(pages):
        for form in visitor.page.forms:
            if form.method == "POST" and (endpoint := endpoint_of(pages, form.action)) in ASKS:
                found.add(endpoint)
                assert is_asked_for(form), form.action
    assert found == ASKS


def test_the_second_press_does_it(pages: Pages) -> None:
    comment = pages.say()
    pages.decide(comment, Verdict.APPROVE)
    visitor = pages.visitor().open(f"/comments/{comment}?receipt={pages.services.keys.receipt(comment)}")
    assert "disappears from under the article" in visitor.text
    visitor.send(f"/comments/{comment}/withdraw")
    assert "Withdrawn" in visitor.text
    desk = pages.signed_in().open("/admin/sites")
    form = next(form for form in desk.page.forms if form.action.endswith("/revoke"))
    desk.post(form.action, fields_of(form))
    assert "is revoked; it stopped working at once" in desk.text


@pytest.mark.browser
def test_it_is_done_by_keyboard_and_without_scripts(pages: Pages, address: str, browser: Browser) -> None:
    cookie = pages.signed_in().client.get_cookie(COOKIE)
    assert cookie is not None
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/admin/sites")
    revoke = page.locator("details.confirm", has_text="the secret key")
    revoke.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(revoke.get_by_text("A revoked key can’t be brought back.")).to_be_visible()
    page.keyboard.press("Tab")
    expect(revoke.get_by_role("button", name="Revoke it for good")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("it stopped working at once")
    context.close()
