"""Logits become probabilities along the pack's curves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.core.scores import LABELS, Scale
from moderation.scoring.calibration import probability
from moderation.scoring.manifest import Curve
from moderation.scoring.packs import BUILTIN, open_folder

CURVE = Curve(x=(-2.0, 0.0, 3.0), y=(-6.0, -1.0, 1.0))


def along(*logits: float) -> list[float]:
    return [probability(logit, CURVE) for logit in logits]


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def test_a_knot_gets_its_own_value_and_between_knots_it_is_linear() -> None:
    assert along(-2.0, 0.0, 3.0, 1.5) == pytest.approx([sigmoid(v) for v in (-6.0, -1.0, 1.0, 0.0)])


def test_beyond_the_ends_the_order_is_kept() -> None:
    assert along(-3.0, 5.0) == pytest.approx([sigmoid(-7.0), sigmoid(3.0)])


@given(st.lists(st.floats(-30, 30, width=32), min_size=2, max_size=30))
def test_a_greater_logit_never_gets_a_smaller_probability(logits: list[float]) -> None:
    found = along(*sorted(logits))
    assert found == sorted(found)
    assert all(0 <= p <= 1 for p in found)


@pytest.mark.parametrize("label", LABELS)
def test_the_shipped_pack_is_never_surer_on_the_natural_scale_than_on_the_balanced_one(label: str) -> None:
    curves = open_folder(BUILTIN).manifest.calibration
    for tenth in range(-150, 151):
        natural, balanced = (probability(tenth / 10, curves[scale][label]) for scale in (Scale.NATURAL, Scale.BALANCED))
        assert balanced >= natural - 1e-4, tenth / 10
