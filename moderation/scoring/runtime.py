"""Runs a pack's model: OpenVINO or ONNX Runtime, in int8 or f32, OpenVINO in bf16 and in dynamic int8 too.

A pack that was made for int8 runs in it with the scales that its file fixes. In dynamic int8 the weights of any other
are quantised as it is loaded, and what they are multiplied by as it flows, each token by itself: so no text's score
depends on its batch. That moves scores, so only a pack that was shown to stand it runs so (``Manifest.runtimes``).
Each is chosen only where the processor has instructions for its products; elsewhere they are slower than f32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from moderation.core.errors import ScoringFailed
from moderation.core.scores import PackStamp
from moderation.scoring.cores import Spare
from moderation.scoring.detoxify_extra import require_extra
from moderation.scoring.manifest import Manifest
from moderation.scoring.packs import Pack
from moderation.scoring.processor import multiplies_bf16, multiplies_dynamic_int8, multiplies_int8

DYNAMIC_INT8 = "openvino-dynamic_int8"
RUNTIMES = (
    "openvino-int8",
    "onnxruntime-int8",
    "openvino-bf16",
    DYNAMIC_INT8,
    "openvino-f32",
    "onnxruntime-f32",
)
DETOXIFY = "detoxify"
"""A converted pack's original model, run by Detoxify itself (torch, a GPU where there is one)."""
INT8 = "int8"

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
    """A loaded model. Thread-safe."""

    def run(self, ids: Ids, mask: Ids, *, alone: bool = True) -> Outputs:
        """The model's outputs, by name, for ``ids`` [texts, tokens] where ``mask`` is 1.

        ``alone``: nobody runs beside it, so that it may take all threads; otherwise it leaves some to the others. The
        outputs are the same.
        """
        ...


@runtime_checkable
class Improves(Protocol):
    """A runtime that is faster once it has been made ready for what is usual."""

    @property
    def fast(self) -> tuple[int, ...]:
        """Lengths at which single texts are faster than at others, the least first; few or none until ``improve`` is
        through.
        """
        ...

    def improve(self, lengths: Sequence[int]) -> None:
        """Makes ready for several runs at a time, and for single texts of these lengths (tokens), while ``run`` may go
        on. Takes about a second.
        """
        ...


def choose(name: str, pack: Manifest) -> str:
    """The runtime to use: itself, or for ``auto`` the fastest honest one here.

    Raises ``RuntimeUnknown``, or ``RuntimeUnproved`` for one that isn't among the pack's.
    """
    if name not in ("auto", *RUNTIMES, DETOXIFY):
        raise RuntimeUnknown(name)
    proved = tuple(one for one in pack.runtimes or RUNTIMES if _may_run(one, pack))
    if name == "auto":
        return next((candidate for candidate in _fastest_first() if candidate in proved), "onnxruntime-f32")
    if name in RUNTIMES and name not in proved:
        raise RuntimeUnproved(name, pack.name, proved)
    return name


def _may_run(name: str, pack: Manifest) -> bool:
    """Whether the pack is one for this runtime, where nothing more is known."""
    if name == DYNAMIC_INT8:
        return name in pack.runtimes
    return pack.quantised == INT8 or not name.endswith(f"-{INT8}")


def _fastest_first() -> Iterator[str]:
    """What runs well on this machine."""
    engines = [engine for engine in ("openvino", "onnxruntime") if find_spec(engine) is not None]
    if multiplies_int8():
        yield from (f"{engine}-int8" for engine in engines)
    if multiplies_bf16() and "openvino" in engines:
        yield "openvino-bf16"
    if multiplies_dynamic_int8() and "openvino" in engines:
        yield DYNAMIC_INT8
    yield from (f"{engine}-f32" for engine in engines)


def load(pack: Pack, name: str, threads: int, spare: Spare | None = None) -> Runtime:
    """The pack's model, ready to run. ``name`` as ``choose`` gave it; ``spare`` is shared with other packs."""
    if name == DETOXIFY:
        return _load_through_detoxify(pack, threads)
    engine, precision = engine_and_precision(name)
    if engine == "openvino":
        from moderation.scoring.openvino_runtime import OpenVino  # noqa: PLC0415 - half a second, 50 MB

        return OpenVino(pack, precision, threads, spare or Spare())
    return _OnnxRuntime(pack, precision, threads)


def stamp(pack: Manifest, name: str) -> PackStamp:
    """What a decision keeps of how its scores were made. ``name`` as ``choose`` gave it."""
    engine, precision = engine_and_precision(name)
    return PackStamp(name=pack.name, version=pack.version, runtime=engine, precision=precision)


def engine_and_precision(name: str) -> tuple[str, str]:
    """Such as ``("openvino", "int8")``."""
    engine, _, precision = name.partition("-")
    return engine, precision or "f32"


def _feed(inputs: Sequence[str], ids: Ids, mask: Ids) -> dict[str, Ids]:
    known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    return {name: known[name] for name in inputs}


class _OnnxRuntime:
    """ONNX Runtime on the CPU. Runs at the same time share its threads; each computes in the thread that asks too."""

    def __init__(self, pack: Pack, precision: str, threads: int) -> None:
        self._inputs = pack.manifest.inputs
        self._names = list(pack.manifest.output_names)
        import onnxruntime  # noqa: PLC0415 - loaded only where it is used

        self._session = onnxruntime.InferenceSession(
            str(pack.model), session_options(precision, threads), providers=["CPUExecutionProvider"]
        )
        pack.check_outputs({output.name for output in self._session.get_outputs()})

    def run(self, ids: Ids, mask: Ids, *, alone: bool = True) -> Outputs:  # noqa: ARG002
        values = self._session.run(self._names, _feed(self._inputs, ids, mask))
        return dict(zip(self._names, values, strict=True))


def session_options(precision: str, threads: int) -> Any:
    """How ONNX Runtime opens a pack's model for this precision on this processor."""
    import onnxruntime  # noqa: PLC0415 - loaded only where it is used

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others may need the core
    if not multiplies_int8():
        # Eight bits by eight with signs of their own: without it sums overflow there, and are cut off.
        options.add_session_config_entry("session.x64quantprecision", "1")
    if precision != INT8:
        # Weights that the file holds in int8 are unpacked, and what flows through them isn't rounded. What several
        # products are fed ONNX Runtime leaves rounded all the same: it moved scores by up to 0.018.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        options.add_session_config_entry("session.enable_quant_qdq_cleanup", "1")
    return options


def _load_through_detoxify(pack: Pack, threads: int) -> Runtime:
    """The runtime ``detoxify``: the pack's original model in torch, on a GPU where there is one.

    Raises ``ExtraMissing``, or ``PackDamaged`` or ``CheckpointUnusable`` where Detoxify's side is missing or changed.
    """
    require_extra("The runtime 'detoxify'")
    from moderation.scoring.detoxify_runtime import DetoxifyRuntime  # noqa: PLC0415 - torch, only where it is asked for

    return DetoxifyRuntime(pack, threads)
