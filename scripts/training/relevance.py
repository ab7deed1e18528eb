"""Fits the weights of relevance on written articles and on long comments cut in two, for the embedding of one pack.

    python -m scripts.training.relevance --data DIR [--pack FOLDER] [--into-pack] [--check]

Writes ``relevance_weights.json`` beside this file; ``--into-pack`` puts it into the pack's manifest too. Seeded: the
same data and pack give the same file. ``--check`` prints what the written articles say, a third held out in turn.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from moderation.core.scores import ArticleText
from moderation.scoring.cores import Cores
from moderation.scoring.packs import BUILTIN, Pack, open_folder
from moderation.scoring.relevance import (
    ADVERTISEMENT,
    ASKED,
    REACTION,
    SUBJECT,
    RelevanceModel,
    Side,
    embed_passages,
    split_passages,
)
from moderation.scoring.scorer import PackScorer
from scripts.training.relevance_fit import (
    Rows,
    crossfit_direction,
    fit_in_two,
    fit_logistic,
    pack_int8,
    shared_turn,
    word_rarity,
)
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
FUSED = 1500
"""Cut comments on which the fusion is fitted."""
FEWEST_CUT = 200
"""Beside them, from which the dimensions of a subject are learnt."""
COUNTED = ("civil_comments", "contextual_abuse_reddit", "wikipedia_talk")
"""Comments in which words are counted."""
REACTIONS = ("agreement", "praise", "correction", "question", "reply")
STRETCH = {"subject": 2.0, "headline": 2.0, "reaction": 1.0, "advertisement": 1.0}
"""By how much each one's log-odds are stretched. Where on-topic and unrelated come equally often, most comments that
the fit leaves between 0.2 and 0.5 are on-topic: it is taught with more comments on the next story than readers write.
"""
PRIOR_LOGIT = {"subject": -1.4, "headline": -1.4, "reaction": -1.5, "advertisement": -1.5}
"""Added to each bias, which was fitted with both classes weighing the same: unrelated has to end under 0.2."""

Embed = Callable[[Sequence[str]], np.ndarray]


class Material:
    """All texts with their vectors, embedded once. Another pack's script may add to them, or weigh them otherwise."""

    def __init__(self, data: Path, embed: Embed, seed: int, *, share: float = 1.0) -> None:
        """``share`` of the cut comments are taken."""
        rng = random.Random(seed)  # noqa: S311 - draws examples
        self.data, self.embed = data, embed
        self.articles, self.phrases = written_articles(), written_phrases()
        self.more: dict[str, list[str]] = {"reaction": [], "advertisement": [], "other": []}
        self.cut = cut_comments(data, rng)
        if len(self.cut) < FUSED + FEWEST_CUT:
            raise SystemExit(
                f"{data}: {len(self.cut)} comments are long enough to be cut in two, and {FUSED + FEWEST_CUT} are "
                "needed. --data names the folder that holds train/ with all corpora."
            )
        rng.shuffle(self.cut)
        self.cut = self.cut[: max(FUSED + FEWEST_CUT, round(share * len(self.cut)))]
        self.general = comments_in_general(data, rng)
        self.counted = [text for name in COUNTED for text in texts(data, name)[:25000]]
        self.channel_ads, self.channel_others = channel_comments(data)
        self._vectors: dict[str, np.ndarray] = {}
        self.learn(t for a in self.cut[:-FUSED] for t in (a.title, a.paragraphs[0], a.comments[0]))
        self.learn(
            t
            for a in (*self.articles, *self.cut[-FUSED:])
            for t in (
                *(form.format(a.title) for form in ASKED),
                *passages(a),
                *a.comments,
                *a.near,
                *sum(a.replies, ()),
            )
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

    def rarity(self, anywhere: Iterable[str]) -> dict[str, Any]:
        """How rare words are (``word_rarity``)."""
        return word_rarity(self.counted, anywhere)

    def turn(self) -> np.ndarray:
        """The dimensions that a cut comment's halves share. The last ``FUSED`` are left to the fusion."""
        pairs = self.cut[:-FUSED]
        comments = self([a.comments[0] for a in pairs] * 2)
        articles = self([a.title for a in pairs] + [a.paragraphs[0] for a in pairs])
        return shared_turn(comments, articles, SUBJECT_DIMENSIONS)

    def in_general(self, rng: random.Random) -> tuple[list[str], list[str]]:
        """(comments, passages) that stand for texts in general."""
        pool = sorted({text for article in self.cut[-FUSED:] for text in passages(article)})
        comments = rng.sample(self.general, BACKGROUND)
        return comments, [*rng.sample(pool, BACKGROUND - 60), *rng.sample(self.phrases["headline"], 60)]

    def groups(self, articles: Sequence[Article]) -> list[tuple[list[Article], int, bool]]:
        """Articles among whose comments others are drawn: how many near and far ones each, and whether written."""
        return [(list(articles), 8, True), (self.cut[-FUSED:], 3, False)]


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
        "words": material.rarity(t for group in (*REACTIONS, "words") for t in phrases[group]),
        "turn": "",
        "background": {},
        "directions": {},
        "fusion": {},
    }
    turn = material.turn()
    weights["turn"] = pack_int8(turn.reshape(1, -1))
    comments, parts = material.in_general(rng)
    weights["background"] = {
        "comments": pack_int8(material(comments) @ turn),
        "passages": pack_int8(material(parts) @ turn),
    }
    reactions = [*(text for group in REACTIONS for text in phrases[group]), *material.more["reaction"]]
    unrelated = [*phrases["unrelated"], *phrases["topical"]]
    more = material.more["other"]
    others = [*material.general, *unrelated * 6, *more, *(t for a in articles for t in (*a.comments, *a.near))]
    innocent = [*material.general, *material.channel_others, *reactions, *phrases["source"] * 20, *unrelated, *more]
    ads = [*material.channel_ads, *material.ads * 4, *material.more["advertisement"]]
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, yes, no in (("reaction", reactions, others), ("advertisement", ads, innocent)):
        direction, apart = crossfit_direction(material(yes), material(no), rng)
        weights["directions"][name] = pack_int8(direction[None, :])
        found[name] = apart
    zero = {name: {"bias": 0.0, "weights": dict.fromkeys(names, 0.0)} for name, names in FEATURES.items()}
    model = RelevanceModel({**weights, "fusion": zero})
    sides = Sides(material, model)
    fitted = {
        "subject": fit_in_two(*subject_rows(material, model, sides, articles, phrases, rng, whole=True)),
        "headline": fit_in_two(*subject_rows(material, model, sides, articles, phrases, rng, whole=False)),
        "reaction": fit_logistic(reaction_rows(material, model, sides, articles, (reactions, others), found, rng)),
        "advertisement": fit_logistic(advertisement_rows(material, model, (ads, innocent), found)),
    }
    for name, (coefficients, bias) in fitted.items():
        weights["fusion"][name] = {
            "bias": round(bias * STRETCH[name] + PRIOR_LOGIT[name], 4),
            "weights": {
                k: round(float(v) * STRETCH[name], 4) for k, v in zip(FEATURES[name], coefficients, strict=True)
            },
        }
    return weights


