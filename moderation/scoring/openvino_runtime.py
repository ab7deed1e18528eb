"""OpenVINO as a pack's runtime: the ONNX file read directly, in int8, dynamic int8, bf16 or f32.

OpenVINO's converter, which would send telemetry, is never used. Its default for packed weights is to quantise what
flows through them as well, by what else is in the batch; that is switched off, and weights are unpacked but for
products that the file itself has in whole numbers. In dynamic int8 weights are packed here, and what flows is quantised
by parts of one token alone.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from queue import LifoQueue
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from moderation.scoring.cores import Spare, lanes
from moderation.scoring.openvino_graph import (
    TAIL,
    WORDS,
    pack_weights,
    turn_weights,
    unpack_tables,
    unpack_weights,
    without_levels,
    without_tail,
    without_words,
)
from moderation.scoring.packs import Pack, PackDamaged
from moderation.scoring.processor import multiplies_int8

Ids = NDArray[np.int64]
Outputs = dict[str, NDArray[np.float32]]

OWN_LENGTHS = (64, 32, 128, 96)
"""Lengths for which single texts have a model of their own, the most useful first: where shapes change from run to run,
each takes a millisecond more.
"""
OWN_MEMORY, LANES_MEMORY = 160e6, 220e6
"""Bytes that those of a pack may take together with its models for several runs at a time, which come first; and these
alone. All packs of a process share what is spare besides.
"""
_OWN_BYTES = {"int8": 3, "dynamic_int8": 3, "bf16": 3, "f32": 6}
_LANES_BYTES = {"int8": 5, "dynamic_int8": 5, "bf16": 5, "f32": 10}
"""What each of the former and all of the latter take for a weight, found by trying: a packed copy, and some more."""


DYNAMIC, QUANTISED_TOGETHER = "dynamic_int8", 32
"""So many of the numbers that stand for one token share a scale, and none of another token. With 128 it is faster by a
quarter, and scores move by up to 0.030 instead of 0.018.
"""


@dataclass(frozen=True, slots=True)
class _Lane:
    """Requests for one run at a time: the model, and its tail where that is apart."""

    body: Any
    tail: Any | None


class OpenVino:
    """A model loaded by OpenVINO. Thread-safe: one batch at a time runs on all threads, or several on a part each."""

    def __init__(self, pack: Pack, precision: str, threads: int, spare: Spare) -> None:
        manifest = pack.manifest
        self._inputs, self._names = manifest.inputs, manifest.output_names
        self._core = openvino.Core()
        self._threads = threads
        self._precision = precision
        model, self._words = without_words(_read(self._core, pack))
        _unpack(model, pack, precision)
        weights = turn_weights(model)
        for_lanes, for_own = weights * _LANES_BYTES[precision], weights * _OWN_BYTES[precision]
        several = lanes(threads) > 1 and for_lanes <= LANES_MEMORY and spare.take(for_lanes)
        self._lanes = lanes(threads) if several else 1
        left = OWN_MEMORY - (for_lanes if several else 0)
        self._ownable = tuple(
            length for place, length in enumerate(OWN_LENGTHS, 1) if place * for_own <= left and spare.take(for_own)
        )
        if precision == DYNAMIC:
            pack_weights(model)
        # A tail that is one small product would give logits of eight bits in bf16, whose rounding is seen in scores.
        tail = None
        if precision == "bf16":
            model, tail = without_tail(model, manifest.outputs["logits"] or "logits")
        self._model, self._tail = model, tail
        self._asked = _input_names(model)
        self._tail_inputs = () if tail is None else _input_names(tail)
        (self._any,) = self._compiled(model, tail, 1)
        self._own: dict[int, _Lane] = {}
        self._shares: LifoQueue[_Lane] | None = None
        self._lock = threading.Lock()

    def run(self, ids: Ids, mask: Ids, *, alone: bool = True) -> Outputs:
        """The outputs by name for ``ids`` [texts, tokens] where ``mask`` is 1."""
        shares = None if alone else self._shares
        if shares is None:
            with self._lock:
                lane = self._own.get(ids.shape[1], self._any) if len(ids) == 1 else self._any
                return self._through(lane, ids, mask)
        lane = shares.get()
        try:
            return self._through(lane, ids, mask)
        finally:
            shares.put(lane)

    @property
    def fast(self) -> tuple[int, ...]:
        """Lengths at which single texts run in a model of their own."""
        return tuple(sorted(self._own))

    def improve(self, lengths: Sequence[int]) -> None:
        """Makes the models for several runs at a time, and for single texts of usual lengths, as far as memory allows:
        a second's work. The process that ends waits for it, so then it stops halfway.
        """
        model, tail = self._model, self._tail
        if model is None:  # all is made
            return
        if self._lanes > 1 and self._shares is None:
            shares: LifoQueue[_Lane] = LifoQueue()
            for lane in self._compiled(model, tail, self._lanes):
                for length in lengths:
                    self._make_kernels(lane.body, length)
                shares.put(lane)
            self._shares = shares
        for length in self._ownable:
            if length in lengths and length not in self._own and threading.main_thread().is_alive():
                (own,) = self._compiled(self._of_length(model, length), None, 1)
                self._make_kernels(own.body, length)
                self._own = {**self._own, length: _Lane(own.body, self._any.tail)}
        self._model = self._tail = None  # whatever was compiled keeps what it needs of them

    def _of_length(self, model: Any, length: int) -> Any:
        """The model for single texts of one length. In whole numbers it is that for any, which only never meets
        another: told of its length it would compute otherwise, and scores would move.
        """
        if self._precision in ("int8", DYNAMIC):
            return model
        model = model.clone()
        model.reshape({port: [1, length, *list(port.get_partial_shape())[2:]] for port in model.inputs})
        return model

    def _make_kernels(self, body: Any, length: int) -> None:
        """A first run, in which the engine makes its kernels for single texts of this length."""
        if threading.main_thread().is_alive():
            ones = np.ones((1, length), dtype=np.int64)
            _inferred(body, self._feed(ones, ones, self._asked))

    def _compiled(self, model: Any, tail: Any | None, count: int) -> list[_Lane]:
        """Requests of a compiled model, for so many runs at a time that share its weights and the threads."""
        body = self._core.compile_model(model, "CPU", compile_options(self._precision, self._threads, count))
        end = (
            None
            if tail is None
            else self._core.compile_model(tail, "CPU", compile_options("f32", self._threads, count))
        )
        return [
            _Lane(body.create_infer_request(), None if end is None else end.create_infer_request())
            for _ in range(count)
        ]

    def _through(self, lane: _Lane, ids: Ids, mask: Ids) -> Outputs:
        found = _inferred(lane.body, self._feed(ids, mask, self._asked))
        if lane.tail is not None:
            fed = {TAIL: found.pop(TAIL)} | self._feed(ids, mask, self._tail_inputs)
            found |= _inferred(lane.tail, fed)
        return {name: found[name] for name in self._names}

    def _feed(self, ids: Ids, mask: Ids, asked: Collection[str]) -> dict[str, NDArray[Any]]:
        known: dict[str, NDArray[Any]] = {"input_ids": ids, "attention_mask": mask}
        if "token_type_ids" in self._inputs:
            known["token_type_ids"] = np.zeros_like(ids)
        if self._words is not None and WORDS in asked:
            known[WORDS] = self._words[ids]
        return {name: value for name, value in known.items() if name in asked}


def compile_options(precision: str, threads: int, count: int = 1) -> dict[str, Any]:
    """How OpenVINO compiles a model for ``count`` runs at a time in this precision on this processor."""
    options: dict[str, Any] = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": count,
        "ENABLE_CPU_PINNING": False,  # several processes may share the cores
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": str(QUANTISED_TOGETHER if precision == DYNAMIC else 0),
        # Of products that aren't in whole numbers.
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32",
    }
    if precision == "int8" and not multiplies_int8():
        # The same levels, but multiplied in f32: sums of whole numbers overflow there, and are cut off.
        options["LP_TRANSFORMS_MODE"] = "NO"
    return options


def _read(core: Any, pack: Pack) -> Any:
    """The pack's model. Raises ``PackDamaged`` where it isn't what the manifest says."""
    model = core.read_model(str(pack.model))
    pack.check_outputs({name for port in model.outputs for name in port.get_names()})
    return model


def _unpack(model: Any, pack: Pack, precision: str) -> None:
    """Makes of the model what this precision takes. Raises ``PackDamaged`` where it isn't what the manifest says."""
    if precision == "int8":
        unpack_tables(model)
        return
    if pack.manifest.quantised:
        try:
            without_levels(model)
        except ValueError as error:
            raise PackDamaged(pack.manifest.name, str(pack.model), str(error)) from error
    unpack_weights(model)


def _input_names(model: Any) -> tuple[str, ...]:
    return tuple(name for port in model.inputs for name in port.get_names())


def _inferred(request: Any, feed: dict[str, NDArray[Any]]) -> Outputs:
    """Copies of a request's results: its own memory is used again by the next one."""
    request.start_async(feed, share_inputs=True)
    request.wait()
    return {
        name: np.array(value, dtype=np.float32) for output, value in request.results.items() for name in output.names
    }
