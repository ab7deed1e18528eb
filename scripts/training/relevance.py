"""Fits the weights of relevance on written articles and on long comments cut in two, for the embedding of one pack.

    python -m scripts.training.relevance --data DIR [--pack FOLDER] [--into-pack]

Writes ``relevance_weights.json`` beside this file; ``--into-pack`` puts it into the pack's manifest too. Seeded: the
same data and pack give the same file. Prints what the written articles, five folds held out in turn, say of it.
"""

from __future__ import annotations

import argparse
import base64
import collections
import json
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moderation.core.scores import ArticleText
from moderation.scoring.packs import BUILTIN, open_folder
from moderation.scoring.relevance import ADVERTISEMENT, REACTION, SUBJECT, RelevanceModel, Side, split_passages
from moderation.scoring.relevance_features import COMMON, stems
from moderation.scoring.scorer import PackScorer
from scripts.training.relevance_material import (
    Article,
    channel_comments,
    comments_in_general,
    cut_comments,
    texts,
    written_articles,
    written_phrases,
)

WEIGHTS = Path(__file__).parent / "relevance_weights.json"
BACKGROUND = 256
"""Comments, and passages, that stand for texts in general."""
SUBJECT_DIMENSIONS = 192
SHRINK, SHARPEN = 1.5, 0.75
FUSED = 2500
"""Cut comments on which the fusion is fitted."""
WORDS_KEPT = 5000
FOLDS = 5
REACTIONS = ("agreement", "praise", "correction", "question", "reply")
PRIOR_LOGIT = {"subject": -0.7, "reaction": -1.5, "advertisement": -1.5}
"""Added to each bias, which was fitted with both classes weighing the same: unrelated has to end under 0.2."""

SHARPEN_REACTION = 2.0
"""On the log-odds: a reaction that isn't evident shouldn't hide how far the comment is from the subject."""

Embed = Callable[[Sequence[str]], np.ndarray]


@dataclass(slots=True)
class Rows:
    """Features, 0 or 1, and how much each row weighs."""

    x: list[list[float]]
    y: list[float]
    weight: list[float]

    def add(self, features: list[float], label: float, weight: float = 1.0) -> None:
        self.x.append(features)
        self.y.append(label)
        self.weight.append(weight)


