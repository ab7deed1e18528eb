"""Attempts at passwords and codes: only wrong ones count, nobody uses up another's, and a crowd gets no further."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Literal

import pytest
import redis
from argon2 import PasswordHasher
from flask import Flask
from pyotp import TOTP

from moderation.accounts.accounts import set_password
from moderation.accounts.second_factor import set_up
from moderation.accounts.totp import secret_of
from moderation.storage.accounts import account_named
from moderation.storage.audit import events_of
from moderation.web.account.attempts import attempts
from moderation.web.account.sign_in import KNOWN_COOKIE
from moderation.web.shared.access import COOKIE
from tests.web.pages import ADMIN_PASSWORD, Pages, Visitor, open_pages

WRONG = "a wrong but long password"
OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.20"


@pytest.fixture(params=["in process", pytest.param("redis", marks=pytest.mark.redis)])
def limited(request: pytest.FixtureRequest, furnished_url: str, tmp_path: Path) -> Iterator[Pages]:
    """The application with its limits in force, counted in the process or in Redis."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    with open_pages(furnished_url, tmp_path, redis_url=url) as opened:
        opened.configure_limits()
        yield opened


def at(pages: Pages, address: str = OFFICE) -> Visitor:
    visitor = pages.visitor()
    visitor.client.environ_base["REMOTE_ADDR"] = address
    return visitor


def tried(visitor: Visitor, password: str, name: str = "admin") -> int:
    """The status that an attempt at the password comes to; a right one is a redirect."""
    visitor.client.delete_cookie(COOKIE)
    token = visitor.open("/login").page.xpath("//input[@name='csrf_token']/@value")[0]
    fields = {"csrf_token": token, "name": name, "password": password}
    return visitor.client.post("/login", data=fields).status_code


def second_factor(pages: Pages, name: str = "admin") -> str:
    """Switches an account's second factor on; returns what the app is given."""
    keys = pages.services.keys.second_factor
    with pages.services.database.reading() as session:
        account = account_named(session, name)
    assert account is not None
    owner = type("Owner", (), {"reference": f"account:{account.id}", "account_id": account.id})()
    salt = f"{keys.newest.id}.salt-of-the-tests"
    secret = secret_of(keys, salt)
    assert secret is not None
    set_up(pages.services, owner, salt, TOTP(secret).at(pages.clock()))
    pages.clock.move(minutes=1)
    return secret


def half_way(pages: Pages, address: str = OFFICE, visitor: Visitor | None = None) -> Visitor:
    visitor = visitor or at(pages, address)
    visitor.client.delete_cookie(COOKIE)
    visitor.open("/login").send("/login", name="admin", password=ADMIN_PASSWORD)
    assert visitor.texts("//h1") == ["One more step"]
    return visitor


def code_tried(visitor: Visitor, code: str, **changed: str) -> int:
    """The status that an attempt at the code comes to, from the page that asks for it."""
    form = next(form for form in visitor.page.forms if form.action == "/login/code")
    fields = dict(form.form_values()) | {"code": code} | changed
    return visitor.client.post("/login/code", data=fields).status_code


def wrong_codes(count: int) -> list[str]:
    return [f"{number:06}" for number in range(count)]


# --- the password -----------------------------------------------------------------------------------------------------


def test_right_sign_ins_never_count(limited: Pages) -> None:
    colleague = at(limited)
    assert {tried(at(limited), ADMIN_PASSWORD) for _ in range(32)} == {303}, "more than an address may have wrong"
    assert tried(colleague, WRONG) == 422


def test_thirty_wrong_sign_ins_from_one_address_end_there_and_not_elsewhere(limited: Pages) -> None:
    stranger = at(limited)
    statuses = [tried(stranger, WRONG, f"somebody {number}") for number in range(31)]
    assert statuses == [422] * 30 + [429]
    assert tried(at(limited, ELSEWHERE), ADMIN_PASSWORD) == 303


def test_a_browser_that_has_signed_in_before_gets_in_where_strangers_have_used_up_the_address(
    limited: Pages,
) -> None:
    known = at(limited)
    assert tried(known, ADMIN_PASSWORD) == 303
    stranger = at(limited)
    for number in range(30):
        tried(stranger, WRONG, f"somebody {number}")
    assert tried(at(limited), ADMIN_PASSWORD) == 429, "a browser that was never here shares the address's budget"
    assert tried(known, ADMIN_PASSWORD) == 303
    assert [tried(known, WRONG) for _ in range(11)] == [422] * 10 + [429], "its own budget ends too"