FEATURES = {"subject": SUBJECT, "headline": SUBJECT, "reaction": REACTION, "advertisement": ADVERTISEMENT}


class Sides:
    """Articles as the model holds them, made once."""

    def __init__(self, material: Material, model: RelevanceModel) -> None:
        self._material, self._model = material, model
        self._made: dict[tuple[str, bool], Side] = {}

    def __call__(self, article: Article, *, whole: bool) -> Side:
        key = (article.title, whole)
        if key not in self._made:
            split = split_passages(as_text(article, whole=whole))
            self._made[key] = self._model.make_side(split, embed_passages(split, self._material))
        return self._made[key]


def subject_rows(
    material: Material,
    model: RelevanceModel,
    sides: Sides,
    articles: Sequence[Article],
    phrases: Mapping[str, list[str]],
    rng: random.Random,
    *,
    whole: bool,
) -> tuple[Rows, Rows]:
    """Own comments against all others; and against those alone that nobody would take for a comment on the article.

    A third of the others are comments on the articles that are nearest.
    """
    every, plain = Rows(), Rows()

    def add(text: str, side: Side, label: float, weight: float, *into: Rows) -> None:
        features = model.subject_features(text, material([text])[0], model.lexicon.rare(text), side)
        for rows in into:
            rows.add(features, label, weight)

    for every_article, others, written in material.groups(articles):
        group = [article for article in every_article if not whole or len(passages(article)) > 1]
        if len(group) <= others:  # titles alone are no whole articles
            continue
        scale = 3.0 if written else 0.25
        titles = material([a.title for a in group])
        for index, article in enumerate(group):
            side = sides(article, whole=whole)
            pool = [i for i in rng.sample(range(len(group)), min(60, len(group))) if i != index]
            close = sorted(pool, key=lambda i: -float(titles[i] @ titles[index]))[:others]
            far = [rng.choice(group[i].comments) for i in rng.sample(pool, others)]
            mistakable = [*(rng.choice(group[i].comments) for i in close), *article.near]
            if written:
                far += [
                    *rng.sample(phrases["unrelated"], 12),
                    *rng.sample(phrases["topical"], 8),
                    *rng.sample(material.general, 12),
                ]
            for text in article.comments:
                add(text, side, 1.0, scale, every, plain)
            each = scale * len(article.comments) / (len(far) + len(mistakable))
            for text in mistakable:
                add(text, side, 0.0, each, every)
            for text in far:
                add(text, side, 0.0, each, every, plain)
    return every, plain


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
    rows = Rows()
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
    rows = Rows()
    for label, group, reads in zip((1.0, 0.0), given, apart["advertisement"], strict=True):
        for text, read in zip(group, reads, strict=True):
            features = model.advertisement_features(text, material([text])[0])
            rows.add([*features[:-1], float(read) * 4], label, 1.0 / len(group))
    return rows


