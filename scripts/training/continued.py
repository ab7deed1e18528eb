"""A shipped pack taught further: what it says of comments stays, and everyday sentences are added.

It goes on in whole numbers from the pack's own weights and ranges, so that the first step starts from what readers'
comments are scored by. Each batch has two parts: comments, which the pack itself teaches as it was, and written
sentences, which teach the labels that they were written for; most of those that the pack reads rightly as it is are
left out. Files in ``folder``: ``unknown.pt`` (which sentences are taught), ``further.pt`` (to go on from) and
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
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch.nn.functional import binary_cross_entropy_with_logits

from moderation.core.scores import LABELS
from scripts.training import names
from scripts.training.base import Base
from scripts.training.calibration import Curve
from scripts.training.corpora import training_examples
from scripts.training.everyday import everyday
from scripts.training.examples import Example
from scripts.training.lessons import HOLD_WEIGHT, LEXICON, TOXICITY, WHOLE_COUNTS, apart
from scripts.training.lexicon import Lexicon
from scripts.training.model import Answers, Scorer
from scripts.training.quantised import exactly
from scripts.training.recipe import mixture
from scripts.training.restored import as_it_is, check
from scripts.training.rewritten import rewritten
from scripts.training.tokenized import LABEL_WEIGHTS, Tokenized, batches, padded, together, tokenize
from scripts.training.train_step import keep
from scripts.training.trainer import DEVICE, Pace, Trainer

LONGEST = 80
"""Tokens of a text at most: time goes by tokens."""
COMMENT_TOKENS, SENTENCE_TOKENS = 1500, 700
"""Of a batch's two parts."""
COMMENTS, SENTENCES, REWRITTEN = 60_000, 90_000, 6_000
NEWS = 0.5
"""The share of the comments that are news comments: what is lost is lost there first."""
SURELY, HARDLY = 0.9, 0.25
"""From where and up to where (balanced scale) a sentence is read rightly already."""
REPEATED = 0.15
"""The share of such sentences that are taught all the same."""
PACE = Pace(encoder=8e-5, heads=4e-4, warm_up=40, decays=True)
TOKENS_COUNT, TAUGHT_COUNTS = 1.0, 0.6
CHECKED = 100
"""Comments on which the pack's weights, read back, must answer as its file does."""


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
    model, lexicon = as_it_is(run.base, run.pack)
    model_of_pack = copy.deepcopy(model)
    done = run.folder / "continued.pt"
    if not done.exists():
        examples = _examples(run)
        check(run.base, model, lexicon, run.pack, [example.text for example in examples[0][:CHECKED]])
        teacher = copy.deepcopy(model_of_pack)
        for parameter in teacher.parameters():
            parameter.requires_grad_(False)
        model.encoder.get_input_embeddings().requires_grad_(False)  # nothing new to say of single words
        comments, sentences = (tokenize(run.base.tokenizer, part, LONGEST) for part in examples)
        lesson = Further(model, teacher.eval().to(DEVICE), lexicon.to(DEVICE), comments, sentences)
        rows = _taught(run, lesson)
        plan = _plan(comments, sentences, rows, run.seed)
        print(f"{len(comments.ids):,} comments, {len(rows):,} sentences, {len(plan):,} batches", flush=True)
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
        logits = self._with_words(answers, ids, mask)
        loss = (binary_cross_entropy_with_logits(logits, targets, reduction="none") * weights).sum() / len(rows) / 4
        largest = answers.tokens.float().masked_fill(mask.unsqueeze(-1) == 0, -1e4).amax(1)
        known = slice(0, len(LABELS))
        errors = binary_cross_entropy_with_logits(largest, targets[:, known], reduction="none") * weights[:, known]
        return loss + errors.sum() / len(rows) / 8

    def _with_words(self, answers: Answers, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The whole text's logits with the lexicon's among them, as the pack answers."""
        with torch.no_grad():
            words = LEXICON * self.lexicon(ids, mask)
        logits = answers.logits.float()
        return torch.cat((logits[:, : len(LABELS)] + words, logits[:, len(LABELS) :]), 1)

    @torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
    def said(self) -> NDArray[np.float64]:
        """The teacher's logits (sentences, labels)."""
        found = np.empty((len(self.sentences.ids), len(LABELS)))
        lengths = [len(ids) for ids in self.sentences.ids]
        with exactly(self.teacher):
            for rows in together(sorted(range(len(lengths)), key=lengths.__getitem__), lengths):
                ids, mask = padded([self.sentences.ids[row] for row in rows], self.model.pad, DEVICE)
                logits = self._with_words(self.teacher(ids, mask), ids, mask)
                found[rows] = logits[:, : len(LABELS)].cpu().numpy()
        return found


def _taught(run: Run, lesson: Further) -> list[int]:
    """The sentences to teach: those that the pack reads wrongly, and some of the others, so that they stay so."""
    chosen = run.folder / "unknown.pt"
    if not chosen.exists():
        rng = random.Random(run.seed)  # noqa: S311
        known = are_known(lesson.said(), lesson.sentences, balanced(run.pack))
        rows = [row for row, is_known in enumerate(known) if not is_known or rng.random() < REPEATED]
        keep({"rows": torch.tensor(rows)}, chosen)
    found: list[int] = torch.load(chosen, weights_only=True)["rows"].tolist()
    return found


def balanced(pack: Path) -> list[Curve]:
    """The pack's balanced curve of each label."""
    curves = json.loads((pack / "manifest.json").read_text(encoding="utf-8"))["calibration"]["balanced"]
    return [Curve(np.array(curves[label]["x"]), np.array(curves[label]["y"])) for label in LABELS]


def are_known(logits: NDArray[np.float64], sentences: Tokenized, curves: Sequence[Curve]) -> NDArray[np.bool_]:
    """Whether each sentence is read as it is to be: toxic ones surely so, the others far from every label."""
    scores = np.column_stack([expit(curve(logits[:, column])) for column, curve in enumerate(curves)])
    toxic = sentences.targets[:, TOXICITY].numpy() > 0.5
    asked = sentences.weights[:, : len(LABELS)].numpy() > 0
    return np.where(toxic, scores[:, TOXICITY] >= SURELY, np.where(asked, scores, 0).max(1) <= HARDLY)


def _examples(run: Run) -> tuple[list[Example], list[Example]]:
    """Comments and sentences, each in no particular order."""
    rng = random.Random(run.seed)  # noqa: S311
    mix = mixture(run.data, run.seed, scale=min(1.0, run.scale))
    comments = []
    for is_news, share in ((True, NEWS), (False, 1 - NEWS)):
        found = [example for example in mix if example.source.startswith("news") is is_news]
        comments += rng.sample(found, min(len(found), int(share * COMMENTS * run.scale)))
    rng.shuffle(comments)
    harmless = [
        one.text
        for one in training_examples(run.data, rng, scale=0.3)
        if one.source.startswith("news") and one.targets["toxicity"] < 0.05
    ]
    sentences = everyday(rng, int(SENTENCES * run.scale), harmless, names.taught())
    sentences += rewritten(run.data, rng, int(REWRITTEN * run.scale))
    rng.shuffle(sentences)
    return comments, sentences


def _plan(comments: Tokenized, sentences: Tokenized, rows: Sequence[int], seed: int) -> list[list[int]]:
    """Every batch of the sentences ``rows`` with one of comments, which begin anew when all were seen."""
    rng, count = random.Random(seed), len(comments.ids)  # noqa: S311
    held = batches([len(ids) for ids in comments.ids], rng, COMMENT_TOKENS)
    taught = batches([len(sentences.ids[row]) for row in rows], rng, SENTENCE_TOKENS)
    return [[*one, *(count + rows[place] for place in other)] for one, other in zip(cycle(held), taught, strict=False)]
