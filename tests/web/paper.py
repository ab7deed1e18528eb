"""A newspaper's own server, on another origin than the service: the pages that the comment section is put on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sqlalchemy.orm import Session

from moderation.accounts.sites import change_origins
from moderation.storage.sites import KeyKind, keys_of
from tests.served import server_of, serving
from tests.web.pages import Pages

STYLE = "body{font:1.0625rem/1.5 Georgia,serif;max-width:44rem;margin:0 auto;padding:1rem}"


@dataclass(slots=True)
class Paper:
    """Pages by path, all under a strict policy. ``service`` is where the comment section comes from, ``key`` its
    publishable key, which works here.
    """

    origin: str
    service: str
    key: str
    pages: dict[str, str] = field(default_factory=dict)

    @property
    def policy(self) -> str:
        """What the page lets in: the service's host for scripts and requests, and what stands in the page itself."""
        own = "'nonce-own'"
        return f"default-src 'none'; script-src {self.service} {own}; connect-src {self.service}; style-src {own}"

    @property
    def line(self) -> str:
        """The one line, for the article ``lanes``."""
        return self.line_for("lanes")

    def line_for(self, article: str | None, **more: str) -> str:
        named = "" if article is None else f' data-article="{article}"'
        others = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in more.items())
        return f'<script src="{self.service}/embed.js" data-site-key="{self.key}"{named}{others} async></script>'

    def put(self, path: str, body: str, *, head: str = "", lang: str = "en", scheme: str = "light") -> str:
        """Publishes a page; returns its address."""
        direction = "rtl" if lang.startswith("ar") else "ltr"
        style = f":root{{color-scheme:{scheme}}}{STYLE}"
        self.pages[path] = (
            f'<!doctype html><html lang="{lang}" dir="{direction}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>The lanes stay</title>'
            f'<style nonce="own">{style}</style>{head}</head><body><main><h1>The lanes stay</h1>'
            f"<p>The council voted on Thursday.</p>{body}</main></body></html>"
        )
        return self.origin + path


@contextmanager
def open_paper(pages: Pages) -> Iterator[Paper]:
    """The service and the newspaper, each at an address of its own and on a site of its own: localhost is another than
    127.0.0.1, so that a cookie of the service would be a third party's.
    """
    service = server_of(pages.app)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = paper.pages.get(self.path.split("?")[0])
            body = (page or "").encode()
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", paper.policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    press = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin = f"http://localhost:{press.server_address[1]}"
    paper = Paper(origin, f"http://127.0.0.1:{service.server_port}", _key(pages, origin))
    with serving(service, press):
        yield paper


def _key(pages: Pages, origin: str) -> str:
    def publishable(db: Session) -> tuple[str, str]:
        key = next(key for key in keys_of(db, "demo") if key.kind == KeyKind.PUBLISHABLE)
        return key.id, key.public or ""

    with pages.services.database.reading() as db:
        key_id, key = publishable(db)
    change_origins(pages.services, "test", key_id, [origin])
    return key


def text(number: int) -> str:
    return f"Comment number {number}: I read the report, and the second time I understood it better."
