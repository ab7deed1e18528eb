"""Texts that are made to be hard hold up nobody else: while they are answered, the service says that it is well."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.core.hostile_shapes import SHAPES
from tests.e2e.service import Service

LIMIT = 10.0
"""Seconds that scoring may take before a comment waits unscored: in all of them the service must answer others."""


@contextmanager
def watched(service: Service) -> Iterator[list[float]]:
    """Asks for ``/healthz`` again and again meanwhile; how long each answer took, in seconds."""
    took: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            begun = time.monotonic()
            assert service.ask("GET", "/healthz", key=None).status == 200
            took.append(time.monotonic() - begun)
            done.wait(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield took
    finally:
        done.set()
        thread.join()


@pytest.fixture(scope="module")
def article(service: Service) -> str:
    sent = {"title": "Trams return", "text": "The city lays new rails. Trams will run from May."}
    assert service.ask("PUT", "/api/v1/articles/hostile", sent).status == 201
    return "hostile"


def storable(name: str) -> str:
    return SHAPES[name](5000).encode("utf-8", "replace").decode()


@pytest.mark.parametrize("name", ["marks and an at sign", "exclamation marks", "flags", "a cashtag", "line breaks"])
def test_a_hostile_comment_holds_up_nobody(service: Service, article: str, name: str) -> None:
    body = "What a strange thing to write under an article about trams. " + storable(name)[:4900]
    with watched(service) as took:
        answer = service.ask(
            "POST", f"/api/v1/articles/{article}/comments", {"author": {"name": f"Eve {name}"}, "body": body}
        )
    assert answer.status in (201, 202), answer.body
    assert took
    assert max(took) < LIMIT


@pytest.mark.parametrize("mark", ["!", "! ", "e\u0301", "a@"])
def test_an_article_of_a_million_marks_is_answered(service: Service, mark: str) -> None:
    text = mark * (1_000_000 // (len(json.dumps(mark)) - 2))
    with watched(service) as took:
        answer = service.ask("PUT", "/api/v1/articles/a-million", {"title": "A million", "text": text})
    assert answer.status in (200, 201), answer.body
    assert took
    assert max(took) < LIMIT


@pytest.mark.parametrize(
    "page",
    ["<p " + " ".join(f"a{i}=1" for i in range(110_000)) + ">x</p>", "<p>x" * 200_000, "<div>" * 200_000],
    ids=["attributes", "paragraphs never closed", "nested"],
)
def test_a_hostile_page_is_answered(service: Service, page: str) -> None:
    with watched(service) as took:
        answer = service.ask("PUT", "/api/v1/articles/hostile-page", {"title": "A page", "html": page})
    assert answer.status in (200, 201, 422), answer.body
    assert took
    assert max(took) < LIMIT


def test_hostile_shapes_are_analyzed_or_refused(service: Service) -> None:
    key = service.command("sites", "secret-key", "demo", "--right", "analyze").stdout.split()
    secret = next((word for word in key if word.startswith("sk_")), None)
    assert secret, key
    with watched(service) as took:
        for name in list(SHAPES)[::5]:
            text = storable(name).encode()[:20_000].decode(errors="ignore")
            for kind in ("PLAIN_TEXT", "HTML"):
                asked = {
                    "comment": {"text": text, "type": kind},
                    "context": {"entries": [{"text": text * 4, "type": kind}]},
                    "requestedAttributes": {"TOXICITY": {}, "RELEVANCE": {}},
                    "languages": ["en"],
                }
                answer = service.ask("POST", f"/v1alpha1/comments:analyze?key={secret}", asked, key=None)
                assert answer.status in (200, 400, 503), (name, answer.body)
    assert max(took) < LIMIT
