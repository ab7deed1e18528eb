"""One's own account: the password, the second factor, where one is signed in."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from pyotp import TOTP
from sqlalchemy import select

from moderation.storage.audit import events_of
from moderation.storage.tables import Base
from moderation.web.shared.access import COOKIE
from tests.web.pages import ADMIN_PASSWORD, Pages, Visitor

NEW = "quite another password"


def code_at(secret: str, time: datetime) -> str:
    return TOTP(secret).at(time)


def enrolled(pages: Pages) -> tuple[str, list[str]]:
    """Switches the admin's second factor on; its secret and the recovery codes."""
    own = pages.signed_in().open("/account").send("/account/second-factor/begin", password=ADMIN_PASSWORD)
    (shown,) = own.texts("//p[contains(., 'type it in')]/code")
    secret = shown.replace(" ", "")
    assert own.page.xpath("//*[name()='svg'][contains(@class, 'qr')]")
    own.send("/account/second-factor", code=code_at(secret, pages.clock()))
    codes = own.texts("//ul[@class='codes']//code")
    assert len(codes) == 10
    return secret, codes


def half_way(pages: Pages) -> Visitor:
    """Name and password are given; the code is asked for."""
    visitor = pages.visitor().open("/login?next=/audit").send("/login", name="admin", password=ADMIN_PASSWORD)
    assert visitor.texts("//h1") == ["One more step"]
    assert visitor.client.get_cookie(COOKIE) is None
    return visitor


def test_signing_in_asks_for_the_code_and_leads_on(pages: Pages) -> None:
    secret, _ = enrolled(pages)
    pages.clock.move(minutes=1)
    visitor = half_way(pages).send("/login/code", code=code_at(secret, pages.clock()))
    assert visitor.path == "/audit"


def test_a_code_never_works_twice(pages: Pages) -> None:
    secret, _ = enrolled(pages)
    used = code_at(secret, pages.clock())
    assert half_way(pages).send("/login/code", code=used).status == 422, "the code that set it up"
    pages.clock.move(minutes=1)
    code = code_at(secret, pages.clock())
    assert half_way(pages).send("/login/code", code=code).status == 200
    assert half_way(pages).send("/login/code", code=code).status == 422


def test_a_recovery_code_works_once_however_it_is_typed(pages: Pages) -> None:
    _, codes = enrolled(pages)
    assert half_way(pages).send("/login/code", code=codes[0].upper().replace("-", " ")).status == 200
    assert half_way(pages).send("/login/code", code=codes[0]).status == 422
    own = half_way(pages).send("/login/code", code=codes[1]).open("/account")
    assert "8 recovery codes are left" in own.text


@pytest.mark.parametrize("code", ["", "000000", "12345", "\x00", "é" * 30, "9" * 500])
def test_a_wrong_code_opens_nothing(pages: Pages, code: str) -> None:
    enrolled(pages)
    visitor = half_way(pages).send("/login/code", code=code)
    assert visitor.status == 422
    assert visitor.client.get_cookie(COOKIE) is None


@pytest.mark.parametrize("proof", ["", ".", "x.9.y", "a.b.c.d", "\x00.1.2", "é"])
def test_a_proof_that_is_not_ours_opens_nothing(pages: Pages, proof: str) -> None:
    secret, _ = enrolled(pages)
    pages.clock.move(minutes=1)
    assert half_way(pages).send("/login/code", proof=proof, code=code_at(secret, pages.clock())).status == 422


def test_the_code_must_follow_within_minutes_and_before_the_password_changes(pages: Pages) -> None:
    secret, _ = enrolled(pages)
    late, changed = half_way(pages), half_way(pages)
    pages.clock.move(minutes=1)
    fields = {"password": ADMIN_PASSWORD, "new": NEW, "again": NEW}
    assert pages.signed_in().open("/account").send("/account/password", **fields).status == 200
    assert changed.send("/login/code", code=code_at(secret, pages.clock())).status == 422
    pages.clock.move(minutes=5)
    assert late.send("/login/code", code=code_at(secret, pages.clock())).status == 422


def test_the_secret_is_not_in_the_database_and_no_code_either(pages: Pages) -> None:
    secret, codes = enrolled(pages)
    with pages.services.database.engine.connect() as connection:
        dump = "\n".join(str(row) for table in Base.metadata.sorted_tables for row in connection.execute(select(table)))
    assert secret not in dump
    assert not any(code in dump or code.replace("-", "") in dump for code in codes)


def test_the_second_factor_is_set_up_only_with_the_password_and_a_right_code(pages: Pages) -> None:
    own = pages.signed_in().open("/account").send("/account/second-factor/begin", password="something else")
    assert own.status == 422
    own.send("/account/second-factor/begin", password=ADMIN_PASSWORD)
    assert own.send("/account/second-factor", code="000000").status == 422
    assert pages.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD).path == "/review"


