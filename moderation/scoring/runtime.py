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
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from moderation.core.errors import ScoringFailed
from moderation.scoring.detoxify_extra import require_extra
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


@runtime_checkable
class Fixes(Protocol):
    """A runtime that is faster for single texts of some lengths once it has been made ready for them."""

    @property
    def fast(self) -> tuple[int, ...]:
        """Those lengths, the least first; few or none until ``fix`` is through."""
        ...

    def fix(self, longest: int) -> None:
        """Makes ready for single texts of up to ``longest`` tokens, while ``run`` may go on. Takes about a second."""
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
        return _load_through_detoxify(pack, threads)
    engine, precision = engine_and_precision(name)
    if engine == "openvino":
        from moderation.scoring.openvino_runtime import OpenVino  # noqa: PLC0415 - half a second, 50 MB

        return OpenVino(pack, precision, threads)
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


def _load_through_detoxify(pack: Pack, threads: int) -> Runtime:
    """The runtime ``detoxify``: the pack's original model in torch, on a GPU where there is one.

    Raises ``ExtraMissing``, or ``PackDamaged`` or ``CheckpointUnusable`` where Detoxify's side is missing or changed.
    """
    require_extra("The runtime 'detoxify'")
    from moderation.scoring.detoxify_runtime import DetoxifyRuntime  # noqa: PLC0415 - torch, only where it is asked for

    return DetoxifyRuntime(pack, threads)
