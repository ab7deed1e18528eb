"""The step from data to trained weights: ``folder/weights.pt``, made once and then kept."""

from __future__ import annotations

import os
import random
from pathlib import Path

import torch

from scripts.training.model import Scorer, base_folder
from scripts.training.recipe import mixture
from scripts.training.trainer import Trainer, batches, tokenize
from scripts.training.vocabulary import with_emoji

LONGEST = 128
ORIGINAL_WORDS = 30_522


def new_model() -> Scorer:
    """The model before training."""
    return Scorer(with_emoji(base_folder() / "tokenizer.json")[1])


def train(data: Path, folder: Path, *, seed: int, minutes: float, scale: float) -> Scorer:
    """The trained model, from ``folder/weights.pt`` if it is there; a run that was stopped goes on."""
    weights = folder / "weights.pt"
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(seed)
    model = new_model()
    if weights.exists():
        model.load_state_dict(torch.load(weights, weights_only=True))
        return model
    tokenizer, _ = with_emoji(base_folder() / "tokenizer.json")
    examples = mixture(data, seed, scale=scale)
    print(f"{len(examples):,} examples", flush=True)
    tokenized = tokenize(tokenizer, examples, LONGEST)
    plan = batches([len(ids) for ids in tokenized.ids], random.Random(seed))  # noqa: S311
    trained = Trainer(model, ORIGINAL_WORDS, folder, minutes=minutes).run(tokenized, plan)
    torch.save(trained.state_dict(), weights)
    return trained
