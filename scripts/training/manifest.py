"""What a pack says of itself: both calibrations and the hashes of its files. No model is needed for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moderation.core.scores import LABELS
from scripts.training.calibration import Curve
from scripts.training.examples import SPAM
from scripts.training.onnx_scores import WINDOW, OnnxPack
from scripts.training.scales import Answers, calibrate

TOKENS = "tokens"
"""The output that tells of sentences."""
Scales = Mapping[str, Mapping[str, Curve]]
"""By scale a curve for each label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A pack's curves: for all texts, in their place for single languages, and spam's."""

    scales: Scales
    spam: Curve
    by_language: Mapping[str, Scales] = field(default_factory=dict)

    def as_json(self, languages: Collection[str]) -> dict[str, Any]:
        """As the manifest of a pack that reads these languages keeps them."""
        own = {code: _as_json(scales) for code, scales in self.by_language.items() if code in languages}
        return {
            "calibration": _as_json(self.scales),
            **({"calibration_by_language": own} if own else {}),
            "extra": {SPAM: self.spam.as_json()},
        }


def in_one_language(pack: Answers, data: Path) -> Calibrated:
    """The curves of a pack that reads English."""
    scales, spam = calibrate(pack, data)
    return Calibrated(scales=scales, spam=spam)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the manifest says of the pack beside what is measured. ``relevance``: whether this encoder's embedding is
    the one that the weights for relevance were fitted on."""

    name: str
    version: str
    languages: tuple[str, ...]
    pad_id: int
    relevance: bool


def next_version(pack: Path) -> str:
    """The version after that of the pack in the folder ``pack``: its second number raised; 1.0.0 where there is none.

    Raises ``SystemExit`` where the version isn't of three numbers.
    """
    path = pack / "manifest.json"
    if not path.is_file():
        return "1.0.0"
    version = str(json.loads(path.read_text(encoding="utf-8"))["version"])
    if not re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}", version):
        raise SystemExit(f"{pack} is of version {version!r}, which has no next. Name the new one with --version.")
    first, second, _ = version.split(".")
    return f"{first}.{int(second) + 1}.0"


def write_manifest(folder: Path, stated: Stated, curves: Calibrated) -> None:
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
        "sentences": {"output": TOKENS, "pool": "max"},
        "activation": "sigmoid",
        **curves.as_json(stated.languages),
        "relevance": json.loads(relevance.read_text(encoding="utf-8")) if stated.relevance else None,
        "files": {name: _stamp(folder / name) for name in ("model.onnx", "tokenizer.json")},
    }
    _write(folder, manifest)


def recalibrate(folder: Path, data: Path, calibrated: Callable[[Answers, Path], Calibrated]) -> None:
    """Writes the curves of a pack that stands in ``folder`` anew; all else that its manifest says stays."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    curves = calibrated(OnnxPack(folder, manifest["pad_id"]), data).as_json(manifest["languages"])
    manifest.pop("calibration_by_language", None)
    curves["extra"] = {**manifest["extra"], **curves["extra"]}
    _write(folder, {**manifest, **curves})


def state_more(folder: Path, **more: Any) -> None:
    """Puts more into the manifest of a pack that stands in ``folder``, or other words in place of what it says."""
    _write(folder, {**json.loads((folder / "manifest.json").read_text(encoding="utf-8")), **more})


def _write(folder: Path, manifest: Mapping[str, Any]) -> None:
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _as_json(scales: Scales) -> dict[str, dict[str, dict[str, list[float]]]]:
    return {name: {label: curve.as_json() for label, curve in scale.items()} for name, scale in scales.items()}


def _stamp(path: Path) -> dict[str, str | int]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
