"""Batches: several calls in one request, each answered as it would be by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from prometheus_client import REGISTRY
from werkzeug.test import TestResponse

from moderation.web.perspective import batch
from tests.perspective.asking import Perspective

CALL = "/v1alpha1/comments:analyze"
KEY = "the-key-of-the-site-that-sends"
"""Stands for it until it is known."""


def part(
    text: str, *, path: str = f"{CALL}?key={KEY}", content_id: str = "", method: str = "POST", end: str = "\r\n"
) -> str:
    body = json.dumps({"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]})
    head = ["Content-Type: application/http", "MIME-Version: 1.0"]
    head += [f"Content-ID: {content_id}"] if content_id else []
    inner = [f"{method} {path} HTTP/1.1", "Content-Type: application/json", f"Content-Length: {len(body)}", "", body]
    return end.join([*head, "", *inner])


def send(perspective: Perspective, parts: list[str], *, end: str = "\r\n", query: str = "") -> TestResponse:
    body = "".join(f"--edge{end}{one}{end}" for one in parts) + f"--edge--{end}"
    query, body = (said.replace(KEY, perspective.key) for said in (query, body))
    return perspective.app.test_client().post(
        f"/batch{query}", data=body.encode(), content_type='multipart/mixed; boundary="edge"'
    )


def answers(answer: TestResponse) -> list[tuple[dict[str, str], int, Any]]:
    """Headers of each part, its status and its content."""
    assert answer.status_code == 200, answer.text
    boundary = answer.content_type.partition("boundary=")[2]
    pieces = answer.text.split(f"--{boundary}")
    assert pieces[-1].strip() == "--"
    found = []
    for piece in pieces[1:-1]:
        head, _, inner = piece.strip("\r\n").partition("\r\n\r\n")
        status, _, rest = inner.partition("\r\n")
        content = rest.partition("\r\n\r\n")[2]
        headers = dict(line.split(": ", 1) for line in head.split("\r\n"))
        found.append((headers, int(status.split()[1]), json.loads(content)))
    return found


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_each_part_is_answered_in_its_place_and_under_its_id(perspective: Perspective, end: str) -> None:
    parts = [
        part("You are an idiot.", content_id="<abc + 1>", end=end),
        part("Thank you.", content_id="<abc + 2>", end=end),
    ]
    found = answers(send(perspective, parts, end=end))
    assert [headers["Content-ID"] for headers, _, _ in found] == ["<response-abc + 1>", "<response-abc + 2>"]
    scores = [content["attributeScores"]["TOXICITY"]["summaryScore"]["value"] for _, _, content in found]
    alone = [
        perspective.analyzed(text)["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
        for text in ("You are an idiot.", "Thank you.")
    ]
    assert scores == alone


def test_what_is_wrong_with_one_part_is_told_there_and_the_rest_is_answered(perspective: Perspective) -> None:
    wrong = [
        part("", content_id="<x + empty>"),
        part("Hello", path=f"{CALL}?key=sk_nobody"),
        part("Hello", path=CALL),
        part("Hello", path=f"/api/v1/comments?key={KEY}"),
        part("Hello", method="DELETE"),
    ]
    found = answers(send(perspective, [*wrong, part("Fine")]))
    assert [status for _, status, _ in found] == [400, 400, 403, 404, 404, 200]
    assert found[0][2]["error"]["details"][0]["errorType"] == "COMMENT_EMPTY"


@pytest.mark.parametrize("line", ["a\n", "a: b\r\n", "::\n"])
@pytest.mark.parametrize("where", ["part", "call"])
def test_header_lines_without_end_are_refused(perspective: Perspective, line: str, where: str) -> None:
    lines = line * (200_000 // len(line))
    head, _, inner = part("Hello").partition("\r\n\r\n")
    call, _, rest = inner.partition("\r\n")
    whole = f"{head}\r\n{lines}\r\n{inner}" if where == "part" else f"{head}\r\n\r\n{call}\r\n{lines}{rest}"
    answer = send(perspective, [whole])
    assert answer.status_code == 400
    assert "header lines" in answer.text


def test_the_key_may_stand_with_the_batch(perspective: Perspective) -> None:
    found = answers(send(perspective, [part("Fine", path=CALL)], query=f"?key={KEY}"))
    assert found[0][1] == 200


def test_a_hundred_parts_are_answered_and_one_more_is_too_many(perspective: Perspective) -> None:
    assert len(answers(send(perspective, [part("Fine")] * 100))) == 100
    answer = send(perspective, [part("Fine")] * 101)
    assert answer.status_code == 400
    assert "at most 100" in (answer.json or {})["error"]["message"]


def test_parts_whose_turn_comes_too_late_are_refused_and_counted(
    perspective: Perspective, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> float:
        return REGISTRY.get_sample_value("moderation_perspective_refused_for_load_total") or 0.0

    monkeypatch.setattr(batch, "ANSWER_WITHIN_SECONDS", -1.0)
    before = refused()
    found = answers(send(perspective, [part("Fine")] * 2))
    assert [(status, content["error"]["status"]) for _, status, content in found] == [(503, "UNAVAILABLE")] * 2
    assert perspective.scorer.asked == []
    assert refused() == before + 2


def test_each_part_counts_against_the_sites_limit(perspective: Perspective) -> None:
    perspective.configuration.set('[rate_limits]\nper_site = ["2 per 7 minute"]\n')
    assert [status for _, status, _ in answers(send(perspective, [part("Fine")] * 3))] == [200, 200, 429]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/mixed", b"--edge--"),
        ("multipart/mixed; boundary=edge", b""),
        ("multipart/mixed; boundary=edge", b"--edge--"),
        ("multipart/mixed; boundary=edge", b"--edge\r\nhello\r\n--edge--"),
        ("multipart/mixed; boundary=edge", b"--edge\r\nContent-Type: application/http\r\n\r\n\r\n--edge--"),
        ("multipart/mixed; boundary=edge", b"--edge\r\nContent-Type: text/html\r\n\r\nPOST / HTTP/1.1\r\n--edge--"),
        ("multipart/mixed; boundary=\xff", b"--\xff"),
        ("multipart/mixed; boundary=edge", b"--edge\xff\x00" * 1000),
    ],
)
def test_what_is_no_batch_is_refused_in_googles_shape(perspective: Perspective, kind: str, body: bytes) -> None:
    answer = perspective.app.test_client().post("/batch", data=body, content_type=kind)
    assert answer.status_code == 400
    assert (answer.json or {})["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("where", ["of the part", "of its request"])
def test_a_part_has_no_endless_head(perspective: Perspective, where: str) -> None:
    """Each line of it costs, so an end of them is what keeps eight megabytes of them from taking up a thread."""
    line = "MIME-Version: 1.0" if where == "of the part" else "Content-Type: application/json"
    one = part("Fine").replace(line, "\r\n".join([f"X-{number}: x" for number in range(100_000)]))
    answer = send(perspective, [one])
    assert answer.status_code == 400
    assert "header lines" in (answer.json or {})["error"]["message"]
    assert answers(send(perspective, [part("Fine").replace(line, "\r\n".join(["X: x"] * 90))]))[0][1] == 200
