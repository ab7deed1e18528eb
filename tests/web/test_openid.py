"""Moderators who sign in by the newsroom's own login: a certified OpenID provider, and one that lies."""

from __future__ import annotations

import hmac
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from sqlalchemy import select

from moderation.accounts.accounts import disable_account, enable_account, invite, set_password
from moderation.accounts.oidc_provider import Provider
from moderation.config.settings import OidcClient
from moderation.storage.accounts import Account, Granted, Role, WebSession, account_named, grants_of
from moderation.storage.audit import EventRow
from moderation.web.account.oidc import EXTENSION
from moderation.web.shared.access import COOKIE
from tests.web.openid import (
    AFTERWARDS,
    CLIENT_ID,
    CLIENT_SECRET,
    CertifiedProvider,
    Liar,
    PersonsBrowser,
    query_of,
    serve_certified,
    serve_liar,
)
from tests.web.pages import ADMIN_PASSWORD, Pages, Visitor, on_both_databases

ROLES = """
[sign_in.oidc]
name = "The Courier"
scopes = ["profile", "email", "groups"]
new_accounts = true
[[sign_in.oidc.roles]]
value = "comment-desk"
role = "moderator"
[[sign_in.oidc.roles]]
value = "comment-leads"
role = "admin"
[[sign_in.oidc.roles]]
value = "sport-desk"
role = "senior"
site = "demo"
sections = ["sport"]
"""
PAT = {"name": "Pat Q", "email": "pat@courier.example", "email_verified": True, "groups": ["comment-desk"]}


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CertifiedProvider]:
    yield from serve_certified(tmp_path_factory.mktemp("people") / "people.json")


@pytest.fixture(scope="module")
def liar_served() -> Iterator[Liar]:
    with serve_liar() as served:
        yield served


@pytest.fixture
def liar(liar_served: Liar) -> Liar:
    liar_served.begin_anew()
    return liar_served


