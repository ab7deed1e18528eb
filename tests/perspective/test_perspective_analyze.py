"""``comments:analyze``: what is answered."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from moderation.core.scores import Scale, ScoreRequest, Scores
from moderation.perspective.wire import LABEL_OF
from moderation.scoring.batching import BatchingScorer
from moderation.storage.tables import Base
from tests.newsroom import open_hall
from tests.perspective.asking import IdiotScorer, Perspective, arrive, error, error_type

LONG_GERMAN = (
    "Die Regierung hat gestern beschlossen, dass alle Bürgerinnen und Bürger im nächsten Jahr mehr Steuern zahlen."
)
LONG_ENGLISH = "I think that the government should have told us about this a long time ago, and they did not."


def scores(answer: dict[str, Any]) -> dict[str, float]:
    return {name: found["summaryScore"]["value"] for name, found in answer.get("attributeScores", {}).items()}


# --- answers ----------------------------------------------------------------------------------------------------------


def test_the_answer_has_the_shape_that_clients_read(perspective: Perspective) -> None:
    assert perspective.analyzed("You are an idiot.", clientToken="comment:17") == {
        "attributeScores": {
            "TOXICITY": {
                "spanScores": [{"begin": 0, "end": 17, "score": {"value": 0.9, "type": "PROBABILITY"}}],
                "summaryScore": {"value": 0.9, "type": "PROBABILITY"},
            }
        },
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "comment:17",
    }


def test_scores_are_on_the_scale_that_perspectives_users_have_set_their_thresholds_on(
    perspective: Perspective,
) -> None:
    assert scores(perspective.analyzed("You are an idiot."))["TOXICITY"] == 0.9  # 0.45 on the natural scale


def test_every_attribute_answers_under_the_name_it_was_asked_by(perspective: Perspective) -> None:
    names = [name for name in LABEL_OF if name != "RELEVANCE"]
    asked = {*names, *(f"{name}_EXPERIMENTAL" for name in names), "TOXICITY@6", "INSULT_EXPERIMENTAL@2"}
    assert set(scores(perspective.analyzed(requestedAttributes={name: {} for name in asked}))) == asked


def test_an_attribute_without_an_honest_score_is_an_error(perspective: Perspective) -> None:
    for name in ("ATTACK_ON_AUTHOR", "FLIRTATION", "SPAM", "UNSUBSTANTIAL", "LIKELY_TO_REJECT", "toxicity", "NO SUCH"):
        answer = perspective.analyze(requestedAttributes={"TOXICITY": {}, name: {}})
        assert error_type(answer) == "INVALID_REQUEST"
        assert error(answer)["message"] == f"Unknown requested attribute: {name}"


def test_an_attribute_without_an_honest_score_is_dropped_where_the_client_wants_that(
    perspective: Perspective,
) -> None:
    answer = perspective.analyzed(requestedAttributes={"SPAM": {}, "TOXICITY": {}}, dropUnsupportedAttributes=True)
    assert set(scores(answer)) == {"TOXICITY"}
    assert "attributeScores" not in perspective.analyzed(
        requestedAttributes={"SPAM": {}}, dropUnsupportedAttributes=True
    )


def test_a_label_that_the_pack_lacks_is_an_error_not_a_zero(sexless: Perspective) -> None:
    asked: dict[str, dict[str, object]] = {"SEXUALLY_EXPLICIT": {}, "THREAT": {}}
    assert error_type(sexless.analyze(requestedAttributes=asked)) == "INVALID_REQUEST"
    dropped = sexless.analyzed(requestedAttributes=asked, dropUnsupportedAttributes=True)
    assert set(scores(dropped)) == {"THREAT"}


def test_a_score_below_its_threshold_is_left_out_and_one_at_it_stays(perspective: Perspective) -> None:
    asked = {"TOXICITY": {"scoreThreshold": 0.9}, "INSULT": {"scoreThreshold": 0.46}}
    assert set(scores(perspective.analyzed(requestedAttributes=asked))) == {"TOXICITY"}


def test_all_scores_below_their_thresholds_leave_no_attribute_scores(perspective: Perspective) -> None:
    answer = perspective.analyzed("A calm word.", requestedAttributes={"TOXICITY": {"scoreThreshold": 0.5}})
    assert answer == {"languages": ["en"], "detectedLanguages": ["en"]}


def test_names_may_be_written_as_in_protobuf(perspective: Perspective) -> None:
    body = {
        "comment": {"text": "You are an idiot."},
        "requested_attributes": {"TOXICITY": {"score_type": "PROBABILITY", "score_threshold": 0.5}},
        "do_not_store": True,
        "client_token": "t",
        "span_annotations": None,
    }
    answer = perspective.post("analyze", body)
    assert answer.status_code == 200
    assert (answer.json or {})["clientToken"] == "t"


def test_what_else_arrives_in_the_query_does_not_hurt(perspective: Perspective) -> None:
    body = {"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": {}}}
    extra = {"alt": "json", "fields": "attributeScores", "prettyPrint": "false", "quotaUser": "me", "$.xgafv": "1"}
    assert perspective.post("analyze", body, **extra).status_code == 200


def test_a_body_without_a_json_content_type_is_read_all_the_same(perspective: Perspective) -> None:
    body = json.dumps({"comment": {"text": "Hello"}, "requestedAttributes": {"TOXICITY": None}}).encode()
    for content_type in (None, "text/plain", "application/x-www-form-urlencoded"):
        answer = perspective.app.test_client().post(
            f"/v1alpha1/comments:analyze?key={perspective.key}", data=body, content_type=content_type
        )
        assert answer.status_code == 200, answer.text


# --- spans ------------------------------------------------------------------------------------------------------------


def spans(answer: dict[str, Any], name: str = "TOXICITY") -> list[tuple[int, int, float]]:
    return [(s["begin"], s["end"], s["score"]["value"]) for s in answer["attributeScores"][name]["spanScores"]]


def utf16(text: str, begin: int, end: int) -> str:
    """The part of a text that a JavaScript client sees between two offsets."""
    return text.encode("utf-16-le")[2 * begin : 2 * end].decode("utf-16-le")


def test_with_span_annotations_each_sentence_has_each_attributes_own_score(perspective: Perspective) -> None:
    answer = perspective.analyzed(
        "What kind of idiot name is foo? Sorry, I like your name.",
        spanAnnotations=True,
        requestedAttributes={"TOXICITY": {}, "INSULT": {}},
    )
    assert spans(answer) == [(0, 31, 0.9), (32, 56, 0.1)]
    assert spans(answer, "INSULT") == [(0, 31, 0.45), (32, 56, 0.05)]


def test_spans_count_utf16_code_units(perspective: Perspective) -> None:
    text = "😀😀 Hello \N{MATHEMATICAL SCRIPT CAPITAL A}ll. You idiot 🤡! Bye."
    whole = perspective.analyzed(text)
    assert spans(whole)[0][:2] == (0, len(text.encode("utf-16-le")) // 2)
    found = spans(perspective.analyzed(text, spanAnnotations=True))
    assert [utf16(text, begin, end) for begin, end, _ in found] == [text[:13], "You idiot 🤡!", "Bye."]
    assert text[:13].endswith("ll.")


def test_half_a_surrogate_pair_counts_as_one_unit(perspective: Perspective) -> None:
    answer = perspective.analyzed("a\ud83d. You idiot.", spanAnnotations=True)
    assert spans(answer) == [(0, 3, 0.1), (4, 14, 0.9)]


def test_html_is_scored_as_it_is_read_and_spans_refer_to_it_as_it_was_sent(perspective: Perspective) -> None:
    html = '<p>Caf&eacute; is n&#105;ce.</p> <!-- idiot --><p title="idiot">You <b>idi</b>ot &amp; 😀.</p>'
    answer = perspective.analyzed(comment={"text": html, "type": "HTML"}, spanAnnotations=True)
    assert [utf16(html, begin, end) for begin, end, _ in spans(answer)] == [
        "Caf&eacute; is n&#105;ce.",
        "You <b>idi</b>ot &amp; 😀.",
    ]
    assert [value for *_, value in spans(answer)] == [0.1, 0.9]
    assert spans(perspective.analyzed(comment={"text": html, "type": "HTML"}))[0][:2] == (0, len(html) + 1)


def test_a_sentence_below_the_threshold_has_no_span(perspective: Perspective) -> None:
    answer = perspective.analyzed(
        "Hello there. You idiot.",
        spanAnnotations=True,
        requestedAttributes={"TOXICITY": {"scoreThreshold": 0.5}, "RELEVANCE": {}},
        context={"entries": [{"text": "About trams"}]},
    )
    assert spans(answer) == [(13, 23, 0.9)]
    assert spans(answer, "RELEVANCE")[0][:2] == (0, 23)


# --- relevance --------------------------------------------------------------------------------------------------------

ARTICLE = "Ministers met on minerals.\n\nThe second paragraph is about harbours."


def relevance(perspective: Perspective, text: str, context: dict[str, Any]) -> float:
    return scores(perspective.analyzed(text, requestedAttributes={"RELEVANCE": {}}, context=context))["RELEVANCE"]


def test_relevance_is_judged_against_the_article_in_the_context(perspective: Perspective) -> None:
    entries = {"entries": [{"text": ARTICLE}]}
    pair = {"articleAndParentComment": {"article": {"text": ARTICLE}}}
    for context in (entries, pair):
        assert relevance(perspective, "Ministers again", context) == 0.8
        assert relevance(perspective, "Buy shoes", context) == 0.2
    assert perspective.scorer.prepared[0].paragraphs == (
        "Ministers met on minerals.",
        "The second paragraph is about harbours.",
    )


def test_a_reply_is_judged_with_its_parent(perspective: Perspective) -> None:
    parent = {"text": "Which ones?"}
    pair = {"articleAndParentComment": {"article": {"text": ARTICLE}, "parentComment": parent}}
    assert relevance(perspective, "Ministers again", pair) == pytest.approx(0.9)
    assert relevance(perspective, "Ministers again", {"entries": [{"text": ARTICLE}, parent]}) == pytest.approx(0.9)
    thread = {"entries": [{"text": ARTICLE}, {"text": "First"}, {"text": "Second"}]}
    relevance(perspective, "Ministers again", thread)
    assert perspective.scorer.asked[-1].parent == "Second"


def test_relevance_without_an_article_is_an_error_or_dropped(perspective: Perspective) -> None:
    contexts: list[dict[str, object] | None] = [None, {}, {"entries": []}, {"entries": [{"text": " "}]}]
    for context in contexts:
        answer = perspective.analyze(requestedAttributes={"RELEVANCE": {}}, context=context)
        assert error_type(answer) == "INVALID_REQUEST"
        assert "context" in error(answer)["message"]
    dropped = perspective.analyzed(requestedAttributes={"RELEVANCE": {}, "THREAT": {}}, dropUnsupportedAttributes=True)
    assert set(scores(dropped)) == {"THREAT"}


def test_a_context_that_nobody_asks_about_costs_nothing(perspective: Perspective) -> None:
    perspective.analyzed(context={"entries": [{"text": ARTICLE}]})
    assert perspective.scorer.prepared == []


def test_of_a_megabyte_of_context_a_bounded_part_is_looked_at(perspective: Perspective) -> None:
    article = "A paragraph on ministers and their minerals.\n\n" * 22_000
    relevance(perspective, "Ministers again", {"entries": [{"text": article}]})
    assert sum(map(len, perspective.scorer.prepared[0].paragraphs)) <= 30_000
    marked = "<p>Ministers <b>met</b> again</p>" * 30_000
    relevance(perspective, "Ministers again", {"entries": [{"text": marked, "type": "HTML"}]})
    assert perspective.scorer.prepared[1].paragraphs[0] == "Ministers met again"


def test_a_context_entry_over_a_megabyte_and_two_kinds_of_context_are_refused(perspective: Perspective) -> None:
    answer = perspective.analyze(context={"entries": [{"text": "é" * 524_289}]})
    assert error_type(answer) == "INVALID_REQUEST"
    both = {"entries": [{"text": "a"}], "articleAndParentComment": {"article": {"text": "b"}}}
    assert "both fields were populated" in error(perspective.analyze(context=both))["message"]


# --- languages --------------------------------------------------------------------------------------------------------


def test_short_english_is_english_whether_or_not_the_client_says_so(perspective: Perspective) -> None:
    for text in ("lol", "You idiot", "no u", "kisa ou fe", "😀"):
        assert perspective.analyzed(text, languages=None)["detectedLanguages"] == ["en"]
        assert perspective.analyzed(text)["languages"] == ["en"]


def test_a_stated_language_that_no_pack_reads_is_believed(perspective: Perspective) -> None:
    answer = perspective.analyze("Du Idiot", languages=["de"])
    assert error_type(answer) == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
    found = error(answer)
    assert found["message"] == "Attribute TOXICITY does not support request languages: de"
    assert found["details"][0]["languageNotSupportedByAttributeError"] == {
        "detectedLanguages": ["de"],
        "requestedLanguages": ["de"],
        "attribute": "TOXICITY",
    }


def test_a_longer_text_that_is_confidently_another_language_is_not_what_the_client_states(
    perspective: Perspective,
) -> None:
    details = error(perspective.analyze(LONG_GERMAN, languages=["en"]))["details"]
    assert details[0]["languageNotSupportedByAttributeError"]["detectedLanguages"] == ["de"]
    assert perspective.analyzed(LONG_ENGLISH, languages=["de"])["detectedLanguages"] == ["en"]


def test_an_unread_language_names_every_attribute_so_that_clients_can_drop_them(perspective: Perspective) -> None:
    details = error(perspective.analyze(LONG_GERMAN, requestedAttributes={"TOXICITY": {}, "INSULT@2": {}}))["details"]
    named = [detail["languageNotSupportedByAttributeError"]["attribute"] for detail in details]
    assert sorted(named) == ["INSULT@2", "TOXICITY"]


def test_in_an_unread_language_the_attributes_are_dropped_where_the_client_wants_that(
    perspective: Perspective,
) -> None:
    answer = perspective.analyzed(LONG_GERMAN, dropUnsupportedAttributes=True, languages=None)
    assert answer == {"languages": ["de"], "detectedLanguages": ["de"]}


def test_an_unread_language_is_counted(perspective: Perspective) -> None:
    def counted() -> float:
        lines = perspective.app.test_client().get("/metrics").text.splitlines()
        name = 'moderation_perspective_language_not_supported_total{language="de"}'
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))

    before = counted()
    perspective.analyze(LONG_GERMAN)
    assert counted() == before + 1


def test_a_region_does_not_change_a_language(perspective: Perspective) -> None:
    for code in ("en-US", "en_GB", "EN"):
        assert perspective.analyzed("You idiot", languages=[code])["languages"] == [code]


# --- what stays behind ------------------------------------------------------------------------------------------------


def test_analyze_stores_nothing(perspective: Perspective) -> None:
    def rows() -> dict[str, int | None]:
        with perspective.services.database.reading() as session:
            return {
                name: session.scalar(select(func.count()).select_from(table))
                for name, table in Base.metadata.tables.items()
            }

    before = rows()
    for do_not_store in (None, True, False):
        perspective.analyzed(doNotStore=do_not_store)
    assert rows() == before


def test_no_log_holds_a_key_or_a_text(perspective: Perspective, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "sk_a-key-that-nobody-knows-0123456789"
    perspective.analyze("A secret text, idiot.")
    perspective.suggest(text="A secret text, idiot.")
    perspective.post("analyze", b"{", key=secret)
    perspective.post("analyze", {"comment": {"text": "A secret text"}}, key=secret)
    perspective.app.test_client().get(f"/v1alpha1/nowhere?key={secret}")
    perspective.scorer.slow = True
    perspective.analyze("A secret text, idiot.")
    logged = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert perspective.key not in logged
    assert secret not in logged
    assert "secret text" not in logged


# --- whatever else may come -------------------------------------------------------------------------------------------

NAMES = ["comment", "text", "type", "requestedAttributes", "TOXICITY", "INSULT@2", "scoreThreshold", "languages"]
NAMES += ["context", "entries", "articleAndParentComment", "article", "spanAnnotations", "clientToken", "RELEVANCE"]
NAMES += ["attributeScores", "summaryScore", "value", "requested_attributes", "\ud800", ""]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["HTML", "en", "\ud800"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=FIELDS, asked=st.sampled_from([{}, {"TOXICITY": {}}, {"RELEVANCE": {}}]), method=st.booleans())
def test_no_request_is_our_fault(
    perspective: Perspective, fields: dict[str, Any], asked: dict[str, Any], method: bool
) -> None:
    whole = {"comment": {"text": "Hello idiot"}, ("requestedAttributes" if method else "attributeScores"): asked}
    body = json.dumps(whole | fields).encode()
    answer = perspective.post("analyze" if method else "suggestscore", body)
    assert answer.status_code == 200 or error(answer)["status"] == "INVALID_ARGUMENT"


def test_requests_that_arrive_together_are_scored_together(sqlite_url: str, tmp_path: Path) -> None:
    batches: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    class Scorer(IdiotScorer):
        def score(self, requests: Sequence[ScoreRequest], *, scale: Scale = Scale.NATURAL) -> list[Scores]:
            batches.append(len(requests))
            begun.set()
            go_on.wait(30)
            return [self.score_one(request, scale=scale) for request in requests]

    batching = BatchingScorer(Scorer())

    class Batched(IdiotScorer):
        def score_one(self, *asked: Any, **how: Any) -> Scores:
            return batching.score_one(*asked, **how)

    perspective = arrive(open_hall(sqlite_url, tmp_path, scorer=Batched()))
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(perspective.analyze)
        assert begun.wait(30)
        others = [pool.submit(perspective.analyze) for _ in range(8)]
        while len(batching._waiting) < 8:
            time.sleep(0.01)
        go_on.set()
        assert [done.result().status_code for done in (first, *others)] == [200] * 9
    assert batches == [1, 8]
    batching.close()
    perspective.services.database.close()
