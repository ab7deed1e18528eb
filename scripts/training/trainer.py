"""The training loop: one batch after the other, in bf16 where the processor has it, averaged weights, and checkpoints.

The order of batches follows from the seed alone, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from scripts.training.model import Scorer

AVERAGE_FROM, AVERAGE_EVERY = 0.7, 5
"""The weights are averaged over the last part of a run."""
CHECKPOINT_SECONDS = 120
LONGEST_STEP = 20.0
"""Seconds that a batch counts at most: a run that was halted for a while hasn't trained meanwhile."""
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
HAS_BF16 = (
    torch.cuda.is_bf16_supported()
    if DEVICE.type == "cuda"
    else torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
)
"""Elsewhere bf16 is worked out in software, thirty times slower than plain floating point."""

Lesson = Callable[[Sequence[int], int, torch.device], torch.Tensor]
"""The loss of a batch: from its rows, the step's number, and where the model is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Learning rates of the encoder and of the heads, steps over which they rise, and whether they decay to nothing.

    The encoder stands still for the first ``heads_first`` steps: a new head's first errors say nothing to it.
    """

    encoder: float
    heads: float
    warm_up: int
    decays: bool
    heads_first: int = 0

    def rates(self, step: int, progress: float) -> tuple[float, float]:
        """The encoder's and the heads' at ``progress`` (0..1) of the run."""
        fall = 1 - progress if self.decays else 1.0
        heads, encoder = (
            rate * fall * (min(1.0, max(0, number) / self.warm_up) if self.warm_up else 1.0)
            for rate, number in ((self.heads, step + 1), (self.encoder, step + 1 - self.heads_first))
        )
        return encoder, heads


class Trainer:
    """Trains in place; ``run`` leaves the averaged weights in the model. State lives in the file ``checkpoint``.

    With ``after``, another run's checkpoint, training goes on from there. ``save_every`` is in seconds.
    """

    def __init__(
        self,
        model: Scorer,
        checkpoint: Path,
        *,
        minutes: float,
        pace: Pace,
        after: Path | None = None,
        save_every: float = CHECKPOINT_SECONDS,
    ) -> None:
        self.model, self.minutes, self.pace = model.to(DEVICE), minutes, pace
        self.checkpoint, self.save_every = checkpoint, save_every
        # On processors eager attention on short texts takes less time than what is made for long ones.
        self.model.encoder.set_attn_implementation("sdpa" if DEVICE.type == "cuda" else "eager")
        heads = [*model.head.parameters(), *model.tokens.parameters()]
        self.optimizer = torch.optim.AdamW(
            [{"params": model.encoder.parameters()}, {"params": heads}], weight_decay=0.01, fused=True
        )
        self.step, self.seconds, self.averaged = 0, 0.0, 0
        if after:
            self._load(torch.load(after, weights_only=True, map_location=DEVICE))
        self.average = {name: value.clone() for name, value in model.state_dict().items()}

    def run(self, lesson: Lesson, plan: Sequence[Sequence[int]]) -> None:
        """Every batch of the plan, or as many as the minutes allow: the rate decays by whichever runs out first."""
        self._resume()
        bar = tqdm(total=len(plan), initial=self.step, unit="batch", desc=self.checkpoint.stem, smoothing=0.05)
        saved, smooth = time.monotonic(), 0.0
        while (progress := max(self.step / len(plan), self.seconds / (60 * self.minutes))) < 1:
            began = time.monotonic()
            loss = self._one(lesson, plan[self.step], progress)
            smooth = loss if not smooth else 0.98 * smooth + 0.02 * loss
            self.step += 1
            self.seconds += min(time.monotonic() - began, LONGEST_STEP)
            bar.set_postfix(loss=f"{smooth:.4f}", done=f"{progress:.0%}", refresh=False)
            bar.update()
            if time.monotonic() - saved >= self.save_every:
                self._save()
                saved = time.monotonic()
        bar.close()
        self._save()
        self.model.load_state_dict(self.average)
        self.model.cpu()

    def _one(self, lesson: Lesson, rows: Sequence[int], progress: float) -> float:
        for group, rate in zip(self.optimizer.param_groups, self.pace.rates(self.step, progress), strict=True):
            group["lr"] = rate
        with torch.autocast(DEVICE.type, dtype=torch.bfloat16, enabled=HAS_BF16):
            loss = lesson(rows, self.step, DEVICE)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.step % AVERAGE_EVERY == 0:
            self._follow(progress)
        return float(loss.detach())

    def _follow(self, progress: float) -> None:
        """The averaged weights are the trained ones at first, and over the last part their mean."""
        self.averaged = self.averaged + 1 if progress > AVERAGE_FROM else 1
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, 1 / self.averaged)

    def _save(self) -> None:
        state = {"model": self.model.state_dict(), "average": self.average, "optimizer": self.optimizer.state_dict()}
        so_far = {"step": self.step, "seconds": self.seconds, "averaged": self.averaged}
        new = self.checkpoint.with_suffix(".new")
        torch.save({**state, **so_far}, new)
        new.replace(self.checkpoint)

    def _resume(self) -> None:
        if self.checkpoint.exists():
            state = torch.load(self.checkpoint, weights_only=True, map_location=DEVICE)
            self._load(state)
            self.average = state["average"]
            self.step, self.seconds, self.averaged = state["step"], state["seconds"], state["averaged"]

    def _load(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
