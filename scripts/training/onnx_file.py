"""The trained model as one ONNX file of about 25 MB.

Weights are kept as whole numbers of eight bits with one scale per output (embeddings: per word) and read back as
floating point when the file is loaded: nothing is computed in eight bits, so a score doesn't depend on its batch.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from moderation.core.scores import LABELS
from scripts.training.examples import SPAM
from scripts.training.lexicon import Lexicon
from scripts.training.model import Scorer

OUTPUT_NAMES = ("logits", "embedding", SPAM)
LEXICON = 0.2
"""What the lexicon's logits count beside the encoder's."""
SMALLEST_PACKED = 4096
"""Smaller tensors (biases, norms) stay as they are."""


class _Outputs(torch.nn.Module):
    """The model with its outputs as the pack names them."""

    def __init__(self, model: Scorer, lexicon: Lexicon) -> None:
        super().__init__()
        self.model, self.lexicon = model, lexicon

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits, embedding = self.model(input_ids, attention_mask)
        words = self.lexicon(input_ids, attention_mask)
        return logits[:, : len(LABELS)] + LEXICON * words, embedding, logits[:, len(LABELS)]


def write(model: Scorer, lexicon: Lexicon, path: Path) -> None:
    """Exports to ``path``: inputs int64 (batch, tokens); outputs logits, embedding, spam, all f32."""
    ids = torch.randint(1000, 5000, (2, 24))
    mask = torch.ones_like(ids)
    mask[1, 16:] = 0
    model.encoder.set_attn_implementation("eager")
    batch, tokens = torch.export.Dim("batch"), torch.export.Dim("tokens")
    program = torch.onnx.export(
        _Outputs(model, lexicon).eval().float(),
        (ids, mask),
        input_names=["input_ids", "attention_mask"],
        output_names=[f"pack_{name}" for name in OUTPUT_NAMES],
        dynamic_shapes={"input_ids": {0: batch, 1: tokens}, "attention_mask": {0: batch, 1: tokens}},
        opset_version=18,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    packed = _packed(_renamed(program.model_proto))
    onnx.checker.check_model(packed)
    onnx.save(packed, path)


def _renamed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The outputs by their own names, which the exporter has given to values inside the graph."""
    names = {name: f"{name}/inner" for name in OUTPUT_NAMES} | {f"pack_{name}": name for name in OUTPUT_NAMES}
    for node in model.graph.node:
        for values in (node.input, node.output):
            values[:] = [names.get(value, value) for value in values]
    for value in model.graph.output:
        value.name = names[value.name]
    return model


def _packed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with its large weights in eight bits."""
    embeddings = {node.input[0] for node in model.graph.node if node.op_type == "Gather"}
    kept, added, nodes = [], [], []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim != 2 or values.size < SMALLEST_PACKED:
            kept.append(tensor)
            continue
        axis = 1 if tensor.name in embeddings else 0
        per_unit = (127 / np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12)).astype(np.float32)
        whole = np.round(values * per_unit).astype(np.int8)
        as_stored, as_float, scale = (f"{tensor.name}/{part}" for part in ("int8", "float", "per_unit"))
        added += [numpy_helper.from_array(whole, as_stored), numpy_helper.from_array(per_unit, scale)]
        # Cast and Div, not DequantizeLinear: OpenVINO 2026.4 computes with weights that it recognises as packed, and in
        # bf16 that ends the process with a floating point exception. These two it folds into plain weights at load.
        nodes += [
            helper.make_node("Cast", [as_stored], [as_float], to=onnx.TensorProto.FLOAT),
            helper.make_node("Div", [as_float, scale], [tensor.name]),
        ]
    del model.graph.initializer[:]
    model.graph.initializer.extend([*kept, *added])
    everything = [*nodes, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(everything)
    del model.graph.value_info[:]
    return model
