"""Raw answers of an exported pack: what calibration rests on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm import tqdm

from scripts.training.examples import OUTPUTS
from scripts.training.scales import Raw

WINDOW = 128
"""Tokens of a window, special ones included."""


class OnnxPack:
    """A pack's files, loaded: its whole numbers are worked out in floating point, which any processor does alike."""

    def __init__(self, folder: Path, pad_id: int) -> None:
        self.pad_id = pad_id
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others may share the processor
        self.session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])

    def score(self, texts: Sequence[str]) -> Raw:
        """One row per text, in order."""
        windows, owners = [], []
        for owner, row in enumerate(self.tokenizer.encode_batch(list(texts))):
            for window in _windows(row.ids):
                windows.append(window)
                owners.append(owner)
        answers = np.full((len(texts), len(OUTPUTS)), -np.inf)
        order = sorted(range(len(windows)), key=lambda index: len(windows[index]))
        for start in tqdm(range(0, len(order), 32), desc="scoring", unit="batch", leave=False):
            chosen = order[start : start + 32]
            logits, spam = self._run([windows[index] for index in chosen])
            rows = [owners[index] for index in chosen]
            np.maximum.at(answers, rows, np.column_stack((logits, spam)))
        return Raw(answers[:, :-1], answers[:, -1])

    def _run(self, windows: list[list[int]]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        width = max(map(len, windows))
        ids = np.full((len(windows), width), self.pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window)], mask[row, : len(window)] = window, 1
        fed = {"input_ids": ids, "attention_mask": mask}
        logits, spam = self.session.run(["logits", "spam"], fed)
        return logits, spam


def _windows(ids: list[int]) -> list[list[int]]:
    """As the service cuts them: a quarter of each window is the previous one's end, and the last one is full."""
    inner, size = ids[1:-1], WINDOW - 2
    starts = range(0, max(1, len(inner) - size // 4), size - size // 4)
    last = max(0, len(inner) - size)
    return [[ids[0], *inner[start : start + size], ids[-1]] for start in dict.fromkeys(min(s, last) for s in starts)]
