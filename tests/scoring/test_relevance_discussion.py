"""Relevance learns from what people have approved under the article, and from nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.scores import ArticleText, ScoreRequest, Subject
from moderation.scoring import PackScorer, pack_scorer
from moderation.scoring.relevance_discussion import FEWEST, MOST, PLUS, TIMES, Discussions, packed, unpacked

ARTICLE = ArticleText(
    title="Council votes to close the old swimming baths in March",
    paragraphs=("The baths on Harbour Street need repairs for four million, the council said on Tuesday.",),
)
ABOUT_PARKING = (
    "They already took away the parking spaces behind the library and nobody was asked.",
    "Where are families supposed to park on Saturdays when the market is on?",
    "The new parking fees on the square are a scandal, two euros for twenty minutes.",
    "My mother can't walk far and there is no disabled parking left downtown.",
    "Free parking for the mayor, fines for the rest of us. That is how this town works.",
    "I stopped shopping in town because I never find a place to park.",
)
PARKING = "I would rather they fixed the car park at the station, I circled there for half an hour again."
ELSEWHERE = "My telescope showed the rings of Saturn very clearly last night, what a sight."


@pytest.fixture(scope="module")
def scorer() -> PackScorer:
    return pack_scorer("builtin")


def relevance(scorer: PackScorer, text: str, *discussion: Subject | str) -> float:
    (scores,) = scorer.score([ScoreRequest(text=text, article=ARTICLE, discussion=discussion)])
    assert scores.relevance is not None
    return scores.relevance


def test_what_the_article_never_names_belongs_once_a_discussion_is_about_it(scorer: PackScorer) -> None:
    alone = relevance(scorer, PARKING)
    assert relevance(scorer, PARKING, *ABOUT_PARKING) > alone
    assert relevance(scorer, ELSEWHERE, *ABOUT_PARKING) <= relevance(scorer, ELSEWHERE)


def test_fewer_than_five_tell_nothing(scorer: PackScorer) -> None:
    few = ABOUT_PARKING[: FEWEST - 1]
    assert relevance(scorer, PARKING, *few) == relevance(scorer, PARKING)
    (scores,) = scorer.score([ScoreRequest(text=PARKING, article=ARTICLE, discussion=few)])
    assert scores.discussed == 0


def test_stored_subjects_say_what_their_texts_do(scorer: PackScorer) -> None:
    told = scorer.score([ScoreRequest(text=text, article=ARTICLE) for text in ABOUT_PARKING])
    subjects = [one.subject for one in told if one.subject]
    assert len(subjects) == len(ABOUT_PARKING)
    assert relevance(scorer, PARKING, *subjects) == pytest.approx(relevance(scorer, PARKING, *ABOUT_PARKING), abs=1e-3)


def test_what_another_pack_saw_or_nobody_can_read_is_left_out(scorer: PackScorer) -> None:
    other = Subject(made_by="another 1", vector=bytes(192))
    broken = Subject(made_by=scorer.prepares_as, vector=b"short")
    alone = relevance(scorer, PARKING)
    assert relevance(scorer, PARKING, *([other] * 9), *([broken] * 9)) == alone


def test_a_discussion_alone_makes_little_of_what_has_nothing_to_do_with_the_article(scorer: PackScorer) -> None:
    alone = relevance(scorer, PARKING)
    assert relevance(scorer, PARKING, *[PARKING] * MOST) <= TIMES * alone + PLUS


def unit(values: list[float]) -> np.ndarray:
    vector = np.asarray(values, dtype=np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-6)


vectors = st.lists(st.floats(-1, 1, width=32), min_size=8, max_size=8).filter(lambda v: max(map(abs, v)) > 0.1)


@given(st.floats(0, 1), vectors, st.lists(vectors, max_size=80))
def test_relevance_stays_a_probability_and_grows_no_more_than_it_may(
    alone: float, vector: list[float], discussion: list[list[float]]
) -> None:
    background = np.random.default_rng(1).normal(size=(40, 8)).astype(np.float32)
    background /= np.linalg.norm(background, axis=1, keepdims=True)
    told = Discussions(background).relevance(alone, unit(vector), [packed(unit(one)) for one in discussion])
    assert 0 <= told <= max(alone, min(1.0, TIMES * alone + PLUS)) + 1e-6


@given(vectors)
def test_a_packed_vector_points_where_it_did(values: list[float]) -> None:
    vector = unit(values)
    assert float(unpacked(packed(vector)) @ vector) > 0.999


@pytest.mark.parametrize("text", ["I agree.", "lol", "Nonsense.", "What a day it was", "Thank you!", "+1", "👏👏👏"])
def test_a_comment_too_short_to_tell_says_so_instead_of_guessing(scorer: PackScorer, text: str) -> None:
    (scores,) = scorer.score([ScoreRequest(text=text, article=ARTICLE, discussion=ABOUT_PARKING)])
    assert (scores.relevance, scores.passage, scores.relevance_note) == (None, None, "too_short")
    assert (scores.subject, scores.discussed) == (None, 0)


@pytest.mark.parametrize(
    "text", ["Save the baths!", "Repairs on Harbour Street?", "Rings of Saturn, telescopes, comets."]
)
def test_a_short_comment_that_speaks_of_something_is_told(scorer: PackScorer, text: str) -> None:
    (scores,) = scorer.score([ScoreRequest(text=text, article=ARTICLE)])
    assert scores.relevance is not None
    assert scores.relevance_note is None
