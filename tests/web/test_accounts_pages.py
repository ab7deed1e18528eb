"""Accounts as administrators keep them: invited, given rights, disabled."""

from __future__ import annotations

import pytest

from moderation.accounts.sign_in import account_signed_in
from moderation.core.reach import Location, anywhere, reachable
from moderation.storage.accounts import Role
from moderation.web.shared.access import COOKIE
from tests.web.pages import ADMIN_PASSWORD, Pages, Visitor, secret_of

PASSWORD = "four words make one"
ACCOUNTS = "/admin/accounts"


def page_of(admin: Visitor, name: str) -> Visitor:
    """The page of this account."""
    (link,) = admin.open(ACCOUNTS).page.xpath(f"//td/a[contains(., '{name}')]/@href")
    return admin.open(link)


def sent(admin: Visitor, what: str, **fields: str) -> Visitor:
    """Sends the form of an account's page that does this."""
    (action,) = set(admin.page.xpath(f"//form/@action[substring-after(., '{ACCOUNTS}/')][contains(., '/{what}')]"))
    return admin.send(action, **fields)


def invited(pages: Pages, name: str = "Berta", **fields: str) -> str:
    """The path of a new account's invitation."""
    asked = {"name": name, "role": "moderator", "site": "demo"} | fields
    admin = pages.signed_in().open(ACCOUNTS).send(ACCOUNTS, **asked)
    return secret_of(admin).removeprefix("http://localhost")


def test_whoever_is_invited_chooses_a_password_and_signs_in_with_it(pages: Pages) -> None:
    visitor = pages.visitor().open(invited(pages))
    assert visitor.texts("//h1") == ["Welcome, Berta"]
    visitor.send_form(password=PASSWORD, again=PASSWORD)
    assert "Your password is set" in visitor.text
    visitor.send("/login", name="Berta", password=PASSWORD)
    assert visitor.path.startswith("/review")
    assert visitor.open("/admin").status == 403


def test_an_invitation_opens_once(pages: Pages) -> None:
    path = invited(pages)
    pages.visitor().open(path).send_form(password=PASSWORD, again=PASSWORD)
    assert pages.visitor().open(path).status == 404


def test_an_invitation_ends_after_seven_days_and_another_can_be_made(pages: Pages) -> None:
    path = invited(pages)
    pages.clock.move(days=7, seconds=1)
    assert pages.visitor().open(path).status == 404
    admin = page_of(pages.signed_in(), "Berta")
    assert "invitation has ended" in admin.text
    again = secret_of(sent(admin, "invite")).removeprefix("http://localhost")
    assert pages.visitor().open(again).status == 200


def test_a_newer_invitation_ends_the_older(pages: Pages) -> None:
    first = invited(pages)
    second = secret_of(sent(page_of(pages.signed_in(), "Berta"), "invite")).removeprefix("http://localhost")
    assert [pages.visitor().open(path).status for path in (first, second)] == [404, 200]


def test_an_invited_account_signs_in_with_no_password_at_all(pages: Pages) -> None:
    invited(pages)
    for password in ("", "-", PASSWORD):
        assert pages.visitor().open("/login").send("/login", name="Berta", password=password).status == 422


@pytest.mark.parametrize(("password", "again"), [("short", "short"), (PASSWORD, "something else"), ("", "")])
def test_a_password_that_cannot_be_chosen_is_refused_in_words(pages: Pages, password: str, again: str) -> None:
    path = invited(pages)
    visitor = pages.visitor().open(path).send_form(password=password, again=again)
    assert visitor.status == 422
    assert visitor.texts("//*[@id='problem']")[0].startswith("The password ")
    assert pages.visitor().open(path).status == 200


def test_a_disabled_account_is_out_at_once(pages: Pages) -> None:
    pages.account("berta", {"*": Role.MODERATOR})
    theirs = pages.signed_in("berta").open("/review")
    admin = sent(page_of(pages.signed_in(), "berta"), "disable")
    assert "disabled" in admin.text
    assert theirs.open("/review").texts("//h1") == ["Sign in"]


def test_an_administrator_ends_anybody_s_sign_ins(pages: Pages) -> None:
    pages.account("berta", {"*": Role.MODERATOR})
    first, second = pages.signed_in("berta"), pages.signed_in("berta")
    admin = page_of(pages.signed_in(), "berta")
    token = admin.page.xpath("//input[@name='session']/@value")[0]
    admin.send(admin.page.xpath("//form/@action[contains(., '/end-session')]")[0], session=token)
    signed_out = [visitor.open("/review").texts("//h1") == ["Sign in"] for visitor in (first, second)]
    assert sorted(signed_out) == [False, True]
    admin = page_of(pages.signed_in(), "berta")
    admin.send(next(form.action for form in admin.page.forms if str(form.action).endswith("/end-sessions")))
    assert {visitor.open("/review").texts("//h1")[0] for visitor in (first, second)} == {"Sign in"}


