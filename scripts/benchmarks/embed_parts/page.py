"""What the comment section costs the page that it stands on: bytes to load, and work of the page's main thread."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, sync_playwright

from moderation.config.settings import read_environment
from moderation.storage.database import Database
from moderation.storage.sites import KeyKind, keys_of
from scripts.benchmarks.common import Row, say
from scripts.benchmarks.service_parts.service import KEY, ROOT, environment, service_without_scoring
from scripts.embed_sizes import sizes

CHROMIUM = os.environ.get("MODERATION_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
SLOWED = 4
RUNS = 12
SETTLED = 2.5
"""Seconds after which all is drawn."""
THREADS = 25
"""With a reply each: fifty comments, all on the section's first page."""

PUBLISHED_KB = {"isso": 22.3, "remark42": 62.5}
"""Isso 0.14.0 as PyPI has it: embed.min.js and isso.css, each by gzip -9. Remark42 as its own documentation says: the
loader and the application.
"""
PUBLISHED_COUNTS_KB = {"isso": 15.3}


def page_rows() -> list[Row]:
    """``embed_kb``, ``counts_kb`` (1,000 bytes as gzip sends them) and ``main_thread_ms``."""
    loaded = sizes()
    ours = loaded["embed.js"] / 1000
    rows = [
        Row(measure="embed_kb", ours=ours, unit="kB", beside=PUBLISHED_KB, ratio=ours / PUBLISHED_KB["isso"]),
        Row(measure="counts_kb", ours=loaded["counts.js"] / 1000, unit="kB", beside=PUBLISHED_COUNTS_KB),
    ]
    with tempfile.TemporaryDirectory() as folder, service_without_scoring(Path(folder)) as service:
        say(f"{2 * THREADS} comments, then {RUNS} pages with the CPU slowed {SLOWED} times ...")
        _fill(service.port)
        named = f'data-site-key="{_key(Path(folder))}" data-article="trams"'
        line = f'<script src="http://127.0.0.1:{service.port}/embed.js" {named}></script>'
        with _served({"/bare": _page(""), "/whole": _page(line)}) as paper, sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            taken = _main_thread_ms(browser, paper)
            browser.close()
    return [*rows, Row(measure="main_thread_ms", ours=taken, unit="ms")]


def _fill(port: int) -> None:
    article = {"title": "Trams return to the harbour", "text": "The city lays new rails.\n\nTrams run from May."}
    _ask("PUT", port, "/api/v1/articles/trams", article)
    for number in range(THREADS):
        opening = _published(port, f"Comment {number}", None)
        _published(port, f"Reply {number}", opening)


def _published(port: int, start: str, parent: str | None) -> str:
    body = f"{start}: the old line took eleven minutes from the harbour, and I doubt that the new one will be faster."
    sent = {"author": {"name": f"Reader {start[-2:]}", "id": start}, "body": body, "parent_id": parent}
    comment = str(_ask("POST", port, "/api/v1/articles/trams/comments", sent)["id"])
    _ask("POST", port, f"/api/v1/comments/{comment}/decisions", {"outcome": "approve"})
    return comment


def _ask(method: str, port: int, path: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, json.dumps(body), headers)
    answer = json.load(connection.getresponse())
    connection.close()
    return answer


def _key(var: Path) -> str:
    database = Database(read_environment(environment(var), root=ROOT).database_url)
    with database.reading() as session:
        key = next(key.public for key in keys_of(session, "demo") if key.kind == KeyKind.PUBLISHABLE)
    database.close()
    return key or ""


def _page(body: str) -> bytes:
    return (
        f"<!doctype html><html lang=en><title>Trams</title><h1>Trams return to the harbour</h1>{body}</html>".encode()
    )


@contextmanager
def _served(pages: Mapping[str, bytes]) -> Iterator[str]:
    """A newspaper's own server; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def _main_thread_ms(browser: Browser, paper: str) -> float:
    """The main thread's tasks with the section, less those of the same page without it: of each the least of all runs,
    since whatever else the machine does can only add to them.
    """
    bare, whole = [], []
    for _ in range(RUNS):
        bare.append(_tasks_ms(browser, f"{paper}/bare", "h1"))
        whole.append(_tasks_ms(browser, f"{paper}/whole", ".threads > li"))
    return min(whole) - min(bare)


def _tasks_ms(browser: Browser, address: str, shown: str) -> float:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # its work, not its waiting for a processor
    before = _task_seconds(session)
    page.goto(address)
    time.sleep(SETTLED)  # to look into the page meanwhile would be work of its main thread too
    taken = _task_seconds(session) - before
    page.locator(shown).first.wait_for()
    context.close()
    return taken * 1000


def _task_seconds(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))
