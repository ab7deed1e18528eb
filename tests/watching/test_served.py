"""A service that runs: its log holds nobody's words, and its traces arrive at a collector without them."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.e2e.service import MODERATION, SITE_KEY, Service
from tests.served import serving

NAME, BODY = (
    "Zebulon Quickfeather",
    "xylophonically speaking the harbour trams are quartzite and should not ring at dawn",
)
MAIL, ADDRESS, TOKEN = "zebulon@quickfeather.example", "203.0.113.77", "tok-quickfeather-0123456789abcdef"
WORDS = ("Zebulon", "Quickfeather", "quickfeather", "xylophonically", "quartzite", ADDRESS, SITE_KEY, "wombatly")
QUERY = "wombatly"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector:
    """Takes traces in, as a collector of OpenTelemetry does."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.came = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def spans(self) -> list[Any]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span for one in requests for of in one.resource_spans for scope in of.scope_spans for span in scope.spans
        ]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    collector = Collector()
    with serving(collector.server):
        yield collector


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Service:
    """A service that has been asked for everything by somebody who can be recognised, and then stopped."""
    environment = {
        "MODERATION_ENV": "production",  # no demo to be loaded, and JSON by default
        "MODERATION_SECRET_KEY": "a secret key of the tests' own",
        "MODERATION_LOG_LEVEL": "debug",
        "MODERATION_TRUSTED_PROXIES": "1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
    }
    service = Service(tmp_path_factory.mktemp("watched"), by_itself=True, environment=environment).start()
    try:
        _ask_for_everything(service)
    finally:
        assert service.stop() == 0
    return service


def _ask_for_everything(service: Service) -> None:
    about = {
        "X_Forwarded_For": ADDRESS,
        "X_Request_ID": "request-of-the-proxy",
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
    }
    author = {"name": NAME, "id": MAIL, "address": ADDRESS}
    article = "/api/v1/articles/quickfeather-street"
    service.ask("PUT", article, {"title": BODY, "text": BODY}, **about)
    sent = {"author": author, "body": BODY, "external_id": NAME}
    first = service.ask("POST", f"{article}/comments", sent, **about)
    assert first.status == 202
    comment = first.json
    problems = [
        service.ask("POST", f"{article}/comments", sent, **about),  # again
        service.ask("POST", f"{article}/comments", {**sent, "body": "xylophonically"}, **about),
        service.ask("POST", f"{article}/comments", {**sent, "body": BODY * 500}, **about),
        service.ask("POST", f"{article}/comments", {**sent, BODY: NAME}, **about),
        service.ask("POST", f"{article}/comments", sent, key=TOKEN, **about),
        service.ask("POST", f"/api/v1/comments/{comment['id']}/reports", {"reason": BODY}, **about),
        service.ask(
            "POST",
            "/api/v1/notices",
            {"url": BODY, "explanation": BODY, "name": NAME, "email": MAIL},
            key=None,
            **about,
        ),
        service.ask("GET", f"/api/v1/comments/{NAME.replace(' ', '-')}?receipt={QUERY}", key=None, **about),
        service.ask("GET", f"/api/v1/comments?cursor={QUERY}&article={QUERY}", **about),
        service.ask("POST", f"/v1alpha1/comments:analyze?key={QUERY}", {"comment": {"text": BODY}}, key=None, **about),
        service.ask("POST", "/api/v1/integrations/coral", {"comment": {"body": BODY}}, key=None, **about),
        service.ask("PATCH", f"/api/v1/comments/{comment['id']}?receipt={QUERY}", {"body": BODY}, key=None, **about),
    ]
    assert all(400 <= one.status < 500 for one in problems), [one.status for one in problems]
    # Every route that takes no sign-in, and those that do, with ids, queries and bodies that nobody should read.
    document = service.ask("GET", "/openapi.json").json
    for path, calls in document["paths"].items():
        filled = re.sub(r"\{\w+\}", "quickfeather", path)
        for method in calls:
            service.ask(method.upper(), f"{filled}?q={QUERY}", {"body": BODY, "text": BODY, "name": NAME}, **about)
    for path in ("/", "/login", "/review", f"/{QUERY}", f"/appeal/{QUERY}", f"/static/{QUERY}", "/embed/x", "/admin"):
        service.ask("GET", f"{path}?q={QUERY}&name=Quickfeather", key=None, **about)
        service.ask("POST", path, {"username": MAIL, "password": BODY}, key=None, **about)


def _log(service: Service) -> str:
    return (service.var / "log").read_text()


def test_the_log_holds_nobody_s_words(ended: Service) -> None:
    log = _log(ended)
    assert not [word for word in WORDS if word in log]


def test_every_line_is_json_and_most_belong_to_a_request(ended: Service) -> None:
    entries = [json.loads(line) for line in _log(ended).splitlines()]
    requests = [one for one in entries if one["logger"] == "moderation.requests"]
    posted = [one for one in requests if one["route"].endswith("/comments") and one["status"] == 202]
    assert posted
    assert posted[0]["site"] == "demo"
    assert posted[0]["request_id"] == "request-of-the-proxy"
    heads = [
        one for one in entries if one["message"] == "audit head" and one.get("request_id") == "request-of-the-proxy"
    ]
    assert heads


def test_traces_arrive_without_anybody_s_words(ended: Service, collector: Collector) -> None:
    spans = collector.spans
    of_trace = [one for one in spans if one.trace_id.hex() == TRACE]
    comment = "POST /api/v1/articles/<article:article_id>/comments"
    names = {one.name for one in of_trace}
    assert {comment, "scoring", "transaction"} <= names
    ids = {one.span_id: one for one in of_trace}
    scoring = next(one for one in of_trace if one.name == "scoring")
    assert ids[scoring.parent_span_id].name == comment
    assert not [word for word in WORDS for body in collector.bodies if word.encode() in body]


def test_without_the_extra_a_warning_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys, logging; sys.modules['opentelemetry.sdk.trace'] = None; logging.basicConfig()\n"
        "from moderation.watching.tracing import span, traced\n"
        "with traced(), span('x') as told: told('x', {})\n"
    )
    python = MODERATION.parent / "python"
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    run = subprocess.run([python, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert "pip install 'moderation[otel]'" in run.stderr


def test_without_an_address_nothing_of_it_is_loaded() -> None:
    script = (
        "import sys\nimport moderation.cli.web_process\nfrom moderation.watching.tracing import span, traced\n"
        "with traced(), span('x'): pass\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    run = subprocess.run(
        [MODERATION.parent / "python", "-c", script], env={}, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