def test_rights_are_changed_site_by_site(pages: Pages) -> None:
    pages.account("berta", {"*": Role.MODERATOR})
    admin = sent(page_of(pages.signed_in(), "berta"), "role", site="demo", role="admin")
    assert "moderator: every site" in admin.text
    assert pages.signed_in("berta").open("/admin").status == 200
    sent(admin, "role", site="demo", role="")
    assert pages.signed_in("berta").open("/admin").status == 403


def test_rights_hold_in_the_named_sections_and_a_further_one_is_granted_by_name(pages: Pages) -> None:
    pages.account("berta", {"demo": Role.MODERATOR})
    admin = page_of(pages.signed_in(), "berta")
    sent(admin, "role", site="demo", role="senior", sections="sport, opinion", extra="batch_reject")
    assert "senior: demo, in sport, opinion, may reject many together" in admin.text
    cookie = pages.signed_in("berta").client.get_cookie(COOKIE)
    assert cookie is not None
    berta = account_signed_in(pages.services, cookie.value)
    assert berta is not None
    assert [anywhere(berta, right) for right in ("senior", "batch_approve", "batch_reject", "admin")] == [1, 1, 1, 0]
    places = [Location(site_id="demo", section=section) for section in ("sport", "city", None)]
    assert [reachable(berta, "senior", place) for place in places] == [True, False, False]
    # The form begins with what holds now, so that sending it as it is changes nothing.
    assert "senior: demo, in sport, opinion, may reject many together" in sent(admin, "role").text
    assert sent(admin, "role", site="*", role="moderator", sections="sport").status == 422


def test_administrators_cannot_lock_themselves_out(pages: Pages) -> None:
    admin = page_of(pages.signed_in(), "admin")
    assert not admin.page.xpath("//form/@action[contains(., '/disable')]")
    (role,) = admin.page.xpath("//form/@action[contains(., '/role')]")
    assert admin.send(role, site="*", role="moderator").status == 422
    token = admin.page.xpath("//input[@name='csrf_token']/@value")[0]
    assert admin.post(role.replace("/role", "/disable"), {"csrf_token": token}).status == 422
    assert pages.signed_in().open("/admin").status == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "", "role": "moderator", "site": "*"},
        {"name": "admin", "role": "moderator", "site": "*"},
        {"name": "x" * 500, "role": "moderator", "site": "*"},
        {"name": "a\x00b", "role": "moderator", "site": "*"},
        {"name": "carl", "role": "emperor", "site": "*"},
        {"name": "carl", "role": "", "site": "*"},
        {"name": "carl", "role": "moderator", "site": "nowhere"},
        {"name": "carl", "role": "moderator", "site": "*", "sections": "sport"},
        {"name": "carl", "role": "admin", "site": "demo", "sections": "sport"},
    ],
)
def test_an_account_that_cannot_be_made_is_refused_in_words(pages: Pages, fields: dict[str, str]) -> None:
    admin = pages.signed_in().open(ACCOUNTS).send(ACCOUNTS, **fields)
    assert admin.status == 422
    assert admin.texts("//*[@id='problem']")[0].startswith("The ")


def test_an_account_that_is_not_there_is_404(pages: Pages) -> None:
    admin = pages.signed_in().open(ACCOUNTS)
    token = admin.page.xpath("//input[@name='csrf_token']/@value")[0]
    assert admin.post(f"{ACCOUNTS}/nothing/disable", {"csrf_token": token}).status == 404
    assert admin.open(f"{ACCOUNTS}/%00").status == 404


def test_a_moderator_opens_no_page_of_administration(pages: Pages) -> None:
    pages.account("berta", {"*": Role.SENIOR})
    desk = pages.signed_in("berta").open("/review")
    assert "Admin" not in desk.texts("//nav[@aria-label='Desk']//a")
    token = desk.page.xpath("//input[@name='csrf_token']/@value")[0]
    for path in ("/admin/sites", ACCOUNTS, "/admin/sites/demo/keys", "/admin/keys/x/revoke"):
        assert desk.post(path, {"csrf_token": token}).status == 403, path
        desk.open("/review")
    assert ADMIN_PASSWORD not in desk.text
