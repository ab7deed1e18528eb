"""A service below a path of the newspaper's own host (``MODERATION_PUBLIC_URL``): nothing leads out of it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from moderation.config.settings import OidcClient
from moderation.storage.comments import Comment
from moderation.web.shared.access import COOKIE
from tests.web.openid import CLIENT_ID, CLIENT_SECRET, query_of, serve_liar
from tests.web.pages import ADMIN_PASSWORD, fields_of, open_pages
from tests.web.test_rights import ROWS, Stage, Who, furnished

HOST, ROOT = "https://news.example", "/comments"
PUBLIC = HOST + ROOT
NOT_PATHS = {"data-key", "value", "placeholder", "d", "title", "aria-label"}
"""Attributes that may begin with a slash and are no address."""


@pytest.fixture
def stage(furnished_template: Path, tmp_path: Path) -> Iterator[Stage]:
    """Something of every kind, in a service whose address is ``PUBLIC``."""
    copy = shutil.copy(furnished_template, tmp_path / "pages.sqlite3")
    with open_pages(f"sqlite:///{copy}", tmp_path, public_url=PUBLIC) as pages:
        pages.app.config["PREFERRED_URL_SCHEME"] = "https"  # of what tests ask: cookies are for https alone
        yield furnished(pages)


def _addresses(answer: TestResponse) -> Iterator[str]:
    """Whatever a browser may go to from an answer, absolute."""
    here = HOST + answer.request.path
    if "Location" in answer.headers:
        yield urljoin(here, answer.headers["Location"])
    if "Refresh" in answer.headers:
        yield urljoin(here, answer.headers["Refresh"].partition("url=")[2])
    if answer.mimetype == "text/html" and answer.text.strip():
        for element in html.fromstring(answer.text).iter():
            for name, value in element.attrib.items():
                if name in ("href", "src", "action", "formaction") or (value.startswith("/") and name not in NOT_PATHS):
                    yield urljoin(here, value)


def _is_inside(url: str) -> bool:
    parts = urlsplit(url)
    ours = parts.netloc in (urlsplit(PUBLIC).netloc, "localhost")
    return not ours or f"{url}/".startswith((f"{PUBLIC}/", f"{PUBLIC}?"))


def test_no_page_link_form_script_style_or_redirect_leads_out(stage: Stage) -> None:
    """Every route of the rights' table is asked for by who may do everything, and then whatever its pages lead to."""
    client = stage.pages.signed_in("chief").client
    own = {name: stage.named[f"{name} of chief"] for name in ("action", "view")}
    asked = [
        row.path.format(**stage.named, **own, secret="").replace("http://localhost", PUBLIC)
        for row in ROWS.values()
        if not row.post and row.method is None and row.who is not Who.KEY
    ]
    with stage.pages.services.database.reading() as db:
        receipts = {id_: stage.pages.services.keys.receipt(id_) for id_ in db.scalars(select(Comment.id))}
    asked += [f"/comments/{id_}{page}?receipt={receipt}" for id_, receipt in receipts.items() for page in ("", "/mend")]
    came_from: dict[str, str] = {}
    wrong, pages, seen = [], 0, set(asked)
    while asked:
        path = asked.pop()
        answer = client.get(ROOT + path)
        assert answer.status_code < 500, path
        # Without the receipt, and once it can't be mended, there is nothing at these.
        assert answer.status_code != 404 or path.startswith(("/notices/", "/comments/")), (path, came_from.get(path))
        pages += answer.mimetype == "text/html"
        for url in _addresses(answer):
            if not _is_inside(url):
                wrong.append(f"{path}: {url}")
            elif url.startswith(PUBLIC) and pages < 150:
                further = url.removeprefix(PUBLIC).partition("#")[0] or "/"
                kind = re.sub(r"[0-9a-z]{20,}|\d+", "*", further)  # one of each kind is enough
                if kind not in seen and not _is_form(answer, url):
                    seen.add(kind)
                    asked.append(further)
                    came_from[further] = path
        answer.close()
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert pages > 40


def _is_form(answer: TestResponse, url: str) -> bool:
    """Whether the address is one that a form is sent to."""
    if answer.mimetype != "text/html":
        return False
    found = html.fromstring(answer.text).xpath("//form[@method='post']/@action | //@formaction")
    return any(urljoin(PUBLIC, action) == url for action in found)


