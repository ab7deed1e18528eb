"""The trained model as one ONNX file: the encoder's products in whole numbers, the rest in floating point.

The file holds the layout that runtimes know as QDQ: what flows into a product is scaled, quantised to uint8 and
dequantised, and so are its int8 weights; OpenVINO and ONNX Runtime compute such a product in whole numbers. All scales
are fixed, so a text's scores don't depend on what else is in its batch. Embeddings and heads are stored in eight bits
too, and read back as floating point when the file is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from moderation.core.scores import LABELS
from scripts.training.examples import SPAM
from scripts.training.lessons import LEXICON
from scripts.training.lexicon import Lexicon
from scripts.training.manifest import TOKENS
from scripts.training.model import Scorer
from scripts.training.quantised import HALF, QuantisedLinear, exactly

OUTPUT_NAMES = ("logits", "embedding", SPAM, TOKENS)
SMALLEST_PACKED = 4096
"""Smaller tensors (biases, norms) stay as they are."""


class _Outputs(torch.nn.Module):
    """The model with its outputs as the pack names them."""

    def __init__(self, model: Scorer, lexicon: Lexicon) -> None:
        super().__init__()
        self.model, self.lexicon = model, lexicon

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        answers = self.model(input_ids, attention_mask)
        logits = answers.logits[:, : len(LABELS)] + LEXICON * self.lexicon(input_ids, attention_mask)
        return logits, answers.embedding, answers.logits[:, len(LABELS)], answers.tokens


def write(model: Scorer, lexicon: Lexicon, path: Path) -> None:
    """Exports to ``path``: inputs int64 (batch, tokens); outputs, all f32: logits (batch, labels), embedding (batch,
    dimensions), spam (batch), tokens (batch, tokens, labels)."""
    ids = torch.randint(1000, 5000, (2, 24)) % model.encoder.config.vocab_size
    mask = torch.ones_like(ids)
    mask[1, 16:] = 0
    model.encoder.set_attn_implementation("eager")
    batch, tokens = torch.export.Dim("batch"), torch.export.Dim("tokens")
    with exactly(model):
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
    graph = _Graph(_renamed(program.model_proto))
    graph.quantise({f"model.{name}": part for name, part in model.named_modules() if isinstance(part, QuantisedLinear)})
    graph.pack()
    _without_notes(graph.model)
    onnx.checker.check_model(graph.model)
    onnx.save(graph.model, path)


def _renamed(model: onnx.ModelProto) -> onnx.ModelProto:
    """The outputs by their own names, which the exporter has given to values inside the graph."""
    names = {name: f"{name}/inner" for name in OUTPUT_NAMES} | {f"pack_{name}": name for name in OUTPUT_NAMES}
    for node in model.graph.node:
        for values in (node.input, node.output):
            values[:] = [names.get(value, value) for value in values]
    for value in model.graph.output:
        value.name = names[value.name]
    return model


def _without_notes(model: onnx.ModelProto) -> None:
    """Takes out what the exporter noted for whoever mends it: where on this machine each line of code stands."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.ClearField("doc_string")


class _Graph:
    """An exported model whose nodes and constants are being exchanged."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        del model.graph.value_info[:]
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}

    def quantise(self, parts: dict[str, QuantisedLinear]) -> None:
        """Puts each part's whole numbers in place of its product; ``parts`` by the names of their parameters.

        Raises ``ValueError`` where a part's product isn't found.
        """
        products = {node.output[0]: node for node in self.model.graph.node if node.op_type == "MatMul"}
        levels: dict[str, str] = {}
        before: dict[str, list[onnx.NodeProto]] = {}
        left = dict(parts)
        for node in self.model.graph.node:
            name = next((given.removesuffix(".bias") for given in node.input if given.endswith(".bias")), "")
            product = next((products[given] for given in node.input if given in products), None)
            if node.op_type != "Add" or product is None or name not in left:
                continue
            part, made = left.pop(name), before.setdefault(product.output[0], [])
            fed, weights = product.input
            if fed not in levels:
                levels[fed] = f"{fed}/levels"
                made += self._levels(fed, part)
            made.append(self._weights(weights, name, part))
            product.input[:] = [levels[fed], f"{name}.weight"]
        if left:
            raise ValueError(f"the exported graph lacks the products of {', '.join(left)}")
        self._set_nodes([one for node in self.model.graph.node for one in (*before.get(node.output[0], ()), node)])

    def _levels(self, fed: str, part: QuantisedLinear) -> list[onnx.NodeProto]:
        """Nodes from what flows to level 0 to 255, and back to the same numbers in floating point."""
        inputs, at = part.inputs, f"{fed}/"
        self.constants[f"{at}per_level"] = (1 / inputs.step).numpy()
        self.constants[f"{at}offset"] = (HALF - 0.5 - inputs.middle / inputs.step).numpy()
        self.constants["one"], self.constants["zero"] = np.float32(1), np.uint8(0)
        return [
            helper.make_node("Mul", [fed, f"{at}per_level"], [f"{at}scaled"]),
            helper.make_node("Add", [f"{at}scaled", f"{at}offset"], [f"{at}moved"]),
            helper.make_node("QuantizeLinear", [f"{at}moved", "one", "zero"], [f"{at}uint8"]),
            helper.make_node("DequantizeLinear", [f"{at}uint8", "one", "zero"], [f"{at}levels"]),
        ]

    def _weights(self, old: str, name: str, part: QuantisedLinear) -> onnx.NodeProto:
        with torch.no_grad():
            whole, scale = part.whole()
            bias = part.shifted(whole, scale) - HALF * whole.sum(1) * scale
        self.constants.pop(old, None)
        stored, scales, zero = f"{name}.weight/int8", f"{name}.weight/scale", f"{name}.weight/zero"
        self.constants[stored] = np.ascontiguousarray(whole.round().numpy().T.astype(np.int8))
        self.constants[scales], self.constants[f"{name}.bias"] = scale.numpy(), bias.numpy()
        self.constants[zero] = np.zeros(len(scale), dtype=np.int8)
        return helper.make_node("DequantizeLinear", [stored, scales, zero], [f"{name}.weight"], axis=1)

    def pack(self) -> None:
        """The remaining large weights in eight bits, with a scale for each unit (embeddings: for each word)."""
        tables = {node.input[0] for node in self.model.graph.node if node.op_type == "Gather"}
        nodes = []
        for name, values in list(self.constants.items()):
            if values.dtype != np.float32 or values.ndim != 2 or values.size < SMALLEST_PACKED:
                continue
            axis = 1 if name in tables else 0
            per_unit = (127 / np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12)).astype(np.float32)
            as_stored, as_float, scale = (f"{name}/{part}" for part in ("int8", "float", "per_unit"))
            del self.constants[name]
            self.constants[as_stored], self.constants[scale] = np.round(values * per_unit).astype(np.int8), per_unit
            # Cast and Div, not DequantizeLinear: OpenVINO 2026.4 computes with weights that it recognises as packed,
            # and in bf16 that ends the process with a floating point exception. These two it folds into plain weights.
            nodes += [
                helper.make_node("Cast", [as_stored], [as_float], to=onnx.TensorProto.FLOAT),
                helper.make_node("Div", [as_float, scale], [name]),
            ]
        self._set_nodes([*nodes, *self.model.graph.node])

    def _set_nodes(self, nodes: Sequence[onnx.NodeProto]) -> None:
        nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
        del self.model.graph.node[:]
        self.model.graph.node.extend(nodes)
        del self.model.graph.initializer[:]
        self.model.graph.initializer.extend(
            numpy_helper.from_array(np.asarray(values), name) for name, values in self.constants.items()
        )
