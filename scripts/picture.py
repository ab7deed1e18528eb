"""Takes the README's picture of the desk, seeds/desk.png, from a fresh demo with the pack that is in place.

Run it with .venv/bin/python after scripts/test has set up the browser's library; it needs Chromium.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "seeds" / "desk.png"
CHROMIUM = os.environ.get("MODERATION_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


def main() -> None:
    password = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"MODERATION_VAR": folder, "MODERATION_ADMIN_PASSWORD": password}
        command = [str(ROOT / ".venv/bin/moderation"), "serve", "--port", "0"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                address = next(line.split()[-1] for line in server.stdout if line.startswith("Serving on"))
                take(address, password)
            finally:
                server.terminate()
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1024} kB")


def take(address: str, password: str) -> None:
    """Signs in and takes the queue as it greets a moderator."""
    with sync_playwright() as started:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
        browser = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
        page.goto(f"{address}/login")
        page.get_by_label("Name").fill("admin")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.locator(".line.here").wait_for()
        page.locator(".pane").wait_for()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
