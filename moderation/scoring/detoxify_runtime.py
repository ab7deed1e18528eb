"""Runs an installed Detoxify pack through Detoxify itself: torch, on a GPU where there is one.

Needs the ``detoxify`` extra and the checkpoint that the pack was converted from, still where it was.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moderation.scoring.detoxify_checkpoint import KEPT, load_detoxify, read_checkpoint, sha256_of
from moderation.scoring.manifest import MANIFEST
from moderation.scoring.packs import Pack, PackDamaged


class DetoxifyRuntime:
    """A ``moderation.scoring.runtime.Runtime``: Detoxify's model, in f32. Thread-safe: one batch runs at a time."""

    def __init__(self, pack: Pack, threads: int) -> None:
        """Raises ``PackDamaged`` or ``CheckpointUnusable`` where Detoxify's side of the pack is missing or changed."""
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        if self.device == "cpu":
            torch.set_num_threads(threads)
        original = _original(pack, self.device)
        self._model = original.model.eval()
        self._columns = [original.class_names.index(label) for label in pack.manifest.labels]
        self._lock = threading.Lock()

    def run(
        self,
        ids: NDArray[np.int64],
        mask: NDArray[np.int64],
        *,
        alone: bool = True,  # noqa: ARG002 - torch has its threads for the whole process
    ) -> dict[str, NDArray[np.float32]]:
        """``logits`` [texts, labels] for ``ids`` [texts, tokens] where ``mask`` is 1."""
        with self._lock, torch.inference_mode():
            logits = self._model(
                input_ids=torch.from_numpy(ids).to(self.device), attention_mask=torch.from_numpy(mask).to(self.device)
            )[0]
            return {"logits": logits[:, self._columns].float().cpu().numpy()}


def _original(pack: Pack, device: str) -> Any:
    """The real ``Detoxify`` behind the pack, everything it is made from checked against the manifest's hashes."""
    name, manifest = pack.manifest.name, pack.folder / MANIFEST
    reference = json.loads(manifest.read_text(encoding="utf-8")).get("detoxify")
    if not isinstance(reference, dict):
        raise PackDamaged(name, str(manifest), "it wasn't made from a Detoxify checkpoint; choose another runtime")
    kept = pack.folder / KEPT
    stated = {kept / file: entry["sha256"] for file, entry in reference["files"].items()}
    stated[Path(reference["checkpoint"])] = reference["sha256"]
    for path, sha256 in stated.items():
        if not path.is_file() or sha256_of(path) != sha256:
            why = (
                "the runtime 'detoxify' needs it as it was when the pack was added, and it is missing or changed; "
                "bring it back, add the pack again, or choose another runtime"
            )
            raise PackDamaged(name, str(path), why)
    checkpoint = read_checkpoint(Path(reference["checkpoint"]), trust=bool(reference["trusted"]))
    return load_detoxify(checkpoint, str(kept), device=device)
