"""Fits how much a discussion says of a comment's relevance: ``CENTRE``, ``NEAR`` and ``BIAS`` of
``moderation/scoring/relevance_discussion.py``.

Comments under Korean news (with their titles) are held against their own discussion and against others'. The features
are told in units of the pack's background, so that what is fitted on the one pack serves the other: the last lines show
it on English comments, which nothing was fitted on.

    python -m scripts.training.discussion --data DIR
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from moderation.core.scores import ArticleText, ScoreRequest
from moderation.scoring import PackScorer, pack_scorer
from moderation.scoring.relevance import logit
from moderation.scoring.relevance_discussion import BIAS, CENTRE, FEWEST, HALF, NEAR, Discussions, unpacked

KOREAN = "train/languages/korean_news_comments_with_title_unlabelled.jsonl.gz"
ENGLISH = "dev/news_comments_with_article.jsonl.gz"
SIZES = (FEWEST, 8, 12, 20, 29)
ARTICLES, COMMENTS, OTHERS = 140, 30, 4
SHORTEST = 50
"""Characters of an English comment that counts: what a site asks for."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Held:
    """Comments held against articles: vectors [comments, dimensions] as a discussion keeps them; ``own`` says under
    which article each stands, ``against`` [comments, tried] which it is held against, ``alone`` its relevance to each.
    """

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    own: NDArray[np.int64]
    against: NDArray[np.int64]
    alone: Floats

    @property
    def belongs(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self.against == self.own[:, None]
        return found


def rows(path: Path) -> Iterable[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def held(scorer: PackScorer, articles: Mapping[ArticleText, Sequence[str]], others: int, rng: random.Random) -> Held:
    """Each comment against its own article and ``others`` more."""
    every = list(articles)
    prepared = [scorer.prepare(article) for article in every]
    texts = [text for article in every for text in articles[article]]
    own = [place for place, article in enumerate(every) for _ in articles[article]]
    against = [[o, *((o + step) % len(every) for step in rng.sample(range(1, len(every)), others))] for o in own]
    alone, vectors = [], []
    for text, tried in zip(texts, against, strict=True):
        told = scorer.score([ScoreRequest(text=text, article=prepared[place], explain=False) for place in tried])
        assert told[0].subject is not None
        vectors.append(unpacked(told[0].subject.vector))
        alone.append([one.relevance or 0.0 for one in told])
    return Held(texts, np.stack(vectors), np.array(own), np.array(against), np.array(alone))


def features(found: Held, discussions: Discussions, size: int, seed: int) -> tuple[Floats, Floats]:
    """How near each comment is to the centre, and to the nearest, of so many others under each article."""
    rng = np.random.default_rng(seed)
    under = {article: np.flatnonzero(found.own == article) for article in set(found.own.tolist())}
    inner, near = np.zeros(found.against.shape), np.zeros(found.against.shape)
    for (comment, tried), article in np.ndenumerate(found.against):
        pool = under[int(article)]
        pool = pool[pool != comment]
        chosen = rng.choice(pool, min(size, len(pool)), replace=False)
        inner[comment, tried], near[comment, tried] = discussions.nearness(
            found.vectors[comment], found.vectors[chosen]
        )
    return inner, near


def log_odds(alone: Floats) -> Floats:
    found: Floats = np.vectorize(logit)(alone)
    return found


def auc(found: Held, odds: Floats, chosen: NDArray[np.bool_] | None = None) -> float:
    rows_ = slice(None) if chosen is None else chosen
    return float(roc_auc_score(found.belongs[rows_].ravel(), odds[rows_].ravel()))


def korean(data: Path, rng: random.Random) -> dict[ArticleText, list[str]]:
    under: dict[str, list[str]] = defaultdict(list)
    for row in rows(data / KOREAN):
        under[row["title"]].append(row["text"])
    titles = sorted(title for title, texts in under.items() if len(texts) >= COMMENTS)
    return {
        ArticleText(title=title): under[title][:COMMENTS] for title in rng.sample(titles, min(ARTICLES, len(titles)))
    }


def english(data: Path) -> dict[ArticleText, list[str]]:
    under: dict[ArticleText, list[str]] = defaultdict(list)
    for row in rows(data / ENGLISH):
        under[ArticleText(title=row["article_title"], paragraphs=(row["article_text"],))].append(row["text"])
    return dict(under)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/ and dev/")
    given = parser.parse_args()
    rng = random.Random(1)  # noqa: S311 - the same choice each time
    world = pack_scorer("world")
    found = held(world, korean(given.data, rng), OTHERS, rng)
    discussions = world.discussions
    table, truth = [], []
    for size in SIZES:
        inner, near = features(found, discussions, size, size)
        weight = size / (size + HALF)
        columns = (log_odds(found.alone), weight * inner, weight * near, np.full(inner.shape, weight))
        table.append(np.stack([column.ravel() for column in columns], axis=1))
        truth.append(found.belongs.ravel())
    fit = LogisticRegression(C=100, class_weight="balanced").fit(np.concatenate(table), np.concatenate(truth))
    base, *rest = fit.coef_[0]
    print("fitted, beside the article's own log-odds:", [round(float(one / base), 2) for one in rest])
    print("in use (less of it, and so that comments that belong are flagged no more often):", [CENTRE, NEAR, BIAS])
    builtin = pack_scorer("builtin")
    ours = held(builtin, english(given.data), 9, rng)
    long = np.array([len(text) >= SHORTEST for text in ours.texts])
    print(f"English news comments by builtin, without a discussion: AUC {auc(ours, log_odds(ours.alone), long):.4f}")
    for size in (5, 10, 20):
        inner, near = features(ours, builtin.discussions, size, 1)
        odds = log_odds(ours.alone) + size / (size + HALF) * (CENTRE * inner + NEAR * near + BIAS)
        print(f"  with {size} approved comments: {auc(ours, odds, long):.4f}")


if __name__ == "__main__":
    main()