def test_the_second_factor_is_switched_off_with_the_password(pages: Pages) -> None:
    enrolled(pages)
    own = pages.signed_in().open("/account")
    token = own.page.xpath("//input[@name='csrf_token']/@value")[0]
    gone = "/account/second-factor/remove"
    assert own.post(gone, {"csrf_token": token, "password": "something else"}).status == 422
    assert own.post(gone, {"csrf_token": token, "password": ADMIN_PASSWORD}).status == 200
    assert pages.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD).path == "/review"


def test_new_recovery_codes_end_the_old_ones(pages: Pages) -> None:
    _, old = enrolled(pages)
    own = pages.signed_in().open("/account").send("/account/second-factor/codes", password=ADMIN_PASSWORD)
    new = own.texts("//ul[@class='codes']//code")
    assert not set(old) & set(new)
    assert half_way(pages).send("/login/code", code=old[0]).status == 422
    assert half_way(pages).send("/login/code", code=new[0]).status == 200


def test_an_administrator_takes_a_lost_second_factor_away(pages: Pages) -> None:
    enrolled(pages)
    admin = pages.signed_in().open("/admin/accounts")
    admin.open(admin.page.xpath("//td/a/@href")[0])
    (action,) = admin.page.xpath("//form/@action[contains(., '/second-factor')]")
    assert "password alone" in admin.send(action).text
    assert pages.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD).path == "/review"


def test_attempts_at_the_code_are_limited(pages: Pages) -> None:
    enrolled(pages)
    pages.configure_limits()
    visitor = half_way(pages)
    statuses = [visitor.send("/login/code", code=f"00000{number}").status for number in range(9)]
    assert set(statuses) == {422}
    token = visitor.page.xpath("//input[@name='csrf_token']/@value")[0]
    proof = visitor.page.xpath("//input[@name='proof']/@value")[0]
    fields = {"csrf_token": token, "proof": proof, "code": "000000"}
    assert visitor.post("/login/code", fields).status == 422
    assert visitor.post("/login/code", fields).status == 429


def test_a_changed_password_ends_every_other_sign_in(pages: Pages) -> None:
    here, there = pages.signed_in(), pages.signed_in()
    here.open("/account").send("/account/password", password=ADMIN_PASSWORD, new=NEW, again=NEW)
    assert "Your password is changed" in here.text
    assert here.open("/account").status == 200
    assert there.open("/account").texts("//h1") == ["Sign in"]
    visitor = pages.visitor().open("/login")
    assert visitor.send("/login", name="admin", password=ADMIN_PASSWORD).status == 422
    assert visitor.send("/login", name="admin", password=NEW).path == "/review"


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "something else", "new": NEW, "again": NEW},
        {"password": ADMIN_PASSWORD, "new": NEW, "again": "different"},
        {"password": ADMIN_PASSWORD, "new": "short", "again": "short"},
        {"password": ADMIN_PASSWORD, "new": "x" * 600, "again": "x" * 600},
    ],
)
def test_a_password_that_cannot_be_changed_stays(pages: Pages, fields: dict[str, str]) -> None:
    own = pages.signed_in().open("/account").send("/account/password", **fields)
    assert own.status == 422
    assert own.texts("//*[@id='problem']")
    assert pages.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD).path == "/review"


def test_one_s_sign_ins_are_listed_and_ended(pages: Pages) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    there = pages.visitor().open("/login")
    there.client.environ_base["HTTP_USER_AGENT"] = agent
    there.send("/login", name="admin", password=ADMIN_PASSWORD)
    own = pages.signed_in().open("/account")
    assert any(line.startswith("Firefox on Linux") for line in own.texts("//section[last()]//li"))
    own.send("/account/end-session")
    assert there.open("/account").texts("//h1") == ["Sign in"]
    other = pages.signed_in()
    own.open("/account").send("/account/end-sessions")
    assert other.open("/account").texts("//h1") == ["Sign in"]
    assert own.open("/account").status == 200


def test_nobody_ends_another_s_sign_in_from_their_own_page(pages: Pages) -> None:
    pages.account("berta", {})
    admin = pages.signed_in().open("/account")
    pages.signed_in()
    told_as = admin.open("/account").page.xpath("//input[@name='session']/@value")[0]
    berta = pages.signed_in("berta").open("/account")
    token = berta.page.xpath("//input[@name='csrf_token']/@value")[0]
    berta.post("/account/end-session", {"csrf_token": token, "session": told_as})
    assert told_as in admin.open("/account").answer.get_data(as_text=True)


def test_what_happens_to_an_account_is_in_the_audit_log_without_secrets(pages: Pages) -> None:
    secret, codes = enrolled(pages)
    half_way(pages).send("/login/code", code=codes[0])
    with pages.services.database.reading() as session:
        events = list(events_of(session, "system"))
    names = {event.event for event in events}
    assert {"account.second_factor_set", "account.recovery_code_used", "account.signed_in"} <= names
    written = " ".join(event.payload for event in events)
    assert not re.search("|".join(map(re.escape, (secret, *codes))), written)
