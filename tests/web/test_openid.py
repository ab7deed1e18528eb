"""Moderators who sign in by the newsroom's own login: a certified OpenID provider."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from moderation.accounts.accounts import disable_account, enable_account, invite, set_password
from moderation.storage.accounts import Account, Granted, Role, WebSession, account_named
from moderation.web.shared.access import COOKIE
from tests.web.openid import (
    AFTERWARDS,
    PAT,
    ROLES,
    CertifiedProvider,
    Liar,
    PersonsBrowser,
    account_of,
    begin,
    certified,
    come_in,
    courier,
    events_of,
    granted_to,
    liar,
    liar_served,
    lied_to,
    query_of,
    vouched,
)
from tests.web.pages import ADMIN_PASSWORD, Pages

__all__ = ["certified", "courier", "liar", "liar_served", "lied_to"]


def test_a_moderator_comes_in_by_the_provider_and_is_known_there_for_good(courier: Pages) -> None:
    before = len(events_of(courier))
    page = courier.visitor().open("/login")
    assert "Sign in with The Courier" in page.text

    visitor = come_in(courier, path="/login/provider?next=/review/articles")

    assert (visitor.status, visitor.path) == (200, "/review/articles")
    assert "Pat Q" in visitor.text
    assert granted_to(courier, "Pat Q") == {"*": Granted(role=Role.MODERATOR)}
    account = account_of(courier, "Pat Q")
    assert (account.oidc_subject, account.password_hash) == ("pat", "")
    told = events_of(courier)[before:]
    assert [event.event for event in told] == ["account.created", "account.linked", "account.signed_in"]
    assert not any("Pat" in event.payload or "courier" in event.payload.lower() for event in told)

    own = visitor.open("/account")
    assert "You sign in with The Courier and have no password here." in own.text
    assert {form.action for form in own.page.forms}.isdisjoint({"/account/password", "/account/second-factor/begin"})

    again = come_in(courier)
    assert again.path == "/review"
    with courier.services.database.reading() as db:
        assert len(list(db.scalars(select(Account)))) == 2  # and admin


def test_roles_change_with_the_next_sign_in_and_without_any_nobody_stays_in(
    courier: Pages, certified: CertifiedProvider
) -> None:
    first = come_in(courier)
    certified.know(pat=PAT | {"groups": ["comment-leads", "sport-desk"]})
    assert come_in(courier).open("/admin/accounts").status == 200
    assert granted_to(courier, "Pat Q") == {"*": Granted(role=Role.ADMIN)}
    assert events_of(courier)[-2].event == "account.roles_changed"

    certified.know(pat=PAT | {"groups": ["sport-desk"]})
    assert come_in(courier).open("/admin/accounts").status == 403
    assert granted_to(courier, "Pat Q") == {"demo": Granted(role=Role.SENIOR, sections=("sport",))}

    certified.know(pat=PAT | {"groups": []})
    refused = come_in(courier)
    assert refused.status == 422
    assert "you have no role here" in refused.text
    assert first.open("/review").path.startswith("/login")
    assert events_of(courier)[-1].event == "account.sign_in_failed"


def test_nobody_takes_an_account_over_by_a_name_or_an_address(courier: Pages, certified: CertifiedProvider) -> None:
    certified.know(eve={"name": "admin", "email": "admin", "email_verified": True, "groups": ["comment-desk"]})

    visitor = come_in(courier, "eve")

    assert "admin 2" in visitor.text
    assert visitor.open("/admin").status == 403
    assert account_of(courier, "admin").oidc_subject is None


def test_only_who_was_invited_gets_in_where_no_accounts_are_made(courier: Pages) -> None:
    courier.configure('[sign_in.oidc]\nname = "The Courier"\n')
    refused = come_in(courier)
    assert (refused.status, "there is no account for you" in refused.text) == (422, True)

    token = invite(courier.services, "test", "Ida", {"demo": Granted(role=Role.SENIOR)})
    page = courier.visitor().open(f"/invitation/{token}")
    (link,) = page.page.xpath("//a[contains(@href, '/login/provider')]/@href")
    visitor = come_in(courier, path=link)

    assert (visitor.status, visitor.path) == (200, "/review")
    assert granted_to(courier, "Ida") == {"demo": Granted(role=Role.SENIOR)}
    assert account_of(courier, "Ida").oidc_subject == "pat"
    assert courier.visitor().open(f"/invitation/{token}").status == 404
    assert "Ida" in come_in(courier).text


def test_an_invitation_makes_no_second_account_of_one_and_binds_nobody_without_a_role(
    courier: Pages, certified: CertifiedProvider
) -> None:
    come_in(courier)
    token = invite(courier.services, "test", "Ida", {"demo": Granted(role=Role.SENIOR)})
    path = f"/login/provider?invitation={token}"
    assert "already" in come_in(courier, path=path).text
    certified.know(noa={"name": "Noa"})
    assert "no role" in come_in(courier, "noa", path=path).text
    assert account_of(courier, "Ida").oidc_subject is None
    assert courier.visitor().open(f"/invitation/{token}").status == 200


def test_an_admin_links_and_unlinks_an_account_by_its_subject(courier: Pages) -> None:
    courier.account("Ida", {"demo": Role.MODERATOR})
    courier.account("Uma", {"demo": Role.MODERATOR})
    courier.configure("[sign_in.oidc]\n")
    here, other = (f"/admin/accounts/{account_of(courier, name).id}" for name in ("Ida", "Uma"))
    admin = courier.signed_in()
    admin.open(here).send(f"{here}/subject", subject="pat")
    assert "signs in as that" in admin.text
    admin.open(other).send(f"{other}/subject", subject="pat")
    assert (admin.status, "linked to another account" in admin.text) == (422, True)
    assert admin.open(other).send(f"{other}/subject", subject="").status == 422

    visitor = come_in(courier)
    assert "Ida" in visitor.text
    assert "By 127.0.0.1" in admin.open(here).text
    token = admin.open(here).page.xpath("//input[@name='csrf_token']/@value")[0]
    assert "any more" in admin.post(f"{here}/subject", {"csrf_token": token, "unlink": "1"}).text
    assert visitor.open("/review").path.startswith("/login")
    assert come_in(courier).status == 422


def test_who_is_disabled_here_stays_so(courier: Pages) -> None:
    visitor = come_in(courier)
    disable_account(courier.services, "test", "Pat Q")
    assert visitor.open("/review").path.startswith("/login")
    assert "disabled" in come_in(courier).text
    enable_account(courier.services, "test", "Pat Q")
    assert come_in(courier).path == "/review"


def test_signing_out_ends_the_sign_in_here_and_leads_to_the_provider_s(courier: Pages) -> None:
    visitor, browser = courier.visitor(), PersonsBrowser()
    visitor.open(browser.signs_in(begin(visitor), "pat"))
    visitor.send("/logout")
    (onward,) = visitor.page.xpath("//main//a/@href | //a[contains(@class, 'primary')]/@href")[:1]
    assert visitor.answer.headers["Refresh"] == f"0; url={onward}"
    assert browser.signs_out(onward).startswith(AFTERWARDS)
    assert visitor.open("/review").path.startswith("/login")
    # The provider asks anew.
    assert browser.asked_for_a_login(begin(visitor))

    admin = courier.signed_in().open("/review").send("/logout")
    assert admin.path == "/login"  # who gave a password has nothing to end there


def test_every_sign_in_is_a_new_session(courier: Pages) -> None:
    visitor = courier.visitor()
    visitor.client.set_cookie(COOKIE, "a cookie that somebody else has put there")
    visitor.open(PersonsBrowser().signs_in(begin(visitor), "pat"))
    cookie = visitor.client.get_cookie(COOKIE)
    assert cookie is not None
    assert (len(cookie.value) > 40, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    with courier.services.database.reading() as db:
        (session,) = db.scalars(select(WebSession))
    assert session.oidc_issuer


def test_a_response_opens_nothing_in_another_browser_nor_twice_nor_late(courier: Pages) -> None:
    mine, theirs = courier.visitor(), courier.visitor()
    back = PersonsBrowser().signs_in(begin(mine), "pat")
    assert "another browser" in theirs.open(back).text
    begin(theirs)
    assert theirs.open(back).status == 422
    assert mine.open(back).path == "/review"
    assert mine.open(back).status == 422
    late = courier.visitor()
    back = PersonsBrowser().signs_in(begin(late), "pat")
    courier.clock.move(minutes=11)
    assert late.open(back).status == 422


def test_a_code_of_another_sign_in_opens_nothing(courier: Pages) -> None:
    """PKCE: whoever gets hold of somebody's code lacks what it was asked for with."""
    theirs = query_of(PersonsBrowser().signs_in(begin(courier.visitor()), "pat"))
    visitor = courier.visitor()
    mine = query_of(begin(visitor))
    answer = visitor.open(f"/login/provider/callback?state={mine['state']}&code={theirs['code']}&iss={theirs['iss']}")
    assert (answer.status, "can’t be used" in answer.text) == (422, True)


