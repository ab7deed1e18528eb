"""OpenVINO as a pack's runtime: the ONNX file read directly, its weights unpacked, in bf16 or f32.

OpenVINO's converter, which would send telemetry, is never used. Its default for packed weights is to quantise what
flows through them as well, which makes a text's score depend on its batch; so they are unpacked, and that is switched
off.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13
from openvino.passes import ConstantFolding, Manager

from moderation.scoring.packs import Pack

Ids = NDArray[np.int64]
Outputs = dict[str, NDArray[np.float32]]

FIXED_LENGTHS = (64, 32, 96, 128)
"""Lengths for which single texts have a model of their own, the most useful first: where shapes change from run to run,
each takes a millisecond more.
"""
FIXED_MEMORY = 140e6
"""Bytes that those may take together."""
_TAIL, _WORDS = "what the last layer is fed", "word vectors"


class OpenVino:
    """A model loaded by OpenVINO. Thread-safe: one batch runs at a time, on all its threads."""

    def __init__(self, pack: Pack, precision: str, threads: int) -> None:
        manifest = pack.manifest
        self._inputs = manifest.inputs
        self._names = [name for name in manifest.outputs.values() if name is not None]
        self._core = openvino.Core()
        self._options = {
            "INFERENCE_NUM_THREADS": threads,
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": 1,
            "ENABLE_CPU_PINNING": False,  # several processes may share the cores
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
        }
        self._precision = precision
        model = self._core.read_model(str(pack.model))
        _unpack_weights(model)
        weights = _turn_weights(model)
        each = weights * (3 if precision == "bf16" else 6)  # found by trying: its own copy, packed, and some more
        self._fixable = FIXED_LENGTHS[: int(FIXED_MEMORY / max(each, 1))]
        model, self._words = _without_words(model)
        # A tail that is one small product would give logits of eight bits in bf16, whose rounding is seen in scores.
        tail = None
        if precision == "bf16":
            model, tail = _without_tail(model, manifest.outputs["logits"] or "logits")
        self._model = model
        self._asked = _input_names(model)
        self._tail_inputs = () if tail is None else _input_names(tail)
        self._any = self._compiled(model, precision)
        self._fixed: dict[int, Any] = {}
        self._tail = None if tail is None else self._compiled(tail, "f32")
        self._lock = threading.Lock()

    def run(self, ids: Ids, mask: Ids) -> Outputs:
        """The outputs by name for ``ids`` [texts, tokens] where ``mask`` is 1."""
        with self._lock:
            request = self._fixed.get(ids.shape[1], self._any) if len(ids) == 1 else self._any
            found = _by_name(request.infer(self._feed(ids, mask, self._asked), share_inputs=True))
            if self._tail is not None:
                fed = {_TAIL: found.pop(_TAIL)} | self._feed(ids, mask, self._tail_inputs)
                found |= _by_name(self._tail.infer(fed, share_inputs=True))
            return {name: found[name] for name in self._names}

    @property
    def fast(self) -> tuple[int, ...]:
        """Lengths at which single texts run in a model of their own."""
        return tuple(sorted(self._fixed))

    def fix(self, longest: int) -> None:
        """Makes models of their own for single texts of usual lengths, as far as memory allows: a second's work."""
        for length in self._fixable:
            if not threading.main_thread().is_alive():
                return  # the process is ending and waits for this
            if length <= longest and length not in self._fixed:
                model = self._model.clone()
                model.reshape({port: [1, length, *list(port.get_partial_shape())[2:]] for port in model.inputs})
                request = self._compiled(model, self._precision)
                ones = np.ones((1, length), dtype=np.int64)
                request.infer(self._feed(ones, ones, self._asked))
                self._fixed = {**self._fixed, length: request}

    def _compiled(self, model: Any, precision: str) -> Any:
        options = self._options | {"INFERENCE_PRECISION_HINT": precision}
        return self._core.compile_model(model, "CPU", options).create_infer_request()

    def _feed(self, ids: Ids, mask: Ids, asked: Collection[str]) -> dict[str, NDArray[Any]]:
        known: dict[str, NDArray[Any]] = {"input_ids": ids, "attention_mask": mask}
        if "token_type_ids" in self._inputs:
            known["token_type_ids"] = np.zeros_like(ids)
        if self._words is not None and _WORDS in asked:
            known[_WORDS] = self._words[ids]
        return {name: value for name, value in known.items() if name in asked}


def _input_names(model: Any) -> tuple[str, ...]:
    return tuple(name for port in model.inputs for name in port.get_names())


