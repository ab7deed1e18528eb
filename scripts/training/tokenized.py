"""Examples as the training loop takes them: token ids, targets, and where the sentences are."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from moderation.core.text.sentences import not_too_many, sentences
from scripts.training.examples import OUTPUTS, Example

TOKENS_PER_BATCH, ROWS_PER_BATCH = 2304, 96
LABEL_WEIGHTS = torch.tensor([2.0 if name == "toxicity" else 1.0 for name in OUTPUTS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenized:
    """Ids per row, targets and weights (rows, outputs), weight 0 for what is unknown; ``sentences`` has each row's
    token ranges (start, end), none where a row is one sentence."""

    ids: list[list[int]]
    targets: torch.Tensor
    weights: torch.Tensor
    sentences: list[list[tuple[int, int]]]


def tokenize(tokenizer: Tokenizer, examples: Sequence[Example], longest: int) -> Tokenized:
    """Ids cut to ``longest``, with the first and last special tokens kept."""
    encoded = tokenizer.encode_batch([example.text for example in examples])
    ids = [row.ids if len(row.ids) <= longest else [*row.ids[: longest - 1], row.ids[-1]] for row in encoded]
    targets = torch.zeros(len(examples), len(OUTPUTS))
    weights = torch.zeros(len(examples), len(OUTPUTS))
    for row, example in enumerate(examples):
        for name, value in example.targets.items():
            column = OUTPUTS.index(name)
            targets[row, column], weights[row, column] = value, example.weight
    return Tokenized(
        ids=ids,
        targets=targets,
        weights=weights * LABEL_WEIGHTS,
        sentences=[
            token_ranges(example.text, row.offsets[1 : len(kept) - 1])
            for example, row, kept in zip(examples, encoded, ids, strict=True)
        ],
    )


def token_ranges(text: str, offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Each sentence's tokens as (start, end), counted with the first special token; none for a single sentence.

    ``offsets`` are the tokens' places in the text, special ones left out. A sentence without tokens is left out.
    """
    starts = [start for start, _ in not_too_many(sentences(text))]
    if len(starts) < 2:
        return []
    ranges: list[tuple[int, int]] = []
    owners = [bisect_right(starts, start) - 1 for start, _ in offsets]
    for place, owner in enumerate(owners, start=1):
        if place > 1 and owner == owners[place - 2]:
            ranges[-1] = (ranges[-1][0], place + 1)
        else:
            ranges.append((place, place + 1))
    return ranges if len(ranges) > 1 else []


def batches(lengths: Sequence[int], rng: random.Random, tokens: int = TOKENS_PER_BATCH) -> list[list[int]]:
    """Rows in random company of like length, so that little is padding; ``tokens`` at most in a batch."""
    order = rng.sample(range(len(lengths)), len(lengths))
    made: list[list[int]] = []
    for start in range(0, len(order), 4000):
        made += together(sorted(order[start : start + 4000], key=lambda index: lengths[index]), lengths, tokens)
    rng.shuffle(made)
    return made


def together(order: Sequence[int], lengths: Sequence[int], tokens: int = TOKENS_PER_BATCH) -> list[list[int]]:
    """The rows, shortest first, in batches of at most so many tokens."""
    made: list[list[int]] = [[]]
    for row in order:
        if made[-1] and (len(made[-1]) == ROWS_PER_BATCH or (len(made[-1]) + 1) * lengths[row] > tokens):
            made.append([])
        made[-1].append(row)
    return made


def padded(rows: Sequence[Sequence[int]], pad: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids and mask (rows, longest)."""
    lengths = torch.tensor([len(row) for row in rows])
    width = int(lengths.max())
    ids = torch.tensor([[*row, *[pad] * (width - len(row))] for row in rows])
    mask = (torch.arange(width) < lengths[:, None]).long()
    return ids.to(device), mask.to(device)
