"""The corpora of ``train/languages/``, each read with what its labels mean.

*Offensive*, *hate*, *abusive* and *harmful* are not *toxicity*. What raters called so is most likely toxic too, so it
leans towards toxicity, the less surely the wider the word was taken; what they didn't call hateful may be toxic all
the same and teaches little about it. Hate is an attack on an identity besides. What a corpus says nothing of stays
unknown and teaches nothing: those labels come from English and from the sentences written for every language.

Each corpus is drawn so that somewhat under half of what is seen of it is toxic. Otherwise the model learns how often
each set's raters said yes, which belongs to the set and not to its language: one calibration couldn't serve them all.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.training.corpora import ALL_CLEAN, Labels, Reading
from scripts.training.examples import SPAM, Example, held_back

HELD_BACK = 0.06
"""Share of every corpus that training never sees: each language's calibration is fitted on it."""
NEWS = {SPAM: 0.0}
"""Under articles an advertisement is rare, and these corpora were read by people."""


def _mean(*shares: float) -> float:
    return sum(shares) / len(shares)


def _hate_ko(labels: Labels) -> Reading:
    # "hate" is any of eight kinds, profanity among them.
    if not labels["hate"]:
        return {"toxicity": 0.06, "identity_attack": 0.03, "obscene": 0.03, **NEWS}, 1.0
    attacked = any(labels[kind] for kind in ("origin", "age", "gender", "race", "religion"))
    targets = {"toxicity": 0.85, "identity_attack": 0.8 if attacked else 0.1}
    if labels["profanity"]:
        targets |= {"toxicity": 0.93, "obscene": 0.8}
    return {**targets, **NEWS}, 1.0


def _offensive_ko(labels: Labels) -> Reading:
    if not labels["offensive"]:
        return {"toxicity": 0.05, "identity_attack": 0.15 if labels["bias"] else 0.02, **NEWS}, 1.0
    return {
        "toxicity": 0.92 if labels["hate"] else 0.75,
        "identity_attack": 0.6 if labels["bias"] else 0.1,
        **NEWS,
    }, 1.0


def _news_ar(labels: Labels) -> Reading:
    if not labels["offensive"]:
        return {"toxicity": 0.04, **ALL_CLEAN, **NEWS}, 1.0
    targets = {"toxicity": 0.92, "identity_attack": 0.85 if labels["hate"] else 0.1}
    if labels["vulgar"]:
        targets["obscene"] = 0.85
    return {**targets, **NEWS}, 1.0


def _offensive_zh(labels: Labels) -> Reading:
    # Its texts speak of race, region and gender; offensive ones mostly attack one of them. Harmless ones often defend.
    if labels["offensive"]:
        return {"toxicity": 0.88, "identity_attack": 0.7}, 1.0
    return {"toxicity": 0.08, "identity_attack": 0.05}, 1.0


def _offensive_tr(labels: Labels) -> Reading:
    return {"toxicity": 0.88 if labels["offensive"] else 0.06}, 1.0


def _tweets_pt(labels: Labels) -> Reading:
    # Toxic is whatever one of three raters found so: one alone leaves doubt.
    found = {name: share for name, share in labels.items() if name != "toxicity"}
    most = max(found.values())
    identity = max(share for name, share in found.items() if name not in {"obscene", "insult"})
    toxicity = {0: 0.05, 1: 0.62, 2: 0.87, 3: 0.96}[round(3 * most)]
    return {
        "toxicity": toxicity,
        "obscene": found["obscene"],
        "insult": found["insult"],
        "identity_attack": identity,
    }, 1.0


def _harmful_pl(labels: Labels) -> Reading:
    if labels["harmful"]:
        return {"toxicity": 0.9}, 1.0
    return {"toxicity": 0.06}, 1.0


def _offensive_ur(labels: Labels) -> Reading:
    # The file has its classes the wrong way round: greetings are marked, abuse isn't (read some, and it is plain).
    if not labels["offensive"]:
        return {"toxicity": 0.85}, 1.0
    return {"toxicity": 0.08}, 1.0


def _offensive_de(labels: Labels) -> Reading:
    if not labels["offensive"]:
        return {"toxicity": 0.07, "insult": 0.03, "identity_attack": 0.03, "obscene": 0.02}, 1.0
    targets = {"toxicity": 0.88, "insult": 0.85 if labels["insult"] else 0.3}
    targets["identity_attack"] = 0.7 if labels["abuse"] else 0.1
    if labels["profanity"]:
        targets["obscene"] = 0.85
    return targets, 1.0


def _tweets_fr_ar(labels: Labels) -> Reading:
    # Everybody was asked for a feeling rather than a fact, and nearly all got some label: doubtful altogether.
    if labels["normal"]:
        return {"toxicity": 0.12, "identity_attack": 0.05}, 0.6
    if labels["hate"]:
        return {"toxicity": 0.85, "identity_attack": 0.75}, 0.6
    if labels["offensive"] or labels["abusive"]:
        return {"toxicity": 0.72}, 0.5
    return {"toxicity": 0.5}, 0.2


