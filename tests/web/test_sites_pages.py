"""Sites and their keys, as administrators keep them."""

from __future__ import annotations

import itertools

import pytest
from joserfc.jwk import OctKey

from moderation.storage.accounts import Role
from moderation.storage.sites import KeyKind, keys_of
from tests.signing import ED, pem_of, signed
from tests.web.pages import CALM, Pages, fields_of, secret_of


def submits(pages: Pages, key: str) -> int:
    """The status with which the API answers a comment under this key."""
    answer = pages.app.test_client().post(
        "/api/v1/articles/lanes/comments",
        json={"author": {"name": "Ann", "id": key[-4:]}, "body": f"{CALM} {key}"},
        headers={"Authorization": f"Bearer {key}"},
    )
    return answer.status_code


def test_a_new_secret_key_is_shown_once_and_works_until_it_is_revoked(pages: Pages) -> None:
    admin = pages.signed_in().open("/admin/sites")
    form = next(f for f in admin.page.forms if f.action == "/admin/sites/demo/keys" and f.fields["kind"] == "secret")
    admin.post(form.action, fields_of(form))
    key = secret_of(admin)
    assert submits(pages, key) == 202
    assert key not in admin.open("/admin/sites").text
    (revoke,) = admin.page.xpath(f"//li[contains(., '…{key[-4:]}')]//form[contains(@action, '/revoke')]/@action")
    admin.send(revoke)
    assert submits(pages, key) == 401


def test_a_rotated_key_gives_a_new_one_and_works_on_until_it_is_revoked(pages: Pages) -> None:
    admin = pages.signed_in().open("/admin/sites")
    form = next(f for f in admin.page.forms if f.action == "/admin/sites/demo/keys" and f.fields["kind"] == "secret")
    admin.post(form.action, fields_of(form))
    old = secret_of(admin)
    (rotate,) = admin.page.xpath(f"//li[contains(., '…{old[-4:]}')]//form[contains(@action, '/rotate')]/@action")
    admin.send(rotate)
    new = secret_of(admin)
    assert new != old
    assert [submits(pages, key) for key in (old, new)] == [202, 202]


@pytest.mark.parametrize("origins", ["", "news.example", "javascript:alert(1)", "https://a b"])
def test_a_publishable_key_needs_proper_origins(pages: Pages, origins: str) -> None:
    admin = pages.signed_in().open("/admin/sites")
    token = admin.page.xpath("//input[@name='csrf_token']/@value")[0]
    admin.post("/admin/sites/demo/keys", {"csrf_token": token, "kind": "publishable", "origins": origins})
    assert admin.status == 422
    assert admin.page.xpath("//*[@id='problem']")


def test_an_administrator_of_one_site_cannot_touch_another_s_keys_nor_any_account(pages: Pages) -> None:
    pages.signed_in().open("/admin/sites").send("/admin/sites", id="second", name="The Second")
    pages.account("local", {"second": Role.ADMIN})
    everywhere = pages.signed_in().open("/admin/sites")
    (foreign, *_) = everywhere.page.xpath("//section[@id='sites']//form[contains(@action, '/revoke')]/@action")
    local = pages.signed_in("local").open("/admin/sites")
    assert local.texts("//section[@id='sites']//h2/code") == ["second"]
    assert "Accounts" not in local.texts("//nav[@aria-label='Administration']//a")
    token = local.page.xpath("//input[@name='csrf_token']/@value")[0]
    for action, status in (
        (foreign, 404),
        ("/admin/sites/demo/keys", 404),
        ("/admin/accounts", 403),
        ("/admin/sites", 403),
    ):
        assert local.post(action, {"csrf_token": token, "id": "x", "name": "X"}).status == status, action
        local.open("/admin/sites")


def test_the_origins_of_a_publishable_key_are_changed(pages: Pages) -> None:
    admin = pages.signed_in().open("/admin/sites")
    (change, *_) = admin.page.xpath("//form/@action[contains(., '/origins')]")
    assert "now works from https://new.example" in admin.send(change, origins="https://new.example").text
    assert admin.send(change, origins="new.example").status == 422
    assert admin.send(change, origins="").status == 422
    assert "https://new.example" in admin.open("/admin/sites").text


def test_a_secret_for_readers_tokens_is_shown_once_and_then_asked_for(pages: Pages) -> None:
    admin = pages.signed_in().open("/admin/sites")
    assert "No key yet: readers write as guests." in admin.text
    admin.send("/admin/sites/demo/reader-key", algorithm="HS256", key="", address="")
    secret = secret_of(admin)
    assert secret not in admin.open("/admin/sites").text
    assert "HS256: a shared secret" in admin.text
    token = signed(claims(pages), key=OctKey.import_key(secret))
    assert writes(pages, token) == 202
    admin.send("/admin/sites/demo/sign-in")
    assert writes(pages, None) == 401
    article = pages.visitor().open("/articles/lanes")
    assert "sign in" in article.text
    assert not article.page.xpath("//textarea")
    admin.open("/admin/sites").send("/admin/sites/demo/reader-key/remove")
    assert admin.status == 422
    admin.open("/admin/sites").send("/admin/sites/demo/sign-in")
    assert writes(pages, None) == 202
    pages.clock.move(minutes=1)
    admin.open("/admin/sites").send("/admin/sites/demo/reader-key", algorithm="EdDSA", key=pem_of(ED), address="")
    assert writes(pages, token) == 202
    former = next(form for form in admin.open("/admin/sites").page.forms if form.fields.get("former"))
    admin.post(former.action, fields_of(former))
    assert writes(pages, token) == 401
    assert writes(pages, signed(claims(pages), "EdDSA")) == 202


@pytest.mark.parametrize(
    ("algorithm", "key", "address", "said"),
    [
        ("none", "", "", "one of those offered"),
        ("RS256", "", "", "PEM"),
        ("HS256", "short", "", "32 bytes"),
        ("RS256", "x" * 10_001, "", "10000"),
        ("RS256", "x", "https://id.example/keys", "together"),
        ("RS256", "", "http://id.example/keys", "http://"),
        ("RS256", "", "https://127.0.0.1/keys", "public internet"),
    ],
)
def test_a_key_for_readers_tokens_that_cannot_be_says_why(
    pages: Pages, algorithm: str, key: str, address: str, said: str
) -> None:
    admin = pages.signed_in().open("/admin/sites")
    admin.send("/admin/sites/demo/reader-key", algorithm=algorithm, key=key, address=address)
    assert admin.status == 422
    (problem,) = admin.texts("//*[@id='problem']")
    assert said in problem


def claims(pages: Pages) -> dict[str, object]:
    until = int(pages.clock().timestamp()) + 6000
    return {"sub": "reader-17", "name": "Ann", "aud": "demo", "exp": until}


def writes(pages: Pages, token: str | None) -> int:
    """The status with which the API answers a reader's comment with this token."""
    with pages.services.database.reading() as session:
        key = next(key for key in keys_of(session, "demo") if key.kind == KeyKind.PUBLISHABLE)
    headers = {"X-Site-Key": key.public or "", "Origin": key.origins[0]}
    headers |= {"Authorization": f"Reader {token}"} if token else {}
    sent = {"author": {"name": "Ann"}, "body": f"{CALM} {next(_numbers)}"}
    return pages.app.test_client().post("/api/v1/articles/lanes/comments", json=sent, headers=headers).status_code


_numbers = itertools.count()
