"""Makes scoring packs for tests: a BERT encoder of any size with seeded random weights, in the shipped pack's format.

The weights mean nothing, so these packs test the runtime (masks, windows, batches, precision, files), never quality.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from moderation.core.scores import LABELS

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'\"-:;()*@$#%&/"
WORDS = (  # noqa: SIM905 - words are read better in lines than in a list
    "the a of and to in is are was you your they we it that this for on with not be have idiot stupid people article "
    "comment minerals minister government think good bad read says said about would should could do does did what who"
).split()


def small_tokenizer() -> Tokenizer:
    """An uncased WordPiece tokenizer that knows ``WORDS`` and spells everything else letter by letter."""
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *LETTERS,
        *("##" + c for c in LETTERS),
        *(w for w in WORDS if len(w) > 1),
    ]
    tokenizer = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


class _Graph:
    """Collects nodes and weights of one ONNX graph."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._names = 0

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        self._names += 1
        name = output or f"{kind}_{self._names}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def constant(self, value: np.ndarray) -> str:
        self._names += 1
        name = f"constant_{self._names}"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def weight(self, *shape: int, scale: float = 0.05) -> str:
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32))

    def linear(self, x: str, rows: int, columns: int, scale: float = 0.05) -> str:
        product = self.op("MatMul", x, self.weight(rows, columns, scale=scale))
        return self.op("Add", product, self.weight(columns))

    def levels(self, x: str, width: int, spread: float, *, turned_back: bool = True) -> str:
        """What lies between ``-spread`` and ``spread`` as one of 256 levels, rounded, in floating point again."""
        per_level = self.constant(np.full(width, 255 / (2 * spread), np.float32))
        moved = self.op("Add", self.op("Mul", x, per_level), self.constant(np.full(width, 127.5, np.float32)))
        one, zero = self.constant(np.array(1, np.float32)), self.constant(np.array(0, np.uint8))
        rounded = self.op("QuantizeLinear", moved, one, zero)
        if turned_back:
            return self.op("DequantizeLinear", rounded, one, zero)
        return self.op("Relu", self.op("Cast", rounded, to=TensorProto.FLOAT))

    def whole_linear(self, levels: str, rows: int, columns: int, spread: float) -> str:
        """``linear`` over ``levels``, its weights in whole numbers with a scale for each output."""
        smoothed = self.random.standard_normal((rows, columns)) * 0.05 * 2 * spread / 255
        scales = np.abs(smoothed).max(axis=0) / 127
        whole = np.round(smoothed / scales)
        bias = self.random.standard_normal(columns) * 0.05 - 127.5 * whole.sum(axis=0) * scales
        stored, zeros = self.constant(whole.astype(np.int8)), self.constant(np.zeros(columns, np.int8))
        weights = self.op("DequantizeLinear", stored, self.constant(scales.astype(np.float32)), zeros, axis=1)
        return self.op("Add", self.op("MatMul", levels, weights), self.constant(bias.astype(np.float32)))

    def packed(self, *shape: int, scale: float) -> str:
        """Weights of a head or a table, stored in eight bits and read back as floating point."""
        values = self.random.standard_normal(shape) * scale
        per_unit = 127 / np.abs(values).max(axis=0, keepdims=True)
        stored = self.op("Cast", self.constant(np.round(values * per_unit).astype(np.int8)), to=TensorProto.FLOAT)
        return self.op("Div", stored, self.constant(per_unit.astype(np.float32)))

    def norm(self, x: str, width: int) -> str:
        one, zero = self.constant(np.ones(width, np.float32)), self.constant(np.zeros(width, np.float32))
        return self.op("LayerNormalization", x, one, zero, axis=-1, epsilon=1e-12)


def _encoder(
    g: _Graph,
    *,
    vocabulary: int,
    width: int,
    layers: int,
    heads: int,
    positions: int,
    quantised: bool,
    turned_back: bool,
) -> str:
    """Last hidden states [batch, seq, width] from ``input_ids`` and ``attention_mask``."""
    size = width // heads
    table = g.packed(vocabulary, width, scale=0.05) if quantised else g.weight(vocabulary, width)
    ids = g.op("Gather", table, "input_ids", axis=0)
    length = g.op("Slice", g.op("Shape", "input_ids"), g.constant(np.array([1])), g.constant(np.array([2])))
    spread = g.op("Slice", g.weight(positions, width), g.constant(np.array([0])), length, g.constant(np.array([0])))
    x = g.norm(g.op("Add", ids, spread), width)
    seen = g.op("Cast", g.op("Unsqueeze", "attention_mask", g.constant(np.array([1, 2]))), to=TensorProto.FLOAT)
    hidden_away = g.op(
        "Mul", g.op("Sub", g.constant(np.array(1, np.float32)), seen), g.constant(np.array(-1e9, np.float32))
    )
    split, joined = g.constant(np.array([0, 0, heads, size])), g.constant(np.array([0, 0, width]))
    scale = g.constant(np.array(size**-0.5, np.float32))

    def linears(fed: str, rows: int, columns: int, spread: float, count: int = 1) -> list[str]:
        if not quantised:
            return [g.linear(fed, rows, columns) for _ in range(count)]
        levels = g.levels(fed, rows, spread, turned_back=turned_back)
        return [g.whole_linear(levels, rows, columns, spread) for _ in range(count)]

    usual = 0.25 * width**0.5
    for _ in range(layers):
        q, k, v = (g.op("Reshape", one, split) for one in linears(x, width, width, 4.0, 3))
        q, v = (g.op("Transpose", t, perm=[0, 2, 1, 3]) for t in (q, v))
        k = g.op("Transpose", k, perm=[0, 2, 3, 1])
        weights = g.op("Add", g.op("Mul", g.op("MatMul", q, k), scale), hidden_away)
        mixed = g.op("Transpose", g.op("MatMul", g.op("Softmax", weights, axis=-1), v), perm=[0, 2, 1, 3])
        x = g.norm(g.op("Add", x, *linears(g.op("Reshape", mixed, joined), width, width, usual)), width)
        inner = g.op("Gelu", *linears(x, width, 4 * width, 4.0))
        x = g.norm(g.op("Add", x, *linears(inner, 4 * width, width, usual)), width)
    return x


