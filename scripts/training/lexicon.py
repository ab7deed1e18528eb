"""Words by themselves: a linear model over a text's word pieces that answers for the labels beside the encoder.

The encoder reads sentences and soon knows them by heart; which words give offence it knows less surely than a plain
count does. Their sum errs less than either.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer

from moderation.core.scores import LABELS
from scripts.training.corpora import training_examples
from scripts.training.examples import Example
from scripts.training.sentences import PEOPLE, written
from scripts.training.tokenized import Tokenized

STIFFNESS = 1e-5
"""Holds the words' weights small: a rare word is known from few comments."""
STEPS = 40
IDENTITY = "identity_attack"
"""The one label for which the words say nothing: where no name counts, none can be attacked."""


class Lexicon(torch.nn.Module):
    """Logits (batch, len(LABELS)) from ids and their mask (batch, tokens).

    Each word counts once, however often it stands there, and by its rarity; the sum of their weights is divided by the
    length of the text's vector of rarities.
    """

    def __init__(self, words: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.zeros(words, len(LABELS)))
        self.register_buffer("squares", torch.zeros(words, 1))
        self.register_buffer("bias", torch.zeros(len(LABELS)))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        times = (ids.unsqueeze(1) == ids.unsqueeze(2)).float().sum(-1)
        there = (mask.float() / times).unsqueeze(-1)
        said = (torch.nn.functional.embedding(ids, self.weights) * there).sum(1)
        length = (torch.nn.functional.embedding(ids, self.squares) * there).sum(1)
        return said / length.clamp(min=1e-6).sqrt() + self.bias


SOURCES = {"news": 1.0, "news_others": 1.0, "wikipedia_talk": 0.5}
"""The comments that teach the words' weights, and how far each counts; the forums' raters answered other questions."""
WRITTEN, WRITTEN_COUNTS = 20_000, 0.3
"""Written sentences beside them: many are harmless in harsh words."""


def taught_by(data: Path, seed: int) -> list[Example]:
    """The examples for ``fit``: each comment once, with what most raters said, and written sentences."""
    rng = random.Random(seed)  # noqa: S311
    # Twice the mix, so that every news comment is in it and most of Wikipedia's; each counts once all the same.
    comments = {example.text: example for example in training_examples(data, rng, scale=2) if example.source in SOURCES}
    sentences = {example.text: example for example in written(rng, WRITTEN)}
    return [
        *(_counting(example, SOURCES[example.source], majority=True) for example in comments.values()),
        *(_counting(example, WRITTEN_COUNTS, majority=False) for example in sentences.values()),
    ]


def _counting(example: Example, weight: float, *, majority: bool) -> Example:
    targets = example.targets
    if majority:
        targets = {name: float(share >= 0.5) for name, share in targets.items()}
    return Example(text=example.text, targets=targets, source=example.source, weight=weight)


def names_of_people(tokenizer: Tokenizer) -> list[int]:
    """The word pieces by which groups of people are named: whom a comment names says nothing about what it is."""
    names = [name.lower() for groups in PEOPLE.values() for group in groups for name in group]
    return sorted({piece for row in tokenizer.encode_batch(names) for piece in row.ids})


def fit(data: Tokenized, words: int, silent: Sequence[int], special: Sequence[int]) -> Lexicon:
    """The lexicon of least weighted log loss over all examples.

    ``words`` is the size of the vocabulary; those in ``silent`` weigh nothing, ``special`` ones don't count as words.
    """
    once = [sorted(set(row)) for row in data.ids]
    lengths = torch.tensor([len(row) for row in once])
    ids = torch.tensor([piece for row in once for piece in row])
    owner = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
    rarity = _rarity(ids, len(once), words, special)
    squares = torch.zeros(len(lengths)).index_add_(0, owner, rarity[ids] ** 2)
    shares = rarity[ids] / squares.clamp(min=1e-6).sqrt()[owner]
    starts = torch.cat((torch.zeros(1, dtype=torch.long), lengths.cumsum(0)[:-1]))
    shares[torch.isin(ids, torch.tensor(silent))] = 0.0
    targets, known = data.targets[:, : len(LABELS)], data.weights[:, : len(LABELS)]
    known = known / known.sum(0)
    weight = torch.zeros(words, len(LABELS), requires_grad=True)
    bias = torch.zeros(len(LABELS), requires_grad=True)
    search = torch.optim.LBFGS([weight, bias], max_iter=STEPS, history_size=10, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        logits = torch.nn.functional.embedding_bag(ids, weight, starts, mode="sum", per_sample_weights=shares) + bias
        errors = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
        total = (errors * known).sum() + STIFFNESS / 2 * (weight**2).sum()
        total.backward()
        return total

    search.step(loss)
    lexicon = Lexicon(words)
    lexicon.weights.copy_(weight.detach() * rarity[:, None])
    lexicon.squares.copy_(rarity[:, None] ** 2)
    lexicon.bias.copy_(bias.detach())
    for part in (lexicon.weights, lexicon.bias):
        part[..., LABELS.index(IDENTITY)] = 0.0
    return lexicon


def _rarity(ids: torch.Tensor, texts: int, words: int, special: Sequence[int]) -> torch.Tensor:
    """Logarithm of how few texts have a word, plus 1; 0 for the special ones. ``ids`` has each word once a text."""
    found = torch.bincount(ids, minlength=words)
    rarity = torch.log((1 + texts) / (1 + found)) + 1
    rarity[list(special)] = 0.0
    return rarity
