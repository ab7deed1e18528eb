"""The step from data to trained weights: ``folder/lexicon.pt`` and ``weights.pt``, made once and then kept."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path

import torch

from scripts.training.lexicon import Lexicon, fit, names_of_people, taught_by
from scripts.training.model import Scorer, base_folder
from scripts.training.recipe import mixture
from scripts.training.trainer import Trainer, batches, tokenize
from scripts.training.vocabulary import with_emoji

LONGEST = 128
ORIGINAL_WORDS = 30_522
TRUNK, BRANCH, BRANCHES = 0.25, 0.75, 2
"""Shares of the mix that are seen first and that each branch sees after it. The branches' weights are averaged. In
the run that made 1.2.0 the mean was no better than the first branch: one branch would do as well."""


def new_model() -> Scorer:
    """The model before training."""
    return Scorer(with_emoji(base_folder() / "tokenizer.json")[1])


def train(data: Path, folder: Path, *, seed: int, minutes: float, scale: float) -> tuple[Scorer, Lexicon]:
    """What was trained, from ``folder`` where it is there already; a run that was stopped goes on."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(seed)
    tokenizer, _ = with_emoji(base_folder() / "tokenizer.json")
    model, lexicon = new_model(), Lexicon(tokenizer.get_vocab_size())
    made: dict[Path, torch.nn.Module] = {folder / "lexicon.pt": lexicon, folder / "weights.pt": model}
    if not (folder / "lexicon.pt").exists():
        print("weighing words: a minute or two", flush=True)
        tokenized = tokenize(tokenizer, taught_by(data, seed), LONGEST)
        _keep(fit(tokenized, tokenizer.get_vocab_size(), names_of_people(tokenizer)), folder / "lexicon.pt")
    if not (folder / "weights.pt").exists():
        _run(model, data, folder / "trunk.pt", seed, TRUNK * scale, minutes)
        ends = []
        for branch in range(1, BRANCHES + 1):
            _run(
                model, data, folder / f"branch-{branch}.pt", seed + branch, BRANCH * scale, minutes, folder / "trunk.pt"
            )
            ends.append({name: value.clone() for name, value in model.state_dict().items()})
        model.load_state_dict({name: mean([end[name] for end in ends]) for name in ends[0]})
        _keep(model, folder / "weights.pt")
    for path, part in made.items():
        part.load_state_dict(torch.load(path, weights_only=True))
    return model.eval(), lexicon.eval()


def _run(
    model: Scorer, data: Path, checkpoint: Path, seed: int, share: float, minutes: float, after: Path | None = None
) -> None:
    """One part of the training: ``share`` of the mix, drawn and ordered by ``seed``."""
    torch.manual_seed(seed)
    examples = mixture(data, seed, scale=share)
    print(f"{checkpoint.stem}: {len(examples):,} examples", flush=True)
    tokenizer, _ = with_emoji(base_folder() / "tokenizer.json")
    tokenized = tokenize(tokenizer, examples, LONGEST)
    plan = batches([len(ids) for ids in tokenized.ids], random.Random(seed))  # noqa: S311
    of_time = (BRANCH if after else TRUNK) / (TRUNK + BRANCH * BRANCHES)
    Trainer(model, ORIGINAL_WORDS, checkpoint, minutes=minutes * of_time, after=after).run(tokenized, plan)


def mean(values: Sequence[torch.Tensor]) -> torch.Tensor:
    """Whole numbers, the same in each, stay as they are."""
    return torch.stack(tuple(values)).mean(0) if values[0].is_floating_point() else values[0]


def _keep(part: torch.nn.Module, path: Path) -> None:
    new = path.with_suffix(".new")
    torch.save(part.state_dict(), new)
    new.replace(path)