def _forum_fr(labels: Labels) -> Reading:
    if "toxicity" in labels:
        return {"toxicity": 0.92 if labels["toxicity"] >= 0.5 else 0.06}, 1.2
    if labels["hate"] >= 0.5:
        return {"toxicity": 0.9, "identity_attack": 0.6}, 1.0
    return {"toxicity": 0.12, "identity_attack": 0.05}, 0.8


def _wikipedia_fr(labels: Labels) -> Reading:
    if labels["toxicity"] == 0:
        return {"toxicity": 0.02, **ALL_CLEAN}, 1.0
    return dict(labels), 1.0


def _tweets_es(labels: Labels) -> Reading:
    known = labels["toxicity"]
    return {"toxicity": _mean(known, labels.get("perspective_toxicity", known))}, 1.2


def _misogyny_it(labels: Labels) -> Reading:
    if labels["misogyny"]:
        return {"toxicity": 0.85, "identity_attack": 0.7}, 1.0
    return {"toxicity": 0.2, "identity_attack": 0.06}, 0.4


def _toxic_ja(labels: Labels) -> Reading:
    names = ("toxicity", "obscene", "identity_attack", "sexual_explicit")
    return {name: min(1.0, labels[name]) for name in names}, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file of ``train/languages/``: how a row is read, and how often those that lean to toxic and the others are seen
    in a full run. ``languages`` says which of its languages are taken (none: all)."""

    name: str
    read: Callable[[Labels], Reading]
    toxic: float
    others: float
    languages: tuple[str, ...] = ()


SOURCES = (
    Source(name="kmhas_ko_news_comments_valid_test", read=_hate_ko, toxic=0.55, others=0.55),
    Source(name="beep_ko_news_comments_with_title", read=_offensive_ko, toxic=0.9, others=1.0),
    Source(name="mpold_ar_news_comments", read=_news_ar, toxic=4.0, others=1.0),
    Source(name="cold_zh", read=_offensive_zh, toxic=0.5, others=0.5),
    Source(name="offenseval2020_tr", read=_offensive_tr, toxic=1.0, others=0.3),
    Source(name="told_br_pt", read=_tweets_pt, toxic=1.0, others=1.0),
    Source(name="poleval2019_task6_pl", read=_harmful_pl, toxic=4.0, others=0.5),
    Source(name="roman_urdu_hate_ur_latn", read=_offensive_ur, toxic=0.6, others=0.6),
    Source(name="germeval2018_de", read=_offensive_de, toxic=2.0, others=1.2),
    Source(name="mlma_fr_ar_en", read=_tweets_fr_ar, toxic=0.5, others=1.0, languages=("fr", "ar")),
    Source(name="toxifrench_benchmark_fr", read=_forum_fr, toxic=3.0, others=3.0),
    Source(name="jigsaw_wikipedia_translated_fr", read=_wikipedia_fr, toxic=1.0, others=2.0),
    Source(name="gold_standard_toxicity_es", read=_tweets_es, toxic=3.0, others=4.0),
    Source(name="pejorativity_it", read=_misogyny_it, toxic=2.0, others=1.5),
    Source(name="japanese_toxic_subset_ja", read=_toxic_ja, toxic=8.0, others=4.0),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled text as its corpus has it."""

    text: str
    labels: Labels
    language: str


def rows(data: Path, name: str, part: str = "train") -> Iterator[Row]:
    """Every row of a set, ``part`` being ``train`` or ``dev``. Raises ``SystemExit`` where there is no such file."""
    path = data / part / "languages" / f"{name}.jsonl.gz"
    if not path.is_file():
        raise SystemExit(f"No {path}. --data names the folder that holds train/languages/ with the corpora.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Row(row["text"], row["labels"], row["lang"])


def taken(data: Path, source: Source, *, back: bool) -> Iterator[tuple[Row, Mapping[str, float], float]]:
    """A corpus' rows with their targets and weight: those held back, or all others."""
    for row in rows(data, source.name):
        if source.languages and row.language not in source.languages:
            continue
        if held_back(row.text, HELD_BACK) == back:
            targets, weight = source.read(row.labels)
            yield row, targets, weight


def examples(data: Path, rng: random.Random, *, scale: float = 1.0) -> list[Example]:
    """Every corpus in the mix, what is held back left out. ``scale`` shrinks or repeats the mix."""
    chosen: list[Example] = []
    for source in SOURCES:
        for row, targets, weight in taken(data, source, back=False):
            copies = scale * (source.toxic if targets["toxicity"] >= 0.5 else source.others)
            times = int(copies) + (rng.random() < copies % 1)
            known = dict(targets)
            chosen += [Example(text=row.text, targets=known, source=source.name, weight=weight)] * times
    return chosen


def each_once(data: Path) -> list[Example]:
    """Every row that may be trained on, once; its weight follows how often the mix has rows of its kind."""
    found = []
    for source in SOURCES:
        most = max(source.toxic, source.others)
        for row, targets, weight in taken(data, source, back=False):
            share = (source.toxic if targets["toxicity"] >= 0.5 else source.others) / most
            found.append(Example(text=row.text, targets=dict(targets), source=source.name, weight=weight * share))
    return found
