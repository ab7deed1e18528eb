"""What a batch teaches the pack "world": labels, the embedding of the original, and what each sentence says alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from scripts.training.base import Base
from scripts.training.lessons import Teacher, from_raters
from scripts.training.lexicon import Lexicon
from scripts.training.model import Answers, Scorer, pooled
from scripts.training.tokenized import Tokenized, padded
from scripts.training.world.base import QUERY

HOLD_EVERY, HOLD_SHARE, HOLD_WEIGHT = 3, 3, 2.0
"""A third of every third batch also pulls the embedding towards the original's, which was told that it is a query."""
SENTENCES_EVERY, SENTENCES_COUNT = 3, 0.25
"""How often sentences are asked alone, and what they count beside the labels. The model is its own teacher there."""


class Lesson:
    """The loss of a batch. Labels that nobody knows have no weight in ``data`` and teach nothing.

    ``asked``: what the original encoder is told before a text whose embedding is held.
    """

    def __init__(
        self,
        model: Scorer,
        base: Base,
        lexicon: Lexicon,
        data: Tokenized,
        device: torch.device,
        *,
        asked: str = QUERY,
    ) -> None:
        self.model, self.base, self.data = model, base, data
        self.original = base.encoder().eval().to(device)
        self.query = base.tokenizer.encode(asked.strip(), add_special_tokens=False).ids
        self.alone = Teacher(model, model, lexicon.to(device), data)

    def __call__(self, rows: Sequence[int], step: int, device: torch.device) -> torch.Tensor:
        ids, mask = padded([self.data.ids[row] for row in rows], self.model.pad, device)
        answers: Answers = self.model(ids, mask)
        loss = from_raters(answers, self.data, rows, device)
        if step % HOLD_EVERY == 0:
            held = slice(None, None, HOLD_SHARE)
            loss = (
                loss + HOLD_WEIGHT * (1 - (answers.embedding[held] * self._original(rows[held], device)).sum(-1)).mean()
            )
        if step % SENTENCES_EVERY == 1:
            ranges = [(row, start, end) for row, _ in enumerate(rows) for start, end in self.data.sentences[rows[row]]]
            if ranges:
                loss = loss + SENTENCES_COUNT * self.alone.sentences(answers, ids, ranges)
        return loss

    @torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
    def _original(self, rows: Sequence[int], device: torch.device) -> torch.Tensor:
        """The embeddings (rows, dimensions) that the original encoder gives these texts as what they are asked as."""
        asked = [[self.data.ids[row][0], *self.query, *self.data.ids[row][1:]] for row in rows]
        ids, mask = padded(asked, self.base.pad, device)
        return pooled(self.original(input_ids=ids, attention_mask=mask).last_hidden_state, mask)
