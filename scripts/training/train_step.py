"""The step from data to trained weights: ``folder/lexicon.pt`` and ``weights.pt``, made once and then kept."""

from __future__ import annotations

import os
import random
from pathlib import Path

import torch

from scripts.training.lexicon import Lexicon, fit, names_of_people, taught_by
from scripts.training.model import Scorer, base_folder
from scripts.training.recipe import mixture
from scripts.training.trainer import Trainer, batches, tokenize
from scripts.training.vocabulary import with_emoji

LONGEST = 128
ORIGINAL_WORDS = 30_522


def new_model() -> Scorer:
    """The model before training."""
    return Scorer(with_emoji(base_folder() / "tokenizer.json")[1])


def train(data: Path, folder: Path, *, seed: int, minutes: float, scale: float) -> tuple[Scorer, Lexicon]:
    """What was trained, from ``folder`` where it is there already; a run that was stopped goes on."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(seed)
    tokenizer, _ = with_emoji(base_folder() / "tokenizer.json")
    model, lexicon = new_model(), Lexicon(tokenizer.get_vocab_size())
    made = {folder / "lexicon.pt": lexicon, folder / "weights.pt": model}
    if not (folder / "lexicon.pt").exists():
        print("weighing words: a minute or two", flush=True)
        tokenized = tokenize(tokenizer, taught_by(data, seed), LONGEST)
        _keep(fit(tokenized, tokenizer.get_vocab_size(), names_of_people(tokenizer)), folder / "lexicon.pt")
    if not (folder / "weights.pt").exists():
        examples = mixture(data, seed, scale=scale)
        print(f"{len(examples):,} examples", flush=True)
        tokenized = tokenize(tokenizer, examples, LONGEST)
        plan = batches([len(ids) for ids in tokenized.ids], random.Random(seed))  # noqa: S311
        _keep(Trainer(model, ORIGINAL_WORDS, folder, minutes=minutes).run(tokenized, plan), folder / "weights.pt")
    for path, part in made.items():
        part.load_state_dict(torch.load(path, weights_only=True))
    return model.eval(), lexicon.eval()


def _keep(part: torch.nn.Module, path: Path) -> None:
    new = path.with_suffix(".new")
    torch.save(part.state_dict(), new)
    new.replace(path)
