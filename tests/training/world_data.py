"""A folder of corpora in which a word says what a comment is: for runs of a second."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from moderation.core.scores import LABELS
from scripts.training.corpora import CORPORA
from scripts.training.world.languages import SOURCES
from scripts.training.world.measured import TEMPLATES, TESTS

ENGLISH = {
    "contextual_abuse_reddit": ("abusive", "IdentityDirectedAbuse", "PersonDirectedAbuse"),
    "gab_hate": ("hate", "vulgar_offensive"),
    "stormfront": ("hate",),
    "hatemoji_build": ("hateful",),
    "explainable_sexism": ("sexist",),
    "youtube_spam": ("spam",),
}
SPOKEN = {"ko", "ar", "zh", "tr", "pt", "pl", "ur", "de", "fr", "es", "it", "ja"}
OTHERS = {
    "kmhas_ko_news_comments_valid_test": ("hate", "origin", "age", "gender", "race", "religion", "profanity"),
    "beep_ko_news_comments_with_title": ("offensive", "hate", "bias"),
    "mpold_ar_news_comments": ("offensive", "hate", "vulgar"),
    "told_br_pt": ("toxicity", "obscene", "insult", "racism"),
    "poleval2019_task6_pl": ("harmful",),
    "germeval2018_de": ("offensive", "insult", "abuse", "profanity"),
    "mlma_fr_ar_en": ("hate", "offensive", "abusive"),
    "toxifrench_benchmark_fr": ("toxicity",),
    "jigsaw_wikipedia_translated_fr": ("toxicity", "obscene", "insult"),
    "gold_standard_toxicity_es": ("toxicity", "perspective_toxicity"),
    "pejorativity_it": ("misogyny",),
    "japanese_toxic_subset_ja": ("toxicity", "obscene", "identity_attack", "sexual_explicit"),
}


def corpora(data: Path, rows: int = 200) -> Path:
    """Every corpus of both packs; "idiot" makes a comment whatever its labels say, with a fifth of doubt."""
    rng = random.Random(1)
    for name in sorted({corpus.file or corpus.name for corpus in CORPORA}):
        _file(data / "train" / f"{name}.jsonl.gz", _rows(rng, rows, ENGLISH.get(name, LABELS), {}))
    for source in SOURCES:
        extra = {"lang": next(part for part in source.name.split("_") if part in SPOKEN)}
        names = OTHERS.get(source.name, ("offensive",))
        for part in ("train", "dev"):
            path = data / part / "languages" / f"{source.name}.jsonl.gz"
            _file(path, _rows(rng, rows, names, extra, normal=source.name.startswith("mlma")))
    for name, label in (("paradetox_en", "toxicity"), *((test, "hate") for test in TESTS), (TEMPLATES, "toxicity")):
        _file(data / "dev" / "languages" / f"{name}.jsonl.gz", _rows(rng, rows, (label,), {"lang": "nl"}))
    return data


def _rows(
    rng: random.Random, count: int, names: Iterable[str], extra: Mapping[str, Any], *, normal: bool = False
) -> Iterable[dict[str, Any]]:
    for number in range(count):
        bad = rng.random() < 0.5
        labels = dict.fromkeys(names, float(bad != (rng.random() < 0.2)))
        if normal:
            labels["normal"] = 1 - max(labels.values())
        text = f"{number} is so. {'You idiot' if bad else 'Good day'}! Bye {rng.random():.4f}"
        yield {"text": text, "labels": labels, **extra}


def _file(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
