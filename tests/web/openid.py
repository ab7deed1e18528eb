"""OpenID providers for tests: a certified one in a process of its own, and one that lies in every way it can; and
a desk that asks one of them who somebody is.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from lxml import html
from sqlalchemy import select

from moderation.config.settings import OidcClient
from moderation.storage.accounts import Account, Granted, account_named, grants_of
from moderation.storage.audit import EventRow
from tests.served import serving
from tests.web.pages import Pages, Visitor

FOLDER = Path(__file__).parent / "openid_provider"
CALLBACK = "http://localhost/login/provider/callback"
AFTERWARDS = "http://localhost/login"
CLIENT_ID, CLIENT_SECRET = "the desk", "a secret + 100% of the tests"
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedProvider:
    """The provider of npm's ``oidc-provider``. ``know`` says who can sign in there, and what it tells of them."""

    issuer: str
    people: Path
    process: subprocess.Popen[str]

    def know(self, **people: Mapping[str, Any]) -> None:
        self.people.write_text(json.dumps(people))


def serve_certified(people: Path) -> Iterator[CertifiedProvider]:
    """Installs it once, as ``scripts/check`` installs eslint, and runs it."""
    node = _installed()
    people.write_text("{}")
    command = [node, str(FOLDER / "serve.mjs"), str(people), CALLBACK, AFTERWARDS]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http://127.0.0.1:"), "the provider didn't start"
        try:
            yield CertifiedProvider(issuer=issuer, people=people, process=process)
        finally:
            process.stdin.close()  # by which it ends: the wheel's `node` is a program that runs another


def _installed() -> str:
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        pytest.skip("no Node.js here (the extra `test` brings one), by which the OpenID provider runs")
    stamp = FOLDER / "node_modules" / ".stamp"
    wanted = (FOLDER / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        command = [npm, "ci", "--prefix", str(FOLDER), "--no-audit", "--no-fund", "--silent"]
        done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"npm could not install the OpenID provider: {done.stderr.strip()[:300]}")
        stamp.write_text(wanted)
    return node


class PersonsBrowser:
    """A browser on the provider's pages: it keeps its cookies and sends its forms, and stops where it is sent back."""

    def __init__(self) -> None:
        self._cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(self._cookies, _Stop())

    def signs_in(self, url: str, login: str) -> str:
        """Goes through the provider's pages as this person; returns the address of ours that it is sent to."""
        return self._through(url, {"login": login, "password": "anything"})

    def turns_back(self, url: str) -> str:
        """Follows the provider's own link back."""
        page, at = self._opened(url)
        (link,) = page.xpath("//a[contains(@href, 'abort')]/@href")
        return self._through(urljoin(at, link), {})

    def signs_out(self, url: str) -> str:
        return self._through(url, {"logout": "yes"})

    def asked_for_a_login(self, url: str) -> bool:
        page, _ = self._opened(url)
        return "login" in page.forms[0].fields

    def _through(self, url: str, filled: Mapping[str, str], body: bytes | None = None) -> str:
        for _ in range(12):
            status, location, text = self._asked(url, body)
            body = None
            if status in (302, 303):
                url = urljoin(url, location)
                if url.startswith("http://localhost/"):
                    return url
                continue
            assert status == 200, text
            form = html.fromstring(text).forms[0]
            fields = {name: value or "" for name, value in form.fields.items()}
            fields |= {name: value for name, value in filled.items() if name in fields or name == "logout"}
            url, body = urljoin(url, form.action), urlencode(fields).encode()
        raise AssertionError(f"the provider leads in a circle: {url}")

    def _opened(self, url: str) -> tuple[Any, str]:
        for _ in range(5):
            status, location, text = self._asked(url, None)
            if status == 200:
                return html.fromstring(text), url
            url = urljoin(url, location)
        raise AssertionError(url)

    def _asked(self, url: str, body: bytes | None) -> tuple[int, str, str]:
        try:
            with self._opener.open(urllib.request.Request(url, data=body), timeout=20) as answer:
                return answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get("Location", ""), answer.read().decode()


class _Stop(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(slots=True)
class Liar:
    """A provider whose every answer a test can make up."""

    issuer: str = ""
    first_key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    key: RSAKey = field(init=False)
    documents: dict[str, Any] = field(default_factory=dict)
    """Path to what it answers: an object as JSON, bytes as they are, an int as a status, a float as so many seconds of
    silence.
    """
    asked: list[str] = field(default_factory=list)

    def begin_anew(self) -> None:
        self.key = self.first_key
        self.asked.clear()
        self.documents.clear()
        self.documents |= {
            "/.well-known/openid-configuration": self.discovery(),
            "/jwks": {"keys": [self.key.as_dict(private=False)]},
        }

    def discovery(self, **changes: Any) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        } | changes

    def vouch(self, nonce: str, *, alg: str = "RS256", key: Any = None, kid: str = "one", **changes: Any) -> None:
        """Answers at the token endpoint with a token that is right but for ``changes``."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "sub": "p1", "aud": CLIENT_ID, "exp": now + 60, "iat": now, "nonce": nonce,
            "name": "Pat", "groups": ["comment-desk"],
        } | changes  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        text = jwt.encode({"alg": alg, "kid": kid}, claims, key or self.key, algorithms=[alg])
        self.documents["/token"] = {"access_token": "at", "token_type": "Bearer", "id_token": text}


@contextmanager
def serve_liar() -> Iterator[Liar]:
    liar = Liar()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            liar.asked.append(path)
            answer = liar.documents.get(path, 404)
            if isinstance(answer, float):
                time.sleep(answer)
                answer = 404
            status = answer if isinstance(answer, int) else 200
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status in (301, 302):
                self.send_header("Location", f"{liar.issuer}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    liar.issuer = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield liar


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


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


def behind(pages: Pages, issuer: str) -> Iterator[Pages]:
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
    yield from behind(pages, certified.issuer)


@pytest.fixture
def lied_to(pages: Pages, liar: Liar) -> Iterator[Pages]:
    yield from behind(pages, liar.issuer)


def begin(visitor: Visitor, path: str = "/login/provider") -> str:
    """Where the button leads to."""
    answer = visitor.client.get(path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def come_in(pages: Pages, login: str = "pat", path: str = "/login/provider") -> Visitor:
    visitor = pages.visitor()
    return visitor.open(PersonsBrowser().signs_in(begin(visitor, path), login))


def events_of(pages: Pages) -> list[EventRow]:
    with pages.services.database.reading() as db:
        query = select(EventRow).where(EventRow.chain == "system").order_by(EventRow.sequence)
        return list(db.scalars(query))


def account_of(pages: Pages, name: str) -> Account:
    with pages.services.database.reading() as db:
        account = account_named(db, name)
    assert account is not None
    return account


def granted_to(pages: Pages, name: str) -> dict[str, Granted]:
    with pages.services.database.reading() as db:
        return grants_of(db, account_of(pages, name).id)


def vouched(visitor: Visitor, liar: Liar, **changes: Any) -> Visitor:
    """Comes back from the provider that lies, with what it says this time."""
    begun = query_of(begin(visitor))
    assert (begun["code_challenge_method"], begun["response_type"]) == ("S256", "code")
    nonce = begun["nonce"]
    liar.vouch(**{"nonce": nonce, **changes})
    return visitor.open(f"/login/provider/callback?state={begun['state']}&code=c")
