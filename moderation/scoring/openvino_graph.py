"""A pack's model as OpenVINO reads it, rewritten before it is compiled: weights, levels, words, tail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13
from openvino.passes import ConstantFolding, Manager

TAIL, WORDS = "what the last layer is fed", "word vectors"


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
        if node.get_type_name() != "Divide":
            continue
        packed, per_unit = (node.input_value(port).get_node() for port in (0, 1))
        stored = packed.input_value(0).get_node() if packed.get_type_name() == "Convert" else packed
        if stored.get_type_name() == per_unit.get_type_name() == "Constant":
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


def _is_matrix(output: Any) -> bool:
    """Whether what a product is fed has two dimensions that are known: weights, not what flows."""
    shape = output.get_partial_shape()
    return bool(shape.is_static and len(shape) == 2)


def without_words(model: Any) -> tuple[Any, NDArray[np.float32] | None]:
    """The model fed with the tokens' vectors, and their table: kept once, however often the model is compiled."""
    looked_up = [node for node in model.get_ops() if node.get_type_name() == "Gather" and _is_table(node)]
    if not looked_up:
        return model, None
    widest = max(looked_up, key=lambda node: node.input_value(0).get_partial_shape()[1].get_length())
    table = np.array(widest.input_value(0).get_node().get_data(), dtype=np.float32)
    inlet = opset13.parameter([-1, -1, table.shape[1]], name=WORDS)
    inlet.output(0).get_tensor().set_names({WORDS})
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
