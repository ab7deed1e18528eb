"""An encoder of a few thousand random weights, as transformers keeps one in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from scripts.training.base import Base
from scripts.training.lexicon import Lexicon
from scripts.training.model import Scorer

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'-"


def folder_of_words(folder: Path) -> Path:
    """A vocabulary of words, uncased, that knows no emoji."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(pieces[:4])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return _kept(folder, tokenizer, pad=0)


def folder_of_pieces(folder: Path) -> Path:
    """A vocabulary of pieces in any script, whose padding isn't 0."""
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    tokenizer = Tokenizer(models.Unigram([*pieces, *((letter, -3.0) for letter in LETTERS)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens([piece for piece, _ in pieces[:4]])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return _kept(folder, tokenizer, pad=1)


def _kept(folder: Path, tokenizer: Tokenizer, *, pad: int) -> Path:
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        pad_token_id=pad,
        initializer_range=0.3,
    )
    model = BertModel(config)
    for name, weight in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(weight, std=0.1)
    model.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    assert json.loads((folder / "config.json").read_text())["pad_token_id"] == pad
    return folder


def scorer(base: Base) -> tuple[Scorer, Lexicon]:
    """A model that nobody trained, and words that weigh something."""
    torch.manual_seed(4)
    model, lexicon = Scorer(base), Lexicon(base.tokenizer.get_vocab_size())
    lexicon.weights.normal_()
    lexicon.squares.uniform_(1, 2)
    return model.eval(), lexicon.eval()