def _with(pages: Pages, issuer: str) -> Iterator[Pages]:
    """The pages with this provider, at the time that it has too."""
    before = pages.services.settings
    client = OidcClient(issuer=issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    pages.hall.change(settings=replace(before, oidc=client))
    pages.clock.now = datetime.now(UTC)
    pages.configure(ROLES)
    yield pages
    pages.hall.change(settings=before)


@pytest.fixture
def courier(pages: Pages, certified: CertifiedProvider) -> Iterator[Pages]:
    certified.know(pat=PAT)
    yield from _with(pages, certified.issuer)


@pytest.fixture
def lied_to(pages: Pages, liar: Liar) -> Iterator[Pages]:
    yield from _with(pages, liar.issuer)


def _begin(visitor: Visitor, path: str = "/login/provider") -> str:
    """Where the button leads to."""
    answer = visitor.client.get(path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def _come_in(pages: Pages, login: str = "pat", path: str = "/login/provider") -> Visitor:
    visitor = pages.visitor()
    return visitor.open(PersonsBrowser().signs_in(_begin(visitor, path), login))


def _events(pages: Pages) -> list[EventRow]:
    with pages.services.database.reading() as db:
        query = select(EventRow).where(EventRow.chain == "system").order_by(EventRow.sequence)
        return list(db.scalars(query))


def _account(pages: Pages, name: str) -> Account:
    with pages.services.database.reading() as db:
        account = account_named(db, name)
    assert account is not None
    return account


def _grants(pages: Pages, name: str) -> dict[str, Granted]:
    with pages.services.database.reading() as db:
        return grants_of(db, _account(pages, name).id)


@on_both_databases
def test_a_moderator_comes_in_by_the_provider_and_is_known_there_for_good(courier: Pages) -> None:
    before = len(_events(courier))
    page = courier.visitor().open("/login")
    assert "Sign in with The Courier" in page.text

    visitor = _come_in(courier, path="/login/provider?next=/review/articles")

    assert (visitor.status, visitor.path) == (200, "/review/articles")
    assert "Pat Q" in visitor.text
    assert _grants(courier, "Pat Q") == {"*": Granted(role=Role.MODERATOR)}
    account = _account(courier, "Pat Q")
    assert (account.oidc_subject, account.password_hash) == ("pat", "")
    told = _events(courier)[before:]
    assert [event.event for event in told] == ["account.created", "account.linked", "account.signed_in"]
    assert not any("Pat" in event.payload or "courier" in event.payload.lower() for event in told)

    own = visitor.open("/account")
    assert "You sign in with The Courier and have no password here." in own.text
    assert {form.action for form in own.page.forms}.isdisjoint({"/account/password", "/account/second-factor/begin"})

    again = _come_in(courier)
    assert again.path == "/review"
    with courier.services.database.reading() as db:
        assert len(list(db.scalars(select(Account)))) == 2  # and admin


def test_roles_change_with_the_next_sign_in_and_without_any_nobody_stays_in(
    courier: Pages, certified: CertifiedProvider
) -> None:
    first = _come_in(courier)
    certified.know(pat=PAT | {"groups": ["comment-leads", "sport-desk"]})
    assert _come_in(courier).open("/admin/accounts").status == 200
    assert _grants(courier, "Pat Q") == {"*": Granted(role=Role.ADMIN)}
    assert _events(courier)[-2].event == "account.roles_changed"

    certified.know(pat=PAT | {"groups": ["sport-desk"]})
    assert _come_in(courier).open("/admin/accounts").status == 403
    assert _grants(courier, "Pat Q") == {"demo": Granted(role=Role.SENIOR, sections=("sport",))}

    certified.know(pat=PAT | {"groups": []})
    refused = _come_in(courier)
    assert refused.status == 422
    assert "you have no role here" in refused.text
    assert first.open("/review").path.startswith("/login")
    assert _events(courier)[-1].event == "account.sign_in_failed"


def test_nobody_takes_an_account_over_by_a_name_or_an_address(courier: Pages, certified: CertifiedProvider) -> None:
    certified.know(eve={"name": "admin", "email": "admin", "email_verified": True, "groups": ["comment-desk"]})

    visitor = _come_in(courier, "eve")

    assert "admin 2" in visitor.text
    assert visitor.open("/admin").status == 403
    assert _account(courier, "admin").oidc_subject is None


def test_only_who_was_invited_gets_in_where_no_accounts_are_made(courier: Pages) -> None:
    courier.configure('[sign_in.oidc]\nname = "The Courier"\n')
    refused = _come_in(courier)
    assert (refused.status, "there is no account for you" in refused.text) == (422, True)

    token = invite(courier.services, "test", "Ida", {"demo": Granted(role=Role.SENIOR)})
    page = courier.visitor().open(f"/invitation/{token}")
    (link,) = page.page.xpath("//a[contains(@href, '/login/provider')]/@href")
    visitor = _come_in(courier, path=link)

    assert (visitor.status, visitor.path) == (200, "/review")
    assert _grants(courier, "Ida") == {"demo": Granted(role=Role.SENIOR)}
    assert _account(courier, "Ida").oidc_subject == "pat"
    assert courier.visitor().open(f"/invitation/{token}").status == 404
    assert "Ida" in _come_in(courier).text


def test_an_invitation_makes_no_second_account_of_one_and_binds_nobody_without_a_role(
    courier: Pages, certified: CertifiedProvider
) -> None:
    _come_in(courier)
    token = invite(courier.services, "test", "Ida", {"demo": Granted(role=Role.SENIOR)})
    path = f"/login/provider?invitation={token}"
    assert "already" in _come_in(courier, path=path).text
    certified.know(noa={"name": "Noa"})
    assert "no role" in _come_in(courier, "noa", path=path).text
    assert _account(courier, "Ida").oidc_subject is None
    assert courier.visitor().open(f"/invitation/{token}").status == 200


def test_an_admin_links_and_unlinks_an_account_by_its_subject(courier: Pages) -> None:
    courier.account("Ida", {"demo": Role.MODERATOR})
    courier.account("Uma", {"demo": Role.MODERATOR})
    courier.configure("[sign_in.oidc]\n")
    here, other = (f"/admin/accounts/{_account(courier, name).id}" for name in ("Ida", "Uma"))
    admin = courier.signed_in()
    admin.open(here).send(f"{here}/subject", subject="pat")
    assert "signs in as that" in admin.text
    admin.open(other).send(f"{other}/subject", subject="pat")
    assert (admin.status, "linked to another account" in admin.text) == (422, True)
    assert admin.open(other).send(f"{other}/subject", subject="").status == 422

    visitor = _come_in(courier)
    assert "Ida" in visitor.text
    assert "By 127.0.0.1" in admin.open(here).text
    token = admin.open(here).page.xpath("//input[@name='csrf_token']/@value")[0]
    assert "any more" in admin.post(f"{here}/subject", {"csrf_token": token, "unlink": "1"}).text
    assert visitor.open("/review").path.startswith("/login")
    assert _come_in(courier).status == 422


def test_who_is_disabled_here_stays_so(courier: Pages) -> None:
    visitor = _come_in(courier)
    disable_account(courier.services, "test", "Pat Q")
    assert visitor.open("/review").path.startswith("/login")
    assert "disabled" in _come_in(courier).text
    enable_account(courier.services, "test", "Pat Q")
    assert _come_in(courier).path == "/review"


def test_signing_out_ends_the_sign_in_here_and_leads_to_the_provider_s(courier: Pages) -> None:
    visitor, browser = courier.visitor(), PersonsBrowser()
    visitor.open(browser.signs_in(_begin(visitor), "pat"))
    visitor.send("/logout")
    (onward,) = visitor.page.xpath("//main//a/@href | //a[contains(@class, 'primary')]/@href")[:1]
    assert visitor.answer.headers["Refresh"] == f"0; url={onward}"
    assert browser.signs_out(onward).startswith(AFTERWARDS)
    assert visitor.open("/review").path.startswith("/login")
    # The provider asks anew.
    assert browser.asked_for_a_login(_begin(visitor))

    admin = courier.signed_in().open("/review").send("/logout")
    assert admin.path == "/login"  # who gave a password has nothing to end there


def test_every_sign_in_is_a_new_session(courier: Pages) -> None:
    visitor = courier.visitor()
    visitor.client.set_cookie(COOKIE, "a cookie that somebody else has put there")
    visitor.open(PersonsBrowser().signs_in(_begin(visitor), "pat"))
    cookie = visitor.client.get_cookie(COOKIE)
    assert cookie is not None
    assert (len(cookie.value) > 40, cookie.http_only, cookie.same_site) == (True, True, "Lax")
    with courier.services.database.reading() as db:
        (session,) = db.scalars(select(WebSession))
    assert session.oidc_issuer


def test_a_response_opens_nothing_in_another_browser_nor_twice_nor_late(courier: Pages) -> None:
    mine, theirs = courier.visitor(), courier.visitor()
    back = PersonsBrowser().signs_in(_begin(mine), "pat")
    assert "another browser" in theirs.open(back).text
    _begin(theirs)
    assert theirs.open(back).status == 422
    assert mine.open(back).path == "/review"
    assert mine.open(back).status == 422
    late = courier.visitor()
    back = PersonsBrowser().signs_in(_begin(late), "pat")
    courier.clock.move(minutes=11)
    assert late.open(back).status == 422


def test_a_code_of_another_sign_in_opens_nothing(courier: Pages) -> None:
    """PKCE: whoever gets hold of somebody's code lacks what it was asked for with."""
    theirs = query_of(PersonsBrowser().signs_in(_begin(courier.visitor()), "pat"))
    visitor = courier.visitor()
    mine = query_of(_begin(visitor))
    answer = visitor.open(f"/login/provider/callback?state={mine['state']}&code={theirs['code']}&iss={theirs['iss']}")
    assert (answer.status, "can’t be used" in answer.text) == (422, True)


def test_who_turns_back_at_the_provider_is_told_so(courier: Pages) -> None:
    visitor = courier.visitor()
    visitor.open(PersonsBrowser().turns_back(_begin(visitor)))
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
    _vouched(visitor, liar)
    assert visitor.open("/admin/accounts").status == 200
    assert _grants(lied_to, "admin") == {"*": Granted(role=Role.ADMIN)}


def _set_subject(db: Any, issuer: str) -> None:
    account = account_named(db, "admin")
    assert account is not None
    account.oidc_issuer, account.oidc_subject = issuer, "p1"


def _vouched(visitor: Visitor, liar: Liar, **changes: Any) -> Visitor:
    """Comes back from the provider that lies, with what it says this time."""
    begun = query_of(_begin(visitor))
    assert (begun["code_challenge_method"], begun["response_type"]) == ("S256", "code")
    nonce = begun["nonce"]
    liar.vouch(**{"nonce": nonce, **changes})
    return visitor.open(f"/login/provider/callback?state={begun['state']}&code=c")


def test_a_token_that_is_right_signs_in(lied_to: Pages, liar: Liar) -> None:
    assert _vouched(lied_to.visitor(), liar).path == "/review"


SOON, NOW = 10**10, 1_000_000_000


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": None},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": NOW},
        {"exp": None},
        {"exp": "soon"},
        {"iat": SOON},
        {"nbf": SOON},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"at_hash": "AAAA"},
        {"azp": ["x"], "aud": [CLIENT_ID, "y"]},
    ],
    ids=str,
)
def test_a_token_that_is_wrong_in_anything_signs_nobody_in(lied_to: Pages, liar: Liar, lie: dict[str, Any]) -> None:
    answer = _vouched(lied_to.visitor(), liar, **lie)
    assert (answer.status, "could not be verified" in answer.text) == (422, True)
    with lied_to.services.database.reading() as db:
        assert not list(db.scalars(select(WebSession)))


