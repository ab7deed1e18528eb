"""``comments:suggestscore``: a label is kept, its text only where the site wants that, and both can go again."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from moderation.core.audit_chain import body_fingerprint, verify
from moderation.jobs.worker import Sweeper
from moderation.perspective.suggestions import erase_suggestions, forget_outdated
from moderation.storage.audit import events_about, events_of
from moderation.storage.suggestions import SuggestedLabels, suggestions_of
from tests.perspective.asking import Perspective, error, error_type, on_both_databases


def keep(perspective: Perspective) -> None:
    """The site wishes its texts kept, for thirty days."""
    wish = f'[perspective]\nkeep_texts_for_sites = ["{perspective.site}"]\nretention_days = 30\n'
    perspective.newsroom.configure(wish)


def kept(perspective: Perspective) -> list[SuggestedLabels]:
    with perspective.services.database.reading() as session:
        return list(suggestions_of(session, perspective.site))


def chain_verifies(perspective: Perspective) -> None:
    with perspective.services.database.reading() as session:
        verify(perspective.site, events_of(session, perspective.site))


@on_both_databases
def test_the_label_is_kept_with_the_scores_that_the_text_has_today(perspective: Perspective) -> None:
    answer = perspective.suggest(1, "You are an idiot.", clientToken="comment:17", languages=["en"])
    assert answer.status_code == 200
    assert answer.json == {"clientToken": "comment:17", "detectedLanguages": ["en"], "requestedLanguages": ["en"]}
    (row,) = kept(perspective)
    assert row.labels == {"TOXICITY": 1.0}
    assert row.scores is not None
    assert row.scores["toxicity"] == 0.9  # on the balanced scale
    assert (row.pack, row.pack_version, row.client_token, row.language) == ("words", "7", "comment:17", "en")


def test_without_the_sites_wish_no_text_is_kept(perspective: Perspective) -> None:
    perspective.suggest(0, "A text that nobody keeps", context={"entries": [{"text": "a secret url"}]})
    (row,) = kept(perspective)
    assert row.text is None
    assert row.salt is None
    with perspective.services.database.reading() as session:
        events = events_about(session, perspective.site, row.id)
    assert [json.loads(event.payload) for event in events] == [{"labels": {"TOXICITY": 0}}]
    chain_verifies(perspective)


@on_both_databases
def test_where_the_site_wishes_it_the_text_is_kept_and_enters_the_chain_as_a_fingerprint(
    perspective: Perspective,
) -> None:
    keep(perspective)
    perspective.suggest(1, "You idiot\x00.")
    (row,) = kept(perspective)
    assert row.text == "You idiot�."
    assert row.salt is not None
    with perspective.services.database.reading() as session:
        (event,) = events_about(session, perspective.site, row.id)
    assert event.event == "label.suggested"
    assert json.loads(event.payload)["body"] == body_fingerprint(row.text, row.salt)
    assert "idiot" not in event.text
    chain_verifies(perspective)


@on_both_databases
def test_a_text_is_forgotten_after_its_time_and_its_label_stays(perspective: Perspective) -> None:
    keep(perspective)
    perspective.suggest(1, "An old text")
    perspective.clock.move(days=29)
    perspective.suggest(1, "A newer text")
    assert forget_outdated(perspective.services) == 0
    perspective.clock.move(days=2)
    assert forget_outdated(perspective.services) == 1
    assert [(row.text, row.labels) for row in kept(perspective)] == [
        (None, {"TOXICITY": 1.0}),
        ("A newer text", {"TOXICITY": 1.0}),
    ]
    chain_verifies(perspective)


def test_a_site_that_no_longer_wishes_it_has_its_texts_forgotten(perspective: Perspective) -> None:
    keep(perspective)
    perspective.suggest(1, "A text")
    perspective.configuration.set("")
    assert forget_outdated(perspective.services) == 1
    assert [row.text for row in kept(perspective)] == [None]


def test_the_running_service_forgets_by_itself(perspective: Perspective) -> None:
    keep(perspective)
    perspective.suggest(1, "A text")
    perspective.clock.move(days=31)
    sweeper = Sweeper(perspective.services, every_seconds=0.01)
    sweeper.start()
    for _ in range(500):
        if [row.text for row in kept(perspective)] == [None]:
            break
        time.sleep(0.01)
    sweeper.stop()
    assert [row.text for row in kept(perspective)] == [None]


@on_both_databases
def test_erasing_by_client_token_takes_text_and_token_and_the_chain_still_verifies(
    perspective: Perspective,
) -> None:
    keep(perspective)
    for text, token in (("First", "comment:1"), ("Again", "comment:1"), ("Other", "comment:2")):
        perspective.suggest(1, text, clientToken=token)
        perspective.clock.move(seconds=1)
    assert erase_suggestions(perspective.services, "account:1", perspective.site, "comment:1") == 2
    assert erase_suggestions(perspective.services, "account:1", perspective.site, "comment:1") == 0
    assert [(row.text, row.salt is None, row.client_token) for row in kept(perspective)] == [
        (None, True, None),
        (None, True, None),
        ("Other", False, "comment:2"),
    ]
    with perspective.services.database.reading() as session:
        events = [event.event for event in events_about(session, perspective.site, kept(perspective)[0].id)]
    assert events == ["label.suggested", "label.erased"]
    chain_verifies(perspective)


def test_a_label_outlives_a_scorer_that_is_too_slow_and_gets_no_made_up_scores(perspective: Perspective) -> None:
    perspective.scorer.slow = True
    answer = perspective.suggest(1, clientToken="t")
    assert answer.status_code == 200
    assert answer.json == {"clientToken": "t"}
    (row,) = kept(perspective)
    assert row.scores is None
    assert row.labels == {"TOXICITY": 1.0}


def test_a_label_for_an_attribute_that_we_do_not_score_is_kept_as_it_is(perspective: Perspective) -> None:
    scores = {"LIKELY_TO_REJECT": {"summaryScore": {"value": 1}}, "TOXICITY@6": {"summaryScore": {"value": 0.25}}}
    assert perspective.suggest(attributeScores=scores).status_code == 200
    assert kept(perspective)[0].labels == {"LIKELY_TO_REJECT": 1.0, "TOXICITY@6": 0.25}


@pytest.mark.parametrize(
    ("attribute_scores", "named"),
    [
        (None, "attributeScores"),
        ({}, "attributeScores"),
        ([], "attributeScores"),
        ({"TOXICITY": None}, "attributeScores[TOXICITY]"),
        ({"TOXICITY": {}}, "attributeScores[TOXICITY].summaryScore.value"),
        ({"TOXICITY": {"summaryScore": {"value": 1.5}}}, "from 0 to 1"),
        ({"TOXICITY": {"summaryScore": {"value": "x"}}}, "summaryScore.value"),
        ({"TOXICITY": {"summaryScore": 1}}, "summaryScore"),
        ({"my name is": {"summaryScore": {"value": 1}}}, "Unknown attribute"),
    ],
)
def test_a_suggestion_without_a_label_is_refused_and_nothing_is_kept(
    perspective: Perspective, attribute_scores: Any, named: str
) -> None:
    answer = perspective.suggest(attributeScores=attribute_scores)
    assert error_type(answer) == "INVALID_REQUEST"
    assert named in error(answer)["message"]
    assert kept(perspective) == []


def test_a_suggestion_about_no_text_or_too_much_is_refused(perspective: Perspective) -> None:
    assert error_type(perspective.suggest(text=" ")) == "COMMENT_EMPTY"
    assert error_type(perspective.suggest(text="a" * 20_481)) == "COMMENT_TOO_LONG"


def test_a_suggestion_needs_a_key(perspective: Perspective) -> None:
    assert error(perspective.post("suggestscore", {}, key=None), 403)["status"] == "PERMISSION_DENIED"
    assert (
        error(perspective.post("suggestscore", {}, key=perspective.key + "x"))["details"][0]["reason"]
        == "API_KEY_INVALID"
    )


def test_a_token_too_long_to_be_a_reference_comes_back_and_is_not_kept(perspective: Perspective) -> None:
    answer = perspective.suggest(clientToken="t" * 500)
    assert (answer.json or {})["clientToken"] == "t" * 500
    assert kept(perspective)[0].client_token is None
