"""What of the ``detoxify`` extra is here, and the commands that bring it. Serving converted packs needs none of it."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from moderation.core.errors import ScoringFailed

_ROOT = Path(__file__).parents[2]
NEEDED = ("torch", "detoxify", "transformers", "onnx", "onnxscript", "sentencepiece")
"""Modules of the extra, as they are imported."""


@dataclass(eq=False, slots=True)
class ExtraMissing(ScoringFailed):
    """Something needs torch and Detoxify, and they aren't installed."""

    purpose: str
    missing: tuple[str, ...]

    @property
    def detail(self) -> str:
        python = shlex.quote(sys.executable)
        return (
            f"{self.purpose} needs PyTorch and Detoxify; missing here: {', '.join(self.missing)}. Install them with\n"
            f"  {python} -m pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu\n"
            f"  {python} -m pip install -e {shlex.quote(f'{_ROOT}[detoxify]')}\n"
            "The first line takes the build for processors alone (leave it out on a machine with an NVIDIA GPU: plain "
            "`pip install torch` brings gigabytes of CUDA)."
        )


def require_extra(purpose: str, needed: tuple[str, ...] = NEEDED) -> None:
    """Raises ``ExtraMissing`` unless every module of the extra can be found."""
    missing = tuple(name for name in needed if find_spec(name) is None)
    if missing:
        raise ExtraMissing(purpose, missing)