def test_a_token_signed_by_anybody_else_or_by_nobody_signs_nobody_in(lied_to: Pages, liar: Liar) -> None:
    another = RSAKey.generate_key(2048, {"kid": "one"})
    for lie in (
        {"key": another},
        {"key": another, "kid": "two"},
        {"alg": "HS256", "key": OctKey.import_key(CLIENT_SECRET)},
        {"alg": "RS384"},  # which the discovery document doesn't name
    ):
        assert _vouched(lied_to.visitor(), liar, **lie).status == 422, lie
    visitor = lied_to.visitor()
    begun = query_of(_begin(visitor))
    liar.vouch(begun["nonce"])
    head, body, _ = liar.documents["/token"]["id_token"].split(".")
    confused = urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode() + "." + body
    mac = hmac.digest(liar.key.as_pem(private=False), confused.encode(), "sha256")
    confused += "." + urlsafe_b64encode(mac).rstrip(b"=").decode()
    for text in (
        confused,
        f"eyJhbGciOiJub25lIn0.{body}.",
        f"{head}.{body}.",
        f"{head}.{body}",
        "",
        "a.b.c",
        7,
        None,
        ["x"],
    ):
        liar.documents["/token"]["id_token"] = text
        visitor = lied_to.visitor()
        begun = query_of(_begin(visitor))
        assert visitor.open(f"/login/provider/callback?state={begun['state']}&code=c").status == 422, text


