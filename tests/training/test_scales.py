"""The two scales of a pack: what a score promises on each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from moderation.core.scores import LABELS
from scripts.training.corpora import CORPORA, held_back_rows
from scripts.training.metrics import at_rate
from scripts.training.scales import HARD_PAIRS, TOXIC_NEWS, Raw, calibrate, news_rate


class Reader:
    """A pack that reads the number in a text as every label's logit."""

    def score(self, texts: Sequence[str]) -> Raw:
        logits = np.array([float(text.split()[0]) for text in texts])
        return Raw(np.repeat(logits[:, None], len(LABELS), axis=1), logits)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpora in which a text's number is its honest log odds, half of the news toxic."""
    return _corpora(tmp_path_factory.mktemp("data"))


def _corpora(data: Path, *, told_by_pairs: float = 1.0) -> Path:
    """``told_by_pairs``: the share of its number that is true of a text among the hard pairs."""
    rng = np.random.default_rng(1)
    (data / "train").mkdir()
    for name in sorted({corpus.file or corpus.name for corpus in CORPORA}):
        share = told_by_pairs if name == HARD_PAIRS else 1.0
        with gzip.open(data / "train" / f"{name}.jsonl.gz", "wt") as lines:
            for number in range(1500):
                odds = rng.normal(0, 2)
                set_ = float(rng.random() < 1 / (1 + np.exp(-share * odds)))
                lines.write(json.dumps({"text": f"{odds:.3f} {name} {number}", "labels": _labels(name, set_)}) + "\n")
    return data


def _labels(name: str, value: float) -> dict[str, float]:
    theirs = {
        "contextual_abuse_reddit": ("abusive", "IdentityDirectedAbuse", "PersonDirectedAbuse"),
        "gab_hate": ("hate", "vulgar_offensive"),
        "stormfront": ("hate",),
        "hatemoji_build": ("hateful",),
        "explainable_sexism": ("sexist",),
        "youtube_spam": ("spam",),
        "identity_negatives": (),
    }
    return dict.fromkeys(theirs.get(name, LABELS), value) or {"toxicity": 0.0}


def test_natural_scores_of_news_comments_add_up_to_the_rate_they_claim(folder: Path) -> None:
    scales, _ = calibrate(Reader(), folder)
    news = held_back_rows(folder, "news")
    weights = at_rate([row["toxicity"] >= 0.5 for _, row in news], TOXIC_NEWS)
    logits = Reader().score([text for text, _ in news]).spam
    for label in ("toxicity", "insult", "identity_attack"):
        stated = 1 / (1 + np.exp(-scales["natural"][label](logits)))
        assert np.average(stated, weights=weights) == pytest.approx(news_rate(folder, label), rel=0.1)


def test_balanced_080_is_natural_023_for_toxicity(folder: Path) -> None:
    scales, _ = calibrate(Reader(), folder)
    balanced, natural = scales["balanced"]["toxicity"], scales["natural"]["toxicity"]
    logit = np.interp(np.log(4), balanced.y, balanced.x)
    assert 1 / (1 + np.exp(-natural(logit))) == pytest.approx(0.23, abs=0.01)


def test_no_label_is_surer_on_the_natural_scale_even_where_hard_pairs_leave_doubt(tmp_path: Path) -> None:
    scales, _ = calibrate(Reader(), _corpora(tmp_path, told_by_pairs=0.2))
    logits = np.linspace(-12, 12, 500)
    for label in LABELS:
        assert (scales["balanced"][label](logits) >= scales["natural"][label](logits) - 1e-3).all(), label
    unsure, sure = (scales["balanced"][label](3.0) for label in ("identity_attack", "insult"))
    assert unsure < sure  # the pairs' doubt stays where they decide


def test_every_label_has_a_rising_curve_on_both_scales(folder: Path) -> None:
    scales, spam = calibrate(Reader(), folder)
    assert set(scales) == {"natural", "balanced"}
    for curve in (*scales["natural"].values(), *scales["balanced"].values(), spam):
        assert (np.diff(curve.x) > 0).all()
        assert (np.diff(curve.y) > 0).all()
    assert list(scales["natural"]) == list(LABELS)