def test_wrong_attempts_of_a_known_browser_are_no_one_else_s(limited: Pages) -> None:
    known = at(limited)
    tried(known, ADMIN_PASSWORD)
    assert [tried(known, WRONG) for _ in range(11)][-1] == 429
    assert tried(at(limited), ADMIN_PASSWORD) == 303


def test_a_browser_known_to_one_account_is_a_stranger_to_others(limited: Pages) -> None:
    limited.account("berta", {})
    known = at(limited)
    tried(known, ADMIN_PASSWORD)
    assert [tried(known, WRONG, "berta") for _ in range(11)] == [422] * 10 + [429]
    assert tried(known, ADMIN_PASSWORD) == 303


def test_a_network_with_thousands_of_addresses_has_an_end_too(pages: Pages) -> None:
    pages.configure_limits()
    known, stranger = at(pages, "2001:db8:1::1"), at(pages)
    assert tried(known, ADMIN_PASSWORD) == 303
    token = stranger.open("/login").page.xpath("//input[@name='csrf_token']/@value")[0]
    statuses = []
    for number in range(310):
        fields = {"csrf_token": token, "name": f"somebody {number}", "password": WRONG}
        place = {"REMOTE_ADDR": f"2001:db8:1:{number // 25:x}::9"}
        statuses.append(stranger.client.post("/login", data=fields, environ_overrides=place).status_code)
    assert statuses == [422] * 300 + [429] * 10
    assert tried(at(pages, "2001:db8:2::1"), ADMIN_PASSWORD) == 303
    assert tried(known, ADMIN_PASSWORD) == 303


def test_how_a_name_is_typed_gives_no_further_attempts(limited: Pages) -> None:
    stranger = at(limited)
    names = ["admin", " admin", "admin ", "\tadmin", "ADMIN", "Admin", "admin", "aDmin", "adMin", "admIn", "admiN"]
    assert [tried(stranger, WRONG, name) for name in names] == [422] * 10 + [429]


def test_whether_an_account_exists_is_told_by_no_limit(limited: Pages) -> None:
    answers = []
    for name, address in (("admin", "192.0.2.1"), ("nobody", "192.0.2.2")):
        visitor = at(limited, address)
        answers.append([tried(visitor, WRONG, name) for _ in range(12)])
    assert answers[0] == answers[1] == [422] * 10 + [429] * 2


def test_a_refusal_says_when_to_come_again(limited: Pages) -> None:
    visitor = at(limited)
    assert [tried(visitor, WRONG) for _ in range(10)] == [422] * 10
    answer = visitor.open("/login").send("/login", name="admin", password=ADMIN_PASSWORD)
    assert answer.status == 429
    assert 1 <= int(answer.answer.headers["Retry-After"]) <= 900
    assert "10 per 15 minute" in answer.text