def test_a_key_that_the_provider_has_changed_is_fetched_once(lied_to: Pages, liar: Liar) -> None:
    assert _vouched(lied_to.visitor(), liar).path == "/review"
    provider = lied_to.app.extensions[EXTENSION]
    provider._keys_at -= 60
    liar.key = RSAKey.generate_key(2048, {"kid": "two"})
    liar.documents["/jwks"] = {"keys": [{"kty": "AKP"}, "odd", liar.key.as_dict(private=False)]}
    assert _vouched(lied_to.visitor(), liar, kid="two").path == "/review"
    for _ in range(3):
        assert _vouched(lied_to.visitor(), liar, kid="three").status == 422
    assert liar.asked.count("/jwks") == 2


def test_roles_may_stand_in_the_userinfo_of_the_same_person_alone(lied_to: Pages, liar: Liar) -> None:
    liar.documents["/.well-known/openid-configuration"] = liar.discovery(userinfo_endpoint=f"{liar.issuer}/me")
    liar.documents["/me"] = {"sub": "somebody else", "groups": ["comment-leads"]}
    assert _vouched(lied_to.visitor(), liar, groups=None).status == 422
    liar.documents["/me"] = {"sub": "p1", "groups": "comment-leads", "iss": "ignored"}
    assert _vouched(lied_to.visitor(), liar, groups=None).open("/admin").status == 200


