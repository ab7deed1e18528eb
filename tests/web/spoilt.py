"""What could be sent to each route in earnest, and the same spoilt: nearly right, so that it gets far."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from string import Formatter
from typing import Any
from urllib.parse import parse_qsl, quote_from_bytes, urlsplit

from lxml import html
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from moderation.comments.writers_mail import stop_signature
from tests.api.test_bad_requests import CHARACTERS, VALUES
from tests.web.pages import fields_of
from tests.web.test_hostile_values import HOSTS, PERCENT, parameters_of
from tests.web.test_rights import ROWS, Stage

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "B\tREW")
FORM = "application/x-www-form-urlencoded"
KINDS = (
    *(
        FORM,
        f"{FORM}; charset=utf-16",
        f"{FORM}; charset=\xff",
        "multipart/form-data",
        "multipart/form-data; boundary=",
    ),
    *(
        "multipart/form-data; boundary=x",
        "multipart/mixed; boundary=x",
        "application/json",
        "application/json; charset=x",
    ),
    *("text/plain", "*/*", ";", "x" * 3000, ""),
)
LENGTHS = ("0", "1", "999999", "-1", "none", "1" * 40, "")
"""How long a body is said to be."""
HEADERS = {
    "Accept": ("application/json", "text/html;q=nan", "*/*;q=1e999", ","),
    "Accept-Language": ("de", "ar;q=0.5", "xx-" * 500, "*;q=-1"),
    "Accept-Encoding": ("gzip", "br;q=0, gzip;q=nan"),
    "If-None-Match": ('"x"', "*", "W/", '"' * 99),
    "If-Modified-Since": ("Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Foo 99999 99:99:99 GMT"),
    "Range": ("bytes=0-1", "bytes=-", "bytes=9" + "9" * 40 + "-", "lines=1-2"),
    "Origin": ("https://paper.example", "null", "http://[", "http://localhost"),
    "Referer": ("http://localhost/review", "http://[", "\xff"),
    "Sec-Fetch-Site": ("same-origin", "cross-site", ""),
    "X-Requested-With": ("fetch", "XMLHttpRequest"),
    "X-CSRF-Token": ("x", "\xff" * 40),
    "X-Forwarded-For": ("1.2.3.4", "::1, [", "x" * 3000),
    "X-Site-Key": ("{publishable}", "\xff"),
    "Authorization": ("Bearer", "Bearer \xff", "Reader a.b.c", "Basic eDp5", "Digest x"),
    "X-Coral-Signature": ("sha256=0", "sha256=" + "0" * 64, ","),
    "Idempotency-Key": ("k", "\xff" * 300, ""),
    "Transfer-Encoding": ("chunked", "gzip, chunked"),
    "Content-Encoding": ("gzip", "br"),
    "Expect": ("100-continue",),
    "Range-Unit": ("\x01",),
}
RAW_PATHS = (
    "/\xff\xfe",
    "/review/\x00",
    "//",
    "/review//comments",
    "/review/comments/\xed\xa0\x80",
    "",
    "*",
    "/%2e%2e/x",
)
RAW_QUERIES = ("\xff=\xff", "%", "%zz=%u1234", "&&&=&;", "a" * 9000, "=" * 900, "x=1&" * 3000, "cursor=\x00")
COOKIES = ("moderation_session=\xff", "moderation_form=.eJw.x", "=;=;", "a=" + "b" * 6000, "moderation_form=eyJ9.x.y")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sendable:
    """What could be sent in earnest. ``fields`` are a form's, or an address's where it is asked for by GET."""

    path: str
    method: str
    fields: tuple[tuple[str, str], ...] = ()
    json: Any = None


@dataclass(slots=True)
class Ground:
    """All that can be sent in earnest to one stage, and what stands there."""

    stage: Stage
    sendable: list[Sendable] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    """Ids, cursors, tokens and whatever else stands in addresses and forms."""
    names: list[str] = field(default_factory=list)
    """Of parameters and fields, also of those that no page sends."""

    def __post_init__(self) -> None:
        pages, names, found = self.stage.pages, set[str](), set[str]()
        named = self.named()
        for rule in pages.app.url_map.iter_rules():
            names |= parameters_of(pages, rule) if rule.endpoint != "static" else set()
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                row = ROWS.get(rule.endpoint) or ROWS.get(f"{rule.endpoint} {method}")
                path = row.path if row else _template(rule)
                fields = tuple((key, text.format_map(named)) for key, text in (row.data if row else {}).items())
                self.sendable.append(Sendable(path=path, method=method, fields=fields, json=row.json if row else None))
        for visitor in (pages.visitor(), pages.signed_in("chief")):
            for path in [one.path.format_map(named) for one in self.sendable if one.method == "GET"]:
                answer = visitor.client.get(path, follow_redirects=True, buffered=True)
                found |= self._gather(answer, path)
                answer.close()
        alike = {
            (one.path.partition("?")[0], one.method, tuple(name for name, _ in one.fields)): one
            for one in self.sendable
        }
        self.sendable = list(alike.values())  # the menu's forms stand on every page
        self.names = sorted(names | {name for one in self.sendable for name, _ in one.fields})
        self.values = sorted(found | set(named.values()))

    def named(self) -> dict[str, str]:
        """Everything that stands in the table's addresses."""
        named, keys = self.stage.named, self.stage.pages.services.keys
        own = {name: named[f"{name} of chief"] for name in ("action", "view")}
        own["secret"] = self.stage.keys["demo"]
        own["receipt"], own["signature"] = keys.receipt(named["comment"]), stop_signature(keys, named["comment"])
        return named | own

    def _gather(self, answer: TestResponse, path: str) -> set[str]:
        """Keeps a page's forms; returns what stands in its addresses and fields."""
        text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        if not text.strip():
            return set()
        page, values = html.fromstring(text), set[str]()
        for link in page.xpath("//@href"):
            values |= {value for _, value in parse_qsl(urlsplit(str(link)).query)}
            values |= {part for part in urlsplit(str(link)).path.split("/") if len(part) > 20}
        for form in page.forms:
            fields = tuple((name, value) for name, given in fields_of(form).items() for value in given)
            self.sendable.append(Sendable(path=form.action or path, method=form.method, fields=fields))
            values |= {value for _, value in fields}
        return {value for value in values if len(value) < 3000}


