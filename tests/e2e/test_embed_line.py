"""The README's one line: copied into a plain file, served from another port, and comments work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.service import ROOT, Service
from tests.served import serving

pytestmark = pytest.mark.browser

BODY = (
    "I copied one line into a file of mine, and then I wrote this comment under an article that nobody had registered."
)


@pytest.fixture
def folder_on_8080(tmp_path: Path) -> Iterator[Path]:
    """A folder that is served as ``python3 -m http.server 8080`` serves it."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", 8080), handler)
    except OSError:
        pytest.skip("something else serves on port 8080")
    with serving(server):
        yield tmp_path


def test_the_line_of_the_readme_works_from_a_file_on_another_port(
    service: Service, folder_on_8080: Path, page: Page
) -> None:
    line = re.search(
        r'^<script src="http://127\.0\.0\.1:8000/embed\.js".*$', (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert line is not None
    printed = next(told for told in service.lines if "publishable key" in told).split()[-1]
    own = line[0].replace("http://127.0.0.1:8000", service.address).replace("pk_…", printed)
    (folder_on_8080 / "page.html").write_text(f"<h1>A page of mine</h1>\n{own}\n")
    page.goto("http://127.0.0.1:8080/page.html")
    page.get_by_label("Your name").fill("Ravi K")
    page.get_by_label("Your comment").fill(BODY)
    page.get_by_role("button", name="Send comment").click()
    expect(page.locator(".notice")).to_contain_text("Thank you. Your comment waits for a moderator.")
    waiting = service.ask("GET", "/api/v1/comments?status=pending&article=2026/minerals").json["comments"]
    assert [comment["body"] for comment in waiting] == [BODY]
