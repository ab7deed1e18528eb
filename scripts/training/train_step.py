"""The step from data to trained weights: files in ``folder``, each made once and then kept.

``lexicon.pt``, ``weights.pt`` (floating point), ``ranges.pt`` (what flows into each product), ``quantised.pt``.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from scripts.training.base import Base
from scripts.training.lessons import Labels, Teacher
from scripts.training.lexicon import Lexicon, fit, names_of_people, taught_by
from scripts.training.model import Scorer
from scripts.training.quantised import quantise
from scripts.training.recipe import mixture
from scripts.training.restored import fed, restore, shaped
from scripts.training.tokenized import Tokenized, batches, tokenize
from scripts.training.trainer import DEVICE, Pace, Trainer

LONGEST = 128
TRUNK, BRANCH, BRANCHES = 0.25, 0.75, 2
"""Shares of the mix that are seen first and that each branch sees after it. The branches' weights are averaged. In
the run that made 1.2.0 the mean was no better than the first branch: one branch would do as well."""
QUANTISED = 0.5
"""Share of the mix that is seen with quantisation in the loop."""
RANGE_BATCHES = 20
TRUNK_PACE = Pace(encoder=1e-4, heads=1e-3, warm_up=150, decays=False)
BRANCH_PACE = Pace(encoder=1e-4, heads=1e-3, warm_up=0, decays=True)
QUANTISED_PACE = Pace(encoder=3e-5, heads=1e-3, warm_up=50, decays=True, heads_first=100)
"""Gentle: the weights are good, they only settle where rounding does no harm. The tokens' head begins with nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is trained, from what, where, and for how long: ``minutes`` at most, ``scale`` of the full mix.

    With ``pack``, a model.onnx, its weights are only quantised: they are trained already.
    """

    base: Base
    data: Path
    folder: Path
    seed: int
    minutes: float
    scale: float
    pack: Path | None = None

    def minutes_of(self, share: float) -> float:
        whole = TRUNK + BRANCH * BRANCHES + QUANTISED if self.pack is None else QUANTISED
        return self.minutes * share / whole


def train(run: Run) -> tuple[Scorer, Lexicon]:
    """What was trained, from the folder where it is there already; a run that was stopped goes on."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(run.seed)
    if run.pack is not None and not (run.folder / "weights.pt").exists():
        model, lexicon = Scorer(run.base), Lexicon(run.base.tokenizer.get_vocab_size())
        restore(run.pack, model, lexicon)
        keep(lexicon.state_dict(), run.folder / "lexicon.pt")
        keep(model.state_dict(), run.folder / "weights.pt")
    lexicon = _lexicon(run)
    exact = _in_floating_point(run)
    return _quantised(run, exact, lexicon).eval(), lexicon


def _lexicon(run: Run) -> Lexicon:
    words = run.base.tokenizer.get_vocab_size()
    path = run.folder / "lexicon.pt"
    if not path.exists():
        print("weighing words: a minute or two", flush=True)
        tokenized = tokenize(run.base.tokenizer, taught_by(run.data, run.seed), LONGEST)
        keep(fit(tokenized, words, names_of_people(run.base.tokenizer), run.base.special).state_dict(), path)
    lexicon = Lexicon(words)
    lexicon.load_state_dict(torch.load(path, weights_only=True))
    lexicon.eval()
    return lexicon


def _in_floating_point(run: Run) -> Scorer:
    """A trunk, branches that go on from it, and their mean."""
    model = Scorer(run.base)
    path, trunk = run.folder / "weights.pt", run.folder / "trunk.pt"
    if not path.exists():
        _taught(run, model, Trainer(model, trunk, minutes=run.minutes_of(TRUNK), pace=TRUNK_PACE), TRUNK, run.seed)
        ends = []
        for branch in range(1, BRANCHES + 1):
            checkpoint = run.folder / f"branch-{branch}.pt"
            trainer = Trainer(model, checkpoint, minutes=run.minutes_of(BRANCH), pace=BRANCH_PACE, after=trunk)
            _taught(run, model, trainer, BRANCH, run.seed + branch)
            ends.append({name: value.clone() for name, value in model.state_dict().items()})
        keep({name: mean([end[name] for end in ends]) for name in ends[0]}, path)
    model.load_state_dict(torch.load(path, weights_only=True))
    return model


def _taught(run: Run, model: Scorer, trainer: Trainer, share: float, seed: int) -> None:
    data, plan = _examples(run, share, seed)
    trainer.run(Labels(model, run.base, data, DEVICE), plan)


def _quantised(run: Run, exact: Scorer, lexicon: Lexicon) -> Scorer:
    """The model with quantisation in its loop, taught by itself as it was before; and its tokens' head."""
    model, path, ranges = Scorer(run.base), run.folder / "quantised.pt", run.folder / "ranges.pt"
    model.load_state_dict(exact.state_dict())
    if path.exists():
        shaped(run.base, model)
    else:
        data, plan = _examples(run, QUANTISED, run.seed + BRANCHES + 1)
        if ranges.exists():
            shaped(run.base, model)
        else:
            quantise(model.encoder, (fed(run.base, [data.ids[row] for row in rows]) for rows in plan[-RANGE_BATCHES:]))
            keep(model.state_dict(), ranges)
        model.load_state_dict(torch.load(ranges, weights_only=True))
        model.encoder.get_input_embeddings().requires_grad_(False)  # nothing in them is rounded
        trainer = Trainer(model, run.folder / "quantising.pt", minutes=run.minutes_of(QUANTISED), pace=QUANTISED_PACE)
        trainer.run(Teacher(model, exact.eval().to(DEVICE), lexicon.to(DEVICE), data), plan)
        lexicon.cpu()
        keep(model.state_dict(), path)
    model.load_state_dict(torch.load(path, weights_only=True))
    return model


def _examples(run: Run, share: float, seed: int) -> tuple[Tokenized, list[list[int]]]:
    """``share`` of the mix, drawn and ordered by ``seed``."""
    torch.manual_seed(seed)
    examples = mixture(run.data, seed, scale=share * run.scale)
    print(f"{len(examples):,} examples", flush=True)
    data = tokenize(run.base.tokenizer, examples, LONGEST)
    return data, batches([len(ids) for ids in data.ids], random.Random(seed))  # noqa: S311


def mean(values: Sequence[torch.Tensor]) -> torch.Tensor:
    """Whole numbers, the same in each, stay as they are."""
    return torch.stack(tuple(values)).mean(0) if values[0].is_floating_point() else values[0]


def keep(part: dict[str, torch.Tensor], path: Path) -> None:
    """Writes the file as a whole or not at all."""
    new = path.with_suffix(".new")
    torch.save(part, new)
    new.replace(path)