def held_out(material: Material, seed: int, parts: int = 3) -> list[str]:
    """A line each for the headline alone and the whole article: own comments against those of the held-out others."""
    found: dict[bool, list[tuple[bool, float, float]]] = {False: [], True: []}
    for part in range(parts):
        kept = [a for i, a in enumerate(material.articles) if i % parts != part]
        left = [a for i, a in enumerate(material.articles) if i % parts == part]
        model = RelevanceModel(fit(material, kept, material.phrases, seed))
        for whole in found:
            split = [split_passages(as_text(a, whole=whole)) for a in left]
            sides = [model.make_side(texts_, embed_passages(texts_, material)) for texts_ in split]
            for home, text in ((home, text) for home, a in enumerate(left) for text in a.comments):
                vector = material([text])[0]
                found[whole] += [
                    (
                        here == home,
                        model.belonging(text, vector, side),
                        float((material(split[here]) @ vector).max()),
                    )
                    for here, side in enumerate(sides)
                ]
    return [_line("whole article" if whole else "headline alone", rows) for whole, rows in found.items()]


def _line(name: str, rows: Sequence[tuple[bool, float, float]]) -> str:
    own, ours, cosine = (np.array(column) for column in zip(*rows, strict=True))
    return (
        f"{name}: AUC {roc_auc_score(own, ours):.3f} (plain cosine {roc_auc_score(own, cosine):.3f}); own over 0.5: "
        f"{(ours[own] > 0.5).mean():.2f}, under 0.2: {(ours[own] < 0.2).mean():.2f}; "
        f"others' under 0.2: {(ours[~own] < 0.2).mean():.2f}, over 0.5: {(ours[~own] > 0.5).mean():.2f}"
    )


def without_weights(pack: Pack) -> Pack:
    """The pack as an embedding alone: weights fitted for other features than today's mustn't stop the fitting."""
    return replace(pack, manifest=pack.manifest.model_copy(update={"relevance": None}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/*.jsonl.gz")
    parser.add_argument("--pack", type=Path, default=BUILTIN, help="folder of the pack whose embedding is used")
    parser.add_argument("--into-pack", action="store_true", help="put the weights into that pack's manifest too")
    parser.add_argument("--check", action="store_true", help="fit three times more, each time without a third")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    scorer = PackScorer(without_weights(open_folder(given.pack)), cores=Cores(2))
    material = Material(given.data, scorer.embed, given.seed)
    weights = fit(material, material.articles, material.phrases, given.seed)
    weights["fitted_for"] = f"{scorer.stamp.name} {scorer.stamp.version}"
    WEIGHTS.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")
    print(f"{WEIGHTS} written, {WEIGHTS.stat().st_size} bytes")
    if given.check:
        print("\n".join(held_out(material, given.seed)))
    if given.into_pack:
        manifest = given.pack / "manifest.json"
        stated = json.loads(manifest.read_text(encoding="utf-8"))
        manifest.write_text(json.dumps({**stated, "relevance": weights}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