def test_what_forms_do_leads_back_inside(stage: Stage) -> None:
    """Every form of every page of the table that can be sent as it stands."""
    client = stage.pages.signed_in("chief").client
    own = {name: stage.named[f"{name} of chief"] for name in ("action", "view")}
    sent = set()
    for row in ROWS.values():
        if row.post or row.method or row.who is Who.KEY:
            continue
        answer = client.get(ROOT + row.path.format(**stage.named, **own, secret="").replace("http://localhost", PUBLIC))
        if answer.mimetype != "text/html":
            answer.close()
            continue
        for form in html.fromstring(answer.text).forms:
            action = urljoin(HOST + answer.request.path, form.action or "")
            if form.method != "POST" or action in sent or action.endswith("/logout"):
                continue
            sent.add(action)
            assert _is_inside(action), (row.path, action)
            done = client.post(urlsplit(action).path, data=fields_of(form))
            assert done.status_code < 500, action
            assert all(map(_is_inside, _addresses(done))), (action, list(_addresses(done)))
    assert len(sent) > 40


def test_people_sign_in_and_out_below_the_path_and_their_cookies_stay_there(stage: Stage) -> None:
    client = stage.pages.app.test_client()
    asks = client.get(f"{ROOT}/review?status=approved")
    assert asks.headers["Location"] == f"{ROOT}/login?next=%2Freview%3Fstatus%3Dapproved"
    form = html.fromstring(client.get(asks.headers["Location"]).text).forms[0]
    done = client.post(form.action, data=dict(fields_of(form)) | {"name": "admin", "password": ADMIN_PASSWORD})
    assert (done.status_code, done.headers["Location"]) == (303, f"{ROOT}/review?status=approved")
    cookies = {line.partition("=")[0]: line for line in done.headers.getlist("Set-Cookie")}
    assert f"Path={ROOT};" in cookies[COOKIE] + ";"
    assert f"Path={ROOT}/login" in cookies["moderation_known"]
    assert all("Secure" in line for line in cookies.values())
    page = client.get(done.headers["Location"])
    assert f"Path={ROOT}" in page.headers.get("Set-Cookie", f"Path={ROOT}")
    form = next(form for form in html.fromstring(page.text).forms if form.action == f"{ROOT}/logout")
    out = client.post(form.action, data=fields_of(form))
    assert out.headers["Location"] == f"{ROOT}/login"
    assert f"Path={ROOT}" in out.headers["Set-Cookie"]
    assert client.get(f"{ROOT}/review").headers["Location"].startswith(f"{ROOT}/login")


SPORT = """
[sign_in.oidc]
new_accounts = true
[[sign_in.oidc.roles]]
value = "sport-desk"
role = "moderator"
site = "demo"
sections = ["sport"]
"""


