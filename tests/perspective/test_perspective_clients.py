"""Clients that we didn't write, against the running service: what they send is theirs, and their answers are ours."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.scoring.packs import WORLD
from tests.e2e.service import SITE_KEY, Service
from tests.said import SAID

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own dependencies
    from googleapiclient import discovery
    from googleapiclient.errors import HttpError

RUDE = "You are an idiot and everybody in this town knows that you are a stupid liar."
NPM_PACKAGES = ("perspective-api-client@3.1.0", "googleapis-common@8.0.3")
"""The client for Node, and what `google.discoverAPI` of the package `googleapis` is made of."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with its own pack, in production: no seeds."""
    environment = {"MODERATION_ENV": "production", "MODERATION_SECRET_KEY": "a secret for the tests of clients"}
    service = Service(tmp_path_factory.mktemp("var"), by_itself=True, environment=environment).start()
    yield service
    service.stop()


# --- Python's googleapiclient, through discovery ----------------------------------------------------------------------

Analyze = Callable[..., "dict[str, Any]"]


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[Any]:
    """As Perspective's own documentation builds it, with our address in it."""
    with discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=SITE_KEY,
        discoveryServiceUrl=f"{service.address}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
        cache_discovery=False,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def comments(client: Any) -> Any:
    return client.comments()


def test_googleapiclient_analyzes(comments: Any) -> None:
    asked = {"comment": {"text": RUDE}, "requestedAttributes": {"TOXICITY": {}, "INSULT": {}}, "languages": ["en"]}
    answer = comments.analyze(body=asked).execute()
    calm = comments.analyze(body=asked | {"comment": {"text": "Thank you for this report."}}).execute()
    for name in ("TOXICITY", "INSULT"):
        rude, kind = (one["attributeScores"][name]["summaryScore"]["value"] for one in (answer, calm))
        assert 0 <= kind < rude <= 1
    assert answer["attributeScores"]["TOXICITY"]["spanScores"][0]["end"] == len(RUDE)


def test_googleapiclient_sends_a_batch(client: Any, comments: Any) -> None:
    found: dict[str, Any] = {}

    def keep(request_id: str, answer: Any, error: Exception | None) -> None:
        found[request_id] = answer if error is None else error

    batch = client.new_batch_http_request(callback=keep)
    for name, text in (("rude", RUDE), ("kind", "Thank you for this report."), ("empty", "")):
        asked = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
        batch.add(comments.analyze(body=asked), request_id=name)
    batch.execute()
    rude, kind = (found[name]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] for name in ("rude", "kind"))
    assert 0 <= kind < rude <= 1
    assert isinstance(found["empty"], HttpError)


def test_googleapiclient_suggests_a_score(comments: Any) -> None:
    scores = {"TOXICITY": {"summaryScore": {"value": 1}}}
    answer = comments.suggestscore(
        body={"comment": {"text": RUDE}, "attributeScores": scores, "clientToken": "comment:7"}
    ).execute()
    assert answer["clientToken"] == "comment:7"


def test_googleapiclient_understands_why_it_is_refused(comments: Any) -> None:
    finnish = "Hallitus päätti eilen, että kaikkien on maksettava ensi vuonna enemmän veroja kuin tänä vuonna."
    with pytest.raises(HttpError, match="LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE") as refused:
        comments.analyze(body={"comment": {"text": finnish}, "requestedAttributes": {"TOXICITY": {}}}).execute()
    assert refused.value.resp.status == 400
    assert refused.value.reason == "Attribute TOXICITY does not support request languages: fi"
    with pytest.raises(HttpError, match="COMMENT_EMPTY"):
        comments.analyze(body={"comment": {"text": ""}, "requestedAttributes": {"TOXICITY": {}}}).execute()


@pytest.mark.skipif(not (WORLD / "manifest.json").is_file(), reason="the pack world isn't in this repository")
@pytest.mark.parametrize("code", SAID)
@pytest.mark.parametrize("stated", [True, False], ids=["stated", "found"])
def test_googleapiclient_analyzes_every_language(comments: Any, code: str, stated: bool) -> None:
    kind, rude = SAID[code]
    language = code.partition("-")[0]
    asked: dict[str, Any] = {
        "comment": {"text": f"{kind} {rude}"},
        "requestedAttributes": {"TOXICITY": {}},
        "spanAnnotations": True,
        **({"languages": [code]} if stated else {}),
    }
    answer = comments.analyze(body=asked).execute(num_retries=6)  # 503 while the pack is loaded on a busy machine
    assert answer["detectedLanguages"] == [language]
    assert answer["languages"] == [code if stated else language]
    toxicity = answer["attributeScores"]["TOXICITY"]
    first, *_, last = toxicity["spanScores"]
    assert first["begin"] == 0
    assert last["end"] == len(asked["comment"]["text"])
    assert 0 <= first["score"]["value"] < last["score"]["value"] <= 1
    calm = comments.analyze(body=asked | {"comment": {"text": f"{kind} {kind}"}}).execute()
    assert calm["attributeScores"]["TOXICITY"]["summaryScore"]["value"] < toxicity["summaryScore"]["value"]


