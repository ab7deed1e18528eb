"""Fits the weights of relevance for the pack of many languages, on its own embedding.

    python -m scripts.training.world.relevance --data DIR --pack FOLDER [--into-pack] [--share 0.1]

What it is fitted on: the English articles and cut comments that the built-in pack's weights are, and Korean comments
under their articles' titles. Reactions, advertisements and everyday comments are those written for every language. No
other language has open comments with their articles: there the encoder carries over what it learned in these two. So
that it can, what merely tells one language from another is taken out of the dimensions in which a subject shows.

It prints, language by language, how well comments written for this are told from those on other articles: in their own
language, and under the same articles in English. These articles are in no fit.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from moderation.core.text.words import COMMON_BY_LANGUAGE
from moderation.scoring.cores import Cores
from moderation.scoring.packs import open_folder
from moderation.scoring.relevance import RelevanceModel, embed_passages
from moderation.scoring.scorer import PackScorer
from scripts.training.relevance import (
    BACKGROUND,
    FUSED,
    SUBJECT_DIMENSIONS,
    Embed,
    Material,
    fit,
    passages,
    without_weights,
)
from scripts.training.relevance_fit import shared_turn, without_languages, word_rarity_by_language
from scripts.training.relevance_material import Article, written_articles
from scripts.training.world.frames import SLOT, languages
from scripts.training.world.languages import SOURCES

WRITTEN = Path(__file__).with_name("relevance_articles")
TITLED = ("beep_ko_news_comments_with_title", "korean_news_comments_with_title_unlabelled")
KOREAN = 6_000
"""Titled comments that are taken in a full fit."""
KOREAN_FUSED = 600
"""Of these, left to the fusion."""
SPOKEN = 2_000
"""Comments of each language in which words are counted; a tenth of them stand for its comments in general."""
OF_LANGUAGE = 12
"""Directions of the embedding that mostly tell languages apart."""
REPEATED = 4
"""How often each written reaction and advertisement counts: English has more of them."""
WITHOUT_SUBJECT = ("plain", "profane", "things")


def titled(data: Path, name: str, part: str = "train") -> Iterator[Article]:
    """Korean news titles, each with one comment under it."""
    for row in _rows(data, name, part):
        title = row["title"].strip('"').replace('""', '"')
        if len(row["text"]) >= 8:
            yield Article(title=title, paragraphs=[title], comments=[row["text"]])


class WorldMaterial(Material):
    """The English material, and what there is in other languages."""

    def __init__(self, data: Path, embed: Embed, seed: int, *, share: float = 1.0) -> None:
        super().__init__(data, embed, seed, share=share)
        rng = random.Random(seed)  # noqa: S311 - draws examples
        korean = [article for name in TITLED for article in titled(data, name)]
        self.korean = rng.sample(korean, max(KOREAN_FUSED + 200, round(share * KOREAN)))
        self.spoken = self._spoken(rng)
        for written in languages():
            frames = {family: [t for t in texts if not SLOT.search(t)] for family, texts in written.frames.items()}
            everyday = [text for family in WITHOUT_SUBJECT for text in frames[family]]
            self.spoken[written.language[:2]] += [*everyday, *frames["kind"]]
            self.more["reaction"] += frames["kind"] * REPEATED
            self.more["advertisement"] += frames["advert"] * REPEATED
            self.more["other"] += everyday * REPEATED
        self.apart = {code: rng.sample(texts, min(len(texts), SPOKEN // 10)) for code, texts in self.spoken.items()}
        self.learn(text for texts in self.apart.values() for text in texts)
        self.learn(text for article in self.korean for text in (article.title, *article.comments))

    def _spoken(self, rng: random.Random) -> dict[str, list[str]]:
        """Comments by language, English ones too."""
        found: dict[str, list[str]] = defaultdict(list)
        for source in SOURCES:
            for row in _rows(self.data, source.name, "train"):
                if row["lang"] != "ur-Latn":
                    found[row["lang"]].append(row["text"])
        drawn = {code: rng.sample(texts, min(len(texts), SPOKEN)) for code, texts in sorted(found.items())}
        return defaultdict(list, {**drawn, "en": rng.sample(self.general, SPOKEN)})

    def rarity(self, anywhere: Iterable[str]) -> dict[str, Any]:
        common = [word for code, words in sorted(COMMON_BY_LANGUAGE.items()) if code != "en" for word in sorted(words)]
        return word_rarity_by_language({**self.spoken, "en": self.counted}, common, anywhere)

    def turn(self) -> np.ndarray:
        """As for English, each language about its own centre; without the directions that tell languages apart."""
        english = self.cut[:-FUSED]
        pairs = [(a.comments[0], part) for a in english for part in (a.title, a.paragraphs[0])]
        korean = [(a.comments[0], a.title) for a in self.korean[:-KOREAN_FUSED]]
        sides = []
        for side in (0, 1):
            each = [self([pair[side] for pair in group]) for group in (pairs, korean)]
            sides.append(np.concatenate([vectors - vectors.mean(axis=0) for vectors in each]))
        found = shared_turn(sides[0], sides[1], SUBJECT_DIMENSIONS)
        means = np.stack([self(texts).mean(axis=0) for _, texts in sorted(self.apart.items())])
        return without_languages(found, means, OF_LANGUAGE)

    def in_general(self, rng: random.Random) -> tuple[list[str], list[str]]:
        """Of every language alike: a text is measured against others in its own."""
        codes = sorted(self.apart)
        comments = [rng.choice(self.apart[code]) for code in (codes * BACKGROUND)[:BACKGROUND]]
        _, english = super().in_general(rng)
        titles = [article.title for article in rng.sample(self.korean[-KOREAN_FUSED:], BACKGROUND // 8)]
        written = [text for code in codes for text in rng.sample(self.apart[code], 4)]
        return comments, [*titles, *written, *english][:BACKGROUND]

    def groups(self, articles: Sequence[Article]) -> list[tuple[list[Article], int, bool]]:
        return [*super().groups(articles), (self.korean[-KOREAN_FUSED:], 3, False)]


def figures(material: Material, model: RelevanceModel, data: Path) -> list[str]:
    """A line for each language: comments under titles that no fit has seen, each against all other titles."""
    found = []
    english = written_articles(WRITTEN / "en.txt")
    for path in sorted(WRITTEN.glob("*.txt")):
        articles = written_articles(path)
        found.append(
            f"{path.stem}: {_told_apart(material, model, articles, articles)}; "
            f"under the English titles {_told_apart(material, model, articles, english)}"
        )
    news = list(titled(data, TITLED[0], "dev"))[:300]
    found.append(f"ko, news comments held back: {_told_apart(material, model, news, news, others=20)}")
    return found


def _told_apart(
    material: Material,
    model: RelevanceModel,
    commented: Sequence[Article],
    articles: Sequence[Article],
    others: int | None = None,
) -> str:
    """``commented[i]``'s comments belong under ``articles[i]``; how surely that is seen, beside plain cosine."""
    rng = random.Random(1)  # noqa: S311 - draws examples
    sides = []
    for article in articles:
        split = passages(Article(title=article.title))
        sides.append(model.make_side(split, embed_passages(split, material)))
    rows = []
    for home, article in enumerate(commented):
        away = [place for place in range(len(sides)) if place != home]
        for text in article.comments:
            vector = material([text])[0]
            for place in (home, *(away if others is None else rng.sample(away, others))):
                rows.append((place == home, model.belonging(text, vector, sides[place]), sides[place].plain @ vector))
    own, ours, cosine = (np.array([float(np.max(value)) for value in column]) for column in zip(*rows, strict=True))
    at_home = own > 0
    return (
        f"AUC {roc_auc_score(at_home, ours):.3f} (plain cosine {roc_auc_score(at_home, cosine):.3f}), own over 0.5 "
        f"{(ours[at_home] > 0.5).mean():.2f}, others' under 0.2 {(ours[~at_home] < 0.2).mean():.2f}"
    )


def _rows(data: Path, name: str, part: str) -> Iterator[dict[str, Any]]:
    with gzip.open(data / part / "languages" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds train/ and dev/")
    parser.add_argument("--pack", type=Path, required=True, help="folder of the pack whose embedding is used")
    parser.add_argument("--into-pack", action="store_true", help="put the weights into that pack's manifest")
    parser.add_argument("--share", type=float, default=1.0, help="of the cut and titled comments, for a trial (1.0)")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    scorer = PackScorer(without_weights(open_folder(given.pack)), cores=Cores(2))
    material = WorldMaterial(given.data, scorer.embed, given.seed, share=given.share)
    weights = fit(material, material.articles, material.phrases, given.seed)
    weights["fitted_for"] = f"{scorer.stamp.name} {scorer.stamp.version}"
    print(f"{len(json.dumps(weights))} characters of weights")
    print("\n".join(figures(material, RelevanceModel(weights), given.data)))
    if given.into_pack:
        manifest = given.pack / "manifest.json"
        stated = json.loads(manifest.read_text(encoding="utf-8"))
        manifest.write_text(json.dumps({**stated, "relevance": weights}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
