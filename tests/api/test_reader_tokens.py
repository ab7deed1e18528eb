"""Readers by the site's own login: what a token says counts, when the site's key has signed it and nothing else has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.comments.rescoring import score_waiting
from moderation.core.actor import Actor
from moderation.core.reach import MODERATE, SENIOR
from moderation.desk.authors import AuthorRuling, decide_author
from moderation.readers.keys import Algorithm
from moderation.readers.site_keys import ask_to_sign_in, remove_keys, set_key
from moderation.storage.authors import Author
from moderation.storage.comments import Comment
from moderation.storage.reports import Report
from moderation.storage.site_rules import AuthorKind
from tests.api.test_section import APPROVE, section
from tests.newsroom import Newsroom, detail
from tests.signing import RSA, SECRET, claims_for, encoded, pem_of, signed, take_tokens

OTHER_SECRET = "another secret, which nobody shares with us"


def send(newsroom: Newsroom, token: str, **more: Any) -> TestResponse:
    """A comment from a page of the site, with a token."""
    headers = {"Authorization": f"Reader {token}", **more.pop("headers", {})}
    return newsroom.send(headers=headers, **more)


def refused(answer: TestResponse, code: str = "reader_token_refused") -> str:
    """What is wrong with a token, in words."""
    assert answer.status_code == 401, answer.text
    assert (answer.json or {})["code"] == code
    assert answer.headers["WWW-Authenticate"] == "Reader"
    return detail(answer)


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_token_names_the_reader(newsroom: Newsroom, algorithm: Algorithm) -> None:
    newsroom.configure(APPROVE)
    take_tokens(newsroom, algorithm)
    claims = claims_for(newsroom, name="Ada Lovelace", staff=True, badges=["Gardener", "Gardener"])
    answer = send(newsroom, signed(claims, algorithm.value), author={"name": "Somebody else"})
    assert answer.status_code == 201, answer.text
    (shown,) = section(newsroom)["comments"]
    assert shown["author"]["name"] == "Ada Lovelace"
    assert shown["author"]["marks"] == ["staff", "verified", "Gardener"]
    assert shown["author"]["first"]
    with newsroom.services.database.reading() as session:
        comment = session.get_one(Comment, (answer.json or {})["id"])
        assert session.get_one(Author, comment.author_id).external_id == "reader-17"


def test_the_reader_is_the_one_whom_the_sites_server_knows_by_that_id(newsroom: Newsroom) -> None:
    take_tokens(newsroom)
    theirs = newsroom.accepted(author={"name": "Ada", "id": "reader-17"})
    own = send(newsroom, signed(claims_for(newsroom))).json or {}
    guests = newsroom.send().json or {}
    with newsroom.services.database.reading() as session:
        writers = [session.get_one(Comment, sent["id"]).author_id for sent in (theirs, own, guests)]
    assert writers[0] == writers[1] != writers[2]


def test_who_is_banned_is_banned_by_their_id_under_any_name(newsroom: Newsroom) -> None:
    take_tokens(newsroom)
    first = send(newsroom, signed(claims_for(newsroom))).json or {}
    with newsroom.services.database.reading() as session:
        author_id = session.get_one(Comment, first["id"]).author_id
    chief = Actor(reference="test", name="test", rights={newsroom.site: frozenset({SENIOR, MODERATE})})
    ruling = AuthorRuling(kind=AuthorKind.BANNED, reason_id="other")
    decide_author(newsroom.services, chief, author_id, ruling)
    again = send(newsroom, signed(claims_for(newsroom, name="Somebody new")), address="198.51.100.9")
    assert again.status_code == 403
    assert (again.json or {})["code"] == "author_banned"
    assert send(newsroom, signed(claims_for(newsroom, sub="reader-18"))).status_code == 202


def test_limits_count_by_the_readers_id_wherever_they_are(newsroom: Newsroom) -> None:
    newsroom.configure('[rate_limits]\nper_reader = ["2 per minute"]\n', limits=True)
    take_tokens(newsroom)
    token = signed(claims_for(newsroom))
    assert [send(newsroom, token, address=f"203.0.113.{n}").status_code for n in range(3)] == [202, 202, 429]
    assert send(newsroom, signed(claims_for(newsroom, sub="reader-18")), address="203.0.113.1").status_code == 202


def test_a_mark_in_a_token_is_asked_for_by_the_policy_and_guards_the_name(newsroom: Newsroom) -> None:
    newsroom.configure("[policy.approve]\nstaff_at_least = 1\n")
    take_tokens(newsroom)
    editor = claims_for(newsroom, sub="editor", name="Maria Lopez", staff=True)
    assert send(newsroom, signed(editor)).status_code == 201
    assert send(newsroom, signed(claims_for(newsroom, subscriber=True))).status_code == 202
    newsroom.configure(APPROVE)
    held = newsroom.send(author={"name": "Mаria Lopez"})
    assert newsroom.status((held.json or {})["id"]) == "pending"
    assert send(newsroom, signed(claims_for(newsroom, name="Maria Lopez"))).status_code == 202
    assert send(newsroom, signed(claims_for(newsroom, sub="editor", name="Maria Lopez"))).status_code == 201


@pytest.mark.parametrize("late", [False, True])
def test_whom_the_site_trusts_is_trusted_for_this_comment(newsroom: Newsroom, late: bool) -> None:
    newsroom.configure("[policy.approve]\ntrusted_at_least = 1\n")
    take_tokens(newsroom)
    newsroom.scorer.fails = int(late)
    sent = send(newsroom, signed(claims_for(newsroom, trusted=True))).json or {}
    if late:
        score_waiting(newsroom.services)
    assert newsroom.status(sent["id"]) == "approved"
    assert send(newsroom, signed(claims_for(newsroom, trusted=False))).status_code == 202


# --- what doesn't count -----------------------------------------------------------------------------------------------


def test_nothing_but_the_sites_own_key_and_algorithm_signs(front_door: Newsroom) -> None:
    take_tokens(front_door, Algorithm.RS256)
    claims = claims_for(front_door)
    body = encoded(json.dumps(claims).encode())
    public = OctKey.import_key(encoded(pem_of(RSA).encode()))  # the library takes no PEM for a secret
    raw = OctKey(pem_of(RSA).encode(), {"kty": "oct", "k": encoded(pem_of(RSA).encode())})
    for header in ({"alg": "none"}, {"alg": "None"}, {"alg": "NONE", "typ": "JWT"}):
        unsigned = f"{encoded(json.dumps(header).encode())}.{body}."
        refused(send(front_door, unsigned))
        refused(send(front_door, f"{unsigned}{encoded(b'x')}"))
    for key in (public, raw, OctKey.import_key(SECRET)):
        assert "HS256" in refused(send(front_door, signed(claims, "HS256", key)))
    assert "ES256" in refused(send(front_door, signed(claims, "ES256")))
    assert "PS256" in refused(send(front_door, signed(claims, "PS256", RSA)))
    own = RSAKey.generate_key(2048, auto_kid=False)
    brought = {"jwk": own.as_dict(private=False), "jku": "https://attacker.example/keys", "x5u": "https://a.example/x"}
    for name, value in brought.items():
        refused(send(front_door, signed(claims, "RS256", own, **{name: value})))
    assert "crit" in refused(send(front_door, signed(claims, "RS256", crit=["b64"], b64=False)))
    token = signed(claims, "RS256")
    head, payload, signature = token.split(".")
    for changed in (f"{head}.{payload}.{signature[:-8]}AAAAAAAA", f"{head}.{encoded(b'{}')}.{signature}"):
        assert "signature" in refused(send(front_door, changed))
    assert front_door.stored() == 0
    assert send(front_door, token).status_code == 202


def test_a_token_of_another_site_counts_nowhere_else(front_door: Newsroom) -> None:
    other = front_door.hall.new_site()
    other.put_article()
    for newsroom in (front_door, other):
        take_tokens(newsroom)  # both with one secret: only the claim tells them apart
    told = refused(send(front_door, signed(claims_for(other))))
    assert other.site in told
    assert front_door.site in told
    assert send(other, signed(claims_for(other))).status_code == 202


@pytest.mark.parametrize("audience", [None, "", 7, True, [], [None], {"site": 1}, ["elsewhere"], "SITE", ["a", 1]])
def test_the_token_must_be_for_this_site(front_door: Newsroom, audience: Any) -> None:
    take_tokens(front_door)
    assert "aud" in refused(send(front_door, signed(claims_for(front_door, aud=audience))))


def test_a_token_may_be_for_others_too(front_door: Newsroom) -> None:
    take_tokens(front_door)
    both = claims_for(front_door, aud=["https://api.example", front_door.site])
    assert send(front_door, signed(both)).status_code == 202


@pytest.mark.parametrize(
    "exp",
    ["soon", "1900000000", True, [1900000000], {}, "1e400", "-1e400", "NaN", None],
)
def test_when_it_ends_must_be_a_number(front_door: Newsroom, exp: Any) -> None:
    take_tokens(front_door)
    claims = claims_for(front_door, exp=None)
    if exp in ("1e400", "-1e400", "NaN"):
        content = json.dumps(claims)[:-1] + f', "exp": {exp}}}'
    else:
        content = json.dumps(claims | ({} if exp is None else {"exp": exp}))
    told = refused(send(front_door, signed(content.encode())))
    assert "exp" in told or "NaN" in told


@pytest.mark.parametrize("exp", [1e300, 2**200, 10**4000])
def test_a_token_may_count_for_long(front_door: Newsroom, exp: float) -> None:
    take_tokens(front_door)
    assert send(front_door, signed(claims_for(front_door, exp=exp))).status_code == 202


def test_clocks_may_differ_by_a_minute(front_door: Newsroom) -> None:
    take_tokens(front_door)
    now = front_door.clock.now.timestamp()
    for changes in ({"exp": now - 59.5}, {"nbf": now + 60}, {"iat": now + 59.5}):
        assert send(front_door, signed(claims_for(front_door, **changes))).status_code == 202, changes
    for name in ("nbf", "iat"):
        assert name in refused(send(front_door, signed(claims_for(front_door, **{name: now + 61}))))
        assert name in refused(send(front_door, signed(claims_for(front_door, **{name: "now"}))))
    refused(send(front_door, signed(claims_for(front_door, exp=now - 60))), "reader_token_expired")
    refused(send(front_door, signed(claims_for(front_door, exp=-1))), "reader_token_expired")


def test_what_is_over_is_told_apart_only_once_it_is_known_to_be_the_sites(front_door: Newsroom) -> None:
    take_tokens(front_door)
    old = claims_for(front_door, exp=1)
    refused(send(front_door, signed(old, key=OctKey.import_key(OTHER_SECRET))))
    refused(send(front_door, signed(old)), "reader_token_expired")


_NO_ID: tuple[Any, ...] = (None, "", "  ", 17, ["a"], "x" * 201, "a\x00b", "\ud800")
_NO_NAME: tuple[Any, ...] = (None, "", 17, {"first": "Ada"}, "\u200b\u2060", "x" * 81, "a\x00b", "\ud800")
_NEITHER_YES_NOR_NO: tuple[Any, ...] = ("true", 1, [True], {"a": {}})
_NO_BADGES: tuple[Any, ...] = ("Gardener", [1], [""], ["x" * 41], ["a"] * 6, {"a": 1}, ["staff"])


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *(("sub", value) for value in _NO_ID),
        *(("name", value) for value in _NO_NAME),
        *((mark, value) for mark in ("staff", "subscriber", "trusted") for value in _NEITHER_YES_NOR_NO),
        *(("badges", value) for value in _NO_BADGES),
    ],
)
def test_a_claim_that_cannot_be_taken_is_named(front_door: Newsroom, claim: str, value: Any) -> None:
    take_tokens(front_door)
    assert f"claim {claim}" in refused(send(front_door, signed(claims_for(front_door, **{claim: value}))))
    assert front_door.stored() == 0


def test_a_name_is_kept_as_any_other(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    take_tokens(newsroom)
    assert send(newsroom, signed(claims_for(newsroom, name="  Zoë\n\t\u2028Ada\u0301  "))).status_code == 201
    (shown,) = section(newsroom)["comments"]
    assert shown["author"]["name"] == "Zoë Adá"


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b",
        "a.b.c.d.e",
        "!!.!!.!!",
        "é.é.é",
        "W10.W10.W10",  # lists
        "bnVsbA.e30.e30",
        "e30.e30.e30",
        encoded(b'{"alg": ["HS256"]}') + ".e30.e30",
        encoded(b'{"alg": "none", "alg": "HS256"}') + ".e30.e30",
        encoded(b'{"alg": "HS256", "kid": 7}') + ".e30.e30",
        encoded(b"[" * 3000) + ".e30.e30",
        "e30 .e30.e30",
        "e30.e30.e30!",
        "x" * 10_000_000,
        ".".join(["x" * 3_000_000] * 3),
    ],
    ids=range(18),
)
def test_what_is_no_token_is_refused_in_words(front_door: Newsroom, token: str) -> None:
    take_tokens(front_door)
    assert len(refused(send(front_door, token))) < 400


@pytest.mark.parametrize("payload", [b"", b"null", b"[]", b"7", b"{", b'"a"', b"[" * 5000, b"\xff", b"{}"])
def test_signed_nonsense_is_refused_in_words(front_door: Newsroom, payload: bytes) -> None:
    take_tokens(front_door)
    refused(send(front_door, signed(payload)))


def test_a_claim_that_is_said_twice_counts_for_nothing(front_door: Newsroom) -> None:
    take_tokens(front_door)
    content = json.dumps(claims_for(front_door))[:-1] + ', "sub": "reader-18"}'
    assert "twice" in refused(send(front_door, signed(content.encode())))


def test_a_site_without_a_key_says_so_and_takes_no_guest_for_the_reader(front_door: Newsroom) -> None:
    assert "moderation sites reader-key" in refused(send(front_door, signed(claims_for(front_door))))
    assert front_door.stored() == 0


# --- keys change ------------------------------------------------------------------------------------------------------


def test_the_key_before_counts_until_it_is_removed(newsroom: Newsroom) -> None:
    take_tokens(newsroom)
    old = signed(claims_for(newsroom))
    newsroom.clock.move(minutes=1)
    take_tokens(newsroom, Algorithm.ES256)
    new = signed(claims_for(newsroom), "ES256")
    assert send(newsroom, old).status_code == send(newsroom, new).status_code == 202
    refused(send(newsroom, signed(claims_for(newsroom), "ES256", ECKey.generate_key("P-256", auto_kid=False))))
    assert remove_keys(newsroom.services, "test", newsroom.site, former=True) == 1
    refused(send(newsroom, old))
    assert send(newsroom, new).status_code == 202
    for secret in ("b" * 40, "c" * 40):
        newsroom.clock.move(minutes=1)
        set_key(newsroom.services, "test", newsroom.site, Algorithm.HS256, secret)
    refused(send(newsroom, new))  # there are two at most
    for secret in ("b" * 40, "c" * 40):
        assert send(newsroom, signed(claims_for(newsroom), key=OctKey.import_key(secret))).status_code == 202
    assert remove_keys(newsroom.services, "test", newsroom.site) == 2
    assert "none yet" in refused(send(newsroom, new))


# --- who may write ----------------------------------------------------------------------------------------------------


def test_a_token_stands_in_for_the_origin_of_an_app(newsroom: Newsroom) -> None:
    take_tokens(newsroom)
    headers = {"Authorization": f"Reader {signed(claims_for(newsroom))}"}
    body = {"body": newsroom.text()}
    path = "/api/v1/articles/trams/comments"
    assert newsroom.browser("POST", path, json=body, headers=headers, origin=None).status_code == 202
    assert newsroom.browser("POST", path, json=body, origin=None).status_code == 403
    elsewhere = newsroom.browser("POST", path, json=body, headers=headers, origin="https://attacker.example")
    assert elsewhere.status_code == 403
    bad = {"Authorization": "Reader a.b.c"}
    assert newsroom.browser("POST", path, json=body, headers=bad, origin=None).status_code == 401
    without_key = newsroom.client.post(path, json=body, headers=headers)
    assert without_key.status_code == 401


def test_a_token_gives_no_right_of_a_key(newsroom: Newsroom) -> None:
    take_tokens(newsroom)
    headers = {"Authorization": f"Reader {signed(claims_for(newsroom, staff=True))}"}
    article = {"title": "Mine", "text": "Mine."}
    assert newsroom.browser("PUT", "/api/v1/articles/mine", json=article, headers=headers).status_code == 403
    sent = send(newsroom, signed(claims_for(newsroom))).json or {}
    for method, path in (
        ("GET", f"/api/v1/comments/{sent['id']}"),
        ("GET", f"/api/v1/comments/{sent['id']}/audit"),
        ("GET", "/api/v1/comments?status=pending"),
        ("POST", f"/api/v1/comments/{sent['id']}/decisions"),
    ):
        assert newsroom.browser(method, path, json={"outcome": "approve"}, headers=headers).status_code == 401, path
    with_receipt = newsroom.browser("GET", f"/api/v1/comments/{sent['id']}?receipt={sent['receipt']}", headers=headers)
    assert set(with_receipt.json or {}) >= {"status", "message"}
    assert "author" not in (with_receipt.json or {})


def test_a_page_can_read_why_its_token_is_refused(front_door: Newsroom) -> None:
    take_tokens(front_door)
    answer = send(front_door, signed(claims_for(front_door, exp=1)))
    assert answer.headers["Access-Control-Allow-Origin"] == "https://news.example"


def test_a_site_can_ask_its_readers_to_sign_in(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    take_tokens(newsroom)
    assert section(newsroom)["sign_in"] is False
    early = newsroom.send().json or {}
    ask_to_sign_in(newsroom.services, "test", newsroom.site, asked=True)
    assert section(newsroom)["sign_in"] is True
    stored = newsroom.stored()
    refused(newsroom.send(), "sign_in_required")
    form = {"site": newsroom.publishable, "name": "Ada", "body": newsroom.text()}
    by_form = newsroom.client.post("/embed/trams", data=form, headers={"Origin": "https://news.example"})
    assert by_form.status_code == 401
    assert "sign in" in by_form.text
    shown = newsroom.client.get(f"/embed/trams?site={newsroom.publishable}").text
    assert "<form" not in shown
    assert "sign in" in shown
    assert newsroom.stored() == stored
    assert send(newsroom, signed(claims_for(newsroom))).status_code == 201
    assert newsroom.accepted(author={"name": "Bo"})["status"] == "approved"  # its server knows whom it passes on
    report = {"reason": "spam"}
    assert newsroom.browser("POST", f"/api/v1/comments/{early['id']}/reports", json=report).status_code == 202
    ask_to_sign_in(newsroom.services, "test", newsroom.site, asked=False)
    assert newsroom.send(author={"name": "Cy"}).status_code == 201


def test_one_request_is_done_once_for_each_reader(newsroom: Newsroom) -> None:
    take_tokens(newsroom)
    body, key = newsroom.text(), {"Idempotency-Key": "first-try"}
    first = send(newsroom, signed(claims_for(newsroom)), body=body, headers=key, address="203.0.113.1")
    fresh = signed(claims_for(newsroom, exp=int(newsroom.clock.now.timestamp()) + 900))
    again = send(newsroom, fresh, body=body, headers=key, address="203.0.113.2")  # on the way, with a fresh token
    assert (again.json or {})["id"] == (first.json or {})["id"]
    neighbour = send(newsroom, signed(claims_for(newsroom, sub="b")), body=body, headers=key, address="203.0.113.1")
    assert (neighbour.json or {})["id"] != (first.json or {})["id"]
    guest = newsroom.send(body=body, headers=key, address="203.0.113.1")
    assert (guest.json or {})["id"] not in {(first.json or {})["id"], (neighbour.json or {})["id"]}


def test_a_report_by_a_reader_counts_once_wherever_they_are(newsroom: Newsroom) -> None:
    newsroom.configure(APPROVE)
    take_tokens(newsroom)
    comment = newsroom.accepted()
    token, path = signed(claims_for(newsroom)), f"/api/v1/comments/{comment['id']}/reports"
    for address, by in (("203.0.113.1", token), ("203.0.113.2", token), ("203.0.113.2", None)):
        headers = {"Authorization": f"Reader {by}"} if by else {}
        environ = {"REMOTE_ADDR": address}
        sent = newsroom.browser("POST", path, json={"reason": "spam"}, headers=headers, environ_base=environ)
        assert sent.status_code == 202
    with newsroom.services.database.reading() as session:
        reports = session.scalars(select(Report).where(Report.comment_id == comment["id"])).all()
    assert len(reports) == 2


def test_a_comment_without_an_author_needs_a_token(front_door: Newsroom) -> None:
    answer = front_door.browser("POST", "/api/v1/articles/trams/comments", json={"body": front_door.text()})
    assert answer.status_code == 422
    assert (answer.json or {})["errors"] == [{"field": "author", "message": "is missing."}]
