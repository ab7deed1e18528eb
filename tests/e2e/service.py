"""The whole service in a process of its own, over a database of its own, talked to by HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
MODERATION = Path(sys.executable).parent / "moderation"
ADMIN_PASSWORD = "an administrator's password for tests"
SITE_KEY = "sk_a-secret-key-for-tests-of-the-demo-site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class Service:
    """`moderation serve` on a free port. ``lines`` is what it has printed; its log lies in ``var/log``."""

    var: Path
    environment: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    address: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> Service:
        """Starts, or starts again, and returns once it answers."""
        self.lines = []
        with (self.var / "log").open("a") as log:
            self.process = subprocess.Popen(
                [MODERATION, "serve", "--port", "0"],
                cwd=ROOT,
                env=self.whole_environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith("Serving on "):
                self.address = line.split()[2]
            if line.startswith("Stop with"):
                break
        else:
            self.process.stdout.close()
            pytest.fail(f"the service ended with {self.process.wait()}:\n{(self.var / 'log').read_text()}")
        threading.Thread(target=self._drain, args=(self.process,), daemon=True).start()
        return self

    def _drain(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.lines.extend(line.rstrip() for line in process.stdout)
        process.stdout.close()

    @property
    def whole_environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}
        ours = {
            "MODERATION_VAR": str(self.var),
            "MODERATION_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "MODERATION_SITE_KEY": SITE_KEY,
        }
        return {**kept, **ours, **self.environment}

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stops it and returns its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `moderation ARGUMENTS` on this service's database."""
        return subprocess.run(
            [MODERATION, *arguments], cwd=ROOT, env=self.whole_environment, capture_output=True, text=True, check=False
        )

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = SITE_KEY, **headers: str) -> Answer:
        """One request, by default with the site's secret key; ``body`` is sent as JSON."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            sent["Authorization"] = f"Bearer {key}"
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.address + path, data=data, headers=sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(status=answer.status, headers=dict(answer.headers), body=answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(status=error.code, headers=dict(error.headers), body=error.read())
