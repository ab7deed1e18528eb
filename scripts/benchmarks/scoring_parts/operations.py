"""How many operations a pack's texts need, and how many the processor does at best at the same precision."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mode
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import Model, opset13

from moderation.core.text.disguise import undisguise
from moderation.scoring import PackScorer
from moderation.scoring.encoder import bucket, plan
from moderation.scoring.processor import available_threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """``needed``: operations (a product and a sum are two) for all texts, without padding. ``possible``: a second.

    ``padding``: the share of tokens that are padding where the texts run in batches of 32.
    """

    needed: float
    possible: float
    padding: float


def operations_of(scorer: PackScorer, texts: Sequence[str]) -> Operations:
    pack, encoder = scorer.pack, scorer.encoder
    model = openvino.Core().read_model(str(pack.model))
    per_token, width, layers = _shape(model)
    lengths = encoder.lengths([undisguise(text).text for text in texts])
    needed = sum(length * per_token + layers * 4 * length * length * width for length in lengths)
    ran = 0
    for start in range(0, len(texts), 32):
        part = lengths[start : start + 32]
        for group in plan(part, pack.manifest.max_tokens):
            ran += len(group) * bucket(max(part[i] for i in group), pack.manifest.max_tokens)
    return Operations(needed=needed, possible=_possible(scorer.stamp.precision), padding=1 - sum(lengths) / ran)


def _shape(model: openvino.Model) -> tuple[float, int, int]:
    """Operations for a token in the products with weights, its width, and the layers (two products each without)."""
    products = [node for node in model.get_ops() if node.get_type_name() == "MatMul"]
    weighted = [node for node in products if node.get_input_partial_shape(1).is_static]
    a_token = [node for node in weighted if node.get_output_partial_shape(0).rank.get_length() == 3]
    per_token = 2.0 * sum(float(np.prod(list(node.get_input_shape(1)))) for node in a_token)
    width = mode(int(node.get_input_shape(1)[0]) for node in a_token)
    return per_token, width, (len(products) - len(weighted)) // 2


def _possible(precision: str) -> float:
    """Operations a second of one large product: what the same engine reaches where nothing is in its way."""
    size = 2048
    x = opset13.parameter([size, size], np.float32)
    weights = np.random.default_rng(0).standard_normal((size, size)).astype(np.float32)
    fed, held = (x, opset13.constant(weights)) if precision != "int8" else _in_whole_numbers(x, weights)
    product = opset13.matmul(fed, held, transpose_a=False, transpose_b=True)
    hint = "f32" if precision == "int8" else precision
    threads = {"INFERENCE_NUM_THREADS": available_threads(), "INFERENCE_PRECISION_HINT": hint}
    request = openvino.Core().compile_model(Model([product], [x]), "CPU", threads).create_infer_request()
    best = float("inf")
    for _ in range(8):
        began = time.perf_counter()
        request.infer({0: weights}, share_inputs=True)
        best = min(best, time.perf_counter() - began)
    return 2.0 * size**3 / best


def _in_whole_numbers(x: Any, weights: NDArray[np.float32]) -> tuple[Any, Any]:
    """What is fed as levels from 0 to 255, and weights from -127 to 127, as a quantised pack has them."""
    ends = [opset13.constant(np.float32(end)) for end in (0, 255, 0, 255)]
    scale = np.abs(weights).max(axis=1, keepdims=True) / 127
    whole = opset13.convert(opset13.constant(np.round(weights / scale).astype(np.int8)), "f32")
    return opset13.fake_quantize(x, *ends, 256), opset13.multiply(whole, opset13.constant(scale))
