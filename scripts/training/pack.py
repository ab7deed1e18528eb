"""The pack's folder: model, tokenizer, both calibrations, and the manifest that ties them together by hash."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from moderation.core.scores import LABELS
from scripts.training import onnx_file
from scripts.training.calibration import Curve, fit
from scripts.training.corpora import CORPORA, held_back_rows, rows
from scripts.training.examples import SPAM
from scripts.training.metrics import at_rate
from scripts.training.model import Scorer, base_folder
from scripts.training.onnx_scores import WINDOW, OnnxPack
from scripts.training.vocabulary import with_emoji

TOXIC_NEWS = 0.07
"""The share of news comments that are toxic: what the natural scale claims."""
FEWEST = 60
"""Held-back news comments that a label needs among its positives to be calibrated on news alone."""
RAREST = 1e-4


def export(model: Scorer, data: Path, folder: Path, *, version: str) -> None:
    """Writes the whole pack. ``relevance_weights.json`` beside this file goes into the manifest where it exists."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx_file.write(model, folder / "model.onnx")
    tokenizer, _ = with_emoji(base_folder() / "tokenizer.json")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    scales, spam = calibrate(OnnxPack(folder), data)
    write_manifest(folder, version, scales, spam)


def calibrate(pack: OnnxPack, data: Path) -> tuple[dict[str, dict[str, Curve]], Curve]:
    """The natural and the balanced curve of each label, and spam's (half and half)."""
    news, wiki = held_back_rows(data, "news"), held_back_rows(data, "wikipedia_talk")
    texts = [text for text, _ in news + wiki]
    logits = pack.score(texts).logits
    labels = [row for _, row in news + wiki]
    is_news = np.arange(len(texts)) < len(news)
    scales: dict[str, dict[str, Curve]] = {"natural": {}, "balanced": {}}
    for column, label in enumerate(LABELS):
        known = np.array([label in row for row in labels])
        truth = np.array([row.get(label, 0) >= 0.5 for row in labels])
        rate = news_rate(data, label)
        pool = known & is_news if (truth & is_news).sum() >= FEWEST else known
        at = rate if label == "toxicity" else 0.5
        curve = fit(logits[pool, column], truth[pool], at_rate(truth[pool], at))
        scales["natural"][label] = curve.moved(_odds(rate) - _odds(at))
        scales["balanced"][label] = curve.moved(-_odds(at))
    spam = held_back_rows(data, "youtube_spam")
    truth = np.array([row["spam"] >= 0.5 for _, row in spam] + [False] * len(news))
    raw = pack.score([text for text, _ in spam] + [text for text, _ in news]).spam
    return scales, fit(raw, truth, at_rate(truth, 0.5))


def news_rate(data: Path, label: str) -> float:
    """How often ``label`` is set among news comments of which 7% are toxic; the corpus is sampled richer than that."""
    if label == "toxicity":
        return TOXIC_NEWS
    known = [row for _, row in rows(data, next(corpus for corpus in CORPORA if corpus.name == "news"))]
    weights = at_rate([row["toxicity"] >= 0.5 for row in known], TOXIC_NEWS)
    set_ = np.array([row[label] >= 0.5 for row in known])
    return max(RAREST, float(np.average(set_, weights=weights)))


def _odds(rate: float) -> float:
    return float(np.log(rate / (1 - rate)))


def write_manifest(folder: Path, version: str, scales: dict[str, dict[str, Curve]], spam: Curve) -> None:
    """``manifest.json``, with size and SHA-256 of every other file of the pack."""
    relevance = Path(__file__).with_name("relevance_weights.json")
    manifest = {
        "format": 1,
        "name": "builtin",
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "description": "One small encoder for reader comments in English: seven labels, spam, and the embedding for relevance",
        "labels": list(LABELS),
        "languages": ["en"],
        "max_tokens": WINDOW,
        "pad_id": 0,
        "inputs": ["input_ids", "attention_mask"],
        "outputs": {"logits": "logits", "embedding": "embedding", SPAM: SPAM},
        "activation": "sigmoid",
        "calibration": {
            name: {label: curve.as_json() for label, curve in scale.items()} for name, scale in scales.items()
        },
        "extra": {SPAM: spam.as_json()},
        "relevance": json.loads(relevance.read_text(encoding="utf-8")) if relevance.is_file() else None,
        "files": {name: _stamp(folder / name) for name in ("model.onnx", "tokenizer.json")},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _stamp(path: Path) -> dict[str, str | int]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
