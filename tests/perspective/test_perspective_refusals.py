"""``comments:analyze``: what is refused, in Google's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from prometheus_client import REGISTRY

from moderation.accounts.sites import add_secret_key
from moderation.storage.sites import Right
from moderation.web.perspective.analyze import refuse_for_load
from tests.perspective.asking import Perspective, error, error_type


@pytest.mark.parametrize("comment", [None, {}, {"text": ""}, {"text": " \n"}, {"text": "<br>", "type": "HTML"}])
def test_an_empty_comment_is_refused(perspective: Perspective, comment: Any) -> None:
    assert error_type(perspective.analyze(comment=comment)) == "COMMENT_EMPTY"


def test_a_comment_over_20480_bytes_is_refused_and_one_of_20480_is_not(perspective: Perspective) -> None:
    text = "I like the café that we have here. " * 568
    text += "é" * ((20_480 - len(text.encode())) // 2)
    assert len(text.encode()) == 20_480
    assert perspective.analyze(text).status_code == 200
    answer = perspective.analyze(text + "a")
    assert error_type(answer) == "COMMENT_TOO_LONG"
    assert error(answer)["message"] == "Comment text was too many bytes. Value (20481) exceeded limit (20480)."


@pytest.mark.parametrize("asked", [None, {}])
def test_no_requested_attributes_are_refused(perspective: Perspective, asked: Any) -> None:
    assert error_type(perspective.analyze(requestedAttributes=asked)) == "NO_REQUESTED_ATTRIBUTES"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[1]", "object"),
        (b"\xff", "UTF-8"),
        (b'{"a": NaN}', "JSON"),
        (b"[" * 100_000, "JSON"),
        ({"comment": "Hello"}, "comment"),
        ({"comment": {"text": 7}}, "comment.text"),
        ({"comment": {"text": "a", "type": "MARKDOWN"}}, "text type"),
        ({"comment": {"text": "a", "langages": "en"}}, "Unknown name \"langages\" at 'comment'"),
        ({"coment": {"text": "a"}}, 'Unknown name "coment"'),
        ({"requestedAttributes": ["TOXICITY"]}, "requestedAttributes"),
        ({"requestedAttributes": {"TOXICITY": 3}}, "requestedAttributes[TOXICITY]"),
        ({"requestedAttributes": {"TOXICITY": {"scoreType": "STD_DEV_SCORE"}}}, "STD_DEV_SCORE"),
        ({"requestedAttributes": {"TOXICITY": {"scoreThreshold": "high"}}}, "scoreThreshold"),
        ({"requestedAttributes": {"TOXICITY": {"scoreThreshold": True}}}, "scoreThreshold"),
        ({"languages": [7]}, "languages"),
        ({"languages": ["English please"]}, "languages"),
        ({"spanAnnotations": "perhaps"}, "spanAnnotations"),
        ({"clientToken": 7}, "clientToken"),
        ({"clientToken": "t" * 10_001}, "clientToken"),
        ({"context": []}, "context"),
        ({"context": {"entries": {"text": "a"}}}, "context.entries"),
        ({"context": {"entries": ["a"]}}, "context.entries[0]"),
        ({"context": {"articleAndParentComment": {"article": "a"}}}, "context.articleAndParentComment.article"),
    ],
)
def test_a_request_of_another_shape_is_refused_with_the_name_of_what_is_wrong(
    perspective: Perspective, body: Any, named: str
) -> None:
    if isinstance(body, dict):
        body = {"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": {}}} | body
    answer = perspective.post("analyze", body)
    assert error_type(answer) == "INVALID_REQUEST"
    assert named in error(answer)["message"]


def test_a_threshold_that_is_no_finite_number_is_refused(perspective: Perspective) -> None:
    body = b'{"comment": {"text": "a"}, "requestedAttributes": {"TOXICITY": {"scoreThreshold": 1e999}}}'
    assert error_type(perspective.post("analyze", body)) == "INVALID_REQUEST"


def test_without_a_key_nothing_is_answered(perspective: Perspective) -> None:
    for key in (None, ""):
        found = error(perspective.post("analyze", {"comment": {"text": "a"}}, key=key), 403)
        assert found["status"] == "PERMISSION_DENIED"


def test_a_wrong_key_is_told_as_google_tells_it(perspective: Perspective) -> None:
    for key in ("AIzaSyNoSuchKey", perspective.newsroom.publishable, "é"):
        found = error(perspective.post("analyze", {"comment": {"text": "a"}}, key=key), 400)
        assert found["status"] == "INVALID_ARGUMENT"
        assert found["message"] == "API key not valid. Please pass a valid API key."
        assert found["details"][0]["reason"] == "API_KEY_INVALID"
        assert found["details"][0]["@type"] == "type.googleapis.com/google.rpc.ErrorInfo"


def test_a_key_without_the_right_is_told_so(perspective: Perspective) -> None:
    key = add_secret_key(perspective.services, "test", perspective.site, [Right.READ])
    found = error(perspective.post("analyze", {"comment": {"text": "a"}}, key=key), 403)
    assert "analyze" in found["message"]


def test_a_key_may_come_in_googles_header(perspective: Perspective) -> None:
    body = {"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": {}}}
    client = perspective.app.test_client()
    assert (
        client.post("/v1alpha1/comments:analyze", json=body, headers={"X-Goog-Api-Key": perspective.key}).status_code
        == 200
    )


def test_a_site_over_its_limit_is_told_as_google_tells_it(perspective: Perspective) -> None:
    perspective.configuration.set('[rate_limits]\nper_site = ["2 per minute"]\n')
    assert [perspective.analyze().status_code for _ in range(3)] == [200, 200, 429]
    answer = perspective.suggest()
    found = error(answer, 429)
    assert found["status"] == "RESOURCE_EXHAUSTED"
    assert found["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_scorer_that_is_too_slow_is_told_at_once(perspective: Perspective) -> None:
    perspective.scorer.slow = True
    answer = perspective.analyze()
    assert error(answer, 503)["status"] == "UNAVAILABLE"
    assert answer.headers["Retry-After"]
    assert perspective.scorer.timeouts == [2.0]


def test_a_request_that_waited_too_long_for_its_turn_is_refused_before_any_work(perspective: Perspective) -> None:
    body = {"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": {}}}
    for waited, status in ((0.1, 200), (0.6, 503)):
        answer = perspective.app.test_client().post(
            f"/v1alpha1/comments:analyze?key={perspective.key}",
            json=body,
            environ_base={"moderation.waited_seconds": waited},
        )
        assert answer.status_code == status
    assert error(answer, 503)["status"] == "UNAVAILABLE"
    assert len(perspective.scorer.asked) == 1


def test_who_has_too_many_ahead_is_refused_in_the_same_words_and_counted(perspective: Perspective) -> None:
    def refused() -> float:
        return REGISTRY.get_sample_value("moderation_perspective_refused_for_load_total") or 0.0

    before = refused()
    answer = perspective.app.test_client().post(
        f"/v1alpha1/comments:analyze?key={perspective.key}", json={}, environ_base={"moderation.waited_seconds": 9.0}
    )
    status, headers, body = refuse_for_load()
    assert status.startswith("503")
    assert json.loads(body) == answer.json
    assert dict(headers).items() <= dict(answer.headers).items()
    assert perspective.scorer.asked == []
    assert refused() == before + 2


def test_a_refused_question_is_no_refused_write(perspective: Perspective) -> None:
    def refused_writes() -> float:
        figures = REGISTRY.collect()
        return sum(one.value for family in figures if family.name == "moderation_refused" for one in family.samples)

    client, before = perspective.app.test_client(), refused_writes()
    assert client.post("/v1alpha1/comments:analyze").status_code == 403
    assert client.post("/v1alpha1/comments:nothing").status_code == 404
    assert client.post("/batch", environ_base={"moderation.waited_seconds": 9.0}).status_code == 503
    assert refused_writes() == before
    assert client.post("/api/v1/comments", json={}).status_code >= 400
    assert refused_writes() > before


def test_a_request_over_every_limit_and_a_wrong_path_or_method_are_told_as_google_tells_them(
    perspective: Perspective,
) -> None:
    assert error(perspective.post("analyze", b"x" * (8 * 2**20 + 1)), 413)["status"] == "INVALID_ARGUMENT"
    assert error(perspective.post("anlyze", {}), 404)["status"] == "NOT_FOUND"
    client = perspective.app.test_client()
    assert error(client.get("/v1alpha1/comments:analyze"), 405)["status"] == "UNIMPLEMENTED"