def _by_name(results: Any) -> Outputs:
    """Copies of a request's results: its own memory is used again by the next one."""
    return {name: np.array(value, dtype=np.float32) for output, value in results.items() for name in output.names}


def _unpack_weights(model: Any) -> None:
    """Makes plain f32 constants of weights that the file holds in int8 or f16.

    Left packed, they would be unpacked at every run; and in bf16 on some processors (AVX512-BF16 without AMX) the
    kernel for packed weights ends the process.
    """
    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(model)


def _turn_weights(model: Any) -> int:
    """Turns the weights of products as the kernels read them, or each compiled model would keep a turned copy.

    Returns how many weights there are.
    """
    count = 0
    for node in model.get_ops():
        weights = node.input_value(1).get_node() if node.get_type_name() == "MatMul" else None
        if weights is None or weights.get_type_name() != "Constant" or len(weights.get_output_shape(0)) != 2:
            continue
        count += int(np.prod(list(weights.get_output_shape(0))))
        if not node.get_attributes()["transpose_b"]:
            turned = opset13.constant(np.ascontiguousarray(weights.get_data().T))
            product = opset13.matmul(node.input_value(0), turned, node.get_attributes()["transpose_a"], True)
            product.set_friendly_name(node.get_friendly_name())
            node.output(0).replace(product.output(0))
    return count


def _without_words(model: Any) -> tuple[Any, NDArray[np.float32] | None]:
    """The model fed with the tokens' vectors, and their table: kept once, however often the model is compiled."""
    looked_up = [node for node in model.get_ops() if node.get_type_name() == "Gather" and _is_table(node)]
    if not looked_up:
        return model, None
    widest = max(looked_up, key=lambda node: node.input_value(0).get_partial_shape()[1].get_length())
    table = np.array(widest.input_value(0).get_node().get_data(), dtype=np.float32)
    inlet = opset13.parameter([-1, -1, table.shape[1]], name=_WORDS)
    inlet.output(0).get_tensor().set_names({_WORDS})
    widest.output(0).replace(inlet.output(0))
    still_read = [p for p in model.get_parameters() if p.output(0).get_target_inputs()]
    return openvino.Model(model.get_results(), [*still_read, inlet]), table


def _is_table(node: Any) -> bool:
    """Whether a look-up takes its rows from a constant by the tokens themselves."""
    rows, ids = node.input_value(0).get_node(), node.input_value(1).get_node()
    while ids.get_type_name() == "Convert":
        ids = ids.input_value(0).get_node()
    named = ids.get_type_name() == "Parameter" and "input_ids" in ids.output(0).get_names()
    return named and rows.get_type_name() == "Constant" and len(rows.get_output_shape(0)) == 2


def _without_tail(model: Any, logits: str) -> tuple[Any, Any]:
    """The model up to the last product before its logits, and a model of the rest; (the model, None) without such."""
    results = {name: result for result in model.get_results() for name in result.output(0).get_names()}
    product = results[logits]
    while product.get_type_name() != "MatMul":
        if product.get_input_size() == 0:
            return model, None
        product = product.input_value(0).get_node()
    fed = product.input_value(0)
    if fed.get_partial_shape().rank.get_length() != 2:
        return model, None
    behind = set(_reached_from(product))
    ours = [result for result in model.get_results() if result.get_friendly_name() in behind]
    others = [result for result in model.get_results() if result.get_friendly_name() not in behind]
    inlet = opset13.parameter(fed.get_partial_shape(), name=_TAIL)
    inlet.output(0).get_tensor().set_names({_TAIL})
    product.input(0).replace_source_output(inlet.output(0))
    outlet = opset13.result(fed)
    fed.get_tensor().add_names({_TAIL})
    rest = set(_reached_by(ours))
    also_read = [p for p in model.get_parameters() if p.get_friendly_name() in rest]
    return openvino.Model([*others, outlet], model.get_parameters()), openvino.Model(ours, [inlet, *also_read])


def _reached_by(nodes: Sequence[Any]) -> Iterator[str]:
    """The names of all nodes that flow into these."""
    seen: set[str] = set()
    todo = list(nodes)
    while todo:
        for port in todo.pop().input_values():
            node = port.get_node()
            if (name := node.get_friendly_name()) not in seen:
                seen.add(name)
                todo.append(node)
                yield name


def _reached_from(node: Any) -> Iterator[str]:
    """The names of all nodes that a node's output flows into."""
    seen: set[str] = set()
    todo = [node]
    while todo:
        for port in todo.pop().outputs():
            for consumer in port.get_target_inputs():
                name = consumer.get_node().get_friendly_name()
                if name not in seen:
                    seen.add(name)
                    todo.append(consumer.get_node())
                    yield name
