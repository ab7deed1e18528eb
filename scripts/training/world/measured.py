"""What ``dev/languages/`` says of a pack, language by language: printed for its model card."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from moderation.core.scores import LABELS
from scripts.training.calibration import Curve
from scripts.training.corpora import Labels, held_back_rows
from scripts.training.metrics import Floats
from scripts.training.onnx_scores import OnnxPack
from scripts.training.scales import Answers
from scripts.training.world.languages import SOURCES, Row, rows, taken

TOXICITY, IDENTITY = LABELS.index("toxicity"), LABELS.index("identity_attack")
SETS: dict[str, Callable[[Labels], float]] = {
    "kmhas_ko_news_comments_valid_test": lambda labels: labels["hate"],
    "beep_ko_news_comments_with_title": lambda labels: labels["offensive"],
    "mpold_ar_news_comments": lambda labels: labels["offensive"],
    "cold_zh": lambda labels: labels["offensive"],
    "offenseval2020_tr": lambda labels: labels["offensive"],
    "told_br_pt": lambda labels: labels["toxicity"],
    "poleval2019_task6_pl": lambda labels: labels["harmful"],
    "roman_urdu_hate_ur_latn": lambda labels: 1 - labels["offensive"],  # its classes are the wrong way round
    "germeval2018_de": lambda labels: labels["offensive"],
    "mlma_fr_ar_en": lambda labels: 1 - labels["normal"],
    "toxifrench_benchmark_fr": lambda labels: labels.get("toxicity", labels.get("hate", 0.0)),
    "jigsaw_wikipedia_translated_fr": lambda labels: labels["toxicity"],
    "pejorativity_it": lambda labels: labels["misogyny"],
    "paradetox_en": lambda labels: labels["toxicity"],
}
TESTS = ("multilingual_hatecheck_10_languages", "hatecheck_nl")
TEMPLATES = "identity_templates_de_nl_hiLatn_zh"
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    language: str
    rows: int
    value: float
    unit: str = "AUC"


def figures_of_folder(folder: Path, data: Path) -> list[Figure]:
    """All of the pack in ``folder``, with the curves for all languages."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    scale = manifest["calibration"]["balanced"]
    balanced = {label: Curve(np.array(curve["x"]), np.array(curve["y"])) for label, curve in scale.items()}
    return figures(OnnxPack(folder, manifest["pad_id"]), balanced, data)


def figures(pack: Answers, balanced: Mapping[str, Curve], data: Path, maximum: int | None = None) -> list[Figure]:
    """All that open data say of a pack, of ``maximum`` rows a set. AUC needs no scale; other figures are those at 0.5
    on the balanced one.
    """
    found = []
    for name, truth in SETS.items():
        known = _some(list(rows(data, name, "dev")), maximum)
        found += _toxicity(pack, balanced, name, [(row.text, truth(row.labels) >= 0.5, row.language) for row in known])
    news = [(text, labels["toxicity"] >= 0.5, "en") for text, labels in held_back_rows(data, "news")]
    found += _toxicity(pack, balanced, "civil_comments, held back", _some(news, maximum))
    tweets = next(source for source in SOURCES if source.name == "gold_standard_toxicity_es")  # has no share in dev/
    spanish = [(row.text, row.labels["toxicity"] >= 0.5, "es") for row, *_ in taken(data, tweets, back=True)]
    found += _toxicity(pack, balanced, f"{tweets.name}, held back", spanish)
    for name in TESTS:
        found += _functional(pack, balanced, name, _some(list(rows(data, name, "dev")), maximum))
    return [*found, *_templates(pack, data)]


def _some(rows: list[Any], maximum: int | None) -> list[Any]:
    """A fixed random choice."""
    if maximum is None or len(rows) <= maximum:
        return rows
    return random.Random(1).sample(rows, maximum)  # noqa: S311 - nothing secret


def table(found: Sequence[Figure]) -> str:
    """As the model card has it."""
    lines = ["| set | language | rows | figure | |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {one.name} | {one.language} | {one.rows:,} | {one.value:.3f} | {one.unit} |" for one in found]
    return "\n".join(lines)


def _toxicity(
    pack: Answers, balanced: Mapping[str, Curve], name: str, labelled: Sequence[tuple[str, bool, str]]
) -> list[Figure]:
    """For each language of a set, AUC and how well one threshold for all languages serves it: the mean of the toxic
    found and the others spared."""
    texts, truth, spoken = zip(*labelled, strict=True)
    said = pack.score(texts).logits[:, TOXICITY]
    called = balanced["toxicity"](said) >= 0
    is_toxic, languages = np.array(truth), np.array(spoken)
    figures = []
    for language in sorted(set(spoken)):
        here = languages == language
        if 0 < is_toxic[here].sum() < here.sum():
            count = int(here.sum())
            right = (called[here & is_toxic].mean() + 1 - called[here & ~is_toxic].mean()) / 2
            figures.append(Figure(name, language, count, float(roc_auc_score(is_toxic[here], said[here]))))
            figures.append(Figure(name, language, count, float(right), "found and spared"))
    return figures


def _functional(pack: Answers, balanced: Mapping[str, Curve], name: str, found: Sequence[Row]) -> list[Figure]:
    """Functional tests of hate: the greater of toxicity and identity attack."""
    said = _greater(pack.score([row.text for row in found]).logits, balanced)
    hateful = np.array([row.labels["hate"] >= 0.5 for row in found])
    languages = np.array([row.language for row in found])
    figures = []
    for language in sorted(set(languages)):
        here = languages == language
        right = float(np.mean((said[here] >= 0) == hateful[here]))
        figures.append(Figure(name, language, int(here.sum()), right, "accuracy"))
        figures.append(Figure(name, language, int(here.sum()), float(roc_auc_score(hateful[here], said[here]))))
    return figures


def _greater(logits: Floats, balanced: Mapping[str, Curve]) -> Floats:
    return np.asarray(
        np.maximum(balanced["toxicity"](logits[:, TOXICITY]), balanced["identity_attack"](logits[:, IDENTITY]))
    )


def _templates(pack: Answers, data: Path) -> list[Figure]:
    """Short templates with names of groups: the lowest AUC over the words that stand in enough of either class."""
    with gzip.open(data / "dev" / "languages" / f"{TEMPLATES}.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    said = pack.score([row["text"] for row in found]).logits[:, TOXICITY]
    by_language: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place, row in enumerate(found):
        for term in set(re.split(r"[\s的]+", row["text"].lower())):
            by_language[row["lang"]][term].append(place)
    toxic = np.array([row["labels"]["toxicity"] >= 0.5 for row in found])
    figures = []
    for language, terms in sorted(by_language.items()):
        enough = [places for places in terms.values() if FEWEST <= toxic[places].sum() <= len(places) - FEWEST]
        values = [float(roc_auc_score(toxic[places], said[places])) for places in enough]
        here = sum(row["lang"] == language for row in found)
        if values:
            figures.append(Figure(TEMPLATES, language, here, min(values), "lowest AUC of a word"))
    return figures
