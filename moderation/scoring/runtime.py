"""Runs a pack's model: OpenVINO in bf16 or f32, or ONNX Runtime in f32.

Weights are never quantised while running: dynamic int8 makes a text's score depend on its batch. bf16 is chosen only
where the processor computes in it; elsewhere it would be emulated, slower than f32.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from moderation.core.errors import ScoringFailed
from moderation.scoring.detoxify_extra import load_through_detoxify
from moderation.scoring.packs import Manifest, Pack

RUNTIMES = ("openvino-bf16", "openvino-f32", "onnxruntime-f32")
DETOXIFY = "detoxify"
"""A converted pack's original model, run by Detoxify itself (torch, a GPU where there is one)."""
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})

Ids = NDArray[np.int64]
Outputs = dict[str, NDArray[np.float32]]


@dataclass(eq=False, slots=True)
class RuntimeUnknown(ScoringFailed):
    """A runtime that doesn't exist was asked for."""

    name: str

    @property
    def detail(self) -> str:
        return f"There is no runtime named {self.name!r}; choose auto, {', '.join(RUNTIMES)} or {DETOXIFY}."


@dataclass(eq=False, slots=True)
class RuntimeUnproved(ScoringFailed):
    """A runtime was asked for on which the pack's scores weren't shown to be right."""

    name: str
    pack: str
    proved: tuple[str, ...]

    @property
    def detail(self) -> str:
        have = ", ".join(self.proved)
        return f"The scoring pack {self.pack!r} was not proved to be right on {self.name}; choose auto, {have}."


class Runtime(Protocol):
    """A loaded model. Thread-safe: one batch runs at a time, on all its threads."""

    def run(self, ids: Ids, mask: Ids) -> Outputs:
        """The model's outputs, by name, for ``ids`` [texts, tokens] where ``mask`` is 1."""
        ...


def choose(name: str, pack: Manifest) -> str:
    """The runtime to use: itself, or for ``auto`` the fastest honest one here.

    Raises ``RuntimeUnknown``, or ``RuntimeUnproved`` for one that the pack doesn't name.
    """
    if name not in ("auto", *RUNTIMES, DETOXIFY):
        raise RuntimeUnknown(name)
    if name == "auto":
        allowed = pack.runtimes or RUNTIMES
        return next((candidate for candidate in _fastest_first() if candidate in allowed), "onnxruntime-f32")
    if name in RUNTIMES and pack.runtimes and name not in pack.runtimes:
        raise RuntimeUnproved(name, pack.name, pack.runtimes)
    return name


def _fastest_first() -> Iterator[str]:
    if find_spec("openvino") is not None:
        if computes_in_bf16():
            yield "openvino-bf16"
        yield "openvino-f32"
    yield "onnxruntime-f32"


def load(pack: Pack, name: str, threads: int) -> Runtime:
    """The pack's model, ready to run. ``name`` as ``choose`` gave it."""
    if name == DETOXIFY:
        return load_through_detoxify(pack, threads)
    engine, precision = engine_and_precision(name)
    if engine == "openvino":
        return _OpenVino(pack, precision, threads)
    return _OnnxRuntime(pack, threads)


def engine_and_precision(name: str) -> tuple[str, str]:
    """Such as ``("openvino", "bf16")``: what a decision keeps of how its scores were made."""
    engine, _, precision = name.partition("-")
    return engine, precision or "f32"


def computes_in_bf16() -> bool:
    """Whether the processor has instructions for bf16 matrices (Linux tells; elsewhere: no)."""
    try:
        info = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    flags = next((line for line in info.splitlines() if line.startswith("flags")), "")
    return not _BF16_FLAGS.isdisjoint(flags.split())


