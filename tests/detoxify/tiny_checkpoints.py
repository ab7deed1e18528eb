"""Makes checkpoints as Detoxify publishes them, of its four shapes but tiny, with seeded random weights and tokenizers
learnt from a few sentences. The scores mean nothing, but differ from text to text and from label to label.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer

from moderation.scoring.detoxify_proof import TEXTS

WINDOW = 48
ORIGINAL_CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
UNBIASED_CLASSES = [
    "toxicity",
    "severe_toxicity",
    "obscene",
    "identity_attack",
    "insult",
    "threat",
    "sexual_explicit",
]
IDENTITIES = 9  # further outputs of the unbiased models, which Detoxify doesn't report
_SIZES = {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
_ROBERTA = {"type_vocab_size": 1, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2}


def write_checkpoint(
    folder: Path,
    shape: str,
    *,
    seed: int = 0,
    spread: float = 1.0,
    layers: int = 2,
    lacking: str = "",
    extra: Any = None,
) -> Path:
    """``tiny.ckpt`` in ``folder``, beside its tokenizer's files and config.json, as a base model's folder has them.

    ``spread`` stretches the logits (of BERT) about zero, where scores are steepest; ``lacking`` weights are left out;
    ``extra`` goes into the checkpoint's settings.
    """
    kind, tokenizer, config = _base_model(folder, shape)
    config.num_hidden_layers = layers
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": WINDOW}))
    config.save_pretrained(folder)
    classes = ORIGINAL_CLASSES if shape == "bert" else UNBIASED_CLASSES
    config.num_labels = len(classes) if shape == "bert" else len(classes) + IDENTITIES
    state = _weights(getattr(transformers, f"{kind}ForSequenceClassification"), config, seed, spread)
    state.pop(lacking, None)
    settings = {
        "name": f"tiny {shape}",
        "n_gpu": 1,
        "arch": {
            "type": shape.upper(),
            "args": {
                "num_classes": config.num_labels,
                # As published: a name on the hub, where nobody can look from here.
                "model_type": f"nobody/tiny-{shape}",
                "model_name": f"{kind}ForSequenceClassification",
                "tokenizer_name": tokenizer,
            },
        },
        "dataset": {"type": "JigsawDataBias", "args": {"classes": classes, "val_fraction": None}},
        "optimizer": {"type": "Adam", "args": {"lr": 3e-5, "amsgrad": True}},
    }
    if extra is not None:
        settings["extra"] = extra
    file = folder / "tiny.ckpt"
    torch.save({"config": settings, "state_dict": state}, file)
    return file


def _weights(model_class: Any, config: Any, seed: int, spread: float) -> OrderedDict[str, torch.Tensor]:
    torch.manual_seed(seed)
    model = model_class(config)
    for name, weight in model.named_parameters():
        if "LayerNorm" not in name and weight.ndim > 1:
            weight.data.mul_(10.0)
        if name.startswith("classifier") and name.endswith("weight"):
            weight.data.mul_(spread)
    if spread != 1.0:
        some_ids = torch.arange(10, 250).reshape(-1, 12)
        model.classifier.bias.data -= model.eval()(some_ids).logits.detach().mean(0)
    state = OrderedDict(model.state_dict())
    # What older versions of transformers stored too, and the published checkpoints still hold.
    state[f"{model.base_model_prefix}.embeddings.position_ids"] = torch.arange(config.max_position_embeddings)[None]
    return state


def _base_model(folder: Path, shape: str) -> tuple[str, str, Any]:
    """The tokenizer's files in ``folder``; the model's kind, its tokenizer's class and its shape."""
    corpus = folder / "corpus.txt"
    corpus.write_text("\n".join(TEXTS), encoding="utf-8")
    try:
        return {"bert": _bert, "roberta": _roberta, "xlmr": _xlmr, "albert": _albert}[shape](folder, str(corpus))
    finally:
        corpus.unlink()


def _bert(folder: Path, corpus: str) -> tuple[str, str, Any]:
    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train([corpus], vocab_size=600, show_progress=False)
    tokenizer.save_model(str(folder))
    size = tokenizer.get_vocab_size()
    return "Bert", "BertTokenizer", transformers.BertConfig(vocab_size=size, max_position_embeddings=WINDOW, **_SIZES)


def _roberta(folder: Path, corpus: str) -> tuple[str, str, Any]:
    tokenizer = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train([corpus], vocab_size=600, special_tokens=special, show_progress=False)
    tokenizer.save_model(str(folder))
    size = tokenizer.get_vocab_size()
    config = transformers.RobertaConfig(vocab_size=size, max_position_embeddings=WINDOW + 2, **_ROBERTA, **_SIZES)
    return "Roberta", "RobertaTokenizer", config


def _xlmr(folder: Path, corpus: str) -> tuple[str, str, Any]:
    size = _sentencepiece(corpus, folder / "sentencepiece.bpe") + 2  # XLM-R numbers its own special tokens around them
    config = transformers.XLMRobertaConfig(vocab_size=size, max_position_embeddings=WINDOW + 2, **_ROBERTA, **_SIZES)
    return "XLMRoberta", "XLMRobertaTokenizer", config


def _albert(folder: Path, corpus: str) -> tuple[str, str, Any]:
    size = _sentencepiece(
        corpus,
        folder / "spiece",
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        user_defined_symbols=["[CLS]", "[SEP]", "[MASK]"],
    )
    config = transformers.AlbertConfig(
        vocab_size=size,
        embedding_size=16,
        max_position_embeddings=WINDOW,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        **_SIZES,
    )
    return "Albert", "AlbertTokenizer", config


def _sentencepiece(corpus: str, prefix: Path, **how: Any) -> int:
    """Learns ``prefix``.model; its number of pieces."""
    sentencepiece.SentencePieceTrainer.train(
        input=corpus, model_prefix=str(prefix), vocab_size=400, hard_vocab_limit=False, minloglevel=2, **how
    )
    prefix.with_name(f"{prefix.name}.vocab").unlink()
    size: int = sentencepiece.SentencePieceProcessor(model_file=f"{prefix}.model").get_piece_size()
    return size
