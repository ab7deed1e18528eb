"""An OpenID provider that lies, answers nonsense or is away: nobody comes in by it, and passwords still work."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from sqlalchemy import select

from moderation.accounts.oidc_provider import Provider
from moderation.storage.accounts import WebSession
from moderation.web.account.oidc import EXTENSION
from tests.web.openid import (
    CLIENT_ID,
    CLIENT_SECRET,
    ROLES,
    Liar,
    begin,
    liar,
    liar_served,
    lied_to,
    query_of,
    vouched,
)
from tests.web.pages import ADMIN_PASSWORD, Pages

__all__ = ["liar", "liar_served", "lied_to"]


def test_a_token_that_is_right_signs_in(lied_to: Pages, liar: Liar) -> None:
    assert vouched(lied_to.visitor(), liar).path == "/review"


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
    answer = vouched(lied_to.visitor(), liar, **lie)
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
        assert vouched(lied_to.visitor(), liar, **lie).status == 422, lie
    visitor = lied_to.visitor()
    begun = query_of(begin(visitor))
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
        begun = query_of(begin(visitor))
        assert visitor.open(f"/login/provider/callback?state={begun['state']}&code=c").status == 422, text


def test_a_key_that_the_provider_has_changed_is_fetched_once(lied_to: Pages, liar: Liar) -> None:
    assert vouched(lied_to.visitor(), liar).path == "/review"
    provider = lied_to.app.extensions[EXTENSION]
    provider._keys_at -= 60
    liar.key = RSAKey.generate_key(2048, {"kid": "two"})
    liar.documents["/jwks"] = {"keys": [{"kty": "AKP"}, "odd", liar.key.as_dict(private=False)]}
    assert vouched(lied_to.visitor(), liar, kid="two").path == "/review"
    for _ in range(3):
        assert vouched(lied_to.visitor(), liar, kid="three").status == 422
    assert liar.asked.count("/jwks") == 2


def test_roles_may_stand_in_the_userinfo_of_the_same_person_alone(lied_to: Pages, liar: Liar) -> None:
    liar.documents["/.well-known/openid-configuration"] = liar.discovery(userinfo_endpoint=f"{liar.issuer}/me")
    liar.documents["/me"] = {"sub": "somebody else", "groups": ["comment-leads"]}
    assert vouched(lied_to.visitor(), liar, groups=None).status == 422
    liar.documents["/me"] = {"sub": "p1", "groups": "comment-leads", "iss": "ignored"}
    assert vouched(lied_to.visitor(), liar, groups=None).open("/admin").status == 200


def test_roles_may_lie_deeper_in_the_claims(lied_to: Pages, liar: Liar) -> None:
    lied_to.configure(ROLES.replace("new_accounts", 'roles_claim = "realm_access.roles"\nnew_accounts'))
    assert vouched(lied_to.visitor(), liar, realm_access={"roles": ["comment-desk", 7]}).path == "/review"
    for odd in ({}, {"roles": 7}, "comment-desk", {"roles": {"comment-desk": 1}}, ["comment-desk"]):
        assert "no role" in vouched(lied_to.visitor(), liar, sub="p2", realm_access=odd).text


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
    begun = query_of(begin(visitor))
    for path in ("/token", "/jwks"):
        liar.vouch(begun["nonce"])
        liar.documents[path] = answer
        visitor = lied_to.visitor()
        begun = query_of(begin(visitor))
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
    assert vouched(lied_to.visitor(), liar, alg=alg, key=key).path == "/review"
    assert vouched(lied_to.visitor(), liar).status == 422  # by RS256


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
    assert vouched(lied_to.visitor(), liar).path == "/review"
    del lied_to.app.extensions[EXTENSION]
    liar.documents["/jwks"] = {"keys": ODD_KEYS}
    refused = vouched(lied_to.visitor(), liar)
    assert (refused.status, "can’t be used" in refused.text) == (422, True)


def test_names_that_nobody_can_have_are_passed_over(lied_to: Pages, liar: Liar) -> None:
    liar.documents["/.well-known/openid-configuration"] = liar.discovery(userinfo_endpoint=f"{liar.issuer}/me")
    for number, name in enumerate(["\ud800", "\x00", "x" * 100_000, "\u202e\u200b", {"a": 1}, ["x"], "<b>Pat</b>"]):
        liar.documents["/me"] = {"sub": f"s{number}", "name": name}
        visitor = vouched(lied_to.visitor(), liar, name=None, sub=f"s{number}")
        assert (visitor.status, visitor.path) == (200, "/review"), name
