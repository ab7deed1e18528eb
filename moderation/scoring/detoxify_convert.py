"""Turns a Detoxify checkpoint into a scoring pack: ONNX, tokenizer, manifest; proved against Detoxify before it counts.

Needs the ``detoxify`` extra (torch, transformers, detoxify, onnx); nothing imports this module without it.
"""

from __future__ import annotations

import json
import logging
import math
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from moderation.core.errors import ScoringFailed
from moderation.core.scores import LABELS
from moderation.scoring.detoxify_checkpoint import (
    ARCHITECTURES,
    KEPT,
    Checkpoint,
    CheckpointUnusable,
    load_detoxify,
    sha256_of,
)
from moderation.scoring.detoxify_proof import Comparison, as_table, prove
from moderation.scoring.manifest import FORMAT, MANIFEST, MODEL, TOKENIZER
from moderation.scoring.packs import open_folder

CARD = "MODEL_CARD.md"
WINDOW = 512  # tokens; Detoxify itself cuts a text off there
NATURAL_RATE, BALANCED_RATE = 0.07, 0.5  # toxic comments among those of each scale
# What the base model of each shape reads. XLM-R reads a hundred languages; Detoxify trained it on these.
_MULTILINGUAL = ("en", "fr", "es", "it", "pt", "ru", "tr")
_OPSET = 18


@dataclass(eq=False, slots=True)
class PackExists(ScoringFailed):
    """A pack of this name is installed already."""

    name: str

    @property
    def detail(self) -> str:
        return f"A pack named {self.name!r} is installed already; --replace puts the new one in its place."


def install(
    checkpoint: Checkpoint,
    source: str,
    *,
    name: str,
    packs_dir: Path,
    replace: bool = False,
    say: Callable[[str], object],
) -> list[Comparison]:
    """Converts, proves and installs ``checkpoint`` as the pack ``name``; nothing is installed unless the proof holds.

    ``source`` is the folder (or hub name) of its tokenizer and config.json. Built beside its place and renamed
    there, so that a half-made pack never counts; ``say`` is told each step. Returns what the proof measured. Raises
    ``PackExists``, ``CheckpointUnusable`` or ``ProofFailed``.
    """
    refuse_taken(name, packs_dir, replace=replace)
    packs_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=packs_dir, prefix=f".{name}-") as scratch:
        building = Path(scratch) / name
        building.mkdir()
        say("Loading it through Detoxify...")
        original = load_detoxify(checkpoint, source, scratch=Path(scratch))
        _refuse_made_up(checkpoint, original, load_detoxify(checkpoint, source, scratch=Path(scratch)))
        say("Converting to ONNX...")
        convert(original, checkpoint, building, name=name)
        say("Comparing with Detoxify's own scores...")
        comparisons = prove(original, open_folder(building))
        _write_proof(building, checkpoint, comparisons)
        _put_in_place(building, packs_dir / name, Path(scratch))
    return comparisons


def refuse_taken(name: str, packs_dir: Path, *, replace: bool) -> None:
    """Raises ``PackExists`` if the name is taken and nobody said to replace it."""
    if not replace and (packs_dir / name).exists():
        raise PackExists(name)


def convert(original: Any, checkpoint: Checkpoint, folder: Path, *, name: str) -> None:
    """Writes the pack of ``original`` (a ``Detoxify``) into the empty ``folder``. Raises ``CheckpointUnusable``."""
    labels = tuple(label for label in LABELS if label in original.class_names)
    if "toxicity" not in labels:
        raise CheckpointUnusable(str(checkpoint.path), "none of its classes is toxicity, which every pack needs.")
    inputs = tuple(original.tokenizer("a").keys())
    _export(original, inputs, [original.class_names.index(label) for label in labels], folder / MODEL)
    _save_tokenizer(original.tokenizer, folder / TOKENIZER)
    kept = folder / KEPT
    original.tokenizer.save_pretrained(kept)
    original.model.config.save_pretrained(kept)
    manifest = {
        "format": FORMAT,
        "name": name,
        "version": checkpoint.sha256[:12],
        "created": datetime.now(UTC).date().isoformat(),
        "description": (
            f"Detoxify's {checkpoint.path.name} ({checkpoint.base_model}); converted. On the natural scale its scores "
            "are Detoxify's own, used as they are; on the balanced scale they are shifted from "
            f"{NATURAL_RATE:.0%} to {BALANCED_RATE:.0%} toxic comments."
        ),
        "labels": list(labels),
        "languages": list(_MULTILINGUAL if checkpoint.architecture.startswith("XLMRoberta") else ("en",)),
        "max_tokens": _window(original, checkpoint),
        "pad_id": original.tokenizer.pad_token_id,
        "inputs": list(inputs),
        "outputs": {"logits": "logits", "embedding": None},
        "activation": "sigmoid",
        "calibration": _calibration(labels),
        "relevance": None,
        "files": {file: _stated(folder / file) for file in (MODEL, TOKENIZER)},
        "detoxify": {
            "checkpoint": str(checkpoint.path),
            "sha256": checkpoint.sha256,
            "trusted": checkpoint.trusted,
            "files": {path.name: _stated(path) for path in sorted(kept.iterdir())},
        },
    }
    _write_json(folder / MANIFEST, manifest)