def test_roles_may_lie_deeper_in_the_claims(lied_to: Pages, liar: Liar) -> None:
    lied_to.configure(ROLES.replace("new_accounts", 'roles_claim = "realm_access.roles"\nnew_accounts'))
    assert _vouched(lied_to.visitor(), liar, realm_access={"roles": ["comment-desk", 7]}).path == "/review"
    for odd in ({}, {"roles": 7}, "comment-desk", {"roles": {"comment-desk": 1}}, ["comment-desk"]):
        assert "no role" in _vouched(lied_to.visitor(), liar, sub="p2", realm_access=odd).text


@pytest.mark.parametrize(
    "answer",
    [404, 500, 302, b"", b"<html>", b"[]", b"[" * 100_000, b"x" * 600_000, {}, {"issuer": "https://other.example"}],
    ids=lambda answer: str(answer)[:20],
)
def test_a_provider_that_answers_nonsense_is_told_plainly(lied_to: Pages, liar: Liar, answer: Any) -> None:
    liar.documents["/.well-known/openid-configuration"] = answer
    page = lied_to.visitor().open("/login/provider")
    assert page.status == 422
    assert "The Courier" in page.text
    assert "/elsewhere" not in liar.asked
    liar.begin_anew()  # and nothing of it is kept
    del lied_to.app.extensions[EXTENSION]  # but that it was away, for a few seconds
    visitor = lied_to.visitor()
    begun = query_of(_begin(visitor))
    for path in ("/token", "/jwks"):
        liar.vouch(begun["nonce"])
        liar.documents[path] = answer
        visitor = lied_to.visitor()
        begun = query_of(_begin(visitor))
        assert visitor.open(f"/login/provider/callback?state={begun['state']}&code=c").status == 422


@pytest.mark.parametrize(
    "change",
    [
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"jwks_uri": "ftp://127.0.0.1/"},
        {"authorization_endpoint": "https://["},
        {"token_endpoint": "https://"},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"id_token_signing_alg_values_supported": "RS256"},
    ],
    ids=str,
)
def test_a_discovery_document_that_can_t_be_used_is_refused(lied_to: Pages, liar: Liar, change: dict[str, Any]) -> None:
    liar.documents["/.well-known/openid-configuration"] = liar.discovery(**change)
    page = lied_to.visitor().open("/login/provider")
    assert (page.status, "can’t be used" in page.text) == (422, True)


def test_a_provider_that_is_away_or_silent_leaves_the_password_as_the_way_in(lied_to: Pages, liar: Liar) -> None:
    client = lied_to.services.settings.oidc
    assert client is not None
    lied_to.app.extensions[EXTENSION] = Provider(client, lied_to.clock, seconds=0.5)
    liar.documents["/.well-known/openid-configuration"] = 1.0
    page = lied_to.visitor().open("/login/provider")
    assert (page.status, "does not answer" in page.text) == (422, True)
    gone = replace(client, issuer="http://127.0.0.1:9")
    lied_to.app.extensions[EXTENSION] = Provider(gone, lied_to.clock)
    page = lied_to.visitor().open("/login/provider")
    assert (page.status, "does not answer" in page.text) == (422, True)
    assert page.send("/login", name="admin", password=ADMIN_PASSWORD).path == "/review"


