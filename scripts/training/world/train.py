"""The step from data to the trained pack "world": files in ``folder``, each made once and then kept.

``english-1.npy`` and so on (the teacher's answers, pass by pass), ``lexicon.pt``, ``weights.pt`` (floating point),
``ranges.pt`` (what flows into each product), ``quantised.pt``. All passes in one order: their first part is seen in
floating point, the rest with quantisation in the loop, and both teach the same.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from scripts.training import lexicon as words
from scripts.training.base import Base
from scripts.training.examples import Example
from scripts.training.lexicon import Lexicon, taught_by
from scripts.training.metrics import Floats
from scripts.training.model import Scorer
from scripts.training.onnx_scores import OnnxPack
from scripts.training.quantised import quantise
from scripts.training.restored import fed, shaped
from scripts.training.tokenized import Tokenized, batches, tokenize
from scripts.training.train_step import RANGE_BATCHES, keep
from scripts.training.trainer import DEVICE, Pace, Trainer
from scripts.training.world import frames, languages
from scripts.training.world.lessons import Lesson
from scripts.training.world.mix import mixture
from scripts.training.world.teacher import english, taught

LONGEST = 96
"""Tokens of a text at most: few comments of these corpora are longer, and time goes by tokens."""
FLOATING = 0.62
"""Share of the mix, and of the time, before anything is rounded."""
FLOATING_PACE = Pace(encoder=1e-4, heads=1e-3, warm_up=100, decays=False)
QUANTISED_PACE = Pace(encoder=8e-5, heads=8e-4, warm_up=30, decays=True)
WRITTEN_WORDS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is trained, from what, where, and for how long: ``minutes`` at most, ``passes`` over ``scale`` of the mix.

    ``teacher`` is the folder of the pack that reads English. Each pass draws its own examples.
    """

    base: Base
    data: Path
    folder: Path
    teacher: Path
    seed: int
    minutes: float
    scale: float
    passes: int


def train(run: Run) -> tuple[Scorer, Lexicon]:
    """What was trained, from the folder where it is there already; a run that was stopped goes on."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(run.seed)
    lexicon, model, done = _lexicon(run), Scorer(run.base), run.folder / "quantised.pt"
    if done.exists():
        shaped(run.base, model)
    else:
        model.encoder.get_input_embeddings().requires_grad_(False)  # the languages keep the places that they have
        data, plan = _lessons(run)
        first = round(FLOATING * len(plan))
        lesson = Lesson(model, run.base, lexicon, data, DEVICE)
        _in_floating_point(run, model, lesson, plan[:first])
        _rounded(run, model, data, plan[first:])
        minutes = (1 - FLOATING) * run.minutes
        Trainer(model, run.folder / "quantising.pt", minutes=minutes, pace=QUANTISED_PACE).run(lesson, plan[first:])
        keep(model.state_dict(), done)
    model.load_state_dict(torch.load(done, weights_only=True))
    return model.eval(), lexicon.cpu()


def _in_floating_point(run: Run, model: Scorer, lesson: Lesson, plan: Sequence[Sequence[int]]) -> None:
    path = run.folder / "weights.pt"
    if not path.exists():
        trainer = Trainer(model, run.folder / "floating.pt", minutes=FLOATING * run.minutes, pace=FLOATING_PACE)
        trainer.run(lesson, plan)
        keep(model.state_dict(), path)
    model.load_state_dict(torch.load(path, weights_only=True))


def _rounded(run: Run, model: Scorer, data: Tokenized, plan: Sequence[Sequence[int]]) -> None:
    """Makes the model's products ones of whole numbers, their ranges from the batches that come last."""
    path = run.folder / "ranges.pt"
    if path.exists():
        shaped(run.base, model)
    else:
        quantise(model.encoder, (fed(run.base, [data.ids[row] for row in rows]) for rows in plan[-RANGE_BATCHES:]))
        keep(model.state_dict(), path)
    model.load_state_dict(torch.load(path, weights_only=True))


def _lessons(run: Run) -> tuple[Tokenized, list[list[int]]]:
    """The mix of every pass and the order of its batches, the same whenever the run goes on."""
    examples: list[Example] = []
    starts = [0]
    for number in range(run.passes):
        english_texts = taught_in_english(
            run.data, run.teacher, run.folder / f"english-{number + 1}.npy", run.seed + number, run.scale
        )
        examples += mixture(run.data, english_texts, run.seed + number, scale=run.scale)
        starts.append(len(examples))
    data = tokenize(run.base.tokenizer, examples, LONGEST)
    lengths = [len(ids) for ids in data.ids]
    print(f"{len(examples):,} examples, {sum(lengths):,} tokens", flush=True)
    plan: list[list[int]] = []
    for number, (start, end) in enumerate(pairwise(starts)):
        order = batches(lengths[start:end], random.Random(run.seed + number))  # noqa: S311
        plan += [[start + row for row in rows] for rows in order]
    return data, plan


def taught_in_english(data: Path, pack: Path, path: Path, seed: int, scale: float) -> list[Example]:
    """English texts with the answers of ``pack``, their teacher, which take some minutes and are kept in ``path``."""
    chosen = english(data, random.Random(seed), scale=scale)  # noqa: S311
    if not path.exists():
        print(f"the pack {pack.name} reads {len(chosen):,} texts", flush=True)
        manifest = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))
        raw = OnnxPack(pack, manifest["pad_id"]).score([example.text for example in chosen])
        keep_answers(np.column_stack((raw.logits, raw.spam)), path)
    return taught(chosen, kept_answers(path, len(chosen)))


def keep_answers(answers: Floats, path: Path) -> None:
    """Writes the file as a whole or not at all."""
    new = path.with_suffix(".new.npy")
    np.save(new, answers)
    new.replace(path)


def kept_answers(path: Path, count: int) -> Floats:
    """Raises ``SystemExit`` where they are of another number of texts."""
    answers: Floats = np.load(path)
    if len(answers) != count:
        raise SystemExit(f"{path} is of another mix: name another --work, or the --seed and --scale it was made with.")
    return answers


def _lexicon(run: Run) -> Lexicon:
    path, size = run.folder / "lexicon.pt", run.base.tokenizer.get_vocab_size()
    if not path.exists():
        print("weighing words: some minutes", flush=True)
        rng = random.Random(run.seed)  # noqa: S311
        examples = [*taught_by(run.data, run.seed), *languages.each_once(run.data)]
        examples += [replace(one, weight=0.3) for one in frames.written(rng, WRITTEN_WORDS)]
        names = [piece for row in run.base.tokenizer.encode_batch(frames.names_of_people()) for piece in row.ids]
        silent = sorted({*names, *words.names_of_people(run.base.tokenizer)})
        keep(
            words.fit(tokenize(run.base.tokenizer, examples, LONGEST), size, silent, run.base.special).state_dict(),
            path,
        )
    lexicon = Lexicon(size)
    lexicon.load_state_dict(torch.load(path, weights_only=True))
    lexicon.eval()
    return lexicon
