"""A shipped pack taught further: what it says of comments stays, and everyday sentences are added.

It goes on in whole numbers from the pack's own weights and ranges, so that the first step starts from what readers'
comments are scored by. Each batch has two parts: comments, which the pack itself teaches as it was, and written
sentences, which teach the labels that they were written for. Files in ``folder``: ``further.pt`` (to go on from) and
``continued.pt``.
"""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch.nn.functional import binary_cross_entropy_with_logits

from moderation.core.scores import LABELS
from scripts.training import names
from scripts.training.base import Base
from scripts.training.corpora import training_examples
from scripts.training.everyday import everyday
from scripts.training.examples import Example
from scripts.training.lessons import HOLD_WEIGHT, LEXICON, WHOLE_COUNTS, apart
from scripts.training.lexicon import Lexicon
from scripts.training.model import Answers, Scorer
from scripts.training.onnx_scores import OnnxPack
from scripts.training.quantised import HALF, QuantisedLinear, exactly
from scripts.training.recipe import mixture
from scripts.training.restored import restore
from scripts.training.rewritten import rewritten
from scripts.training.tokenized import LABEL_WEIGHTS, Tokenized, batches, padded, tokenize
from scripts.training.train_step import keep, shaped
from scripts.training.trainer import DEVICE, Pace, Trainer

LONGEST = 80
"""Tokens of a text at most: time goes by tokens."""
COMMENT_TOKENS, SENTENCE_TOKENS = 800, 900
"""Of a batch's two parts."""
COMMENTS, SENTENCES, REWRITTEN = 60_000, 60_000, 8_000
PACE = Pace(encoder=8e-5, heads=4e-4, warm_up=40, decays=True)
TOKENS_COUNT, TAUGHT_COUNTS = 1.0, 1.0
AGREE = 0.03
"""How far the restored model's logits may be from the shipped file's, on average over the texts that are tried. Sums
are taken in another order, so that now and then an input is rounded to the next level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """``pack`` is the folder of the pack to go on from; ``minutes`` at most, ``scale`` of the full mix.

    ``share`` (0..1) is how far the weights go from the pack's towards what was taught.
    """

    base: Base
    data: Path
    folder: Path
    pack: Path
    seed: int
    minutes: float
    scale: float
    share: float = 1.0


def train(run: Run) -> tuple[Scorer, Lexicon]:
    """What was trained, from the folder where it is there already; a run that was stopped goes on.

    Raises ``SystemExit`` where the pack's weights, read back, don't say what its file says.
    """
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", len(os.sched_getaffinity(0)))))
    torch.manual_seed(run.seed)
    model, lexicon = restored(run.base, run.pack)
    model_of_pack = copy.deepcopy(model)
    examples = _examples(run)
    check_agreement(run, model, lexicon, [example.text for example in examples[0][:100]])
    done = run.folder / "continued.pt"
    if not done.exists():
        teacher = copy.deepcopy(model_of_pack)
        for parameter in teacher.parameters():
            parameter.requires_grad_(False)
        model.encoder.get_input_embeddings().requires_grad_(False)  # nothing new to say of single words
        comments, sentences = (tokenize(run.base.tokenizer, part, LONGEST) for part in examples)
        lesson = Further(model, teacher.eval().to(DEVICE), lexicon.to(DEVICE), comments, sentences)
        plan = _plan(comments, sentences, run.seed)
        print(f"{len(comments.ids):,} comments, {len(sentences.ids):,} sentences, {len(plan):,} batches", flush=True)
        Trainer(model, run.folder / "further.pt", minutes=run.minutes, pace=PACE).run(lesson, plan)
        keep(model.state_dict(), done)
    taught = torch.load(done, weights_only=True)
    model.load_state_dict(between(model_of_pack.state_dict(), taught, run.share))
    return model.eval(), lexicon.cpu()


def between(
    before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """Weights on the way from ``before`` to ``after``: on part of it most is learnt already, and less is lost.

    Whole numbers stay as they were before.
    """
    return {
        name: torch.lerp(value, after[name], share) if value.is_floating_point() else value
        for name, value in before.items()
    }


def restored(base: Base, pack: Path) -> tuple[Scorer, Lexicon]:
    """The pack's model, in whole numbers by its own ranges."""
    model, lexicon = Scorer(base), Lexicon(base.tokenizer.get_vocab_size())
    restore(pack / "model.onnx", model, lexicon)
    shaped(base, model)
    _restore_ranges(pack / "model.onnx", model)
    return model, lexicon.eval()


def _restore_ranges(path: Path, model: Scorer) -> None:
    """Steps and middles of what flows into each product, as the file scales and moves it."""
    graph = onnx.load(path).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    products = {node.output[0]: node for node in graph.node if node.op_type == "MatMul"}
    fed = {}
    for node in graph.node:
        product = next((products[name] for name in node.input if name in products), None)
        if node.op_type == "Add" and product is not None and product.input[0].endswith("/levels"):
            bias = next(name for name in node.input if name not in products)
            fed[bias.removeprefix("model.").removesuffix(".bias")] = product.input[0].removesuffix("levels")
    parts = {name: part for name, part in model.named_modules() if isinstance(part, QuantisedLinear)}
    if missing := parts.keys() - fed.keys():
        raise SystemExit(f"{path} has no ranges for {', '.join(sorted(missing)[:3])}: it isn't made of whole numbers.")
    for name, part in parts.items():
        per_level, offset = (torch.from_numpy(np.array(values[fed[name] + kind])) for kind in ("per_level", "offset"))
        part.inputs.step.copy_(1 / per_level)
        part.inputs.middle.copy_((HALF - 0.5 - offset) / per_level)


