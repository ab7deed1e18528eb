"""A comment that tells where somebody is to be found waits, and nothing of what it tells is copied anywhere."""

from __future__ import annotations

import json
import logging

import pytest

from moderation.comments.rescoring import score_late
from tests.newsroom import Newsroom

PUBLISHES = "[policy.approve]\ntoxicity_at_most = 0.05\nrelevance_at_least = 0.60\n"
NUMBER = "07700 900461"
HOLDS = "holds what looks like a telephone number (places with private data 1, at or over 1)"


@pytest.mark.parametrize(
    "private",
    [
        f"Ring him on {NUMBER}.",
        "Mail her: tilda.osk@example.com.",
        "He lives at 12 Elm Street, Leeds LS6 2AB.",
        "Pay into GB29 NWBK 6016 1331 9268 19.",
        "The card says 4111 1111 1111 1111.",
        "Her number there is QQ 12 34 56 C.",
    ],
)
def test_private_data_holds_a_comment_that_would_be_published(newsroom: Newsroom, private: str) -> None:
    newsroom.configure(PUBLISHES)
    newsroom.put_article()
    assert newsroom.accepted("It is calm.")["status"] == "approved"
    held = newsroom.accepted(private)
    assert held["status"] == "pending"
    assert held["reasons"][0].startswith("holds what looks like a")
    whole = newsroom.whole(held["id"])
    (place,) = whole["private_data"]
    assert whole["body"][place["start"] : place["end"]] in private


def test_it_waits_where_everything_else_is_published_first_and_under_flags_of_ones_own(newsroom: Newsroom) -> None:
    newsroom.configure('[comments]\nmode = "post"\n[policy.flag]\ninsult_at_least = 0.9\n')
    newsroom.put_article()
    assert newsroom.accepted()["status"] == "approved"
    held = newsroom.accepted(f"Ring him on {NUMBER}.")
    assert (held["status"], held["reasons"]) == ("pending", [HOLDS])
    newsroom.configure('[comments]\nmode = "post"\n[policy.flag]\nprivate_data_at_least = false\n')
    assert newsroom.accepted(f"Ring her on {NUMBER}.")["status"] == "approved"


def test_an_authors_name_counts_as_well(newsroom: Newsroom) -> None:
    newsroom.configure(PUBLISHES)
    newsroom.put_article()
    held = newsroom.accepted(author={"name": f"Call {NUMBER}"})
    assert (held["status"], held["reasons"]) == ("pending", [HOLDS])


def test_what_is_allowed_is_published_in_any_spelling(newsroom: Newsroom) -> None:
    newsroom.configure(PUBLISHES + '[private_data]\nallow = ["07700 900461", "@ourpaper.example"]\n')
    newsroom.put_article()
    words = "Ring us on +44 7700 900-461 or write to letters@ourpaper.example."
    assert newsroom.accepted(words)["status"] == "approved"
    assert newsroom.accepted("Anyone in despair can call 116 123 or 0800 1111.")["status"] == "approved"


def test_a_comment_refused_for_it_tells_its_writer_so_and_repeats_nothing(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    newsroom.configure("[policy.reject]\nprivate_data_at_least = 1\n")
    newsroom.put_article()
    refused = newsroom.accepted(f"Ring him on {NUMBER}.")
    assert refused["status"] == "rejected"
    assert refused["message"].endswith("It holds private information about somebody.")
    whole = newsroom.whole(refused["id"])
    told = json.dumps([refused, whole["decision"], newsroom.events(refused["id"])]) + caplog.text
    assert "900461" not in told.replace(" ", "")
    assert whole["decision"]["basis"]["signals"]["private_data"] == 1


def test_a_comment_that_is_scored_late_is_looked_at_then(newsroom: Newsroom) -> None:
    newsroom.configure(PUBLISHES)
    newsroom.put_article()
    newsroom.scorer.fails = 1
    waiting = newsroom.accepted(f"Ring him on {NUMBER}.")
    assert "not scored yet" in waiting["reasons"][0]
    newsroom.clock.move(seconds=1)
    assert score_late(newsroom.services, waiting["id"])
    assert newsroom.whole(waiting["id"])["reasons"] == [HOLDS]
    assert newsroom.status(waiting["id"]) == "pending"