def test_a_crowd_at_once_gets_no_more_attempts_than_one_after_another(
    limited: Pages,
) -> None:
    barrier = threading.Barrier(40)
    checked: list[str | bytes] = []

    class CountingHasher(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            checked.append(password)
            return super().verify(hash, password)

    limited.hall.change(password_hasher=CountingHasher(1, 8, 1))
    visitors = [at(limited) for _ in range(40)]
    tokens = [visitor.open("/login").page.xpath("//input[@name='csrf_token']/@value")[0] for visitor in visitors]

    def attempt(number: int) -> int:
        fields = {"csrf_token": tokens[number], "name": "admin", "password": WRONG}
        barrier.wait()
        return visitors[number].client.post("/login", data=fields).status_code

    with ThreadPoolExecutor(40) as pool:
        statuses = sorted(pool.map(attempt, range(40)))
    assert statuses == [422] * 10 + [429] * 30
    assert len(checked) == 10


def test_what_is_refused_is_neither_checked_nor_written_down(limited: Pages) -> None:
    visitor = at(limited)
    for _ in range(15):
        tried(visitor, WRONG)
    with limited.services.database.reading() as session:
        failed = [event for event in events_of(session, "system") if event.event == "account.sign_in_failed"]
    assert len(failed) == 10


@pytest.mark.parametrize("kept", ["", "~~~", "a.b.c.d", "x" * 2500, "é", "a.b.9.c~" * 260])
def test_what_no_sign_in_made_makes_no_browser_known(pages: Pages, kept: str) -> None:
    pages.configure_limits()
    visitor = at(pages)
    visitor.client.set_cookie(KNOWN_COOKIE, kept, path="/login")
    assert [tried(visitor, WRONG) for _ in range(11)] == [422] * 10 + [429]


def known_cookie(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie(KNOWN_COOKIE, path="/login")
    assert cookie is not None
    return cookie.value


def test_a_known_browser_can_t_be_made_up_for_another_account(pages: Pages) -> None:
    pages.account("berta", {})
    pages.configure_limits()
    known = at(pages)
    tried(known, ADMIN_PASSWORD)
    with pages.services.database.reading() as session:
        berta = account_named(session, "berta")
    assert berta is not None
    forged = re.sub(r"^[^.]+", berta.id, known_cookie(known))
    visitor = at(pages)
    visitor.client.set_cookie(KNOWN_COOKIE, forged, path="/login")
    for _ in range(10):
        tried(visitor, WRONG, "berta")
    visitor.client.set_cookie(KNOWN_COOKIE, "", path="/login")
    assert tried(visitor, WRONG, "berta") == 429, "the forged cookie brought no budget of its own"


def test_a_changed_password_makes_every_browser_a_stranger(pages: Pages) -> None:
    pages.configure_limits()
    known = at(pages)
    tried(known, ADMIN_PASSWORD)
    set_password(pages.services, "test", "admin", "quite another password")
    stranger = at(pages)
    for number in range(30):
        tried(stranger, WRONG, f"somebody {number}")
    assert tried(known, "quite another password") == 429


def test_a_browser_is_known_for_a_year_and_keeps_several_accounts(pages: Pages) -> None:
    set_password(pages.services, "test", "admin", ADMIN_PASSWORD)
    pages.account("berta", {})
    set_password(pages.services, "test", "berta", ADMIN_PASSWORD)
    pages.configure_limits()
    known = at(pages)
    assert [tried(known, ADMIN_PASSWORD), tried(known, ADMIN_PASSWORD, "berta")] == [303, 303]
    stranger = at(pages)
    for number in range(30):
        tried(stranger, WRONG, f"somebody {number}")
    kept = known_cookie(known)
    assert [tried(known, ADMIN_PASSWORD), tried(known, ADMIN_PASSWORD, "berta")] == [303, 303]
    pages.clock.move(days=366)
    known.client.set_cookie(KNOWN_COOKIE, kept, path="/login")
    assert tried(known, ADMIN_PASSWORD) == 429


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_a_browser_keeps_is_for_the_sign_in_pages_alone(pages: Pages, scheme: str) -> None:
    visitor = at(pages)
    visitor.client.environ_base["wsgi.url_scheme"] = scheme
    token = visitor.client.get("/login", base_url=f"{scheme}://localhost").get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', token)[0]
    headers = {"Referer": f"{scheme}://localhost/login"}
    fields = {"csrf_token": token, "name": "admin", "password": ADMIN_PASSWORD}
    answer = visitor.client.post("/login", data=fields, base_url=f"{scheme}://localhost", headers=headers)
    (kept,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith(KNOWN_COOKIE)]
    assert {"HttpOnly", "SameSite=Lax", "Path=/login"} <= set(kept.split("; "))
    assert ("Secure" in kept.split("; ")) is (scheme == "https")


# --- the code ---------------------------------------------------------------------------------------------------------


def test_forged_proofs_shut_nobody_out(limited: Pages) -> None:
    secret = second_factor(limited)
    with limited.services.database.reading() as session:
        account = account_named(session, "admin")
    assert account is not None
    owner, stranger = half_way(limited), half_way(limited)
    ends = int((limited.clock() + timedelta(minutes=5)).timestamp())
    for proof in (f"{account.id}.{ends}.{'0' * 64}", f"{account.id}.9.x", account.id, "", f"{account.id}.{ends}"):
        assert {code_tried(stranger, "000000", proof=proof) for _ in range(12)} == {422}
    assert code_tried(owner, TOTP(secret).at(limited.clock())) == 303


def test_a_proof_that_has_ended_counts_against_nobody(limited: Pages) -> None:
    secret = second_factor(limited)
    stranger = half_way(limited)
    limited.clock.move(minutes=6)
    assert {code_tried(stranger, "000000") for _ in range(40)} == {422}
    assert code_tried(half_way(limited), TOTP(secret).at(limited.clock())) == 303


def test_forged_proofs_write_nothing(pages: Pages) -> None:
    second_factor(pages)
    visitor = half_way(pages)
    with pages.services.database.reading() as session:
        before = len(list(events_of(session, "system")))
    for _ in range(5):
        code_tried(visitor, "000000", proof="made.up.entirely")
    with pages.services.database.reading() as session:
        assert len(list(events_of(session, "system"))) == before


def test_wrong_codes_from_one_address_leave_the_owner_their_own(limited: Pages) -> None:
    secret = second_factor(limited)
    stranger = half_way(limited)
    assert [code_tried(stranger, code) for code in wrong_codes(11)] == [422] * 10 + [429]
    owner = half_way(limited, ELSEWHERE)
    assert code_tried(owner, TOTP(secret).at(limited.clock())) == 303


def test_the_owner_s_known_browser_gets_in_whatever_strangers_tried_and_from_where(limited: Pages) -> None:
    secret = second_factor(limited)
    known = half_way(limited)
    assert code_tried(known, TOTP(secret).at(limited.clock())) == 303
    statuses = []
    for number in range(11):
        stranger = half_way(limited, f"192.0.2.{number}")
        statuses += [code_tried(stranger, code) for code in wrong_codes(10)]
    assert statuses == [422] * 100 + [429] * 10, "the whole account's budget for a day"
    limited.clock.move(minutes=1)
    code = TOTP(secret).at(limited.clock())
    assert code_tried(half_way(limited, ELSEWHERE), code) == 429
    assert code_tried(half_way(limited, visitor=known), code) == 303


def test_right_codes_never_count(limited: Pages) -> None:
    secret = second_factor(limited)
    for _ in range(12):
        limited.clock.move(minutes=1)
        assert code_tried(half_way(limited), TOTP(secret).at(limited.clock())) == 303
    limited.clock.move(minutes=1)
    assert [code_tried(half_way(limited), code) for code in wrong_codes(10)] == [422] * 10


# --- one's own account, and invitations -------------------------------------------------------------------------------


def test_one_s_own_account_is_not_shut_by_strangers_behind_the_same_address(limited: Pages) -> None:
    stranger = at(limited)
    for number in range(30):
        tried(stranger, WRONG, f"somebody {number}")
    for _ in range(10):
        tried(at(limited, ELSEWHERE), WRONG)
    own = limited.signed_in()
    own.client.environ_base["REMOTE_ADDR"] = OFFICE
    assert own.open("/account").send("/account/second-factor/begin", password=ADMIN_PASSWORD).status == 200


def test_wrong_passwords_on_one_s_own_page_are_limited_and_right_ones_are_not(limited: Pages) -> None:
    own, other = limited.signed_in().open("/account"), limited.signed_in().open("/account")
    path, token = "/account/second-factor/begin", own.page.xpath("//input[@name='csrf_token']/@value")[0]
    other_token = other.page.xpath("//input[@name='csrf_token']/@value")[0]

    def begun(password: str) -> int:
        return own.post(path, {"csrf_token": token, "password": password}).status

    assert {begun(ADMIN_PASSWORD) for _ in range(12)} == {200}
    assert [begun(WRONG) for _ in range(11)] == [422] * 10 + [429]
    assert begun(ADMIN_PASSWORD) == 429
    assert other.post(path, {"csrf_token": other_token, "password": ADMIN_PASSWORD}).status == 200, "another sign-in"
    assert own.post("/account/end-sessions", {"csrf_token": token}).status == 200, "what asks for no password"


def test_a_second_factor_begun_by_another_account_is_not_set_up_here(pages: Pages) -> None:
    """Whoever has a stolen sign-in, and an account of their own, gets no second factor of theirs into it."""
    pages.account("berta", {})
    set_password(pages.services, "test", "berta", ADMIN_PASSWORD)
    thief = pages.signed_in("berta")
    thief.open("/account").send("/account/second-factor/begin", password=ADMIN_PASSWORD)
    (shown,) = thief.texts("//p[contains(., 'type it in')]/code")
    stolen = pages.signed_in().client.get_cookie(COOKIE)
    assert stolen is not None
    thief.client.set_cookie(COOKIE, stolen.value)
    thief.open("/account")
    token = thief.page.xpath("//input[@name='csrf_token']/@value")[0]
    code = TOTP(shown.replace(" ", "")).at(pages.clock())
    assert thief.post("/account/second-factor", {"csrf_token": token, "code": code}).status == 422


def test_an_invitation_opens_whatever_strangers_tried_behind_its_address(limited: Pages) -> None:
    admin = limited.signed_in().open("/admin/accounts")
    admin.send("/admin/accounts", name="Berta", role="moderator", site="demo")
    path = admin.texts("//code[@class='secret']")[0].removeprefix("http://localhost")
    stranger = at(limited)
    for number in range(30):
        tried(stranger, WRONG, f"somebody {number}")
    for _ in range(10):
        tried(at(limited, ELSEWHERE), WRONG, "Berta")
    visitor = at(limited).open(path)
    assert visitor.send_form(password="short", again="short").status == 422
    assert "Your password is set" in visitor.send_form(password=ADMIN_PASSWORD, again=ADMIN_PASSWORD).text


# --- what it costs ----------------------------------------------------------------------------------------------------


class SlowHasher:
    """Takes as long as the test wants, and counts how many it is asked at once."""

    def __init__(self) -> None:
        self.go_on, self.three = threading.Event(), threading.Event()
        self.now = self.highest = 0
        self.lock = threading.Lock()

    def hash(self, _password: str) -> str:
        return "of nobody"

    def verify(self, _kept: str, _password: str) -> bool:
        with self.lock:
            self.now += 1
            self.highest = max(self.highest, self.now)
            if self.now == 3:
                self.three.set()
        assert self.go_on.wait(120)
        with self.lock:
            self.now -= 1
        return True


def test_a_crowd_of_strangers_takes_up_few_threads_and_leaves_known_browsers_theirs(
    pages: Pages,
) -> None:
    known = at(pages)
    tried(known, ADMIN_PASSWORD)
    hasher = SlowHasher()
    pages.hall.change(password_hasher=hasher)
    visitors = [at(pages, f"192.0.2.{number}").open("/login") for number in range(12)]

    def attempt(visitor: Visitor) -> int:
        return visitor.send("/login", name="admin", password=ADMIN_PASSWORD).status

    with ThreadPoolExecutor(13) as pool:
        answers = [pool.submit(attempt, visitor) for visitor in visitors]
        refused = list(islice(as_completed(answers, timeout=60), 4))
        mine = pool.submit(tried, known, ADMIN_PASSWORD)
        assert hasher.three.wait(60), "two of strangers, and one of the known"
        hasher.go_on.set()
        assert mine.result() == 303
    assert [answer.result() for answer in refused] == [503] * 4
    assert sorted(answer.result() for answer in answers) == [200] * 8 + [503] * 4
    assert hasher.highest == 3


# --- where it is counted ----------------------------------------------------------------------------------------------


@pytest.mark.redis
def test_redis_learns_no_name_and_no_address(furnished_url: str, tmp_path: Path, redis_url: str) -> None:
    with open_pages(furnished_url, tmp_path, redis_url=redis_url) as pages:
        pages.configure_limits()
        tried(at(pages), WRONG, "a very private name")
    with redis.Redis.from_url(redis_url) as client:
        keys = b" ".join(client.keys())
    assert keys
    assert not re.search(rb"private|203\.0\.113", keys)


def test_attempts_are_limited_in_the_process_when_redis_is_gone(furnished_url: str, tmp_path: Path) -> None:
    with open_pages(furnished_url, tmp_path, redis_url="redis://127.0.0.1:1/0") as pages:
        pages.configure_limits()
        assert tried(at(pages), ADMIN_PASSWORD) == 303
        visitor = at(pages)
        assert [tried(visitor, WRONG) for _ in range(11)] == [422] * 10 + [429]


def test_an_error_that_is_nobody_s_answer_leaves_the_attempt_counted(pages: Pages) -> None:
    """Else whoever could provoke one would have as many attempts as they like."""
    pages.configure_limits()
    app: Flask = pages.app
    for _ in range(10):
        with (
            app.test_request_context("/login"),
            pytest.raises(ZeroDivisionError),
            attempts().of_password("admin", None),
        ):
            raise ZeroDivisionError
    with (
        app.test_request_context("/login"),
        pytest.raises(Exception, match="429"),
        attempts().of_password("admin", None),
    ):
        pass