def small_model(
    *,
    labels: int,
    vocabulary: int,
    width: int = 32,
    layers: int = 2,
    heads: int = 4,
    positions: int = 64,
    embedding: bool = True,
    lexicon: bool = False,
    quantised: bool = False,
    turned_back: bool = True,
    seed: int = 7,
) -> onnx.ModelProto:
    """The graph: ``logits`` [batch, labels] from the first token, ``embedding`` [batch, width] of unit length.

    With ``lexicon`` each word adds weights of its own to the logits, as in the built-in pack; with ``quantised`` the
    encoder's products are of whole numbers and there are ``tokens`` [batch, seq, labels], as training makes them;
    unless ``turned_back`` their inputs aren't dequantised as they should be.
    """
    g = _Graph(seed)
    x = _encoder(
        g,
        vocabulary=vocabulary,
        width=width,
        layers=layers,
        heads=heads,
        positions=positions,
        quantised=quantised,
        turned_back=turned_back,
    )
    first = g.op("Gather", x, g.constant(np.array(0)), axis=1)
    logits = g.linear(first, width, labels, scale=8 / width)
    seen = g.op("Cast", g.op("Unsqueeze", "attention_mask", g.constant(np.array([2]))), to=TensorProto.FLOAT)
    if lexicon:
        said = g.op("Mul", g.op("Gather", g.weight(vocabulary, labels, scale=0.5), "input_ids", axis=0), seen)
        logits = g.op("Add", logits, g.op("ReduceSum", said, g.constant(np.array([1])), keepdims=0))
    g.op("Identity", logits, output="logits")
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", labels])]
    if embedding:
        total = g.op("ReduceSum", g.op("Mul", x, seen), g.constant(np.array([1])), keepdims=0)
        g.op("LpNormalization", total, axis=-1, p=2, output="embedding")
        outputs.append(helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", width]))
    if quantised:
        g.op("MatMul", x, g.packed(width, labels, scale=8 / width), output="tokens")
        outputs.append(helper.make_tensor_value_info("tokens", TensorProto.FLOAT, ["batch", "seq", labels]))
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "seq"])
        for name in ("input_ids", "attention_mask")
    ]
    graph = helper.make_graph(g.nodes, "small", inputs, outputs, g.weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def write_pack(
    folder: Path,
    *,
    name: str = "small",
    labels: tuple[str, ...] = LABELS,
    languages: tuple[str, ...] = ("en",),
    max_tokens: int = 64,
    embedding: bool = True,
    lexicon: bool = False,
    quantised: bool = False,
    tokenizer: Tokenizer | None = None,
    shift: float = -2.0,
    **model: Any,
) -> Path:
    """A whole pack in ``folder``; ``shift`` moves the natural scale's logits, the balanced scale's are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = tokenizer or small_tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    graph = small_model(
        labels=len(labels),
        vocabulary=tokenizer.get_vocab_size(),
        positions=max_tokens,
        embedding=embedding,
        lexicon=lexicon,
        quantised=quantised,
        **model,
    )
    onnx.save(graph, str(folder / "model.onnx"))
    natural = {label: {"x": [-4.0, 4.0], "y": [-4.0 + shift, 4.0 + shift]} for label in labels}
    balanced = {label: {"x": [-4.0, 4.0], "y": [-4.0, 4.0]} for label in labels}
    manifest = {
        "format": 1,
        "name": name,
        "version": "1",
        "created": "2026-01-01",
        "description": "random weights",
        "labels": list(labels),
        "languages": list(languages),
        "max_tokens": max_tokens,
        "pad_id": 0,
        "inputs": ["input_ids", "attention_mask"],
        "outputs": {"logits": "logits", "embedding": "embedding" if embedding else None},
        "activation": "sigmoid",
        "calibration": {"natural": natural, "balanced": balanced},
        "relevance": None,
        "files": {file: _stated(folder / file) for file in ("model.onnx", "tokenizer.json")},
    }
    if quantised:
        manifest |= {"quantised": "int8", "sentences": {"output": "tokens", "pool": "max"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def _stated(path: Path) -> dict[str, object]:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
