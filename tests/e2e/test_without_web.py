"""Whoever only scores loads no web framework: real processes, asked at their end what they have loaded."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.service import ROOT, Service

TELLING = """
import atexit, sys
from moderation.cli import main

framework = {"flask", "flask_limiter", "werkzeug", "jinja2", "waitress", "moderation.web"}
atexit.register(lambda: print("loaded:", *sorted(framework & sys.modules.keys())))
main()
"""
TEXT = "The bridge will spare my children the detour along the main road every single morning."


def test_a_command_that_scores_loads_no_web_framework(tmp_path: Path) -> None:
    service = Service(tmp_path)
    scored = subprocess.run(
        [sys.executable, "-c", TELLING, "score"],
        cwd=ROOT,
        env=service.whole_environment,
        input=json.dumps({"id": 1, "text": TEXT, "article": {"title": "A bridge", "text": "It opens in May."}}),
        capture_output=True,
        text=True,
        check=True,
    )
    answer, loaded = scored.stdout.splitlines()
    assert "toxicity" in json.loads(answer)
    assert loaded == "loaded:"


def test_a_worker_that_has_scored_a_comment_has_loaded_no_web_framework(own_service: Service, tmp_path: Path) -> None:
    configuration = tmp_path / "moderation.toml"
    configuration.write_text('[scoring]\nmode = "worker"\n[rate_limits]\nenabled = false\n')
    own_service.environment["MODERATION_CONFIG"] = str(configuration)
    service = own_service.start()
    assert service.ask("PUT", "/api/v1/articles/bridge", {"title": "A bridge", "text": "It opens."}).status == 201
    answer = service.ask("POST", "/api/v1/articles/bridge/comments", {"author": {"name": "Reader"}, "body": TEXT})
    assert answer.json["status"] == "received"
    with subprocess.Popen(
        [sys.executable, "-c", TELLING, "worker"],
        cwd=ROOT,
        env=service.whole_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as worker:
        while service.ask("GET", f"/api/v1/comments/{answer.json['id']}").json["status"] == "received":
            assert worker.poll() is None
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert said.splitlines()[-1] == "loaded:"
