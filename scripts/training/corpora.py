"""The labelled corpora, each read with what its labels truly mean.

A hate label is not a toxicity label: "not hateful" leaves open whether a comment is toxic, so it teaches little or
nothing about toxicity, while "hateful" is an attack on an identity and toxic as well. Davidson's tweets are left out:
they were sampled by slur, and what they teach first is to distrust a dialect.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.training.examples import SPAM, Example, held_back

Labels = Mapping[str, float]
Reading = tuple[dict[str, float], float]
"""Targets and weight of one row."""

ALL_CLEAN = dict.fromkeys(("severe_toxicity", "obscene", "threat", "insult", "identity_attack"), 0.0)


def _wikipedia(labels: Labels) -> Reading:
    targets = {name: value for name, value in labels.items() if name in {*ALL_CLEAN, "toxicity"}}
    if labels.get("toxicity") == 0:  # no other label is set in 98.3% of the fully labelled ones
        targets = {**ALL_CLEAN, **targets, SPAM: 0.0}
    return targets, 1.0


def _news(labels: Labels) -> Reading:
    # Between the raters' share and their majority: the share carries the doubt, the majority is what is measured.
    known = {name: value for name, value in labels.items() if name != "other_toxicity"}
    return {**{name: _sharpened(value) for name, value in known.items()}, SPAM: 0.0}, 1.5


def _as_under_articles(labels: Labels) -> bool:
    """Rows with every label: each class as it comes, every fifth harmless one doubted by some rater.

    The other rows are close calls and harmless ones that nobody doubted: only these stand for the natural mix.
    """
    return "sexual_explicit" in labels and "other_toxicity" not in labels


def _sharpened(share: float) -> float:
    majority = 1.0 if share >= 0.5 else 0.0
    return 0.6 * share + 0.4 * majority


def _rater_fractions(labels: Labels) -> Reading:
    targets = dict(labels)
    if max(labels.values()) >= 0.5:
        targets["toxicity"] = 1.0
    return targets, 1.0


def _reddit(labels: Labels) -> Reading:
    if labels["abusive"] < 0.5:
        return {"toxicity": 0.08, "identity_attack": 0.02, "threat": 0.01, SPAM: 0.0}, 0.6
    identity = labels["IdentityDirectedAbuse"] >= 0.5
    person = labels["PersonDirectedAbuse"] >= 0.5
    targets = {"toxicity": 0.95, "identity_attack": 0.9 if identity else 0.05}
    if person:
        targets["insult"] = 0.85
    return targets, 1.0


def _sexism(labels: Labels) -> Reading:
    # Narrower than toxicity, from forums where much else is toxic: a lean in each direction, no more.
    if labels["sexist"] >= 0.5:
        return {"toxicity": 0.8, "identity_attack": 0.7}, 0.6
    return {"toxicity": 0.25, "identity_attack": 0.08}, 0.3


def _gab(labels: Labels) -> Reading:
    if labels["hate"] >= 0.5:
        targets = {"toxicity": 0.95, "identity_attack": 0.95}
        if labels.get("call_for_violence", 0) >= 0.5:
            targets["threat"] = 0.8
        return targets, 1.0
    if labels["vulgar_offensive"] >= 0.5:
        return {"toxicity": 0.85, "obscene": 0.7, "identity_attack": 0.1}, 1.0
    return {"toxicity": 0.12, "identity_attack": 0.03}, 0.5


def _stormfront(labels: Labels) -> Reading:
    if labels["hate"] >= 0.5:
        return {"toxicity": 0.9, "identity_attack": 0.9}, 1.0
    return {"toxicity": 0.15, "identity_attack": 0.08}, 0.3


def _emoji(labels: Labels) -> Reading:
    if labels["hateful"] >= 0.5:
        return {"toxicity": 0.97, "identity_attack": 0.95}, 1.0
    return {"toxicity": 0.12, "identity_attack": 0.02}, 0.8


def _identity_mentions(_: Labels) -> Reading:
    return {"toxicity": 0.0, **ALL_CLEAN, SPAM: 0.0}, 1.0


def _spam(labels: Labels) -> Reading:
    return {SPAM: labels["spam"]}, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A file of ``train/``, or some of its ``rows``: how a row is read, how often positives and the rest are seen in a
    full run, and how much is held back."""

    name: str
    read: Callable[[Labels], Reading]
    positive_copies: float
    other_copies: float
    held_back: float
    file: str = ""
    rows: Callable[[Labels], bool] = lambda _: True


CORPORA = (
    Corpus(
        name="news",
        file="civil_comments",
        rows=_as_under_articles,
        read=_news,
        positive_copies=1.0,
        other_copies=2.0,
        held_back=0.3,
    ),
    Corpus(
        name="news_others",
        file="civil_comments",
        rows=lambda labels: not _as_under_articles(labels),
        read=_news,
        positive_copies=1.0,
        other_copies=1.0,
        held_back=0.0,
    ),
    Corpus(name="wikipedia_talk", read=_wikipedia, positive_copies=1.0, other_copies=0.35, held_back=0.05),
    Corpus(name="contextual_abuse_reddit", read=_reddit, positive_copies=1.5, other_copies=0.4, held_back=0.06),
    Corpus(name="explainable_sexism", read=_sexism, positive_copies=1.0, other_copies=0.3, held_back=0.05),
    Corpus(name="gab_hate", read=_gab, positive_copies=1.5, other_copies=0.6, held_back=0.08),
    Corpus(name="stormfront", read=_stormfront, positive_copies=1.5, other_copies=0.3, held_back=0.08),
    Corpus(name="hatemoji_build", read=_emoji, positive_copies=2.0, other_copies=2.0, held_back=0.06),
    Corpus(name="identity_negatives", read=_identity_mentions, positive_copies=0.0, other_copies=0.6, held_back=0.08),
    Corpus(
        name="wikipedia_rater_fractions", read=_rater_fractions, positive_copies=1.0, other_copies=0.7, held_back=0.05
    ),
    Corpus(name="youtube_spam", read=_spam, positive_copies=2.0, other_copies=2.0, held_back=0.15),
)


def rows(folder: Path, corpus: Corpus) -> Iterator[tuple[str, Labels]]:
    """Texts and labels as the corpus' file has them. Raises ``SystemExit`` where there is no such file."""
    path = folder / "train" / f"{corpus.file or corpus.name}.jsonl.gz"
    if not path.is_file():
        raise SystemExit(f"No {path}. --data names the folder that holds train/ with the corpora as *.jsonl.gz.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if corpus.rows(row["labels"]):
                yield row["text"], row["labels"]


def training_examples(folder: Path, rng: random.Random, *, scale: float = 1.0) -> list[Example]:
    """Every corpus in the recipe's mix, what is held back left out. ``scale`` shrinks the mix for a short run."""
    chosen: list[Example] = []
    for corpus in CORPORA:
        for text, labels in rows(folder, corpus):
            if held_back(text, corpus.held_back):
                continue
            targets, weight = corpus.read(labels)
            positive = any(value >= 0.5 for value in targets.values())
            copies = scale * (corpus.positive_copies if positive else corpus.other_copies)
            times = int(copies) + (rng.random() < copies % 1)
            chosen += [Example(text=text, targets=targets, source=corpus.name, weight=weight)] * times
    return chosen


def held_back_rows(folder: Path, name: str) -> list[tuple[str, Labels]]:
    """The rows of one corpus that training never saw, with the raters' own labels: for calibration and figures."""
    corpus = next(corpus for corpus in CORPORA if corpus.name == name)
    return [(text, labels) for text, labels in rows(folder, corpus) if held_back(text, corpus.held_back)]
