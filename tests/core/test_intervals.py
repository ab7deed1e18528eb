"""Intervals beside published values, and that they hold what is true as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from moderation.core.intervals import (
    TOO_FEW,
    rank_correlation_interval,
    ranked_interval,
    share_interval,
    share_words,
)
from moderation.policy_lab.agreement import _ranked


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_s_interval_is_wilson_s(part: int, whole: int, low: float, high: float) -> None:
    """The values of Newcombe (1998), table I."""
    assert share_interval(part, whole) == pytest.approx((low, high), abs=0.00006)
    mirrored = share_interval(whole - part, whole)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=0.00006)


def test_a_ranking_s_interval_holds_the_truth_as_often_as_it_says() -> None:
    chance = np.random.default_rng(5)
    for shift, truth in ((0.0, 0.5), (1.1902, 0.8), (2.3263, 0.95)):
        held = 0
        for _ in range(300):
            scores = np.concatenate([chance.normal(shift, 1, 35), chance.normal(0, 1, 80)])
            ranked = _ranked(scores, np.arange(115) < 35)
            assert ranked is not None
            low, high = ranked_interval(ranked, 35, 80)
            assert 0 <= low <= ranked <= high <= 1
            held += low <= truth <= high
        assert 0.92 <= held / 300 <= 0.99, truth


def test_a_perfect_ranking_is_not_called_certain() -> None:
    low, high = ranked_interval(1.0, 30, 30)
    assert low == pytest.approx(0.933, abs=0.001)
    assert high == 1.0
    low, high = ranked_interval(0.0, 30, 30)
    assert low == 0.0
    assert high == pytest.approx(0.067, abs=0.001)
    assert ranked_interval(1.0, 3000, 3000)[0] > 0.99


def test_a_rank_correlation_s_interval_is_about_as_wide_as_it_should_be() -> None:
    low, high = rank_correlation_interval(0.5, 100)
    assert low == pytest.approx(0.326, abs=0.01)
    assert high == pytest.approx(0.641, abs=0.01)
    assert rank_correlation_interval(1.0, 50) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("part", "whole", "digits", "words"),
    [
        (0, 0, 0, "–"),
        (29, 29, 0, TOO_FEW),
        (30, 30, 0, "100% (88 to 100%)"),
        (0, 30, 1, "0.0% (0.0 to 11.4%)"),
        (1, 100_000, 1, "under 0.1% (0.0 to 0.1%)"),
        (99_999, 100_000, 1, "over 99.9% (99.9 to 100.0%)"),
        (120, 1000, 0, "12% (10 to 15%)"),
    ],
)
def test_a_share_in_words_says_how_sure_it_is(part: int, whole: int, digits: int, words: str) -> None:
    assert share_words(part, whole, digits=digits) == words
