"""Before a comment that would be flagged for its tone is taken in, its writer is asked about the sentence, once."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.core.messages import LANGUAGES
from tests.newsroom import Newsroom, detail

NUDGE = "[comments]\nnudge = true\n[policy.flag]\ntoxicity_at_least = 0.5\n"


def asks(newsroom: Newsroom, words: str = "toxicity=0.9", **more: Any) -> Any:
    return newsroom.send(body=newsroom.text(words), ask_first=True, **more)


def test_the_sentence_is_named_once_and_the_same_is_taken_as_it_is(newsroom: Newsroom) -> None:
    newsroom.configure(NUDGE)
    text = newsroom.text("toxicity=0.9")
    answer = newsroom.send(body=text, ask_first=True)
    assert answer.status_code == 422
    assert text in detail(answer)
    problem = answer.json or {}
    assert (problem["code"], problem["params"]) == ("wording_to_reconsider", {"sentence": text})
    assert "0.9 " not in detail(answer).replace(text, "")
    assert (newsroom.stored(), len(newsroom.scorer.asked)) == (0, 1)
    sent = newsroom.send(body=text)
    assert (sent.status_code, newsroom.stored()) == (202, 1)
    assert newsroom.whole((sent.json or {})["id"])["scores"]["toxicity"]["toxicity"] == 0.9


@pytest.mark.parametrize("language", LANGUAGES["reader"])
def test_it_is_asked_in_every_language(newsroom: Newsroom, language: str) -> None:
    newsroom.configure(NUDGE)
    told = detail(asks(newsroom, headers={"Accept-Language": language}))
    assert ("This sentence may hurt somebody" in told) == (language == "en")


def test_of_a_long_text_without_a_full_stop_the_beginning_is_told(newsroom: Newsroom) -> None:
    newsroom.configure(NUDGE)
    told = detail(newsroom.send(body="toxicity=0.9 and so on " * 200, ask_first=True))
    assert "…” You can change it" in told
    assert len(told) < 700


def test_nobody_is_asked_who_does_not_wish_it_or_who_is_calm_or_where_that_is_off(newsroom: Newsroom) -> None:
    newsroom.configure(NUDGE)
    assert asks(newsroom, "toxicity=0.1").status_code == 202
    assert newsroom.send(body=newsroom.text("toxicity=0.9"), ask_first=False).status_code == 202
    newsroom.configure(NUDGE.replace("true", "false"))
    assert asks(newsroom).status_code == 202


def test_where_nobody_can_tell_the_comment_is_taken(newsroom: Newsroom) -> None:
    newsroom.configure(NUDGE)
    assert asks(newsroom, "toxicity=0.9 unreadable").status_code == 202
    newsroom.scorer.fails = 1
    assert asks(newsroom).status_code == 202
    newsroom.configure(NUDGE + '[scoring]\nmode = "worker"\n')
    assert (asks(newsroom).json or {})["status"] == "received"


def test_what_is_refused_anyway_is_never_scored_for_it(newsroom: Newsroom) -> None:
    newsroom.configure(NUDGE)
    text = newsroom.text("toxicity=0.9")
    assert newsroom.send(body=text).status_code == 202
    newsroom.scorer.asked.clear()
    assert newsroom.send(body=text, ask_first=True).status_code == 409
    assert newsroom.send(body="toxicity=0.9", ask_first=True).status_code == 422
    assert asks(newsroom, article="nosuch").status_code == 404
    newsroom.put_article(mode="closed")
    assert asks(newsroom).status_code == 403
    assert newsroom.scorer.asked == []


def test_a_comment_that_nobody_is_asked_about_is_scored_once(newsroom: Newsroom) -> None:
    newsroom.configure(NUDGE)
    assert asks(newsroom, "toxicity=0.1").status_code == 202
    assert len(newsroom.scorer.asked) == 1


def test_to_be_asked_counts_like_a_comment(newsroom: Newsroom) -> None:
    newsroom.configure(NUDGE + '[rate_limits]\nper_reader = ["2 per minute"]\n', limits=True)
    assert [asks(newsroom).status_code for _ in range(3)] == [422, 422, 429]


def test_a_request_comes_again_under_its_key_once_its_writer_was_asked(newsroom: Newsroom) -> None:
    newsroom.configure(NUDGE)
    text, headers = newsroom.text("toxicity=0.9"), {"Idempotency-Key": "once"}
    for _ in range(2):
        assert newsroom.send(body=text, ask_first=True, headers=headers).status_code == 422
    first = newsroom.send(body=text, headers=headers)
    assert first.status_code == 202
    assert newsroom.send(body=text, headers=headers).json == first.json
