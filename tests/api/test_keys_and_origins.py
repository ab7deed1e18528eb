"""Who may do what: secret and publishable keys, origins, tokens, and sites that never see each other."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from moderation.accounts.accounts import add_account, add_token, disable_account, revoke_token
from moderation.accounts.sites import add_secret_key, change_origins, revoke_key
from moderation.storage.accounts import Granted, Role, account_named, tokens_of
from moderation.storage.audit import EventRow
from moderation.storage.sites import KeyKind, Right, digest_of, keys_of
from tests.newsroom import ORIGIN, Newsroom, detail

PASSWORD = "a password of the tests"
COMMENTS = "/api/v1/articles/trams/comments"
STRANGE = "0123456789abcdefghjkmnpqrs"


def key_id(newsroom: Newsroom, kind: KeyKind) -> str:
    with newsroom.services.database.reading() as session:
        return next(key.id for key in keys_of(session, newsroom.site) if key.kind == kind)


CALLS = [
    ("PUT", "/api/v1/articles/trams"),
    ("POST", COMMENTS),
    ("GET", COMMENTS),
    ("GET", f"/api/v1/comments/{STRANGE}"),
    ("POST", f"/api/v1/comments/{STRANGE}/decisions"),
    ("GET", f"/api/v1/comments/{STRANGE}/audit"),
    ("POST", f"/api/v1/comments/{STRANGE}/withdraw"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_call_asks_for_a_key(front_door: Newsroom, method: str, path: str) -> None:
    answer = front_door.client.open(path, method=method, json={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "key" in detail(answer)


@pytest.mark.parametrize(("method", "path"), CALLS[:-1])
@pytest.mark.parametrize("header", ["Bearer nothing", "Bearer ", "Bearer", "Basic YTpi", "nothing", "Bearer \xff\xfe"])
def test_a_wrong_key_is_401(front_door: Newsroom, method: str, path: str, header: str) -> None:
    answer = front_door.client.open(path, method=method, json={}, headers={"Authorization": header})
    assert answer.status_code == 401
    assert "copied whole" in detail(answer)


def test_a_publishable_key_is_no_secret_and_a_secret_no_publishable_one(newsroom: Newsroom) -> None:
    assert newsroom.comment(headers={"Authorization": f"Bearer {newsroom.publishable}"}).status_code == 401
    headers = {"X-Site-Key": newsroom.secret, "Origin": ORIGIN}
    assert newsroom.client.post(COMMENTS, json={}, headers=headers).status_code == 401
    assert newsroom.client.get(COMMENTS, query_string={"site": newsroom.secret}).status_code == 401
    assert newsroom.client.get(COMMENTS, query_string={"site": "\x00"}).status_code == 401


def test_a_key_in_the_address_opens_no_write(newsroom: Newsroom) -> None:
    sent = newsroom.client.post(f"{COMMENTS}?site={newsroom.publishable}", json={}, headers={"Origin": ORIGIN})
    assert sent.status_code == 401


def test_a_revoked_key_ends_at_once(newsroom: Newsroom) -> None:
    assert newsroom.comment().status_code == 202
    revoke_key(newsroom.services, "test", key_id(newsroom, KeyKind.SECRET))
    assert newsroom.comment().status_code == 401
    assert newsroom.send().status_code == 202
    revoke_key(newsroom.services, "test", key_id(newsroom, KeyKind.PUBLISHABLE))
    assert newsroom.send().status_code == 401
    assert newsroom.published().status_code == 401


def test_secret_keys_are_kept_as_digests_alone(newsroom: Newsroom) -> None:
    with newsroom.services.database.reading() as session:
        keys = keys_of(session, newsroom.site)
    assert not any(newsroom.secret in str(vars(key)) for key in keys)


@pytest.mark.parametrize(
    ("right", "allowed"),
    [
        (Right.ARTICLES, {"put"}),
        (Right.SUBMIT, {"post"}),
        (Right.READ, {"list", "get", "audit"}),
        (Right.MODERATE, {"decide"}),
        (Right.ANALYZE, set()),
    ],
)
def test_a_key_does_what_its_rights_say_and_no_more(newsroom: Newsroom, right: Right, allowed: set[str]) -> None:
    comment = newsroom.accepted()["id"]
    key = add_secret_key(newsroom.services, "test", newsroom.site, [right])
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    answers = {
        "put": newsroom.server("PUT", "/api/v1/articles/trams", key, json={"title": "Trams"}),
        "post": newsroom.server("POST", COMMENTS, key, json=content),
        "list": newsroom.server("GET", COMMENTS, key),
        "get": newsroom.server("GET", f"/api/v1/comments/{comment}", key),
        "audit": newsroom.server("GET", f"/api/v1/comments/{comment}/audit", key),
        "decide": newsroom.decide(comment, "approve", key),
    }
    assert {name for name, answer in answers.items() if answer.status_code < 300} == allowed
    refused = [answer for answer in answers.values() if answer.status_code >= 300]
    assert {answer.status_code for answer in refused} == {403}
    assert all("right" in detail(answer) for answer in refused)


def test_a_publishable_key_registers_no_article_and_decides_nothing(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    assert newsroom.browser("PUT", "/api/v1/articles/trams", json={"title": "Mine"}).status_code == 403
    assert newsroom.browser("POST", f"/api/v1/comments/{comment}/decisions", json={}).status_code == 401
    assert newsroom.browser("GET", f"/api/v1/comments/{comment}").status_code == 401


def test_no_site_reaches_anything_of_another(newsroom: Newsroom) -> None:
    other = newsroom.hall.new_site()
    comment = newsroom.accepted()
    newsroom.decide(comment["id"])
    path = f"/api/v1/comments/{comment['id']}"
    assert other.server("GET", path).status_code == 404
    assert other.server("GET", f"{path}/audit").status_code == 404
    assert other.decide(comment["id"], "reject").status_code == 404
    assert other.server("GET", COMMENTS).status_code == 404
    assert other.published().status_code == 404
    assert other.comment().status_code == 404
    assert newsroom.status(comment["id"]) == "approved"
    # The same name is another article there.
    assert other.put_article(title="Another one").status_code == 201
    assert (other.published().json or {})["comments"] == []
    cursor_path = {"site": other.publishable, "cursor": "x"}
    assert newsroom.client.get(COMMENTS, query_string=cursor_path).status_code == 400


# --- origins --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin", [None, "https://evil.example", "null", "http://news.example", f"{ORIGIN}.evil.example"]
)
def test_a_browser_writes_only_from_an_allowed_origin(front_door: Newsroom, origin: str | None) -> None:
    content = {"author": {"name": "Ada"}, "body": front_door.text()}
    answer = front_door.browser("POST", COMMENTS, origin=origin, json=content)
    assert answer.status_code == 403
    assert "origin" in detail(answer).lower()
    assert front_door.stored() == 0
    if origin is not None:
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_allowed_origin_may_read_the_answer_and_every_refusal(newsroom: Newsroom) -> None:
    for answer in (newsroom.send(), newsroom.send(body="short"), newsroom.send(article="nowhere")):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"]


def test_a_preflight_carries_no_key_and_is_answered(newsroom: Newsroom) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = newsroom.client.options(COMMENTS, headers=headers)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    allowed = answer.headers["Access-Control-Allow-Headers"]
    assert all(name in allowed for name in ("Content-Type", "X-Site-Key", "Idempotency-Key"))
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    stranger = newsroom.client.options(COMMENTS, headers=headers | {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_changed_origins_take_effect_at_once(newsroom: Newsroom) -> None:
    change_origins(newsroom.services, "test", key_id(newsroom, KeyKind.PUBLISHABLE), ["https://new.example:443/"])
    content = {"author": {"name": "Ada"}, "body": newsroom.text()}
    assert newsroom.browser("POST", COMMENTS, json=content).status_code == 403
    assert newsroom.browser("POST", COMMENTS, origin="https://new.example", json=content).status_code == 202


# --- tokens of accounts ---------------------------------------------------------------------------------------------


def account(newsroom: Newsroom, role: Role, right: Right, site: str | None = None) -> tuple[str, str]:
    """An account on this site (or another) and its token; its name and the token."""
    name = f"Mo of {newsroom.site}"
    add_account(newsroom.services, "test", name, PASSWORD, {site or newsroom.site: Granted(role=role)})
    return name, add_token(newsroom.services, "test", name, right)


def test_a_moderators_token_decides_and_reads_on_its_site_alone(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    other = newsroom.hall.new_site()
    other.put_article()
    elsewhere = other.accepted()["id"]
    name, token = account(newsroom, Role.MODERATOR, Right.MODERATE)
    assert newsroom.decide(comment, "approve", token).status_code == 200
    assert newsroom.server("GET", f"/api/v1/comments/{comment}", token).status_code == 200
    assert newsroom.decide(elsewhere, "approve", token).status_code == 404
    assert newsroom.comment(headers={"Authorization": f"Bearer {token}"}).status_code == 401
    answer = newsroom.decide(comment, "reject", revision=1)
    assert name in detail(answer)


def test_a_token_without_the_right_is_403(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    _, token = account(newsroom, Role.MODERATOR, Right.READ)
    answer = newsroom.decide(comment, "approve", token)
    assert answer.status_code == 403
    assert "'moderate'" in detail(answer)
    assert newsroom.server("POST", f"/api/v1/comments/{comment}/decisions", token, data=b"{").status_code == 403


def test_a_revoked_token_and_a_disabled_account_are_401(newsroom: Newsroom) -> None:
    comment = newsroom.accepted()["id"]
    name, token = account(newsroom, Role.MODERATOR, Right.MODERATE)
    second = add_token(newsroom.services, "test", name, Right.MODERATE)
    with newsroom.services.database.reading() as session:
        owner = account_named(session, name)
        assert owner is not None
        first_id = next(row.id for row in tokens_of(session, owner.id) if row.digest == digest_of(token))
    revoke_token(newsroom.services, "test", first_id)
    assert newsroom.decide(comment, "approve", token).status_code == 401
    assert newsroom.decide(comment, "approve", second).status_code == 200
    disable_account(newsroom.services, "test", name)
    assert newsroom.decide(comment, "reject", second).status_code == 401


def test_every_key_and_token_leaves_an_audit_event(newsroom: Newsroom) -> None:
    revoke_key(newsroom.services, "test", key_id(newsroom, KeyKind.SECRET))
    with newsroom.services.database.reading() as session:
        query = select(EventRow.event).where(EventRow.chain == newsroom.site).order_by(EventRow.sequence)
        events = list(session.scalars(query))
    assert events == ["key.created", "key.created", "article.opened", "key.revoked"]
