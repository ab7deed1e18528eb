"""The vocabulary, cut to the languages that are read: four fifths of the encoder's weights are its table of words.

A piece stays when training texts or a frequent word of one of the languages need it, or when it is a single character:
so nothing becomes unknown that was known, and a word whose piece has gone is spelt with smaller ones. A text all of
whose pieces have stayed is cut into the same pieces as before: fewer choices, and the best one is among them.
"""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from scripts.training.base import plain

WORD_START = "\u2581"
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
SEEN = 20
"""How often a piece must stand in the training texts to stay for their sake: rarer ones are names and misspellings."""
LONGEST = 300
"""Characters that are read of a text."""
BATCH = 5_000


def cut(described: Mapping[str, Any], wanted: Iterable[str]) -> tuple[dict[str, Any], list[int]]:
    """The tokenizer.json with the pieces in ``wanted``, the special ones and all single characters; and the place that
    each kept piece had, in the new order."""
    wanted = set(wanted)
    kept = [
        place
        for place, (piece, _) in enumerate(described["model"]["vocab"])
        if piece in SPECIAL or piece in wanted or len(piece.removeprefix(WORD_START)) <= 1
    ]
    smaller = copy.deepcopy({**described, "truncation": None, "padding": None})
    vocabulary = described["model"]["vocab"]
    smaller["model"]["vocab"] = [vocabulary[place] for place in kept]
    new = {vocabulary[place][0]: id_ for id_, place in enumerate(kept)}
    smaller["added_tokens"] = [
        {**token, "id": new[token["content"]]} for token in described["added_tokens"] if token["content"] in SPECIAL
    ]
    smaller["model"]["unk_id"] = new["<unk>"]
    if [new[token] for token in SPECIAL] != list(range(len(SPECIAL))):
        raise SystemExit("This tokenizer.json doesn't begin with <s>, <pad>, </s>, <unk>.")
    return smaller, kept


def wanted_pieces(described: Mapping[str, Any], texts: Iterable[str], frequent: Iterable[str]) -> set[str]:
    """The pieces that stand in the texts ``SEEN`` times, and all those of the frequent words."""
    tokenizer = plain(dict(described))
    needed = (_counted(tokenizer, texts) >= SEEN) | (_counted(tokenizer, frequent) > 0)
    return {described["model"]["vocab"][place][0] for place in np.flatnonzero(needed)}


def training_texts(data: Path) -> Iterator[str]:
    """The beginning of every text of ``train/`` and ``train/languages/``."""
    for path in sorted((data / "train").rglob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["text"][:LONGEST]


def _counted(tokenizer: Tokenizer, texts: Iterable[str]) -> NDArray[np.int64]:
    """How often each piece stands in the texts, by its place in the vocabulary."""
    size = tokenizer.get_vocab_size()
    counts, waiting = np.zeros(size, dtype=np.int64), iter(texts)
    while batch := list(islice(waiting, BATCH)):
        rows = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
        counts += np.bincount(np.fromiter(chain.from_iterable(row.ids for row in rows), dtype=np.int64), minlength=size)
    return counts
