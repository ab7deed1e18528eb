"""The training loop: batches of like length, bf16 where the processor has it, averaged weights, and checkpoints.

The order of batches follows from the seed alone, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tqdm import tqdm

from scripts.training.examples import OUTPUTS, Example
from scripts.training.model import Scorer, original_encoder, pooled, without_emoji

ENCODER_RATE, HEAD_RATE = 1.3e-4, 1e-3
WARM_UP = 0.04
TOKENS_PER_BATCH, ROWS_PER_BATCH = 2304, 96
HOLD_EVERY, HOLD_WEIGHT = 3, 1.5
"""Every third batch also pulls the embedding towards the original's: relevance relies on it."""
AVERAGE_FROM, AVERAGE_EVERY, AVERAGE_DECAY = 0.7, 5, 0.98
LABEL_WEIGHTS = torch.tensor([2.0 if name == "toxicity" else 1.0 for name in OUTPUTS])
CHECKPOINT_SECONDS = 120


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
    """Trains in place; ``run`` returns the averaged weights' model. State lives in ``folder/checkpoint.pt``."""

    def __init__(self, model: Scorer, original_words: int, folder: Path, *, minutes: float) -> None:
        self.model, self.original_words, self.minutes = model, original_words, minutes
        self.average = {name: value.clone() for name, value in model.state_dict().items()}
        self.checkpoint = folder / "checkpoint.pt"
        self.optimizer = torch.optim.AdamW(
            [{"params": model.encoder.parameters()}, {"params": model.head.parameters()}], weight_decay=0.01, fused=True
        )
        self.step, self.seconds = 0, 0.0

    def run(self, data: Tokenized, plan: Sequence[Sequence[int]]) -> Scorer:
        """Every batch of the plan, or as many as the minutes allow: the rate decays by whichever runs out first."""
        original = original_encoder().eval()
        self._resume()
        bar = tqdm(total=len(plan), initial=self.step, unit="batch", desc="training", smoothing=0.05)
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
        return self.model

    def _one(self, data: Tokenized, rows: Sequence[int], original: torch.nn.Module, progress: float) -> float:
        width = max(len(data.ids[row]) for row in rows)
        ids = torch.tensor([data.ids[row] + [0] * (width - len(data.ids[row])) for row in rows])
        mask = (ids != 0).long()
        targets, weights = data.targets[list(rows)], data.weights[list(rows)]
        self._set_rate(progress)
        with torch.autocast("cpu", dtype=torch.bfloat16):
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
        return float(loss)

    def _set_rate(self, progress: float) -> None:
        shape = min(1.0, progress / WARM_UP) * (1 - progress)
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
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