def check_agreement(run: Run, model: Scorer, lexicon: Lexicon, texts: Sequence[str]) -> None:
    """Compares with the shipped file, both rounding as it does. Raises ``SystemExit`` where they are apart."""
    pad = json.loads((run.pack / "manifest.json").read_text(encoding="utf-8"))["pad_id"]
    rows = [row.ids for row in run.base.tokenizer.encode_batch(list(texts))]
    short = [place for place, ids in enumerate(rows) if len(ids) <= LONGEST]
    theirs = OnnxPack(run.pack, pad).score([texts[place] for place in short]).logits
    ids, mask = padded([rows[place] for place in short], run.base.pad, torch.device("cpu"))
    model.eval()
    with torch.no_grad():
        ours = model(ids, mask).logits[:, : len(LABELS)] + LEXICON * lexicon(ids, mask)
    off = np.abs(ours.numpy() - theirs)
    said = f"logits {off.mean():.4f} off on average and {off.max():.3f} at most, {len(short)} texts"
    print(f"restored: {said}", flush=True)
    if off.mean() > AGREE:
        raise SystemExit(f"What was read back from {run.pack} doesn't say what its file says: {said}.")
    model.train()


class Further:
    """The loss of a batch: rows of ``comments`` first, then those of ``sentences``, counted on from them."""

    def __init__(
        self, model: Scorer, teacher: Scorer, lexicon: Lexicon, comments: Tokenized, sentences: Tokenized
    ) -> None:
        self.model, self.teacher, self.lexicon = model, teacher, lexicon
        self.comments, self.sentences = comments, sentences

    def __call__(self, rows: Sequence[int], step: int, device: torch.device) -> torch.Tensor:  # noqa: ARG002
        count = len(self.comments.ids)
        held = self._held([row for row in rows if row < count], device)
        return held + TAUGHT_COUNTS * self._taught([row - count for row in rows if row >= count], device)

    def _held(self, rows: list[int], device: torch.device) -> torch.Tensor:
        """Comments say what they said: as a whole, at every token, and by their embedding."""
        ids, mask = padded([self.comments.ids[row] for row in rows], self.model.pad, device)
        with torch.no_grad(), exactly(self.teacher):
            wanted: Answers = self.teacher(ids, mask)
        answers: Answers = self.model(ids, mask)
        weights = LABEL_WEIGHTS.to(device)
        real = mask.bool()
        loss = WHOLE_COUNTS * apart(answers.logits.float(), wanted.logits.float(), weights)
        loss = loss + TOKENS_COUNT * apart(
            answers.tokens[real].float(), wanted.tokens[real].float(), weights[: len(LABELS)]
        )
        return loss + WHOLE_COUNTS * HOLD_WEIGHT * (1 - (answers.embedding * wanted.embedding).sum(-1)).mean()

    def _taught(self, rows: list[int], device: torch.device) -> torch.Tensor:
        """Sentences say what they were written for: as a whole, and by the largest of their tokens."""
        ids, mask = padded([self.sentences.ids[row] for row in rows], self.model.pad, device)
        targets, weights = (part[rows].to(device) for part in (self.sentences.targets, self.sentences.weights))
        answers: Answers = self.model(ids, mask)
        with torch.no_grad():
            words = LEXICON * self.lexicon(ids, mask)
        logits = answers.logits.float()
        logits = torch.cat((logits[:, : len(LABELS)] + words, logits[:, len(LABELS) :]), 1)
        loss = (binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights).sum() / len(rows) / 4
        largest = answers.tokens.float().masked_fill(mask.unsqueeze(-1) == 0, -1e4).amax(1)
        known = slice(0, len(LABELS))
        errors = binary_cross_entropy_with_logits(largest, targets[:, known], reduction="none") * weights[:, known]
        return loss + errors.sum() / len(rows) / 8


def _examples(run: Run) -> tuple[list[Example], list[Example]]:
    """Comments and sentences, each in no particular order."""
    rng = random.Random(run.seed)  # noqa: S311
    mix = mixture(run.data, run.seed, scale=min(1.0, run.scale))
    comments = rng.sample(mix, min(len(mix), int(COMMENTS * run.scale)))
    harmless = [
        one.text
        for one in training_examples(run.data, rng, scale=0.3)
        if one.source.startswith("news") and one.targets["toxicity"] < 0.05
    ]
    sentences = everyday(rng, int(SENTENCES * run.scale), harmless, names.taught())
    sentences += rewritten(run.data, rng, int(REWRITTEN * run.scale))
    rng.shuffle(sentences)
    return comments, sentences


def _plan(comments: Tokenized, sentences: Tokenized, seed: int) -> list[list[int]]:
    """Every batch of sentences with one of comments, which begin anew when all were seen."""
    rng, count = random.Random(seed), len(comments.ids)  # noqa: S311
    held = batches([len(ids) for ids in comments.ids], rng, COMMENT_TOKENS)
    taught = batches([len(ids) for ids in sentences.ids], rng, SENTENCE_TOKENS)
    return [[*one, *(count + row for row in other)] for one, other in zip(cycle(held), taught, strict=False)]