def _refuse_made_up(checkpoint: Checkpoint, original: Any, again: Any) -> None:
    """Weights that a checkpoint lacks are made up at random while it loads, so that two loads tell them."""
    second = again.model.state_dict()
    for name, weight in original.model.state_dict().items():
        if not torch.equal(weight.nan_to_num(), second[name].nan_to_num()):
            why = f"it lacks the weights {name}; Detoxify would fill them in at random, and its scores mean nothing."
            raise CheckpointUnusable(str(checkpoint.path), why)


class _Logits(torch.nn.Module):  # type: ignore[misc]  # mypy doesn't read torch here
    """The model's logits of the pack's labels, in their order: identity columns and the like fall away."""

    def __init__(self, model: torch.nn.Module, inputs: tuple[str, ...], columns: list[int]) -> None:
        super().__init__()
        self.model = model
        self.inputs = inputs
        self.columns = columns

    def forward(self, *values: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model(**dict(zip(self.inputs, values, strict=True)))[0]
        return logits[:, self.columns]


def _export(original: Any, inputs: tuple[str, ...], columns: list[int], path: Path) -> None:
    model = original.model.eval()
    attention = model.config._attn_implementation
    model.set_attn_implementation("eager")  # plain products and softmax: the graph that runtimes recognise and fuse
    example = original.tokenizer(["an example", "a longer example of two"], padding=True, return_tensors="pt")
    batch, sequence = torch.export.Dim("batch"), torch.export.Dim("sequence")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # what torchvision would add is of no concern here
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter warns of its own insides
        torch.onnx.export(
            # In evaluation mode as a whole: otherwise dropout is exported for training.
            _Logits(model, inputs, columns).eval(),
            tuple(example[name] for name in inputs),
            str(path),
            input_names=list(inputs),
            output_names=["logits"],
            dynamic_shapes=(tuple({0: batch, 1: sequence} for _ in inputs),),
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    model.set_attn_implementation(attention)


def _save_tokenizer(tokenizer: Any, path: Path) -> None:
    """Detoxify's own tokenizer, without the cutting and padding of its last call, which are the runtime's affair."""
    fast = tokenizer.backend_tokenizer
    fast.no_truncation()
    fast.no_padding()
    fast.save(str(path))


def _window(original: Any, checkpoint: Checkpoint) -> int:
    """The tokens that the model reads at once: its positions, less those that RoBERTa leaves unused at the start."""
    config = original.model.config
    unused = config.pad_token_id + 1 if ARCHITECTURES[checkpoint.architecture] else 0
    return min(WINDOW, int(config.max_position_embeddings) - unused, int(original.tokenizer.model_max_length))


def _calibration(labels: tuple[str, ...]) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Natural: the logit as it is. Balanced: moved by the odds between the two rates, as Bayes has it."""
    shift = math.log(BALANCED_RATE / (1 - BALANCED_RATE)) - math.log(NATURAL_RATE / (1 - NATURAL_RATE))
    return {
        scale: {label: {"x": [-10.0, 10.0], "y": [-10.0 + moved, 10.0 + moved]} for label in labels}
        for scale, moved in (("natural", 0.0), ("balanced", round(shift, 6)))
    }


def _write_proof(folder: Path, checkpoint: Checkpoint, comparisons: list[Comparison]) -> None:
    """The card, and in the manifest the runtimes that the pack may run on."""
    path = folder / MANIFEST
    manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    (folder / CARD).write_text(
        f"# {manifest['name']}\n\n{manifest['description']}\n\n"
        f"- Checkpoint: `{checkpoint.path.name}`, SHA-256 `{checkpoint.sha256}`\n"
        f"- Base model: {checkpoint.base_model}; labels: {', '.join(manifest['labels'])}\n"
        f"- Converted on {manifest['created']} with torch {version('torch')}, transformers {version('transformers')}, "
        f"detoxify {version('detoxify')}\n"
        "- Data, figures and known weaknesses: https://github.com/unitaryai/detoxify (code and models: Apache-2.0)\n\n"
        f"## Beside Detoxify's own scores\n\n```\n{as_table(comparisons)}\n```\n",
        encoding="utf-8",
    )
    manifest["runtimes"] = [comparison.runtime for comparison in comparisons if comparison.holds]
    manifest["files"][CARD] = _stated(folder / CARD)
    _write_json(path, manifest)


def _put_in_place(building: Path, target: Path, scratch: Path) -> None:
    """Renames, so that readers see the old pack or the new one, whole. The old one goes with ``scratch``."""
    if target.exists():
        target.rename(scratch / "replaced")
    building.rename(target)


def _stated(path: Path) -> dict[str, object]:
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