class Material:
    """All texts with their vectors, embedded once."""

    def __init__(self, data: Path, embed: Embed, seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311 - draws examples
        self.data, self.embed = data, embed
        self.articles, self.phrases = written_articles(), written_phrases()
        self.cut = cut_comments(data, rng)
        rng.shuffle(self.cut)
        self.general = comments_in_general(data, rng)
        self.channel_ads, self.channel_others = channel_comments(data)
        self._vectors: dict[str, np.ndarray] = {}
        self.learn(t for a in self.cut[:-FUSED] for t in (a.title, a.paragraphs[0], a.comments[0]))
        self.learn(
            t
            for a in (*self.articles, *self.cut[-FUSED:])
            for t in (*passages(a), *a.comments, *a.near, *sum(a.replies, ()))
        )
        titles = [a.title for a in self.articles]
        self.ads = [t.replace("{title}", rng.choice(titles)) for t in self.phrases["advertisement"] for _ in range(3)]
        self.learn(t for group in self.phrases.values() for t in group)
        self.learn((*self.general, *self.ads, *self.channel_ads, *self.channel_others))

    def learn(self, wanted: Iterable[str]) -> None:
        missing = [text for text in dict.fromkeys(wanted) if text not in self._vectors]
        for start in range(0, len(missing), 512):
            part = missing[start : start + 512]
            self._vectors.update(zip(part, self.embed(part), strict=True))

    def __call__(self, wanted: Sequence[str]) -> np.ndarray:
        self.learn(wanted)
        return np.stack([self._vectors[text] for text in wanted])


def passages(article: Article) -> list[str]:
    return split_passages(as_text(article))


def as_text(article: Article, *, whole: bool = True) -> ArticleText:
    if not whole:
        return ArticleText(title=article.title)
    return ArticleText(title=article.title, key_points=tuple(article.key_points), paragraphs=tuple(article.paragraphs))


def fit(material: Material, articles: Sequence[Article], phrases: Mapping[str, list[str]], seed: int) -> dict[str, Any]:
    """The weights file's content, fitted on these written articles and phrases, and on all that ``material`` cut."""
    rng = random.Random(seed)  # noqa: S311 - draws examples
    weights: dict[str, Any] = {
        "dimensions": int(material(["a"]).shape[1]),
        "subject_dimensions": SUBJECT_DIMENSIONS,
        "words": word_rarity(material.data, phrases),
        "turn": "",
        "background": {},
        "directions": {},
        "fusion": {},
    }
    turn = subject_turn(material)
    weights["turn"] = pack_int8(turn.reshape(1, -1))
    weights["background"] = background(material, turn, rng)
    reactions = [text for group in REACTIONS for text in phrases[group]]
    unrelated = [*phrases["unrelated"], *phrases["topical"]]
    others = [*material.general, *unrelated * 3, *(t for a in articles for t in (*a.comments, *a.near))]
    innocent = [*material.general, *material.channel_others, *reactions, *phrases["source"] * 20, *unrelated]
    ads = [*material.channel_ads, *material.ads * 4]
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, yes, no in (("reaction", reactions, others), ("advertisement", ads, innocent)):
        direction, apart = crossfit_direction(material(yes), material(no), rng)
        weights["directions"][name] = pack_int8(direction[None, :])
        found[name] = apart
    zero = {name: {"bias": 0.0, "weights": dict.fromkeys(names, 0.0)} for name, names in FEATURES.items()}
    model = RelevanceModel({**weights, "fusion": zero})
    sides = Sides(material, model)
    fitted = {
        "subject": fit_logistic(subject_rows(material, model, sides, articles, phrases, rng)),
        "reaction": fit_logistic(reaction_rows(material, model, sides, articles, (reactions, others), found, rng)),
        "advertisement": fit_logistic(advertisement_rows(material, model, (ads, innocent), found)),
    }
    for name, (coefficients, bias) in fitted.items():
        sharper = SHARPEN_REACTION if name == "reaction" else 1.0
        weights["fusion"][name] = {
            "bias": round(sharper * (bias + PRIOR_LOGIT[name]), 4),
            "weights": {k: round(sharper * float(v), 4) for k, v in zip(FEATURES[name], coefficients, strict=True)},
        }
    return weights


FEATURES = {"subject": SUBJECT, "reaction": REACTION, "advertisement": ADVERTISEMENT}


class Sides:
    """Articles as the model holds them, made once."""

    def __init__(self, material: Material, model: RelevanceModel) -> None:
        self._material, self._model = material, model
        self._made: dict[tuple[str, bool], Side] = {}

    def __call__(self, article: Article, *, whole: bool) -> Side:
        key = (article.title, whole)
        if key not in self._made:
            split = split_passages(as_text(article, whole=whole))
            self._made[key] = self._model.make_side(split, self._material(split))
        return self._made[key]


def subject_rows(
    material: Material,
    model: RelevanceModel,
    sides: Sides,
    articles: Sequence[Article],
    phrases: Mapping[str, list[str]],
    rng: random.Random,
) -> Rows:
    """Own comments against those of other articles, half of these from the articles that are nearest."""
    rows = Rows([], [], [])

    def add(text: str, side: Side, label: float, weight: float) -> None:
        vector = material([text])[0]
        rows.add(model.subject_features(text, vector, model.lexicon.rare(text), side), label, weight)

    for group, others, per, scale in ((list(articles), 16, 3.0, 3.0), (material.cut[-FUSED:], 5, 1.0, 0.25)):
        titles = material([a.title for a in group])
        for index, article in enumerate(group):
            pool = rng.sample(range(len(group)), min(60, len(group)))
            pool = sorted((i for i in pool if i != index), key=lambda i: -float(titles[i] @ titles[index]))
            strangers = pool[: others // 2] + rng.sample(pool, others - others // 2)
            for whole in (False, True):
                side = sides(article, whole=whole)
                for text in article.comments:
                    add(text, side, 1.0, scale)
                wrong = [rng.choice(group[i].comments) for i in strangers]
                if per > 1:
                    wrong += [
                        *article.near,
                        *rng.sample(phrases["unrelated"], 8),
                        *rng.sample(phrases["topical"], 4),
                        *rng.sample(material.general, 4),
                    ]
                for text in wrong:
                    add(text, side, 0.0, scale * (1.0 if whole else 1.5) * len(article.comments) / len(wrong))
    return rows


def reaction_rows(
    material: Material,
    model: RelevanceModel,
    sides: Sides,
    articles: Sequence[Article],
    given: tuple[Sequence[str], Sequence[str]],
    apart: Mapping[str, tuple[np.ndarray, np.ndarray]],
    rng: random.Random,
) -> Rows:
    """Reactions against all other comments, each beside any article."""
    rows = Rows([], [], [])
    for label, group, reads in zip((1.0, 0.0), given, apart["reaction"], strict=True):
        for text, read in zip(group, reads, strict=True):
            side = sides(rng.choice(articles), whole=rng.random() < 0.5)
            features = model.reaction_features(text, material([text])[0], model.lexicon.rare(text), side)
            rows.add([float(read) * 4, *features[1:]], label, 1.0 / len(group))
    return rows


def advertisement_rows(
    material: Material,
    model: RelevanceModel,
    given: tuple[Sequence[str], Sequence[str]],
    apart: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> Rows:
    rows = Rows([], [], [])
    for label, group, reads in zip((1.0, 0.0), given, apart["advertisement"], strict=True):
        for text, read in zip(group, reads, strict=True):
            features = model.advertisement_features(text, material([text])[0])
            rows.add([*features[:-1], float(read) * 4], label, 1.0 / len(group))
    return rows


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


def word_rarity(data: Path, phrases: Mapping[str, list[str]]) -> dict[str, Any]:
    """How rare the beginnings of words are in comments, in steps of a tenth; and those of talk about any article."""
    counted: collections.Counter[str] = collections.Counter()
    total = 0
    for name in ("civil_comments", "contextual_abuse_reddit", "wikipedia_talk"):
        for text in texts(data, name)[:25000]:
            counted.update(set(stems(text)))
            total += 1
    kept = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:WORDS_KEPT]
    lines: dict[str, list[str]] = collections.defaultdict(list)
    for stem, count in kept:
        lines[f"{max(0.0, math.log(total / count)):.1f}"].append(stem)
    anywhere = sorted({stem for group in (*REACTIONS, "words") for text in phrases[group] for stem in stems(text)})
    rarity = {stem: math.log(total / count) for stem, count in kept}
    return {
        "rarity": {key: " ".join(stems_) for key, stems_ in lines.items()},
        "unknown": round(math.log(total / kept[-1][1]) + 0.5, 1),
        "anywhere": " ".join(stem for stem in anywhere if rarity.get(stem, 99.0) > COMMON),
    }


def subject_turn(material: Material) -> np.ndarray:
    """[dimensions, SUBJECT_DIMENSIONS]: what the halves of a comment share, against how texts vary (CCA).

    ``SHRINK`` keeps directions in which texts hardly vary from counting, ``SHARPEN`` says how much more those count in
    which the halves agree most. The last ``FUSED`` cut comments aren't used: the fusion is fitted on them.
    """
    pairs = material.cut[:-FUSED]
    comments = material([a.comments[0] for a in pairs] * 2)
    articles = material([a.title for a in pairs] + [a.paragraphs[0] for a in pairs])
    comments, articles = comments - comments.mean(axis=0), articles - articles.mean(axis=0)
    shared = (comments.T @ articles + articles.T @ comments) / (2 * len(comments))
    spread = (comments.T @ comments + articles.T @ articles) / (2 * len(comments))
    values, vectors = np.linalg.eigh(spread)
    even = (vectors * (values / values.mean() + SHRINK) ** -0.5) @ vectors.T
    values, vectors = np.linalg.eigh(even @ shared @ even)
    turn = even @ (vectors * np.clip(values / values.max(), 1e-3, None) ** (SHARPEN / 2))
    return np.asarray(turn[:, ::-1][:, :SUBJECT_DIMENSIONS])


def background(material: Material, turn: np.ndarray, rng: random.Random) -> dict[str, str]:
    """Comments and passages in general, as int8 rows."""
    pool = sorted({text for article in material.cut[-FUSED:] for text in passages(article)})
    comments = rng.sample(material.general, BACKGROUND)
    parts = [*rng.sample(pool, BACKGROUND - 60), *rng.sample(material.phrases["headline"], 60)]
    return {
        "comments": pack_int8(material(comments) @ turn),
        "passages": pack_int8(material(parts) @ turn),
    }


def pack_int8(rows: np.ndarray) -> str:
    """Base64 of the rows, each scaled to the whole range of int8: only its direction is kept."""
    scaled = rows / np.abs(rows).max(axis=1, keepdims=True) * 127
    return base64.b64encode(np.round(scaled).astype(np.int8).tobytes()).decode("ascii")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/*.jsonl.gz")
    parser.add_argument("--pack", type=Path, default=BUILTIN, help="folder of the pack whose embedding is used")
    parser.add_argument("--into-pack", action="store_true", help="put the weights into that pack's manifest too")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    scorer = PackScorer(open_folder(given.pack), threads=2)
    material = Material(given.data, scorer.embed, given.seed)
    weights = fit(material, material.articles, material.phrases, given.seed)
    weights["fitted_for"] = f"{scorer.stamp.name} {scorer.stamp.version}"
    WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")
    print(f"{WEIGHTS} written, {WEIGHTS.stat().st_size} bytes")
    if given.into_pack:
        manifest = given.pack / "manifest.json"
        stated = json.loads(manifest.read_text(encoding="utf-8"))
        manifest.write_text(json.dumps({**stated, "relevance": weights}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