def test_the_newsroom_s_login_leads_back_below_the_path_and_into_a_section_alone(
    furnished_template: Path, tmp_path: Path
) -> None:
    copy = shutil.copy(furnished_template, tmp_path / "pages.sqlite3")
    with serve_liar() as liar:
        liar.begin_anew()
        leave = f"{liar.issuer}/leave"
        liar.documents["/.well-known/openid-configuration"] = liar.discovery(end_session_endpoint=leave)
        oidc = OidcClient(issuer=liar.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        with open_pages(f"sqlite:///{copy}", tmp_path, public_url=PUBLIC, oidc=oidc) as pages:
            pages.app.config["PREFERRED_URL_SCHEME"] = "https"
            pages.configure(SPORT)
            for section in ("sport", "city"):
                pages.article(section, section=section)
                pages.say(
                    f"What the {section} pages write of it is worth reading twice, and then once more.", under=section
                )
            pages.clock.now = datetime.now(UTC)  # as the provider has it
            client = pages.app.test_client()
            begun = query_of(client.get(f"{ROOT}/login/provider?next=/review/articles").headers["Location"])
            assert begun["redirect_uri"] == f"{PUBLIC}/login/provider/callback"
            liar.vouch(begun["nonce"], groups=["sport-desk"])
            came = client.get(f"{ROOT}/login/provider/callback?state={begun['state']}&code=c")
            assert (came.status_code, came.headers["Location"]) == (303, f"{ROOT}/review/articles")
            queue = client.get(f"{ROOT}/review").text
            assert "What the sport pages" in queue
            assert "What the city pages" not in queue
            assert client.get(f"{ROOT}/admin").status_code == 403
            form = next(form for form in html.fromstring(queue).forms if form.action == f"{ROOT}/logout")
            out = client.post(form.action, data=fields_of(form))
            assert out.headers["Refresh"].startswith(f"0; url={leave}?")
            assert (
                query_of(out.headers["Refresh"].partition("url=")[2])["post_logout_redirect_uri"] == f"{PUBLIC}/login"
            )


def test_what_is_read_elsewhere_names_the_whole_address(stage: Stage) -> None:
    client, published = stage.pages.app.test_client(), stage.named["published"]
    key = {"site": stage.named["publishable"]}
    section = client.get(f"{ROOT}/api/v1/section", query_string=key | {"article": "quiet"})
    assert section.json is not None
    assert section.json["comments"][0]["url"] == f"{PUBLIC}/comments/{published}"
    url = f"{PUBLIC}/comments/{published}"
    quoted = client.get(f"{ROOT}/oembed", query_string={"url": url})
    assert quoted.json is not None
    assert (quoted.json["provider_url"], quoted.json["author_url"]) == (f"{PUBLIC}/", url)
    assert f'href="{PUBLIC}/articles/quiet"' in quoted.json["html"]
    for other in (
        f"{HOST}/comments/{published}",
        f"{HOST}/{published}",
        f"http://localhost{ROOT}/comments/{published}",
    ):
        assert client.get(f"{ROOT}/oembed", query_string={"url": other}).status_code == 404
    document = client.get(f"{ROOT}/openapi.json").json
    assert document is not None
    assert document["servers"] == [{"url": ROOT}]
    fragment = client.get(f"{ROOT}/embed/quiet", query_string=key).text
    assert f'href="{PUBLIC}/comments/{published}"' in fragment
    assert f'action="{PUBLIC}/embed/quiet"' in fragment


def test_an_invitation_is_the_whole_address(stage: Stage) -> None:
    client = stage.pages.signed_in("chief").client
    page = client.get(f"{ROOT}/admin/accounts")
    form = next(form for form in html.fromstring(page.text).forms if form.action == f"{ROOT}/admin/accounts")
    made = client.post(form.action, data=dict(fields_of(form)) | {"name": "Noa"})
    (link,) = re.findall(rf"{PUBLIC}/invitation/[\w-]+", made.text)
    assert client.get(link.removeprefix(HOST)).status_code == 200


def test_perspective_s_clients_find_every_call(stage: Stage) -> None:
    client = stage.pages.app.test_client()
    document = client.get(f"{ROOT}/$discovery/rest").json
    assert document is not None
    assert document["rootUrl"] == f"{PUBLIC}/"
    body = (
        b"--x\r\nContent-Type: application/http\r\n\r\nPOST /comments/v1alpha1/comments:analyze HTTP/1.1\r\n"
        b"Content-Type: application/json\r\n\r\n{}\r\n--x--\r\n"
    )
    path = f"/{document['batchPath']}"
    answer = client.post(ROOT + path, data=body, content_type="multipart/mixed; boundary=x")
    assert "HTTP/1.1 404" not in answer.text
    assert "HTTP/1.1 40" in answer.text  # without a key, or a text


def test_a_path_that_begins_as_a_call_does_takes_nothing_of_it(furnished_template: Path, tmp_path: Path) -> None:
    copy = shutil.copy(furnished_template, tmp_path / "pages.sqlite3")
    with open_pages(f"sqlite:///{copy}", tmp_path, public_url=f"{HOST}/v1") as pages:
        for called in ("/v1alpha1/comments:analyze", "/v1/v1alpha1/comments:analyze"):
            body = f"--x\r\nContent-Type: application/http\r\n\r\nPOST {called} HTTP/1.1\r\n\r\n{{}}\r\n--x--\r\n"
            answer = pages.app.test_client().post(
                "/v1/batch", data=body.encode(), content_type="multipart/mixed; boundary=x"
            )
            assert "HTTP/1.1 404" not in answer.text, called
            assert "HTTP/1.1 40" in answer.text, called


def test_what_is_not_below_the_path_is_refused_with_the_address(stage: Stage) -> None:
    client = stage.pages.app.test_client()
    for path in ("/", "/review", "/commentsandmore", "/comment", "//comments", "/api/v1/comments"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert f"{PUBLIC}/" in (answer.json or {})["detail"]
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json is not None
    assert client.get("/metrics").status_code == 200
    assert client.get(ROOT).status_code == client.get(f"{ROOT}/").status_code == 200


def test_a_header_moves_the_service_nowhere(stage: Stage) -> None:
    """Only the setting says where it stands: no header, of a proxy or of anybody else."""
    forged = dict.fromkeys(("X-Forwarded-Prefix", "X-Script-Name"), "/evil") | dict.fromkeys(
        ("Host", "X-Forwarded-Host"), "evil.example"
    )
    answer = stage.pages.app.test_client().get(f"{ROOT}/comments/{stage.named['published']}", headers=forged)
    assert answer.status_code == 200
    assert "evil" not in answer.text + str(answer.headers)
