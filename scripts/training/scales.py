"""Both calibrations of a pack, fitted on what training held back.

Toxicity on news comments, weighed to 7% toxic. The other labels on a half-and-half mix of news comments (with
Wikipedia's where news has too few), moved to the rate that they have among news comments of which 7% are toxic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit

from moderation.core.scores import LABELS
from scripts.training.calibration import Curve, fit
from scripts.training.corpora import CORPORA, held_back_rows, rows
from scripts.training.metrics import Floats, at_rate

TOXIC_NEWS = 0.07
"""The share of news comments that are toxic: what the natural scale claims."""
FEWEST = 60
"""Held-back news comments that a label needs among its positives to be calibrated on news alone."""
FEWEST_FOR_RATE = 20
"""Those it needs for its natural rate to be matched on them; with fewer the odds alone move the balanced curve."""
HARD_PAIRS = "hatemoji_build"
"""Half hateful, half harmless in nearly the same words: identity attack's balanced mix. Among comments as they come
hardly a harmless one names a group, and a curve fitted on those takes the name for the attack."""
RAREST = 1e-4


@dataclass(frozen=True, slots=True)
class Raw:
    """Logits (texts, labels) and spam logits (texts): the largest over a text's windows."""

    logits: NDArray[np.float64]
    spam: NDArray[np.float64]


class Answers(Protocol):
    """What is calibrated: ``onnx_scores.OnnxPack``."""

    def score(self, texts: Sequence[str]) -> Raw: ...


def calibrate(pack: Answers, data: Path) -> tuple[dict[str, dict[str, Curve]], Curve]:
    """The natural and the balanced curve of each label, and spam's (half and half)."""
    pool = _pool(pack, data)
    is_news = pool.sources == "news"
    weights = at_rate(pool.truth("toxicity")[is_news], TOXIC_NEWS)
    scales: dict[str, dict[str, Curve]] = {"natural": {}, "balanced": {}}
    for column, label in enumerate(LABELS):
        logits, truth, rate = pool.logits[:, column], pool.truth(label), news_rate(data, label)
        if label == "toxicity":
            natural = fit(logits[is_news], truth[is_news], weights)
            balanced = natural.moved(-logit(rate))
        else:
            used = pool.known(label) & np.isin(pool.sources, _sources(int(truth[is_news].sum())))
            if not 0 < truth[used].mean() < 1:
                raise SystemExit(f"Too few held-back comments to calibrate {label!r}: all with it, or none. More data.")
            balanced = fit(logits[used], truth[used], at_rate(truth[used], 0.5))
            natural = balanced.moved(logit(rate))
            if label == "identity_attack":
                used = pool.sources == HARD_PAIRS
                balanced = fit(logits[used], truth[used], at_rate(truth[used], 0.5))
            if truth[is_news].sum() >= FEWEST_FOR_RATE:
                natural = natural.moved(_to_rate(natural(logits[is_news]), weights, rate))
            # Half and half is never the rarer: where hard pairs leave more doubt than news does, news decides.
            balanced = balanced.at_least(natural)
        scales["natural"][label], scales["balanced"][label] = natural, balanced
    spam_rows = held_back_rows(data, "youtube_spam")
    raw = np.r_[pack.score([text for text, _ in spam_rows]).spam, pool.spam[is_news]]
    truth = np.array([row["spam"] >= 0.5 for _, row in spam_rows] + [False] * int(is_news.sum()))
    return scales, fit(raw, truth, at_rate(truth, 0.5))


def _sources(news_positives: int) -> list[str]:
    """Where a label's half-and-half curve is fitted."""
    return ["news"] if news_positives >= FEWEST else ["news", "wikipedia_talk"]


@dataclass(frozen=True, slots=True)
class _Pool:
    """Held-back comments with their sources, labels and raw answers."""

    sources: NDArray[np.str_]
    labels: Sequence[Mapping[str, float]]
    logits: Floats
    spam: Floats

    def known(self, label: str) -> NDArray[np.bool_]:
        return np.array([label in row for row in self.labels])

    def truth(self, label: str) -> NDArray[np.bool_]:
        return np.array([row.get(label, 0.0) >= 0.5 for row in self.labels])


def _pool(pack: Answers, data: Path) -> _Pool:
    texts: list[str] = []
    labels: list[Mapping[str, float]] = []
    sources: list[str] = []
    for name in ("news", "wikipedia_talk", HARD_PAIRS):
        corpus = next(corpus for corpus in CORPORA if corpus.name == name)
        for place, (text, row) in enumerate(held_back_rows(data, name)):
            if name == "wikipedia_talk" and not row.get("toxicity") and place % 3:
                continue  # harmless ones abound; a third is enough
            texts.append(text)
            # What a corpus' labels mean here, and the raters' own where they name ours.
            labels.append({**corpus.read(row)[0], **row})
            sources.append(name)
    raw = pack.score(texts)
    return _Pool(np.array(sources), labels, raw.logits, raw.spam)


def _to_rate(logits: Floats, weights: Floats, rate: float) -> float:
    """By how much to move the logits so that their probabilities' weighted mean is ``rate``."""
    return float(brentq(lambda by: np.average(expit(logits + by), weights=weights) - rate, -30, 30))


def news_rate(data: Path, label: str) -> float:
    """How often ``label`` is set among news comments of which 7% are toxic; the corpus is sampled richer than that."""
    if label == "toxicity":
        return TOXIC_NEWS
    known = [row for _, row in rows(data, next(corpus for corpus in CORPORA if corpus.name == "news"))]
    weights = at_rate([row["toxicity"] >= 0.5 for row in known], TOXIC_NEWS)
    set_ = np.array([row[label] >= 0.5 for row in known])
    return max(RAREST, float(np.average(set_, weights=weights)))
