"""The other side of the scoring benchmark: Detoxify itself at BERT-base shape, in an environment of its own.

Run by ``.venv-bench/bin/python``, which has torch and detoxify. ``make FOLDER`` writes a checkpoint in its format with
random weights (speed doesn't depend on them) and installs it as the pack ``bert-base`` under FOLDER/packs;
``serve FOLDER`` predicts what it is asked to, a JSON line {"texts", "batch", "clients"} at a time, and answers with the
seconds: so many clients at the same time, each with its share of the texts.
"""

from __future__ import annotations

import json
import sys
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
import transformers

from moderation.scoring.detoxify_checkpoint import load_detoxify, read_checkpoint
from moderation.scoring.detoxify_convert import install
from moderation.scoring.packs import BUILTIN

CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
NAME = "bert-base"


def make(folder: Path) -> None:
    """The checkpoint and the pack made of it. The tokenizer is the built-in pack's, so that both count alike."""
    base = folder / "base"
    base.mkdir(parents=True, exist_ok=True)
    vocabulary = _vocabulary(base / "vocab.txt")
    (base / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 512, "do_lower_case": True}))
    config = transformers.BertConfig(vocab_size=vocabulary)
    config.save_pretrained(base)
    config.num_labels = len(CLASSES)
    torch.manual_seed(0)
    model = transformers.BertForSequenceClassification(config)
    torch.save({"config": _settings(), "state_dict": OrderedDict(model.state_dict())}, folder / "checkpoint.ckpt")
    install(_read(folder), str(base), name=NAME, packs_dir=folder / "packs", replace=True, say=print)


def serve(folder: Path) -> None:
    model = load_detoxify(_read(folder), str(folder / "base"))
    model.predict(["warm up"] * 4)
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        texts, size, clients = asked["texts"], asked["batch"], asked["clients"]
        began = time.perf_counter()
        if clients == 1:
            _predict(model, texts, size)
        else:
            with ThreadPoolExecutor(clients) as pool:
                shares = [texts[one::clients] for one in range(clients)]
                list(pool.map(_predict, [model] * clients, shares, [size] * clients))
        print(json.dumps({"seconds": time.perf_counter() - began}), flush=True)


def _predict(model: Any, texts: list[str], size: int) -> None:
    if size == 1:
        for text in texts:
            model.predict(text)
    else:
        for start in range(0, len(texts), size):
            model.predict(texts[start : start + size])


def _read(folder: Path) -> Any:
    return read_checkpoint(folder / "checkpoint.ckpt")


def _settings() -> dict[str, Any]:
    names = {
        "model_type": "bert-base",
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
    }
    return {
        "name": "BERT-base with random weights",
        "n_gpu": 0,
        "arch": {"type": "BERT", "args": {"num_classes": len(CLASSES), **names}},
        "dataset": {"type": "JigsawData", "args": {"classes": CLASSES}},
    }


def _vocabulary(path: Path) -> int:
    pieces = json.loads((BUILTIN / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    path.write_text("".join(piece + "\n" for piece in sorted(pieces, key=pieces.__getitem__)), encoding="utf-8")
    return len(pieces)


if __name__ == "__main__":
    {"make": make, "serve": serve}[sys.argv[1]](Path(sys.argv[2]))
