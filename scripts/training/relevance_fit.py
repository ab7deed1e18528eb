"""The arithmetic of fitting relevance: directions, logistic regressions, rarity of words. NumPy only, seeded."""

from __future__ import annotations

import base64
import collections
import math
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moderation.scoring.relevance_features import COMMON, stems

FOLDS = 5
WORDS_KEPT = 5000
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
    weight = np.where(label > 0, 0.5 / label.sum(), 0.5 / (1 - label).sum())
    mean = weight @ x
    centred = x - mean
    covariance = (centred * weight[:, None]).T @ centred + 2e-3 * np.eye(x.shape[1])
    target = (centred * (weight * (2 * label - 1))[:, None]).sum(axis=0)
    direction = np.linalg.solve(covariance, target)
    return np.asarray(direction / np.linalg.norm(direction))


def fit_logistic(rows: Rows, ridge: float = 3e-3) -> tuple[np.ndarray, float]:
    """(coefficients, bias) by Newton's method; the classes weigh the same, ``ridge`` weighs on standardised ones."""
    x, y, weight = np.array(rows.x), np.array(rows.y), np.array(rows.weight)
    weight = np.where(y > 0, weight / weight[y > 0].sum(), weight / weight[y == 0].sum()) / 2
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = np.hstack([(x - mean) / scale, np.ones((len(x), 1))])
    penalty = ridge * np.diag([*np.ones(x.shape[1]), 0.0])
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
        gradient = z.T @ (weight * (p - y)) + penalty @ beta
        hessian = (z * (weight * p * (1 - p))[:, None]).T @ z + penalty + 1e-9 * np.eye(len(beta))
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    coefficients = beta[:-1] / scale
    return coefficients, float(beta[-1] - coefficients @ mean)


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


def word_rarity(comments: Iterable[str], anywhere: Iterable[str]) -> dict[str, Any]:
    """How rare the beginnings of words are in ``comments``, in steps of a tenth; and the rare ones of ``anywhere``."""
    counted: collections.Counter[str] = collections.Counter()
    total = 0
    for text in comments:
        counted.update(set(stems(text)))
        total += 1
    kept = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:WORDS_KEPT]
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


def shared_turn(comments: np.ndarray, articles: np.ndarray, dimensions: int) -> np.ndarray:
    """[embedding, dimensions]: what rows of both share, against how each varies (canonical correlation).

    ``SHRINK`` keeps directions in which texts hardly vary from counting; ``SHARPEN`` says how much more those count in
    which the pairs agree most.
    """
    comments, articles = comments - comments.mean(axis=0), articles - articles.mean(axis=0)
    shared = (comments.T @ articles + articles.T @ comments) / (2 * len(comments))
    spread = (comments.T @ comments + articles.T @ articles) / (2 * len(comments))
    values, vectors = np.linalg.eigh(spread)
    even = (vectors * (values / values.mean() + SHRINK) ** -0.5) @ vectors.T
    values, vectors = np.linalg.eigh(even @ shared @ even)
    turn = even @ (vectors * np.clip(values / values.max(), 1e-3, None) ** (SHARPEN / 2))
    return np.asarray(turn[:, ::-1][:, :dimensions])