def available_threads(processes: int = 1) -> int:
    """Inference threads of one process: the cores that this machine or its cgroup gives, shared among ``processes``."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    quota = _cgroup_cores()
    return max(1, int(min(cores, quota) if quota else cores) // max(1, processes))


def _cgroup_cores() -> float | None:
    """The CPU quota of this process's cgroup in cores, version 2 then 1; None without one."""
    for quota_file, period_file in (
        ("/sys/fs/cgroup/cpu.max", None),
        ("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
    ):
        try:
            words = Path(quota_file).read_text(encoding="ascii").split()
            if period_file:
                words += Path(period_file).read_text(encoding="ascii").split()
            if words[0] not in ("max", "-1"):
                return int(words[0]) / int(words[1])
        except (OSError, ValueError, IndexError, ZeroDivisionError):
            continue
    return None


def _outputs(pack: Pack) -> list[str]:
    return [name for name in pack.manifest.outputs.values() if name is not None]


def _feed(inputs: Sequence[str], ids: Ids, mask: Ids) -> dict[str, Ids]:
    known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    return {name: known[name] for name in inputs}


class _OpenVino:
    """The ONNX file read by OpenVINO directly: its converter, which would send telemetry, is never used."""

    def __init__(self, pack: Pack, precision: str, threads: int) -> None:
        import openvino  # noqa: PLC0415 - half a second and 50 MB that the other runtime does without

        self._inputs = pack.manifest.inputs
        self._names = _outputs(pack)
        core = openvino.Core()
        model = core.read_model(str(pack.model))
        _unpack_weights(model)
        # A tail that is one small product would give logits of eight bits in bf16, whose rounding is seen in scores.
        model, tail = (
            _without_tail(model, pack.manifest.outputs["logits"] or "logits") if precision == "bf16" else (model, None)
        )
        options = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
        exact = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": "0", "INFERENCE_PRECISION_HINT": precision}
        self._request = core.compile_model(model, "CPU", options | exact).create_infer_request()
        self._tail = (
            core.compile_model(tail, "CPU", options | {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
            if tail is not None
            else None
        )
        self._lock = threading.Lock()

    def run(self, ids: Ids, mask: Ids) -> Outputs:
        with self._lock:
            found = _by_name(self._request.infer(_feed(self._inputs, ids, mask), share_inputs=True))
            if self._tail is not None:
                found |= _by_name(self._tail.infer({TAIL: found.pop(TAIL)}, share_inputs=True))
            return {name: found[name] for name in self._names}


TAIL = "what the last layer is fed"


def _by_name(results: Any) -> Outputs:
    """Copies of a request's results: its own memory is used again by the next one."""
    return {name: np.array(value, dtype=np.float32) for output, value in results.items() for name in output.names}


def _without_tail(model: Any, logits: str) -> tuple[Any, Any]:
    """The model up to the last product before its logits, and a model of the rest; (the model, None) without such."""
    from openvino import Model, opset13  # noqa: PLC0415 - see above

    results = {name: result for result in model.get_results() for name in result.output(0).get_names()}
    product = results[logits]
    while product.get_type_name() != "MatMul":
        if product.get_input_size() == 0:
            return model, None
        product = product.input_value(0).get_node()
    fed = product.input_value(0)
    if fed.get_partial_shape().rank.get_length() != 2:
        return model, None
    behind = _reached_from(product)
    ours = [result for result in model.get_results() if result.get_friendly_name() in behind]
    others = [result for result in model.get_results() if result.get_friendly_name() not in behind]
    inlet = opset13.parameter(fed.get_partial_shape(), name=TAIL)
    inlet.output(0).get_tensor().set_names({TAIL})
    product.input(0).replace_source_output(inlet.output(0))
    outlet = opset13.result(fed)
    fed.get_tensor().add_names({TAIL})
    return Model([*others, outlet], model.get_parameters()), Model(ours, [inlet])


def _reached_from(node: Any) -> set[str]:
    """The names of all nodes that a node's output flows into."""
    names: set[str] = set()
    todo = [node]
    while todo:
        for port in todo.pop().outputs():
            for consumer in port.get_target_inputs():
                name = consumer.get_node().get_friendly_name()
                if name not in names:
                    names.add(name)
                    todo.append(consumer.get_node())
    return names


def _unpack_weights(model: Any) -> None:
    """Makes plain f32 constants of weights that the file holds in int8 or f16.

    Left packed, OpenVINO would also quantise what flows through them, which moves scores, and in bf16 on some
    processors (AVX512-BF16 without AMX) its kernel for packed weights ends the process.
    """
    from openvino.passes import ConstantFolding, Manager  # noqa: PLC0415 - see above

    manager = Manager()
    manager.register_pass(ConstantFolding())
    manager.run_passes(model)


class _OnnxRuntime:
    """ONNX Runtime on the CPU, f32."""

    def __init__(self, pack: Pack, threads: int) -> None:
        import onnxruntime  # noqa: PLC0415 - loaded only where it is used

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Weights that the file holds in int8 are unpacked; otherwise what flows through them is quantised as well.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        self._inputs = pack.manifest.inputs
        self._session: Any = onnxruntime.InferenceSession(str(pack.model), options, providers=["CPUExecutionProvider"])
        self._names = _outputs(pack)
        self._lock = threading.Lock()

    def run(self, ids: Ids, mask: Ids) -> Outputs:
        with self._lock:
            values = self._session.run(self._names, _feed(self._inputs, ids, mask))
        return dict(zip(self._names, values, strict=True))
