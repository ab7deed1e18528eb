"""A label's curve: from a model's logit to an honest probability."""

from __future__ import annotations

import numpy as np
import pytest

from scripts.training.calibration import FLATTEST, Curve, fit
from scripts.training.metrics import at_rate, calibration_error


def comments(seed: int, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits of a model that is too sure of itself, and what raters said."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(-1, 2, count)
    truth = rng.random(count) < 1 / (1 + np.exp(-honest))
    return 2.5 * honest + 1, truth


def probability(logits: np.ndarray) -> np.ndarray:
    shares: np.ndarray = 1 / (1 + np.exp(-logits))
    return shares


def test_an_overconfident_model_is_honest_after_calibration_on_comments_it_was_not_fitted_on() -> None:
    logits, truth = comments(1)
    curve = fit(logits, truth, np.ones(len(truth)))
    other_logits, other_truth = comments(2)
    assert calibration_error(other_truth, probability(other_logits)) > 0.05
    assert calibration_error(other_truth, probability(curve(other_logits))) < 0.02


def test_a_curve_rises_strictly_even_where_chance_says_otherwise() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 3, 60)
    truth = rng.random(60) < 0.5  # nothing to learn
    curve = fit(logits, truth, np.ones(60))
    assert (np.diff(curve.x) > 0).all()
    assert (np.diff(curve.y) > 0).all()
    wide = np.linspace(-40, 40, 500)
    assert (np.diff(curve(wide)) > 0).all()


def test_a_logit_that_tells_nothing_counts_as_little_as_a_curve_allows_and_the_rate_is_right_even_so() -> None:
    rng = np.random.default_rng(6)
    logits = rng.normal(-1.5, 5, 4000)
    truth = rng.random(4000) < 0.5
    weights = at_rate(truth, 0.07)
    curve = fit(logits, truth, weights)
    assert np.diff(curve.y) / np.diff(curve.x) == pytest.approx(FLATTEST, abs=0.01)
    assert np.average(probability(curve(logits)), weights=weights) == pytest.approx(0.07, abs=0.001)


def test_weights_bring_the_rate_that_a_scale_claims() -> None:
    logits, truth = comments(4)
    weights = at_rate(truth, 0.07)
    natural = fit(logits, truth, weights)
    assert np.average(probability(natural(logits)), weights=weights) == pytest.approx(0.07, abs=0.005)


def test_moving_a_curve_to_half_and_half_is_bayes_rule() -> None:
    logits, truth = comments(5)
    natural = fit(logits, truth, at_rate(truth, 0.07))
    balanced = natural.moved(-np.log(0.07 / 0.93))
    at_080 = np.interp(np.log(0.8 / 0.2), balanced.y, balanced.x)
    assert probability(natural(at_080)) == pytest.approx(0.23, abs=0.01)


def test_the_greater_of_two_curves_is_the_greater_everywhere() -> None:
    flat, steep = (
        Curve(np.array([-4.0, 0.0, 3.0]), np.array([-2.0, 0.0, 0.9])),
        Curve(np.array([-1.0, 2.0]), np.array([-3.0, 3.0])),
    )
    logits = np.linspace(-9, 9, 700)
    assert flat.at_least(steep)(logits) == pytest.approx(np.maximum(flat(logits), steep(logits)), abs=1e-3)
    assert steep.at_least(flat)(logits) == pytest.approx(np.maximum(flat(logits), steep(logits)), abs=1e-3)


def test_curves_that_cross_beside_a_knot_make_one_whose_knots_still_rise_in_the_manifest() -> None:
    one, other = (
        Curve(np.array([-1.0, 0.0, 1.0]), np.array([-1.0, 0.0, 2.0])),
        Curve(np.array([-2.0, 2.0]), np.array([-1.00002, 1.0])),
    )
    kept = one.at_least(other).as_json()
    assert (np.diff(kept["x"]) > 0).all()
    assert (np.diff(kept["y"]) > 0).all()


def test_one_class_alone_can_not_be_calibrated() -> None:
    with pytest.raises(ValueError, match="both classes"):
        fit([0.0, 1.0], [True, True], [1.0, 1.0])


def test_the_error_of_calibration_is_the_mean_distance_of_stated_and_true_rate() -> None:
    assert calibration_error([False, True], [0.25, 0.75]) == pytest.approx(0.25)
    assert calibration_error([False, True], [0.25, 0.75], [3, 1]) == pytest.approx(0.25)
    assert calibration_error([False, True], [0.05, 0.45], [3, 1]) == pytest.approx((3 * 0.05 + 0.55) / 4)


def test_a_curve_that_is_drawn_to_another_lies_between_both_and_rises() -> None:
    own, other = (
        Curve(np.array([-2.0, 0.5, 3.0]), np.array([-1.0, 0.0, 4.0])),
        Curve(np.array([-4.0, 4.0]), np.array([-6.0, 2.0])),
    )
    wide = np.linspace(-9, 9, 200)
    for share in (0.0, 0.3, 1.0):
        drawn = own.drawn_to(other, share)
        assert drawn(wide) == pytest.approx(share * own(wide) + (1 - share) * other(wide))
        assert (np.diff(drawn.x) > 0).all()
        assert (np.diff(drawn.y) > 0).all()