def test_a_provider_that_is_away_is_left_alone_for_a_moment(lied_to: Pages, liar: Liar) -> None:
    liar.documents["/.well-known/openid-configuration"] = 500
    for _ in range(20):
        assert lied_to.visitor().open("/login/provider").status == 422
    assert len(liar.asked) == 1


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("PS256", RSAKey.generate_key(2048, {"kid": "one"})),
        ("ES256", ECKey.generate_key("P-256", {"kid": "one"})),
        ("ES512", ECKey.generate_key("P-521", {"kid": "one"})),
        ("Ed25519", OKPKey.generate_key("Ed25519", {"kid": "one"})),
    ],
    ids=["PS256", "ES256", "ES512", "Ed25519"],
)
def test_a_provider_may_sign_by_any_algorithm_of_the_list(lied_to: Pages, liar: Liar, alg: str, key: Any) -> None:
    named = {"id_token_signing_alg_values_supported": [alg]}
    liar.documents["/.well-known/openid-configuration"] = liar.discovery(**named)
    liar.documents["/jwks"] = {"keys": [key.as_dict(private=False)]}
    assert _vouched(lied_to.visitor(), liar, alg=alg, key=key).path == "/review"
    assert _vouched(lied_to.visitor(), liar).status == 422  # by RS256


ODD_KEYS = [
    {"kty": "EC", "crv": "brainpoolP256r1", "x": "AA", "y": "AA"},
    {"kty": "OKP", "crv": "Ed25520", "x": "AA"},
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
    {"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"},
    {"kty": "RSA", "n": "!", "e": "AQAB"},
    {"kty": "RSA", "kid": 5},
    {"kty": "oct", "k": "AA"},
    "key",
    None,
]


def test_a_key_of_a_kind_that_is_not_known_leaves_the_others_as_they_are(lied_to: Pages, liar: Liar) -> None:
    liar.documents["/jwks"] = {"keys": [*ODD_KEYS, liar.key.as_dict(private=False)]}
    assert _vouched(lied_to.visitor(), liar).path == "/review"
    del lied_to.app.extensions[EXTENSION]
    liar.documents["/jwks"] = {"keys": ODD_KEYS}
    refused = _vouched(lied_to.visitor(), liar)
    assert (refused.status, "can’t be used" in refused.text) == (422, True)


def test_names_that_nobody_can_have_are_passed_over(lied_to: Pages, liar: Liar) -> None:
    liar.documents["/.well-known/openid-configuration"] = liar.discovery(userinfo_endpoint=f"{liar.issuer}/me")
    for number, name in enumerate(["\ud800", "\x00", "x" * 100_000, "\u202e\u200b", {"a": 1}, ["x"], "<b>Pat</b>"]):
        liar.documents["/me"] = {"sub": f"s{number}", "name": name}
        visitor = _vouched(lied_to.visitor(), liar, name=None, sub=f"s{number}")
        assert (visitor.status, visitor.path) == (200, "/review"), name


def test_attempts_at_the_provider_are_limited_and_keep_nobody_from_a_password(lied_to: Pages, liar: Liar) -> None:
    lied_to.configure_limits()
    lied_to.configuration.set(lied_to.configuration.current().text + ROLES)
    for _ in range(30):
        assert _vouched(lied_to.visitor(), liar, nonce="x").status == 422
    assert _vouched(lied_to.visitor(), liar).status == 429
    assert lied_to.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD).path == "/review"


def test_without_a_provider_there_is_no_button_and_no_way(pages: Pages) -> None:
    assert "Sign in with" not in pages.visitor().open("/login").text
    assert pages.visitor().open("/login/provider").status == 422
    assert pages.visitor().open("/login/provider/callback?state=x&code=y").status == 422


def test_a_start_loads_no_client_of_providers() -> None:
    code = "import sys, moderation.app; sys.exit(any(n.split('.')[0] in ('authlib', 'joserfc') for n in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0


@on_both_databases
def test_two_first_sign_ins_are_one_account(lied_to: Pages, liar: Liar) -> None:
    for _ in range(2):
        assert _vouched(lied_to.visitor(), liar, name="x" * 500, preferred_username="\n").path == "/review"
    with lied_to.services.database.reading() as db:
        assert [account.name for account in db.scalars(select(Account).order_by(Account.name))] == ["admin", "p1"]
