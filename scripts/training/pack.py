"""The pack's folder: model, tokenizer, both calibrations, and the manifest that ties them together by hash."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tokenizers import Tokenizer

from scripts.training import onnx_file
from scripts.training.lexicon import Lexicon
from scripts.training.manifest import Calibrated, Stated, in_one_language, write_manifest
from scripts.training.model import Scorer
from scripts.training.onnx_scores import OnnxPack
from scripts.training.scales import Answers


def export(
    model: Scorer,
    lexicon: Lexicon,
    tokenizer: Tokenizer,
    data: Path,
    folder: Path,
    stated: Stated,
    calibrated: Callable[[Answers, Path], Calibrated] = in_one_language,
) -> None:
    """Writes the whole pack; ``calibrated`` finds its curves from what training held back."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx_file.write(model, lexicon, folder / "model.onnx")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write_manifest(folder, stated, calibrated(OnnxPack(folder, stated.pad_id), data))
