"""A pack's weights, read back from its ONNX file into the model that it was exported from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from scripts.training.lexicon import Lexicon
from scripts.training.model import Scorer


def restore(path: Path, model: Scorer, lexicon: Lexicon) -> None:
    """Fills both in place from the file ``path``; what the file lacks (a head that it was made without) stays.

    Raises ``SystemExit`` where the file is of another encoder or vocabulary.
    """
    found = _weights(path)
    for part, prefix in ((model, "model."), (lexicon, "lexicon.")):
        theirs = {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}
        known = part.state_dict()
        wrong = [name for name, value in theirs.items() if name not in known or known[name].shape != value.shape]
        if wrong or not theirs:
            raise SystemExit(f"{path} isn't a pack of this encoder: {', '.join(wrong[:3]) or 'nothing in it fits'}.")
        part.load_state_dict(theirs, strict=False)


def _weights(path: Path) -> dict[str, torch.Tensor]:
    """Every weight of the file by the name that it had in PyTorch (``model.…``, ``lexicon.…``), in floating point.

    Weights of products have lost their names in the file: their bias next in line tells whose they are.
    """
    graph = onnx.load(path).graph
    values: dict[str, Any] = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    made = {node.output[0]: node for node in graph.node}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].astype(np.float32)
        elif node.op_type == "Div" and all(name in values for name in node.input):
            values[node.output[0]] = values[node.input[0]] / values[node.input[1]]
        elif node.op_type == "DequantizeLinear" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].astype(np.float32) * values[node.input[1]]
    for node in graph.node:
        product = made.get(node.input[0]) if node.op_type == "Add" else None
        if product is None or product.op_type != "MatMul" or not node.input[1].endswith(".bias"):
            continue
        fed, weight, bias = product.input[0].removesuffix("/levels"), values[product.input[1]], values[node.input[1]]
        if fed != product.input[0]:  # whole numbers: without what they were multiplied with and moved by
            weight = weight * values[f"{fed}/per_level"][:, None]
            bias = bias + weight.T @ (values[f"{fed}/offset"] / values[f"{fed}/per_level"])
        values[node.input[1].removesuffix("bias") + "weight"], values[node.input[1]] = weight.T, bias
    return {
        name: torch.from_numpy(np.array(value, dtype=np.float32))
        for name, value in values.items()
        if name.startswith(("model.", "lexicon.")) and value.dtype == np.float32 and "/" not in name
    }
