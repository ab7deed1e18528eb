"""The training loop: batches of like length, bf16 where the processor has it, averaged weights, and checkpoints.

The order of batches follows from the seed alone, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tqdm import tqdm

from scripts.training.examples import OUTPUTS, Example
from scripts.training.model import Scorer, original_encoder, pooled, without_emoji

ENCODER_RATE, HEAD_RATE = 1e-4, 1e-3
WARM_UP_STEPS = 150
TOKENS_PER_BATCH, ROWS_PER_BATCH = 2304, 96
HOLD_EVERY, HOLD_WEIGHT = 3, 1.5
"""Every third batch also pulls the embedding towards the original's: relevance relies on it."""
AVERAGE_FROM, AVERAGE_EVERY, AVERAGE_DECAY = 0.7, 5, 0.98
LABEL_WEIGHTS = torch.tensor([2.0 if name == "toxicity" else 1.0 for name in OUTPUTS])
CHECKPOINT_SECONDS = 120
HAS_BF16 = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
"""Elsewhere bf16 is worked out in software, thirty times slower than plain floating point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenized:
    """Examples as the loop takes them: ids per row, targets and weights (rows, outputs); weight 0 is unknown."""

    ids: list[list[int]]
    targets: torch.Tensor
    weights: torch.Tensor


def tokenize(tokenizer: Tokenizer, examples: Sequence[Example], longest: int) -> Tokenized:
    """Ids cut to ``longest``, with the first and last special tokens kept."""
    encoded = tokenizer.encode_batch([example.text for example in examples])
    ids = [row.ids if len(row.ids) <= longest else [*row.ids[: longest - 1], row.ids[-1]] for row in encoded]
    targets = torch.zeros(len(examples), len(OUTPUTS))
    weights = torch.zeros(len(examples), len(OUTPUTS))
    for row, example in enumerate(examples):
        for name, value in example.targets.items():
            column = OUTPUTS.index(name)
            targets[row, column], weights[row, column] = value, example.weight
    return Tokenized(ids=ids, targets=targets, weights=weights * LABEL_WEIGHTS)


def batches(lengths: Sequence[int], rng: random.Random) -> list[list[int]]:
    """Rows in random company of like length, so that little is padding."""
    order = rng.sample(range(len(lengths)), len(lengths))
    made: list[list[int]] = []
    for start in range(0, len(order), 4000):
        batch: list[int] = []
        for row in sorted(order[start : start + 4000], key=lambda index: lengths[index]):
            if batch and (len(batch) == ROWS_PER_BATCH or (len(batch) + 1) * lengths[row] > TOKENS_PER_BATCH):
                made.append(batch)
                batch = []
            batch.append(row)
        made.append(batch)
    rng.shuffle(made)
    return made


class Trainer:
    """Trains in place; ``run`` leaves the averaged weights in the model. State lives in the file ``checkpoint``.

    With ``after``, another run's checkpoint, training goes on from there and its rate decays to nothing; without, the
    rate warms up and stays, and others go on from here.
    """

    def __init__(
        self, model: Scorer, original_words: int, checkpoint: Path, *, minutes: float, after: Path | None = None
    ) -> None:
        self.model, self.original_words, self.minutes = model, original_words, minutes
        self.checkpoint, self.after = checkpoint, after
        self.model.encoder.set_attn_implementation("sdpa")
        self.optimizer = torch.optim.AdamW(
            [{"params": model.encoder.parameters()}, {"params": model.head.parameters()}], weight_decay=0.01, fused=True
        )
        self.step, self.seconds = 0, 0.0
        if after:
            self._load(torch.load(after, weights_only=True))
        self.average = {name: value.clone() for name, value in model.state_dict().items()}

    def run(self, data: Tokenized, plan: Sequence[Sequence[int]]) -> None:
        """Every batch of the plan, or as many as the minutes allow: the rate decays by whichever runs out first."""
        original = original_encoder().eval()
        self._resume()
        bar = tqdm(total=len(plan), initial=self.step, unit="batch", desc=self.checkpoint.stem, smoothing=0.05)
        saved, began, before = time.monotonic(), time.monotonic(), self.seconds
        smooth = 0.0
        while (progress := max(self.step / len(plan), self.seconds / (60 * self.minutes))) < 1:
            loss = self._one(data, plan[self.step], original, progress)
            smooth = loss if not smooth else 0.98 * smooth + 0.02 * loss
            self.step += 1
            self.seconds = before + time.monotonic() - began
            bar.set_postfix(loss=f"{smooth:.4f}", done=f"{progress:.0%}", refresh=False)
            bar.update()
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                self._save()
                saved = time.monotonic()
        bar.close()
        self._save()
        self.model.load_state_dict(self.average)

    def _one(self, data: Tokenized, rows: Sequence[int], original: torch.nn.Module, progress: float) -> float:
        width = max(len(data.ids[row]) for row in rows)
        ids = torch.tensor([data.ids[row] + [0] * (width - len(data.ids[row])) for row in rows])
        mask = (ids != 0).long()
        targets, weights = data.targets[list(rows)], data.weights[list(rows)]
        self._set_rate(progress)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=HAS_BF16):
            logits, embedding = self.model(ids, mask)
            errors = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), targets, reduction="none")
            loss = (errors * weights).sum() / len(rows) / 4
            if self.step % HOLD_EVERY == 0:
                with torch.no_grad():
                    known = without_emoji(ids, self.original_words)
                    wanted = pooled(original(input_ids=known, attention_mask=mask).last_hidden_state, mask)
                loss = loss + HOLD_WEIGHT * (1 - (embedding * wanted).sum(-1)).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if self.step % AVERAGE_EVERY == 0:
            self._follow(progress)
        return float(loss.detach())

    def _set_rate(self, progress: float) -> None:
        shape = 1 - progress if self.after else min(1.0, self.step / WARM_UP_STEPS)
        for group, rate in zip(self.optimizer.param_groups, (ENCODER_RATE, HEAD_RATE), strict=True):
            group["lr"] = rate * shape

    def _follow(self, progress: float) -> None:
        """The averaged weights follow the trained ones: at once at first, slowly over the last part."""
        share = 1 - AVERAGE_DECAY if progress > AVERAGE_FROM else 1.0
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.is_floating_point():
                    self.average[name].lerp_(value, share)

    def _save(self) -> None:
        state = {"model": self.model.state_dict(), "average": self.average, "optimizer": self.optimizer.state_dict()}
        new = self.checkpoint.with_suffix(".new")
        torch.save({**state, "step": self.step, "seconds": self.seconds}, new)
        new.replace(self.checkpoint)

    def _resume(self) -> None:
        if self.checkpoint.exists():
            state = torch.load(self.checkpoint, weights_only=True)
            self._load(state)
            self.average = state["average"]
            self.step, self.seconds = state["step"], state["seconds"]

    def _load(self, state: Mapping[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
