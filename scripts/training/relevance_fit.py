"""The arithmetic of fitting relevance: directions, logistic regressions, rarity of words. Seeded."""

from __future__ import annotations

import base64
import collections
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from moderation.scoring.relevance_features import COMMON, stems

FOLDS = 5
WORDS_KEPT = 5000
WORDS_OF_A_LANGUAGE = 1500
"""The same of one language among several."""
FEWEST_COMMENTS = 200
SHRINK, SHARPEN = 1.5, 0.75


@dataclass(slots=True)
class Rows:
    """Features, 0 or 1, and how much each row weighs."""

    x: list[list[float]] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)

    def add(self, features: list[float], label: float, weight: float = 1.0) -> None:
        self.x.append(features)
        self.y.append(label)
        self.weight.append(weight)


def crossfit_direction(
    yes: np.ndarray, no: np.ndarray, rng: random.Random
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """The unit direction that tells ``yes`` from ``no``; and each text's place along one fitted without its fold.

    What is fused later must not have been fitted on the same text: it would look surer than it is.
    """
    x = np.concatenate([yes, no])
    label = np.concatenate([np.ones(len(yes)), np.zeros(len(no))])
    fold = np.array([rng.randrange(FOLDS) for _ in x])
    places = np.zeros(len(x))
    for k in range(FOLDS):
        places[fold == k] = x[fold == k] @ ridge_direction(x[fold != k], label[fold != k])
    return ridge_direction(x, label), (places[: len(yes)], places[len(yes) :])


def ridge_direction(x: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Linear discriminant with shrunk covariance, both classes weighing the same; unit length."""
    fitted = Ridge(alpha=2e-3).fit(x.astype(float), 2 * label - 1, sample_weight=_even(label, np.ones(len(label))))
    return np.asarray(fitted.coef_ / np.linalg.norm(fitted.coef_))


def fit_logistic(rows: Rows, ridge: float = 3e-3) -> tuple[np.ndarray, float]:
    """(coefficients, bias); the classes weigh the same, ``ridge`` weighs on standardised coefficients."""
    label = np.array(rows.y)
    scaler = StandardScaler().fit(rows.x)
    fitted = LogisticRegression(C=1 / ridge, solver="newton-cholesky", tol=1e-9).fit(
        scaler.transform(rows.x), label, sample_weight=_even(label, np.array(rows.weight))
    )
    coefficients = fitted.coef_[0] / scaler.scale_
    return coefficients, float(fitted.intercept_[0] - coefficients @ scaler.mean_)


def _even(label: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weights made to sum to a half in each class."""
    return np.asarray(np.where(label > 0, weight / weight[label > 0].sum(), weight / weight[label <= 0].sum()) / 2)


def fit_in_two(every: Rows, plain: Rows) -> tuple[np.ndarray, float]:
    """(coefficients, bias): the order is learned from all rows, the scale from the plain ones.

    Hard rows teach what tells a comment from one on the story next to it, but made to fit them too the scores
    of plain ones would all sit near the middle.
    """
    coefficients, bias = fit_logistic(every)
    placed = Rows([[float(np.dot(coefficients, x)) + bias] for x in plain.x], plain.y, plain.weight)
    scale, shift = fit_logistic(placed)
    return coefficients * scale[0], bias * float(scale[0]) + shift


def pack_int8(rows: np.ndarray) -> str:
    """Base64 of the rows, each scaled to the whole range of int8: only its direction is kept."""
    scaled = rows / np.abs(rows).max(axis=1, keepdims=True) * 127
    return base64.b64encode(np.round(scaled).astype(np.int8).tobytes()).decode("ascii")


def word_rarity(comments: Iterable[str], anywhere: Iterable[str], most: int = WORDS_KEPT) -> dict[str, Any]:
    """How rare the beginnings of words are in ``comments``, in steps of a tenth; and the rare ones of ``anywhere``."""
    counted: collections.Counter[str] = collections.Counter()
    total = 0
    for text in comments:
        counted.update(set(stems(text)))
        total += 1
    kept = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:most]
    lines: dict[str, list[str]] = collections.defaultdict(list)
    for stem, count in kept:
        lines[f"{max(0.0, math.log(total / count)):.1f}"].append(stem)
    rarity = {stem: math.log(total / count) for stem, count in kept}
    talk = sorted({stem for text in anywhere for stem in stems(text)})
    return {
        "rarity": {key: " ".join(line) for key, line in lines.items()},
        "unknown": round(math.log(total / kept[-1][1]) + 0.5, 1),
        "anywhere": " ".join(stem for stem in talk if rarity.get(stem, math.inf) > COMMON),
    }


def word_rarity_by_language(
    comments: Mapping[str, Sequence[str]], common: Iterable[str], anywhere: Iterable[str]
) -> dict[str, Any]:
    """As ``word_rarity``, each language's words counted among its own comments. A word of several languages is as rare
    as where it is commonest; ``common`` words, of languages that have no comments, say nothing about a subject.
    """
    counted = {
        language: word_rarity(texts, (), WORDS_OF_A_LANGUAGE)
        for language, texts in comments.items()
        if len(texts) >= FEWEST_COMMENTS
    }
    rarity: dict[str, float] = {stem: 0.0 for word in common for stem in stems(word)[:1]}
    for found in counted.values():
        for steps, line in found["rarity"].items():
            for stem in line.split():
                rarity[stem] = min(rarity.get(stem, math.inf), float(steps))
    lines: dict[str, list[str]] = collections.defaultdict(list)
    for stem, steps in sorted(rarity.items(), key=lambda item: (item[1], item[0])):
        lines[f"{steps:.1f}"].append(stem)
    talk = sorted({stem for text in anywhere for stem in stems(text)})
    return {
        "rarity": {key: " ".join(line) for key, line in lines.items()},
        "unknown": max(found["unknown"] for found in counted.values()),
        "anywhere": " ".join(stem for stem in talk if rarity.get(stem, math.inf) > COMMON),
    }


def shared_turn(comments: np.ndarray, articles: np.ndarray, dimensions: int) -> np.ndarray:
    """[embedding, dimensions]: what rows of both share, against how each varies (canonical correlation).

    ``SHRINK`` keeps directions in which texts hardly vary from counting; ``SHARPEN`` says how much more those count in
    which the pairs agree most. scikit-learn's ``CCA`` has neither.
    """
    comments, articles = comments - comments.mean(axis=0), articles - articles.mean(axis=0)
    shared = (comments.T @ articles + articles.T @ comments) / (2 * len(comments))
    spread = (comments.T @ comments + articles.T @ articles) / (2 * len(comments))
    values, vectors = np.linalg.eigh(spread)
    even = (vectors * (values / values.mean() + SHRINK) ** -0.5) @ vectors.T
    values, vectors = np.linalg.eigh(even @ shared @ even)
    turn = even @ (vectors * np.clip(values / values.max(), 1e-3, None) ** (SHARPEN / 2))
    return np.asarray(turn[:, ::-1][:, :dimensions])


def without_languages(turn: np.ndarray, means: np.ndarray, most: int) -> np.ndarray:
    """``turn`` [embedding, dimensions] blind to the ``most`` directions in which the languages' ``means`` [languages,
    embedding] differ most.
    """
    _, _, directions = np.linalg.svd(means - means.mean(axis=0), full_matrices=False)
    apart = directions[: min(most, len(means) - 1)]
    return np.asarray(turn - apart.T @ (apart @ turn))
