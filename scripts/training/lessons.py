"""What a batch teaches: the raters' labels, or a trained model's own answers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from moderation.core.scores import LABELS
from scripts.training.base import Base
from scripts.training.lexicon import Lexicon
from scripts.training.model import Answers, Scorer, pooled
from scripts.training.tokenized import LABEL_WEIGHTS, Tokenized, padded, together

HOLD_EVERY, HOLD_WEIGHT = 3, 1.5
"""Every third batch also pulls the embedding towards the original's: relevance relies on it."""
WHOLE_COUNTS = 4.0
"""What the whole text's answers count beside its sentences': they are right already, and must stay so."""
LEXICON = 0.2
"""What the lexicon's logits count beside the encoder's."""
TOXICITY = LABELS.index("toxicity")


def from_raters(answers: Answers, data: Tokenized, rows: Sequence[int], device: torch.device) -> torch.Tensor:
    """The loss of a batch by what the raters said. Labels that nobody knows have no weight and teach nothing."""
    targets, weights = (part[list(rows)].to(device) for part in (data.targets, data.weights))
    errors = binary_cross_entropy_with_logits(answers.logits.float(), targets, reduction="none")
    return (errors * weights).sum() / len(rows) / 4


class Labels:
    """The raters' labels, and the original encoder's embedding."""

    def __init__(self, model: Scorer, base: Base, data: Tokenized, device: torch.device) -> None:
        self.model, self.base, self.data = model, base, data
        self.original = base.encoder().eval().to(device)

    def __call__(self, rows: Sequence[int], step: int, device: torch.device) -> torch.Tensor:
        """The batch's loss."""
        ids, mask = padded([self.data.ids[row] for row in rows], self.model.pad, device)
        answers: Answers = self.model(ids, mask)
        loss = from_raters(answers, self.data, rows, device)
        if step % HOLD_EVERY == 0:
            with torch.no_grad():
                known = self.base.original_ids(ids)
                wanted = pooled(self.original(input_ids=known, attention_mask=mask).last_hidden_state, mask)
            loss = loss + HOLD_WEIGHT * (1 - (answers.embedding * wanted).sum(-1)).mean()
        return loss


class Teacher:
    """What ``teacher``, the same model before quantisation, answers for whole texts and for their sentences alone.

    No rater is asked: rounding must change nothing, and a sentence in its text must say what it says alone.
    """

    def __init__(self, model: Scorer, teacher: Scorer, lexicon: Lexicon, data: Tokenized) -> None:
        self.model, self.teacher, self.lexicon, self.data = model, teacher, lexicon, data

    def __call__(self, rows: Sequence[int], step: int, device: torch.device) -> torch.Tensor:  # noqa: ARG002
        """The batch's loss."""
        ids, mask = padded([self.data.ids[row] for row in rows], self.model.pad, device)
        with torch.no_grad():
            wanted: Answers = self.teacher(ids, mask)
        answers: Answers = self.model(ids, mask)
        loss = WHOLE_COUNTS * apart(answers.logits.float(), wanted.logits.float(), LABEL_WEIGHTS.to(device))
        loss = loss + WHOLE_COUNTS * HOLD_WEIGHT * (1 - (answers.embedding * wanted.embedding).sum(-1)).mean()
        ranges = [(row, start, end) for row, _ in enumerate(rows) for start, end in self.data.sentences[rows[row]]]
        return loss + self.sentences(answers, ids, ranges) if ranges else loss

    def sentences(self, answers: Answers, ids: torch.Tensor, ranges: list[tuple[int, int, int]]) -> torch.Tensor:
        """How far the tokens' largest logits are from the teacher's, over sentences as (row, start, end) of ``ids``."""
        alone = self._alone(ids, ranges)
        said = torch.stack([answers.tokens[row, start:end].float().amax(0) for row, start, end in ranges])
        # Which of its sentences is a comment's worst: a choice among them, besides each one's own logits.
        worst, owners = ids.new_zeros(()).float(), torch.tensor([row for row, _, _ in ranges])
        texts = owners.unique()
        for row in texts:
            theirs = torch.nonzero(owners == row).flatten().to(ids.device)
            choice = alone[theirs, TOXICITY].softmax(0)
            worst = worst + cross_entropy(said[theirs, TOXICITY][None], choice[None])
        return apart(said, alone, LABEL_WEIGHTS[: len(LABELS)].to(ids.device)) + worst / len(texts) / 2

    @torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
    def _alone(self, ids: torch.Tensor, ranges: list[tuple[int, int, int]]) -> torch.Tensor:
        """The pack's logits (sentences, labels) of each sentence as a text of its own."""
        texts = [[int(ids[row, 0]), *ids[row, start:end].tolist(), self.model.closing] for row, start, end in ranges]
        logits = torch.empty(len(texts), len(LABELS), device=ids.device)
        lengths = [len(text) for text in texts]
        for chosen in together(sorted(range(len(texts)), key=lengths.__getitem__), lengths):
            batch = padded([texts[place] for place in chosen], self.model.pad, ids.device)
            answers = self.teacher(*batch).logits[:, : len(LABELS)].float()
            logits[chosen] = answers + LEXICON * self.lexicon(*batch)
        return logits


def apart(logits: torch.Tensor, wanted: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """How far the stated probabilities are apart: cross-entropy less what the wanted ones have of their own."""
    shares = wanted.sigmoid()
    errors = binary_cross_entropy_with_logits(logits, shares, reduction="none")
    own = binary_cross_entropy_with_logits(wanted, shares, reduction="none")
    return ((errors - own) * weights).sum(1).mean()
