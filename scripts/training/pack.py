"""The pack's folder: model, tokenizer, both calibrations, and the manifest that ties them together by hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tokenizers import Tokenizer

from moderation.core.scores import LABELS
from scripts.training import onnx_file
from scripts.training.calibration import Curve
from scripts.training.examples import SPAM
from scripts.training.lexicon import Lexicon
from scripts.training.model import Scorer
from scripts.training.onnx_scores import WINDOW, OnnxPack
from scripts.training.scales import Answers, calibrate

Scales = dict[str, dict[str, Curve]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the manifest says of the pack beside what is measured. ``relevance``: whether this encoder's embedding is
    the one that the weights for relevance were fitted on."""

    name: str
    version: str
    languages: tuple[str, ...]
    pad_id: int
    relevance: bool


def export(
    model: Scorer,
    lexicon: Lexicon,
    tokenizer: Tokenizer,
    data: Path,
    folder: Path,
    stated: Stated,
    calibrated: Callable[[Answers, Path], tuple[Scales, Curve]] = calibrate,
) -> None:
    """Writes the whole pack; ``calibrated`` finds its scales, and spam's, from what training held back."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx_file.write(model, lexicon, folder / "model.onnx")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    scales, spam = calibrated(OnnxPack(folder, stated.pad_id), data)
    write_manifest(folder, stated, scales, spam)


def write_manifest(folder: Path, stated: Stated, scales: Scales, spam: Curve) -> None:
    """``manifest.json``, with size and SHA-256 of every other file of the pack."""
    relevance = Path(__file__).with_name("relevance_weights.json")
    manifest = {
        "format": 1,
        "name": stated.name,
        "version": stated.version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "description": "One small encoder for reader comments: seven labels, spam, an embedding, sentences",
        "labels": list(LABELS),
        "languages": list(stated.languages),
        "max_tokens": WINDOW,
        "pad_id": stated.pad_id,
        "inputs": ["input_ids", "attention_mask"],
        "outputs": {"logits": "logits", "embedding": "embedding", SPAM: SPAM},
        # The encoder's products are made for whole numbers, with fixed scales.
        "quantised": "int8",
        # An output f32 (batch, tokens, labels): its largest over a sentence's tokens are that sentence's logits.
        "sentences": {"output": onnx_file.TOKENS, "pool": "max"},
        "activation": "sigmoid",
        "calibration": {
            name: {label: curve.as_json() for label, curve in scale.items()} for name, scale in scales.items()
        },
        "extra": {SPAM: spam.as_json()},
        "relevance": json.loads(relevance.read_text(encoding="utf-8")) if stated.relevance else None,
        "files": {name: _stamp(folder / name) for name in ("model.onnx", "tokenizer.json")},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _stamp(path: Path) -> dict[str, str | int]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
