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
from click.testing import CliRunner, Result

from moderation.cli import main
from tests.e2e.forked import Forked

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
    """`moderation serve` on a free port. ``lines`` is what it has printed; its log lies in ``var/log``. Its processes
    are forked off one that has imported everything, unless they are to start as on any machine (``by_itself``).
    ``code``: where the service's own code is, of another version perhaps; it starts by itself.
    """

    var: Path
    environment: dict[str, str] = field(default_factory=dict)
    by_itself: bool = False
    code: Path = ROOT
    lines: list[str] = field(default_factory=list)
    address: str = ""
    process: subprocess.Popen[str] | Forked | None = None

    def start(self) -> Service:
        """Starts, or starts again, and returns once it answers."""
        self.lines = []
        self.process = self.begin("serve", "--port", "0", log="log", heard=True)
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

    def begin(self, *arguments: str, log: str, heard: bool = False) -> subprocess.Popen[str] | Forked:
        """A process `moderation ARGUMENTS` of it. Its log goes into ``log`` in ``var``, and what it prints too unless
        that is ``heard``, by its ``stdout``.
        """
        environment = self.whole_environment
        if not self.by_itself and self.code == ROOT:
            return Forked(arguments, environment=environment, log=self.var / log, heard=heard)
        with (self.var / log).open("a") as file:
            out = subprocess.PIPE if heard else file
            # What is at hand comes first.
            there = [sys.executable, "-c", "from moderation.cli import main; main()"]
            command: list[str | Path] = [*([MODERATION] if self.code == ROOT else there), *arguments]
            return subprocess.Popen(command, cwd=self.code, env=environment, stdout=out, stderr=file, text=True)

    def _drain(self, process: subprocess.Popen[str] | Forked) -> None:
        assert process.stdout is not None
        self.lines.extend(line.rstrip() for line in process.stdout)
        process.stdout.close()

    @property
    def whole_environment(self) -> dict[str, str]:
        return {name: value for name, value in (os.environ | self.own_environment).items() if value is not None}

    @property
    def own_environment(self) -> dict[str, str | None]:
        """What it has beside this process's environment; None: what it lacks of that."""
        foreign = dict.fromkeys(name for name in os.environ if name.startswith("MODERATION_"))
        ours = {
            "MODERATION_VAR": str(self.var),
            "MODERATION_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "MODERATION_SITE_KEY": SITE_KEY,
        }
        return {**foreign, **ours, **self.environment}

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stops it and returns its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def end(self) -> None:
        """Kills it, if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    @property
    def is_ready(self) -> bool:
        return self.ask("GET", "/readyz").status == 200

    @property
    def children(self) -> list[int]:
        """The processes that this one has started: the web processes, where there are several."""
        assert self.process is not None
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_all(self) -> None:
        """SIGKILL for every process at once, the first one first: it then replaces none."""
        assert self.process is not None
        for process in [self.process.pid, *self.children]:
            os.kill(process, signal.SIGKILL)
        self.process.wait(timeout=60)

    def command(self, *arguments: str) -> Result:
        """Runs `moderation ARGUMENTS` on this service's database, beside it but in this process: a process of its own
        is half a second of imports.
        """
        return CliRunner().invoke(main, arguments, env=self.own_environment)

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


def refused_start(var: Path, *arguments: str, **environment: str) -> str:
    """Tries to start, and returns what was said before it gave up with an error."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MODERATION_")}
    log = var / "log"
    log.unlink(missing_ok=True)
    process = Forked(
        ["serve", "--port", "0", *arguments],
        environment=kept | {"MODERATION_VAR": str(var)} | environment,
        log=log,
        heard=False,
    )
    try:
        status = process.wait(timeout=60)
    finally:
        process.kill()
    said = log.read_text()
    assert status == 2, said
    assert "Traceback" not in said
    return said
