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
from tests.perspective.perspective_world import KEY, SITE, World, error, error_type

KEEP = f'[rate_limits]\nenabled = false\n[perspective]\nkeep_texts_for_sites = ["{SITE}"]\nretention_days = 30\n'


def kept(world: World) -> list[SuggestedLabels]:
    with world.services.database.reading() as session:
        return list(suggestions_of(session, SITE))


def chain_verifies(world: World) -> None:
    with world.services.database.reading() as session:
        verify(SITE, events_of(session, SITE))


def test_the_label_is_kept_with_the_scores_that_the_text_has_today(either_world: World) -> None:
    answer = either_world.suggest(1, "You are an idiot.", clientToken="comment:17", languages=["en"])
    assert answer.status_code == 200
    assert answer.json == {"clientToken": "comment:17", "detectedLanguages": ["en"], "requestedLanguages": ["en"]}
    (row,) = kept(either_world)
    assert row.labels == {"TOXICITY": 1.0}
    assert row.scores is not None
    assert row.scores["toxicity"] == 0.9  # on the balanced scale
    assert (row.pack, row.pack_version, row.client_token, row.language) == ("words", "7", "comment:17", "en")


def test_without_the_sites_wish_no_text_is_kept(world: World) -> None:
    world.suggest(0, "A text that nobody keeps", context={"entries": [{"text": "a secret url"}]})
    (row,) = kept(world)
    assert row.text is None
    assert row.salt is None
    with world.services.database.reading() as session:
        events = events_about(session, SITE, row.id)
    assert [json.loads(event.payload) for event in events] == [{"labels": {"TOXICITY": 0}}]
    chain_verifies(world)


def test_where_the_site_wishes_it_the_text_is_kept_and_enters_the_chain_as_a_fingerprint(
    either_world: World,
) -> None:
    either_world.configuration.set(KEEP)
    either_world.suggest(1, "You idiot\x00.")
    (row,) = kept(either_world)
    assert row.text == "You idiot�."
    assert row.salt is not None
    with either_world.services.database.reading() as session:
        (event,) = events_about(session, SITE, row.id)
    assert event.event == "label.suggested"
    assert json.loads(event.payload)["body"] == body_fingerprint(row.text, row.salt)
    assert "idiot" not in event.text
    chain_verifies(either_world)


def test_a_text_is_forgotten_after_its_time_and_its_label_stays(either_world: World) -> None:
    either_world.configuration.set(KEEP)
    either_world.suggest(1, "An old text")
    either_world.clock.move(days=29)
    either_world.suggest(1, "A newer text")
    assert forget_outdated(either_world.services) == 0
    either_world.clock.move(days=2)
    assert forget_outdated(either_world.services) == 1
    assert [(row.text, row.labels) for row in kept(either_world)] == [
        (None, {"TOXICITY": 1.0}),
        ("A newer text", {"TOXICITY": 1.0}),
    ]
    chain_verifies(either_world)


def test_a_site_that_no_longer_wishes_it_has_its_texts_forgotten(world: World) -> None:
    world.configuration.set(KEEP)
    world.suggest(1, "A text")
    world.configuration.set("")
    assert forget_outdated(world.services) == 1
    assert [row.text for row in kept(world)] == [None]


def test_the_running_service_forgets_by_itself(world: World) -> None:
    world.configuration.set(KEEP)
    world.suggest(1, "A text")
    world.clock.move(days=31)
    sweeper = Sweeper(world.services, every_seconds=0.01)
    sweeper.start()
    for _ in range(500):
        if [row.text for row in kept(world)] == [None]:
            break
        time.sleep(0.01)
    sweeper.stop()
    assert [row.text for row in kept(world)] == [None]


def test_erasing_by_client_token_takes_text_and_token_and_the_chain_still_verifies(either_world: World) -> None:
    either_world.configuration.set(KEEP)
    for text, token in (("First", "comment:1"), ("Again", "comment:1"), ("Other", "comment:2")):
        either_world.suggest(1, text, clientToken=token)
        either_world.clock.move(seconds=1)
    assert erase_suggestions(either_world.services, "account:1", SITE, "comment:1") == 2
    assert erase_suggestions(either_world.services, "account:1", SITE, "comment:1") == 0
    assert [(row.text, row.salt is None, row.client_token) for row in kept(either_world)] == [
        (None, True, None),
        (None, True, None),
        ("Other", False, "comment:2"),
    ]
    with either_world.services.database.reading() as session:
        events = [event.event for event in events_about(session, SITE, kept(either_world)[0].id)]
    assert events == ["label.suggested", "label.erased"]
    chain_verifies(either_world)


def test_a_label_outlives_a_scorer_that_is_too_slow_and_gets_no_made_up_scores(world: World) -> None:
    world.scorer.slow = True
    answer = world.suggest(1, clientToken="t")
    assert answer.status_code == 200
    assert answer.json == {"clientToken": "t"}
    (row,) = kept(world)
    assert row.scores is None
    assert row.labels == {"TOXICITY": 1.0}


def test_a_label_for_an_attribute_that_we_do_not_score_is_kept_as_it_is(world: World) -> None:
    scores = {"LIKELY_TO_REJECT": {"summaryScore": {"value": 1}}, "TOXICITY@6": {"summaryScore": {"value": 0.25}}}
    assert world.suggest(attributeScores=scores).status_code == 200
    assert kept(world)[0].labels == {"LIKELY_TO_REJECT": 1.0, "TOXICITY@6": 0.25}


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
    world: World, attribute_scores: Any, named: str
) -> None:
    answer = world.suggest(attributeScores=attribute_scores)
    assert error_type(answer) == "INVALID_REQUEST"
    assert named in error(answer)["message"]
    assert kept(world) == []


def test_a_suggestion_about_no_text_or_too_much_is_refused(world: World) -> None:
    assert error_type(world.suggest(text=" ")) == "COMMENT_EMPTY"
    assert error_type(world.suggest(text="a" * 20_481)) == "COMMENT_TOO_LONG"


def test_a_suggestion_needs_a_key(world: World) -> None:
    assert error(world.post("suggestscore", {}, key=None), 403)["status"] == "PERMISSION_DENIED"
    assert error(world.post("suggestscore", {}, key=KEY + "x"))["details"][0]["reason"] == "API_KEY_INVALID"


def test_a_token_too_long_to_be_a_reference_comes_back_and_is_not_kept(world: World) -> None:
    answer = world.suggest(clientToken="t" * 500)
    assert (answer.json or {})["clientToken"] == "t" * 500
    assert kept(world)[0].client_token is None