def test_who_turns_back_at_the_provider_is_told_so(courier: Pages) -> None:
    visitor = courier.visitor()
    visitor.open(PersonsBrowser().turns_back(begin(visitor)))
    assert (visitor.status, "did not sign you in" in visitor.text) == (422, True)


@pytest.mark.parametrize(
    "asked", ["//evil.example", "https://evil.example", "/review\\@evil", "/\t/evil.example", "/logout"]
)
def test_a_sign_in_leads_to_pages_of_ours_alone(courier: Pages, asked: str) -> None:
    visitor = courier.visitor()
    begun = visitor.client.get("/login/provider", query_string={"next": asked})
    answer = visitor.client.get(PersonsBrowser().signs_in(begun.headers["Location"], "pat"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/review")


def test_passwords_can_be_left_to_administrators_whose_way_in_stays(lied_to: Pages, liar: Liar) -> None:
    lied_to.account("Ida", {"demo": Role.MODERATOR})
    set_password(lied_to.services, "test", "Ida", "a long password of Ida's")
    sign_in = {"name": "Ida", "password": "a long password of Ida's"}
    assert lied_to.visitor().open("/login").send("/login", **sign_in).path == "/review"
    lied_to.configure('[sign_in]\npasswords = "admins"\n' + ROLES)
    liar.documents.clear()
    refused = lied_to.visitor().open("/login").send("/login", **sign_in)
    assert (refused.status, "sign in with The Courier" in refused.text) == (422, True)
    assert not lied_to.visitor().open("/login").send("/login", name="Ida", password="x").page.xpath("//details//form")
    admin = lied_to.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD)
    assert admin.path == "/review"
    token = invite(lied_to.services, "test", "Uma", {"demo": Granted(role=Role.MODERATOR)})
    assert not lied_to.visitor().open(f"/invitation/{token}").page.forms


def test_the_last_admin_by_password_stays_one_whatever_the_provider_says(lied_to: Pages, liar: Liar) -> None:
    lied_to.services.database.writing(lambda db: _set_subject(db, liar.issuer))
    visitor = lied_to.visitor()
    vouched(visitor, liar)
    assert visitor.open("/admin/accounts").status == 200
    assert granted_to(lied_to, "admin") == {"*": Granted(role=Role.ADMIN)}


def _set_subject(db: Any, issuer: str) -> None:
    account = account_named(db, "admin")
    assert account is not None
    account.oidc_issuer, account.oidc_subject = issuer, "p1"


def test_attempts_at_the_provider_are_limited_and_keep_nobody_from_a_password(lied_to: Pages, liar: Liar) -> None:
    lied_to.configure_limits()
    lied_to.configuration.set(lied_to.configuration.current().text + ROLES)
    for _ in range(30):
        assert vouched(lied_to.visitor(), liar, nonce="x").status == 422
    assert vouched(lied_to.visitor(), liar).status == 429
    assert lied_to.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD).path == "/review"


def test_without_a_provider_there_is_no_button_and_no_way(pages: Pages) -> None:
    assert "Sign in with" not in pages.visitor().open("/login").text
    assert pages.visitor().open("/login/provider").status == 422
    assert pages.visitor().open("/login/provider/callback?state=x&code=y").status == 422


def test_a_start_loads_no_client_of_providers() -> None:
    code = "import sys, moderation.app; sys.exit(any(n.split('.')[0] in ('authlib', 'joserfc') for n in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0


def test_two_first_sign_ins_are_one_account(lied_to: Pages, liar: Liar) -> None:
    for _ in range(2):
        assert vouched(lied_to.visitor(), liar, name="x" * 500, preferred_username="\n").path == "/review"
    with lied_to.services.database.reading() as db:
        assert [account.name for account in db.scalars(select(Account).order_by(Account.name))] == ["admin", "p1"]