def _template(rule: Rule) -> str:
    """An address of a route that is in no row of the table."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: _ARGUMENTS.get(part[1], "none"), rule.rule)


_ID = re.compile(r"\b01[0-9a-z]{24}\b")
_ARGUMENTS = {
    "comment_id": "{comment}", "notice_id": "{case}", "article_id": "lanes", "filename": "base.css", "site_id": "demo",
    "signature": "{signature}",
}  # fmt: skip


@dataclass(slots=True)
class Spoiler:
    """Makes requests of what is right, and spoils some of it."""

    ground: Ground
    random: random.Random
    token: str = ""
    key: str = ""

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def odd(self) -> str:
        """A text that nobody expects, or one that belongs elsewhere."""
        kind = self.random.randrange(6)
        if kind == 0:
            return "".join(self.random.choices(CHARACTERS, k=self.random.choice((1, 3, 60, 400))))
        if kind == 1:
            return str(self.random.choice(VALUES))
        if kind == 2:
            return str(self.random.choice(PERCENT))
        value = self.random.choice(self.ground.values)
        return self.tampered(value) if kind == 3 else value

    def tampered(self, value: str) -> str:
        """Nearly this."""
        place = self.random.randrange(len(value) + 1)
        return value[:place] + self.random.choice(("", "0", "A", "-", "\x00", "9" * 30, "\ud800")) + value[place + 1 :]

    def path(self, template: str) -> str:
        named = self.ground.named()
        parts = []
        for text, name, _, _ in Formatter().parse(template):
            parts.append(text)
            if name is not None:
                value = named[name]
                odd = self.chance(0.25)
                parts.append(_quoted(self.odd() if odd else value)[:3000])
        path = "".join(parts)
        return _ID.sub(lambda _: _quoted(self.odd())[:3000], path) if self.chance(0.1) else path

    def fields(self, given: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
        fields = [(name, self.token if name == "csrf_token" else value) for name, value in given]
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 5))):
            place = self.random.randrange(len(fields)) if fields else 0
            match self.random.randrange(5) if fields else 4:
                case 0 | 1:
                    fields[place] = (fields[place][0], self.odd())
                case 2:
                    fields.append((fields[place][0], self.odd()))
                case 3:
                    del fields[place]
                case _:
                    fields.append((self.random.choice(self.ground.names), self.odd()))
        if self.chance(0.02):
            fields += [(self.random.choice(self.ground.names), "x")] * 1200
        return fields

    def body(self, one: Sendable, fields: list[tuple[str, str]]) -> tuple[bytes, str]:
        """A body and its type, which mostly fit."""
        how = self.random.random()
        if one.json is not None or how < 0.1:
            content = dict(one.json or fields)
            for _ in range(self.random.randrange(3)):
                content[self.random.choice([*content, *self.ground.names])] = self.random.choice([*VALUES, self.odd()])
            body, kind = json.dumps(content, ensure_ascii=self.chance(0.5)).encode("utf-8", "surrogatepass"), KINDS[7]
        elif how < 0.25:
            boundary = "".join(
                f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'
                for name, value in fields
                for file in (self.random.choice(("", "", '; filename="a\x00.exe"', "; filename*=utf-8''%ff")),)
            )
            body, kind = f"{boundary}--x--\r\n".encode("utf-8", "surrogatepass"), KINDS[5]
        else:
            body, kind = _encoded(fields), FORM
        if self.chance(0.08):
            body = body[: self.random.randint(0, len(body))]
        if self.chance(0.04):
            body = self.random.randbytes(self.random.choice((1, 50, 5000)))
        return body, self.random.choice(KINDS) if self.chance(0.1) else kind

    def headers(self) -> dict[str, str]:
        """Odd ones."""
        names = [name for name in HEADERS if self.chance(0.06)]
        named = self.ground.stage.named
        return {
            name: self.random.choice(HEADERS[name]).replace("{publishable}", named["publishable"]) for name in names
        }

    def request(self) -> dict[str, Any]:
        """A request, as Werkzeug's client takes it."""
        one = self.random.choice(self.ground.sendable)
        method = self.random.choice(METHODS) if self.chance(0.15) else one.method
        fields, path = self.fields(one.fields), self.path(one.path)
        headers, overrides = self.headers(), dict[str, Any]()
        if self.key and self.chance(0.9):
            headers["Authorization"] = f"Bearer {self.key}"
        body, kind = b"", ""
        if method == "GET" or self.chance(0.2):
            between = "&" if "?" in path else "?"
            path += between + _encoded(fields if method == "GET" else self.fields(())).decode("ascii")
        if method != "GET" or self.chance(0.05):
            if one.method != "GET" and one.json is None and not any(name == "csrf_token" for name, _ in fields):
                fields += [("csrf_token", self.token)] if self.chance(0.9) else []
            body, kind = self.body(one, fields)
        for name, values, share in (
            ("CONTENT_LENGTH", LENGTHS, 0.03),
            ("PATH_INFO", RAW_PATHS, 0.01),
            ("QUERY_STRING", RAW_QUERIES, 0.02),
            ("HTTP_COOKIE", COOKIES, 0.02),
            ("HTTP_HOST", HOSTS, 0.01),
        ):
            if self.chance(share):
                overrides[name] = self.random.choice(values).encode().decode("latin-1")
        sent = {
            "path": path[:20_000],
            "method": method,
            "headers": headers,
            "data": body,
            "environ_overrides": overrides,
        }
        return sent | ({"content_type": kind} if kind else {})


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def _encoded(fields: list[tuple[str, str]]) -> bytes:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in fields).encode()
