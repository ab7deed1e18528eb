"""One small encoder, one pass, two answers: logits for the labels and for spam, and the embedding for relevance."""

from __future__ import annotations

from typing import NamedTuple

import torch

from moderation.core.scores import LABELS
from scripts.training.base import Base
from scripts.training.examples import OUTPUTS


def pooled(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean over real tokens, unit length: (batch, dimensions)."""
    spread = mask.unsqueeze(-1).float()
    mean = (hidden.float() * spread).sum(1) / spread.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(mean, dim=-1)


class Answers(NamedTuple):
    """``logits`` (batch, outputs), unit embeddings (batch, dimensions), and ``tokens`` (batch, tokens, labels).

    The largest of ``tokens`` over a sentence's tokens are the logits of that sentence.
    """

    logits: torch.Tensor
    embedding: torch.Tensor
    tokens: torch.Tensor


class Scorer(torch.nn.Module):
    """Answers from token ids and their mask (batch, tokens).

    The labels read the first token and, per dimension, the largest value over the tokens: abuse is often one word.
    """

    def __init__(self, base: Base) -> None:
        super().__init__()
        self.pad, self.closing = base.pad, base.closing
        self.encoder = base.encoder()
        self._teach_emoji(base.emoji)
        size = self.encoder.config.hidden_size
        self.head = torch.nn.Sequential(
            torch.nn.Linear(2 * size, 256), torch.nn.GELU(), torch.nn.Linear(256, len(OUTPUTS))
        )
        self.tokens = torch.nn.Sequential(
            torch.nn.Linear(size, 128), torch.nn.GELU(), torch.nn.Linear(128, len(LABELS))
        )

    def _teach_emoji(self, emoji: dict[int, list[int]]) -> None:
        if not emoji:
            return
        words = self.encoder.get_input_embeddings().weight.data
        self.encoder.resize_token_embeddings(len(words) + len(emoji), mean_resizing=False)
        grown = self.encoder.get_input_embeddings().weight.data
        for new, pieces in emoji.items():
            grown[new] = words[pieces].mean(0)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> Answers:
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        largest = hidden.masked_fill(mask.unsqueeze(-1) == 0, -1e4).amax(1)
        logits = self.head(torch.cat((hidden[:, 0], largest), -1).float())
        return Answers(logits, pooled(hidden, mask), self.tokens(hidden.float()))
