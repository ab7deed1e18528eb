"""``comments:suggestscore``: a label is kept, its text only where the site wants that, and both can go again."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from perspective_house import KEY, SITE, SiteRulesCache, error, error_type

from moderation.core.audit_chain import body_fingerprint, verify
from moderation.jobs.worker import Sweeper
from moderation.perspective.suggestions import erase_suggestions, forget_outdated
from moderation.storage.audit import events_about, events_of
from moderation.storage.suggestions import SuggestedLabels, suggestions_of

KEEP = f'[rate_limits]\nenabled = false\n[perspective]\nkeep_texts_for_sites = ["{SITE}"]\nretention_days = 30\n'


def kept(site_rules: SiteRulesCache) -> list[SuggestedLabels]:
    with site_rules.services.database.reading() as session:
        return list(suggestions_of(session, SITE))


def chain_verifies(site_rules: SiteRulesCache) -> None:
    with site_rules.services.database.reading() as session:
        verify(SITE, events_of(session, SITE))


def test_the_label_is_kept_with_the_scores_that_the_text_has_today(kept_house: SiteRulesCache) -> None:
    answer = kept_house.suggest(1, "You are an idiot.", clientToken="comment:17", languages=["en"])
    assert answer.status_code == 200
    assert answer.json == {"clientToken": "comment:17", "detectedLanguages": ["en"], "requestedLanguages": ["en"]}
    (row,) = kept(kept_house)
    assert row.labels == {"TOXICITY": 1.0}
    assert row.scores is not None
    assert row.scores["toxicity"] == 0.9  # on the balanced scale
    assert (row.pack, row.pack_version, row.client_token, row.language) == ("words", "7", "comment:17", "en")


def test_without_the_sites_wish_no_text_is_kept(site_rules: SiteRulesCache) -> None:
    site_rules.suggest(0, "A text that nobody keeps", context={"entries": [{"text": "a secret url"}]})
    (row,) = kept(site_rules)
    assert row.text is None
    assert row.salt is None
    with site_rules.services.database.reading() as session:
        events = events_about(session, SITE, row.id)
    assert [json.loads(event.payload) for event in events] == [{"labels": {"TOXICITY": 0}}]
    chain_verifies(site_rules)


def test_where_the_site_wishes_it_the_text_is_kept_and_enters_the_chain_as_a_fingerprint(
    kept_house: SiteRulesCache,
) -> None:
    kept_house.configuration.set(KEEP)
    kept_house.suggest(1, "You idiot\x00.")
    (row,) = kept(kept_house)
    assert row.text == "You idiot�."
    assert row.salt is not None
    with kept_house.services.database.reading() as session:
        (event,) = events_about(session, SITE, row.id)
    assert event.event == "label.suggested"
    assert json.loads(event.payload)["body"] == body_fingerprint(row.text, row.salt)
    assert "idiot" not in event.text
    chain_verifies(kept_house)


def test_a_text_is_forgotten_after_its_time_and_its_label_stays(kept_house: SiteRulesCache) -> None:
    kept_house.configuration.set(KEEP)
    kept_house.suggest(1, "An old text")
    kept_house.clock.move(days=29)
    kept_house.suggest(1, "A newer text")
    assert forget_outdated(kept_house.services) == 0
    kept_house.clock.move(days=2)
    assert forget_outdated(kept_house.services) == 1
    assert [(row.text, row.labels) for row in kept(kept_house)] == [
        (None, {"TOXICITY": 1.0}),
        ("A newer text", {"TOXICITY": 1.0}),
    ]
    chain_verifies(kept_house)


def test_a_site_that_no_longer_wishes_it_has_its_texts_forgotten(site_rules: SiteRulesCache) -> None:
    site_rules.configuration.set(KEEP)
    site_rules.suggest(1, "A text")
    site_rules.configuration.set("")
    assert forget_outdated(site_rules.services) == 1
    assert [row.text for row in kept(site_rules)] == [None]


def test_the_running_service_forgets_by_itself(site_rules: SiteRulesCache) -> None:
    site_rules.configuration.set(KEEP)
    site_rules.suggest(1, "A text")
    site_rules.clock.move(days=31)
    sweeper = Sweeper(site_rules.services, every_seconds=0.01)
    sweeper.start()
    for _ in range(500):
        if [row.text for row in kept(site_rules)] == [None]:
            break
        time.sleep(0.01)
    sweeper.stop()
    assert [row.text for row in kept(site_rules)] == [None]


def test_erasing_by_client_token_takes_text_and_token_and_the_chain_still_verifies(kept_house: SiteRulesCache) -> None:
    kept_house.configuration.set(KEEP)
    for text, token in (("First", "comment:1"), ("Again", "comment:1"), ("Other", "comment:2")):
        kept_house.suggest(1, text, clientToken=token)
        kept_house.clock.move(seconds=1)
    assert erase_suggestions(kept_house.services, "account:1", SITE, "comment:1") == 2
    assert erase_suggestions(kept_house.services, "account:1", SITE, "comment:1") == 0
    assert [(row.text, row.salt is None, row.client_token) for row in kept(kept_house)] == [
        (None, True, None),
        (None, True, None),
        ("Other", False, "comment:2"),
    ]
    with kept_house.services.database.reading() as session:
        events = [event.event for event in events_about(session, SITE, kept(kept_house)[0].id)]
    assert events == ["label.suggested", "label.erased"]
    chain_verifies(kept_house)


def test_a_label_outlives_a_scorer_that_is_too_slow_and_gets_no_made_up_scores(site_rules: SiteRulesCache) -> None:
    site_rules.scorer.slow = True
    answer = site_rules.suggest(1, clientToken="t")
    assert answer.status_code == 200
    assert answer.json == {"clientToken": "t"}
    (row,) = kept(site_rules)
    assert row.scores is None
    assert row.labels == {"TOXICITY": 1.0}


def test_a_label_for_an_attribute_that_we_do_not_score_is_kept_as_it_is(site_rules: SiteRulesCache) -> None:
    scores = {"LIKELY_TO_REJECT": {"summaryScore": {"value": 1}}, "TOXICITY@6": {"summaryScore": {"value": 0.25}}}
    assert site_rules.suggest(attributeScores=scores).status_code == 200
    assert kept(site_rules)[0].labels == {"LIKELY_TO_REJECT": 1.0, "TOXICITY@6": 0.25}


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
    site_rules: SiteRulesCache, attribute_scores: Any, named: str
) -> None:
    answer = site_rules.suggest(attributeScores=attribute_scores)
    assert error_type(answer) == "INVALID_REQUEST"
    assert named in error(answer)["message"]
    assert kept(site_rules) == []


def test_a_suggestion_about_no_text_or_too_much_is_refused(site_rules: SiteRulesCache) -> None:
    assert error_type(site_rules.suggest(text=" ")) == "COMMENT_EMPTY"
    assert error_type(site_rules.suggest(text="a" * 20_481)) == "COMMENT_TOO_LONG"


def test_a_suggestion_needs_a_key(site_rules: SiteRulesCache) -> None:
    assert error(site_rules.post("suggestscore", {}, key=None), 403)["status"] == "PERMISSION_DENIED"
    assert error(site_rules.post("suggestscore", {}, key=KEY + "x"))["details"][0]["reason"] == "API_KEY_INVALID"


def test_a_token_too_long_to_be_a_reference_comes_back_and_is_not_kept(site_rules: SiteRulesCache) -> None:
    answer = site_rules.suggest(clientToken="t" * 500)
    assert (answer.json or {})["clientToken"] == "t" * 500
    assert kept(site_rules)[0].client_token is None
