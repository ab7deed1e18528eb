"""A pack's model as OpenVINO reads it, rewritten before it is compiled: weights, levels, words, tail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13
from openvino.passes import ConstantFolding, Manager

TAIL, WORDS = "what the last layer is fed", "word vectors"
LEAST_PACKED = 32
"""Rows or columns of weights that are worth packing: a head's few are left as they are."""


def unpack_weights(model: Any) -> None:
    """Makes plain f32 constants of weights that the file holds in int8 or f16.

    Left packed, they would be unpacked at every run; and in bf16 on some processors (AVX512-BF16 without AMX) the
    kernel for packed weights ends the process.
    """
    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(model)


def unpack_tables(model: Any) -> None:
    """Makes plain f32 constants of the weights that are whole numbers only in the file (words, heads), and leaves those
    of products in whole numbers as they are.
    """
    for node in model.get_ops():
        if (packed := _packed(node)) is not None:
            stored, per_unit = packed
            values = stored.get_data().astype(np.float32) / per_unit.get_data()
            node.output(0).replace(opset13.constant(values).output(0))


def without_levels(model: Any) -> None:
    """Lets pass as it is what would be rounded to one of 256 levels and turned into floating point again.

    Raises ``ValueError`` where a level isn't turned back.
    """
    for node in model.get_ops():
        if node.get_type_name() != "FakeQuantize":
            continue
        back = node
        while back.get_type_name() != "Multiply":
            followers = [port.get_node() for port in back.output(0).get_target_inputs()]
            if len(followers) != 1 or followers[0].get_type_name() not in ("Convert", "Subtract", "Multiply"):
                raise ValueError(f"{node.get_friendly_name()} isn't followed by a step back to floating point")
            back = followers[0]
        back.output(0).replace(node.input_value(0))


def turn_weights(model: Any) -> int:
    """Turns the weights of products in floating point as the kernels read them, or each compiled model would keep a
    turned copy.

    Returns how many weights there are, those of products in whole numbers too.
    """
    count = 0
    for node in model.get_ops():
        if node.get_type_name() != "MatMul" or not _is_matrix(node.input_value(1)):
            continue
        weights = node.input_value(1).get_node()
        count += int(np.prod(list(weights.get_output_shape(0))))
        if weights.get_type_name() == "Constant" and not node.get_attributes()["transpose_b"]:
            turned = opset13.constant(np.ascontiguousarray(weights.get_data().T))
            product = opset13.matmul(node.input_value(0), turned, node.get_attributes()["transpose_a"], True)
            product.set_friendly_name(node.get_friendly_name())
            node.output(0).replace(product.output(0))
    return count


def pack_weights(model: Any) -> None:
    """Makes whole numbers of eight bits of the weights of large products in floating point, by a scale for each output.

    What they are fed stays as it is: the engine quantises it, where it is told to. Weights are turned already.
    """
    for node in model.get_ops():
        if node.get_type_name() != "MatMul" or not _is_matrix(node.input_value(1)):
            continue
        weights = node.input_value(1).get_node()
        if weights.get_type_name() == "Constant" and min(weights.get_output_shape(0)) >= LEAST_PACKED:
            values = weights.get_data().astype(np.float32)
            scales = np.maximum(np.abs(values).max(1, keepdims=True) / 127, np.finfo(np.float32).tiny)
            whole = opset13.convert(opset13.constant(np.rint(values / scales).astype(np.int8)), "f32")
            node.input(1).replace_source_output(opset13.multiply(whole, opset13.constant(scales)).output(0))


def _is_matrix(output: Any) -> bool:
    """Whether what a product is fed has two dimensions that are known: weights, not what flows."""
    shape = output.get_partial_shape()
    return bool(shape.is_static and len(shape) == 2)


@dataclass(frozen=True, slots=True)
class Words:
    """The tokens' vectors as the file holds them: ``stored`` [tokens, dimensions], in eight bits by ``per_unit``."""

    stored: NDArray[Any]
    per_unit: NDArray[np.float32] | None

    def __getitem__(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of ``ids`` [texts, tokens]."""
        vectors = self.stored[ids].astype(np.float32)
        if self.per_unit is None:
            return vectors
        return np.asarray(vectors / (self.per_unit[ids] if len(self.per_unit) > 1 else self.per_unit))


def without_words(model: Any) -> tuple[Any, Words | None]:
    """The model, as it was read, fed with the tokens' vectors, and their table: kept once, and in eight bits where the
    file has it so, however often the model is compiled.
    """
    looked_up = [node for node in model.get_ops() if node.get_type_name() == "Gather" and _is_by_token(node)]
    tables = [(node, table) for node in looked_up if (table := _table(node.input_value(0).get_node())) is not None]
    if not tables:
        return model, None
    widest, table = max(tables, key=lambda found: int(found[1].stored.shape[1]))
    inlet = opset13.parameter([-1, -1, table.stored.shape[1]], name=WORDS)
    inlet.output(0).get_tensor().set_names({WORDS})
    widest.output(0).replace(inlet.output(0))
    still_read = [p for p in model.get_parameters() if p.output(0).get_target_inputs()]
    return openvino.Model(model.get_results(), [*still_read, inlet]), table


def _is_by_token(node: Any) -> bool:
    """Whether a look-up goes by the tokens themselves."""
    ids = node.input_value(1).get_node()
    while ids.get_type_name() == "Convert":
        ids = ids.input_value(0).get_node()
    return ids.get_type_name() == "Parameter" and "input_ids" in ids.output(0).get_names()


def _table(rows: Any) -> Words | None:
    """What a look-up takes its rows from, where that is a table of two dimensions."""
    stored, per_unit = rows, None
    if (packed := _packed(rows)) is not None:
        stored, per_unit = packed
    if stored.get_type_name() != "Constant" or len(stored.get_output_shape(0)) != 2:
        return None
    return Words(np.array(stored.get_data()), None if per_unit is None else np.array(per_unit.get_data()))


def _packed(node: Any) -> tuple[Any, Any] | None:
    """The whole numbers of weights that the file holds in eight bits, and how many of them make a unit."""
    if node.get_type_name() != "Divide":
        return None
    packed, per_unit = (node.input_value(port).get_node() for port in (0, 1))
    stored = packed.input_value(0).get_node() if packed.get_type_name() == "Convert" else packed
    return (stored, per_unit) if stored.get_type_name() == per_unit.get_type_name() == "Constant" else None


def without_tail(model: Any, logits: str) -> tuple[Any, Any]:
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
    inlet = opset13.parameter(fed.get_partial_shape(), name=TAIL)
    inlet.output(0).get_tensor().set_names({TAIL})
    product.input(0).replace_source_output(inlet.output(0))
    outlet = opset13.result(fed)
    fed.get_tensor().add_names({TAIL})
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
