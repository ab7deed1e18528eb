"""The pack's folder: model, tokenizer, both calibrations, and the manifest that ties them together by hash."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from moderation.core.scores import LABELS
from scripts.training import onnx_file
from scripts.training.calibration import Curve
from scripts.training.examples import SPAM
from scripts.training.lexicon import Lexicon
from scripts.training.model import Scorer, base_folder
from scripts.training.onnx_scores import WINDOW, OnnxPack
from scripts.training.scales import calibrate
from scripts.training.vocabulary import with_emoji


def export(model: Scorer, lexicon: Lexicon, data: Path, folder: Path, *, version: str) -> None:
    """Writes the whole pack. ``relevance_weights.json`` beside this file goes into the manifest where it exists."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx_file.write(model, lexicon, folder / "model.onnx")
    tokenizer, _ = with_emoji(base_folder() / "tokenizer.json")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    scales, spam = calibrate(OnnxPack(folder), data)
    write_manifest(folder, version, scales, spam)


def write_manifest(folder: Path, version: str, scales: dict[str, dict[str, Curve]], spam: Curve) -> None:
    """``manifest.json``, with size and SHA-256 of every other file of the pack."""
    relevance = Path(__file__).with_name("relevance_weights.json")
    manifest = {
        "format": 1,
        "name": "builtin",
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "description": "One small encoder for reader comments in English: seven labels, spam, an embedding",
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