# --- Node -------------------------------------------------------------------------------------------------------------

Node = Callable[..., "dict[str, Any]"]


@pytest.fixture(scope="module")
def node(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Runs JavaScript with the packages installed from npm; it ends by printing JSON."""
    npm, binary = shutil.which("npm"), shutil.which("node")
    if npm is None or binary is None:
        pytest.skip("no npm or node here (apt install npm)")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text("{}")
    installed = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", *NPM_PACKAGES],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if installed.returncode:
        pytest.skip(f"npm could not install {' and '.join(NPM_PACKAGES)}: {installed.stderr.strip()[-200:]}")
    _patch(folder / "node_modules/perspective-api-client/index.js", service.address)

    def run(script: str) -> dict[str, Any]:
        wrapped = f"(async () => {{ {script} }})().then(x => console.log(JSON.stringify(x)))"
        done = subprocess.run(
            [binary, "-e", wrapped], cwd=folder, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    return run


def _patch(file: Path, address: str) -> None:
    """The one line of the README: sed -i 's#https://commentanalyzer.googleapis.com#ADDRESS#' FILE."""
    subprocess.run(["sed", "-i", f"s#https://commentanalyzer.googleapis.com#{address}#", file], check=True)


def test_perspective_api_client_analyzes(node: Node) -> None:
    answer = node(f"""
        const Perspective = require('perspective-api-client');
        const perspective = new Perspective({{apiKey: '{SITE_KEY}'}});
        return perspective.analyze({json.dumps(RUDE)}, {{attributes: ['toxicity', 'profanity']}});
    """)
    assert sorted(answer["attributeScores"]) == ["PROFANITY", "TOXICITY"]
    assert answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5
    assert answer["attributeScores"]["TOXICITY"]["spanScores"][0]["end"] == len(RUDE)
    assert answer["languages"] == ["en"]


def test_perspective_api_client_passes_on_what_it_is_told(node: Node) -> None:
    answer = node("""
        const Perspective = require('perspective-api-client');
        const perspective = new Perspective({apiKey: 'no such key'});
        try { await perspective.analyze('Hello'); } catch (error) {
            return {name: error.name, message: error.message, status: error.response.status};
        }
    """)
    assert answer == {
        "name": "ResponseError",
        "message": "API key not valid. Please pass a valid API key.",
        "status": 400,
    }


def test_googles_client_for_node_discovers_and_analyzes_as_jigsaws_moderator_does(node: Node, service: Service) -> None:
    answer = node(f"""
        const {{Discovery}} = require('googleapis-common');
        const create = await new Discovery({{}}).discoverAPI('{service.address}/$discovery/rest?version=v1alpha1');
        const endpoint = create({{}});
        const resource = {{
            comment: {{text: 'Hello there. You are a stupid idiot and a liar.'}},
            context: {{entries: [{{text: 'An article about trams.'}}, {{text: 'A parent about trams.'}}]}},
            requestedAttributes: {{TOXICITY: {{}}}},
            languages: ['en'],
            clientToken: 'moderator_request1',
            spanAnnotations: true,
        }};
        const answer = await endpoint.comments.analyze({{key: '{SITE_KEY}', resource}});
        return answer.data;
    """)
    spans = answer["attributeScores"]["TOXICITY"]["spanScores"]
    assert [(span["begin"], span["end"]) for span in spans] == [(0, 12), (13, 47)]
    assert spans[1]["score"]["value"] > spans[0]["score"]["value"]
    assert answer["clientToken"] == "moderator_request1"


# --- requests byte for byte -------------------------------------------------------------------------------------------


def exchange(service: Service, request: bytes) -> tuple[int, dict[str, Any]]:
    """Sends these bytes and reads the answer; `Connection: close` ends it."""
    host, port = re.fullmatch(r"http://(.+):(\d+)", service.address).groups()  # type: ignore[union-attr]
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), dict(json.loads(body))


def in_http(path: str, headers: list[str], body: str) -> bytes:
    head = [f"POST {path} HTTP/1.1", *headers, f"Content-Length: {len(body.encode())}", "Connection: close"]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body.encode()


CORAL_HEADERS = [
    "Host: moderation.example:8000",
    "Accept: application/json, text/plain, */*",
    "Content-Type: application/json",
    "User-Agent: Coral Perspective/9.1.0",
    "Accept-Encoding: gzip, compress, deflate, br",
]
CORAL_ANALYZE = (
    '{"comment":{"text":"You are a stupid idiot, Zoë."},"doNotStore":true,"requestedAttributes":{"TOXICITY":{}},'
    '"languages":["en"]}'
)
CORAL_SUGGEST = (
    '{"comment":{"text":"You are a stupid idiot."},"context":{"entries":[{"text":"{\\"url\\":\\"https://news.example/'
    'trams?commentID=6b8d\\",\\"reply_to_id_Coral_comment_id\\":\\"51f0\\",\\"Coral_comment_id\\":\\"6b8d\\"}'
    '"}]},"attributeScores":{"TOXICITY":{"summaryScore":{"value":1}}},"languages":["en"],'
    '"communityId":"Coral:https://coral.example","clientToken":"comment:6b8d"}'
)


def test_coral_reads_its_score_where_it_looks_for_it(service: Service) -> None:
    path = f"/v1alpha1/comments:analyze?key={SITE_KEY}"
    status, answer = exchange(service, in_http(path, CORAL_HEADERS, CORAL_ANALYZE))
    assert status == 200
    assert answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.5


def test_coral_sends_a_label_on_each_decision(service: Service) -> None:
    path = f"/v1alpha1/comments:suggestscore?key={SITE_KEY}"
    for body in (CORAL_SUGGEST, CORAL_SUGGEST.replace('"value":1', '"value":0')):
        status, answer = exchange(service, in_http(path, CORAL_HEADERS, body))
        assert status == 200
        assert answer["clientToken"] == "comment:6b8d"
        assert answer["requestedLanguages"] == ["en"]


def test_jigsaws_moderator_gets_spans_summary_and_its_token(service: Service) -> None:
    headers = [
        "Host: moderation.example:8000",
        "x-goog-api-client: gdcl/3.1.0 gl-node/12.16.1 auth/5.1.0",
        "Accept-Encoding: gzip",
        "User-Agent: google-api-nodejs-client/3.1.0 (gzip)",
        "Content-Type: application/json",
        "Accept: application/json",
    ]
    body = (
        '{"comment":{"text":"Trams are fine. You are a stupid idiot."},"context":{"entries":[{"text":"The city lays '
        'new rails for its trams."},{"text":"When will they run?"}]},"requestedAttributes":{"TOXICITY":{},'
        '"INSULT@2":{},"THREAT_EXPERIMENTAL":{}},"languages":["en"],"clientToken":"Moderator_request99","spanAnnotations":true}'
    )
    status, answer = exchange(service, in_http(f"/v1alpha1/comments:analyze?key={SITE_KEY}", headers, body))
    assert status == 200
    assert answer["clientToken"] == "Moderator_request99"
    # It strips the version off each name, and shades these parts.
    assert {name.split("@")[0] for name in answer["attributeScores"]} == {"TOXICITY", "INSULT", "THREAT_EXPERIMENTAL"}
    for found in answer["attributeScores"].values():
        assert [(span["begin"], span["end"]) for span in found["spanScores"]] == [(0, 15), (16, 39)]
        assert isinstance(found["summaryScore"]["value"], float)


@pytest.mark.parametrize("attribute", ["TOXICITY", "SEVERE_TOXICITY"])
def test_discourses_plugin_reads_the_first_summary_score(service: Service, attribute: str) -> None:
    headers = [
        "User-Agent: Discourse/3.6.0",
        "Accept: */*",
        "Content-Type: application/json",
        "Host: moderation.example:443",
    ]
    body = (
        '{"comment":{"text":"You are a stupid idiot."},"doNotStore":true,"sessionId":"https://forum.example_17",'
        f'"requestedAttributes":{{"{attribute}":{{"scoreType":"PROBABILITY"}}}}}}'
    )
    status, answer = exchange(service, in_http(f"/v1alpha1/comments:analyze?key={SITE_KEY}", headers, body))
    assert status == 200
    ((name, found),) = answer["attributeScores"].items()
    assert name == attribute
    assert 0 <= found["summaryScore"]["value"] <= 1


def test_the_log_of_the_running_service_holds_no_key_and_no_text(service: Service) -> None:
    exchange(service, in_http(f"/v1alpha1/comments:analyze?key={SITE_KEY}", CORAL_HEADERS, CORAL_ANALYZE))
    exchange(service, in_http(f"/v1alpha1/comments:analyse?key={SITE_KEY}", CORAL_HEADERS, "{"))
    exchange(service, in_http(f"/v1alpha1/comments:analyze?key={SITE_KEY}x", CORAL_HEADERS, "{"))
    log = (service.var / "log").read_text() + "\n".join(service.lines)
    assert SITE_KEY not in log
    assert "idiot" not in log
