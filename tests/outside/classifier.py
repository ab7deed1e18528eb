"""A classifier that listens on this machine and says what a text asks it to say, and one that is a Python package."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from moderation.outside.asking import Classifiers
from moderation.webhooks.signing import outside_secrets
from tests.newsroom import Newsroom
from tests.webhooks.receiver import Receiver, Request, status

README = Path(__file__).parents[2] / "moderation" / "outside" / "README.md"


def says(text: str) -> dict[str, float]:
    """``clickbait=0.8`` in a text."""
    return {name: float(value) for name, value in re.findall(r"\b(clickbait|helpful)=([0-9.]+)", text)}


def obedient(handler: BaseHTTPRequestHandler, request: Request) -> None:
    """Answers what the text asks for."""
    status(200, json.dumps({"signals": says(json.loads(request.text)["text"])}))(handler, request)


@dataclass(slots=True)
class Asked:
    """A newsroom and the classifier that it asks."""

    newsroom: Newsroom
    receiver: Receiver

    def configure(self, policy: str, *, settings: str = "timeout_ms = 2000", signals: str = '"clickbait"') -> None:
        self.newsroom.configure(
            f'[scoring.outside]\nurl = "{self.receiver.url}"\nallow_private = true\nsignals = [{signals}]\n'
            f"{settings}\n{policy}"
        )

    @property
    def questions(self) -> list[dict[str, Any]]:
        return [request.event for request in self.receiver.got]


def classifiers(newsroom: Newsroom) -> Classifiers:
    services = newsroom.services
    return Classifiers(services.configuration, lambda: outside_secrets(services.keys.webhooks), clock=services.clock)


@contextmanager
def asking(newsroom: Newsroom, receiver: Receiver) -> Iterator[Asked]:
    receiver.answer = obedient
    newsroom.hall.change(outside=classifiers(newsroom))
    try:
        yield Asked(newsroom, receiver)
    finally:
        newsroom.hall.change(outside=None)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts the package of the README, and some that misbehave, where Python finds them, as pip leaves an installed one:
    its module, and its metadata with the entry points.
    """
    text = README.read_text()
    (module,) = re.findall(r"```python\n(def signals.*?)```", text, re.DOTALL)
    (project,) = re.findall(r"```toml\n(\[project\].*?)```", text, re.DOTALL)
    (entry,) = re.findall(r'^(\w+ = )"(my_classifier:signals)"$', project, re.MULTILINE)
    (folder / "my_classifier.py").write_text(module + MORE)
    metadata = folder / "my_classifier-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-classifier\nVersion: 1.0\n")
    others = "".join(f"{name} = my_classifier:{name}\n" for name in ("raises", "hangs", "waits", "nonsense"))
    missing = "missing = my_classifier:there_is_no_such\n"
    (metadata / "entry_points.txt").write_text(f"[moderation.signals]\n{''.join(entry)}\n{others}{missing}")
    monkeypatch.syspath_prepend(str(folder))


MORE = """

def raises(question):
    raise ValueError(question["text"])


def hangs(question):
    import time
    time.sleep(5)


def waits(question):
    import time
    time.sleep(0.25)
    return {"signals": {"shouting": 0.5}}


def nonsense(question):
    return {"signals": {"shouting": float("nan")}}
"""
