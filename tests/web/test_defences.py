"""What every route has in common against whoever means harm: headers, forms of other pages, sign-ins of others."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from moderation.app import SECURITY_HEADERS
from moderation.web.pages import APIS
from moderation.web.shared.access import COOKIE
from tests.web.pages import ADMIN_PASSWORD, CALM, SITE_KEY, Pages, open_pages
from tests.web.test_rights import ROWS, Row, Stage, Who, furnished

EVIL = "https://evil.example"
NEW = "another good long password"
READERS = frozenset(
    {
        "reader_pages",
        "receipt_pages",
        "public_comment_pages",
        "fragment_pages",
        "report_pages",
        "rules_pages",
        "mail_pages",
    }
)


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("defences")
    template = request.getfixturevalue("furnished_template")
    with open_pages(f"sqlite:///{shutil.copy(template, folder / 'pages.sqlite3')}", folder) as pages:
        yield furnished(pages)


DEEP = 50_000


def path_of(stage: Stage, row: Row) -> str:
    own = {name: stage.named[f"{name} of chief"] for name in ("action", "view")}
    return row.path.format(**stage.named, **own, secret="")


def test_every_route_carries_the_headers_and_nothing_private_is_kept(stage: Stage) -> None:
    client, wrong = stage.pages.signed_in("chief").client, []
    for endpoint, row in ROWS.items():
        if row.post or row.method not in (None, "GET"):
            continue
        answer = client.get(path_of(stage, row), base_url="https://localhost", headers={"Origin": EVIL}, buffered=True)
        headers = answer.headers
        wrong += [f"{endpoint}: no {name}" for name in SECURITY_HEADERS if name not in headers]
        if "Strict-Transport-Security" not in headers:
            wrong.append(f"{endpoint}: no HSTS")
        if row.who is not Who.ALL:
            if not {"no-store", "no-cache"} & set(headers.get("Cache-Control", "").replace(",", " ").split()):
                wrong.append(f"{endpoint}: may be kept: {headers.get('Cache-Control')}")
            for_every_page = endpoint.startswith("section_api.")  # by key alone: no cookie counts there
            if headers.get("Access-Control-Allow-Origin") in (EVIL, "*") and not for_every_page:
                wrong.append(f"{endpoint}: any page may read it")
            if "Access-Control-Allow-Credentials" in headers:
                wrong.append(f"{endpoint}: other pages may use a sign-in")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", "/static/nowhere.css"),
        ("GET", "/static/..%2f..%2fapp.py"),
        ("GET", "/static/%2e%2e/%2e%2e/app.py"),
        ("DELETE", "/review"),
        ("POST", "/login"),
        ("POST", "/api/v1/notices"),
        ("GET", "/api/v1/comments"),
        ("GET", "/embed.js"),
        ("GET", "/static/desk/desk.css"),
    ],
)
def test_errors_and_static_files_carry_the_headers_too(stage: Stage, method: str, path: str) -> None:
    answer = stage.pages.app.test_client().open(path, method=method, base_url="https://localhost", buffered=True)
    assert not [name for name in (*SECURITY_HEADERS, "Strict-Transport-Security") if name not in answer.headers]
    assert "def create_app" not in answer.text


def test_no_form_of_another_page_does_anything(stage: Stage) -> None:
    """Sent by a page elsewhere, with the cookie of whoever may do everything."""
    client, wrong = stage.pages.signed_in("chief").client, []
    for endpoint, row in ROWS.items():
        if not row.post and row.method in (None, "GET"):
            continue
        answer = client.open(
            path_of(stage, row),
            method=row.method or "POST",
            data=None if row.json is not None else row.data,
            json=row.json,
            headers={"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
            buffered=True,
        )
        blueprint = endpoint.split(".")[0]
        needs_a_token = blueprint not in APIS | READERS
        if answer.status_code < 400 or (needs_a_token and answer.status_code != 400):
            wrong.append(f"{endpoint}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_a_cookie_that_somebody_has_put_there_becomes_nobodys_sign_in(pages: Pages) -> None:
    visitor = pages.visitor()
    visitor.client.set_cookie(COOKIE, "chosen-by-somebody-else")
    visitor.open("/login").send("/login", name="admin", password=ADMIN_PASSWORD)
    assert visitor.path == "/review"
    first = visitor.client.get_cookie(COOKIE)
    assert first is not None
    assert first.value != "chosen-by-somebody-else"
    thief = pages.visitor()
    thief.client.set_cookie(COOKIE, "chosen-by-somebody-else")
    assert thief.open("/account").texts("//h1") == ["Sign in"]


def test_whoever_has_a_copy_of_a_sign_in_is_out_once_the_password_changes(pages: Pages) -> None:
    owner = pages.signed_in()
    copied = owner.client.get_cookie(COOKIE)
    assert copied is not None
    owner.open("/account").send("/account/password", password=ADMIN_PASSWORD, new=NEW, again=NEW)
    assert "Your password is changed" in owner.text
    thief = pages.visitor()
    thief.client.set_cookie(COOKIE, copied.value)
    assert thief.open("/account").texts("//h1") == ["Sign in"]
    # The page that told so goes on working, its forms too.
    owner.send("/account/language", language="de")
    assert owner.status == 200
    assert owner.open("/account").status == 200


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(pages: Pages) -> None:
    client = pages.app.test_client()
    page = client.get("/login", base_url="https://localhost")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"name": "admin", "password": ADMIN_PASSWORD, "csrf_token": token}
    answer = client.post("/login", data=fields, base_url="https://localhost")
    cookies = [*page.headers.getlist("Set-Cookie"), *answer.headers.getlist("Set-Cookie")]
    assert len(cookies) >= 3
    for cookie in cookies:
        assert {"HttpOnly", "SameSite=Lax", "Secure"} <= {part.strip() for part in cookie.split(";")}, cookie


@pytest.mark.parametrize(
    "leads",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "javascript:alert(1)",
        " //evil.example",
        "/%0d%0aLocation:%20https://evil.example",
        "@evil.example",
    ],
)
def test_a_sign_in_leads_nowhere_else(pages: Pages, leads: str) -> None:
    client = pages.app.test_client()
    page = client.get("/login", query_string={"next": leads})
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    fields = {"name": "admin", "password": ADMIN_PASSWORD, "csrf_token": token, "next": leads}
    answer = client.post("/login", query_string={"next": leads}, data=fields)
    assert answer.status_code == 303
    location = answer.headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\", "/\t"))
    assert "evil.example" not in location or location.startswith("/%0d")


@pytest.mark.parametrize(
    "deep",
    ["[" * DEEP, '{"body":' * DEEP, '{"author":' * DEEP + "1" + "}" * DEEP, "[" * DEEP + "]" * DEEP],
    ids=["lists", "objects", "closed objects", "closed lists"],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/articles/lanes/comments"),
        ("PUT", "/api/v1/articles/lanes"),
        ("POST", "/api/v1/notices"),
        ("POST", "/v1alpha1/comments:analyze"),
    ],
)
def test_json_without_a_bottom_is_refused(stage: Stage, method: str, path: str, deep: str) -> None:
    headers = {"Authorization": f"Bearer {stage.keys['demo']}", "Content-Type": "application/json"}
    asked = {"key": stage.keys["demo"]} if path.endswith(":analyze") else None
    answer = stage.pages.app.test_client().open(path, method=method, data=deep, headers=headers, query_string=asked)
    assert answer.status_code in (400, 413, 422), answer.text[:300]


def test_nothing_secret_gets_into_the_log(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    pages.article()
    wrong, key = "a wrong password that is long enough", SITE_KEY
    pages.visitor().open("/login").send("/login", name="admin", password=wrong)
    pages.visitor().open("/login").send("/login", name="admin", password=ADMIN_PASSWORD)
    client = pages.app.test_client()
    comment = {"author": {"name": "Vera Zyxquark", "address": "203.0.113.77"}, "body": f"{CALM} zyxquark"}
    headers = {"Authorization": f"Bearer {key}"}
    sent = client.post("/api/v1/articles/lanes/comments", json=comment, headers=headers)
    assert sent.status_code == 202
    client.get(f"/api/v1/comments/{sent.json['id']}", query_string={"receipt": sent.json["receipt"]})  # type: ignore[index]
    client.post("/api/v1/articles/lanes/comments", data=b"{", headers=headers)
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    for secret in (wrong, ADMIN_PASSWORD, key, sent.json["receipt"], "Zyxquark", "zyxquark", "203.0.113.77"):  # type: ignore[index]
        assert secret not in logged
    assert "audit head" in logged
