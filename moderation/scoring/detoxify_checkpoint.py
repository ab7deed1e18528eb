"""Detoxify's checkpoints: fetched from where Detoxify names them, checked, and opened without running what is inside.

Needs the ``detoxify`` extra (torch, transformers, detoxify); nothing imports this module without it.
"""

from __future__ import annotations

import hashlib
import pickle
import re
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import detoxify.detoxify
import torch
from detoxify import Detoxify
from transformers.utils import logging

from moderation.core.errors import ScoringFailed

PUBLISHED: Mapping[str, str] = detoxify.detoxify.MODEL_URLS
"""Detoxify's own models: their names, and where it fetches them from."""

BASE_MODELS: Mapping[str, str] = {
    "original": "bert-base-uncased",
    "unbiased": "roberta-base",
    "multilingual": "xlm-roberta-base",
    "original-small": "albert-base-v2",
    "unbiased-small": "albert-base-v2",
}
"""Whose tokenizer and shape each takes, as its checkpoint says too: for who must bring them by hand."""

KEPT = "detoxify"
"""The pack's folder of what Detoxify itself needs beside the checkpoint: its tokenizer and its model's shape."""

# The four shapes that Detoxify has published, with whether positions are counted from behind the padding id.
ARCHITECTURES: Mapping[str, bool] = {
    "BertForSequenceClassification": False,
    "AlbertForSequenceClassification": False,
    "RobertaForSequenceClassification": True,
    "XLMRobertaForSequenceClassification": True,
}

# As Detoxify itself renames what its earliest models call otherwise.
RENAMED: Mapping[str, str] = {
    "toxic": "toxicity",
    "severe_toxic": "severe_toxicity",
    "identity_hate": "identity_attack",
}
_WITHOUT_NETWORK = (
    "Without a network, bring both from a machine that has one: "
    "`moderation packs add {name} --checkpoint FILE --tokenizer DIR`, where FILE is {url} and DIR holds the "
    "tokenizer's files and config.json of its base model, https://huggingface.co/{base}."
)
_NOT_A_CHECKPOINT = "torch can't open it as a checkpoint; was it copied whole?"
_PATIENCE = 30.0  # seconds without a byte before a download counts as failed


@dataclass(eq=False, slots=True)
class CheckpointUnusable(ScoringFailed):
    """A Detoxify checkpoint, or what belongs to it, that can't be had or can't be used."""

    what: str
    why: str

    @property
    def detail(self) -> str:
        return f"{self.what}: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A Detoxify checkpoint in memory. ``classes``: Detoxify's standard names of its first outputs, in their order."""

    path: Path
    sha256: str
    trusted: bool
    architecture: str
    base_model: str
    classes: tuple[str, ...]
    content: Mapping[str, Any]


def fetch_published(name: str) -> Path:
    """The checkpoint of Detoxify's own model ``name``, kept where Detoxify itself keeps it. Raises as ``fetch``."""
    return fetch(name, PUBLISHED[name], Path(torch.hub.get_dir()) / "checkpoints")


def fetch(name: str, url: str, folder: Path) -> Path:
    """The checkpoint behind ``url``, kept in ``folder``; it must have the hash that its file name carries.

    Shows its progress on standard error. Raises ``CheckpointUnusable`` saying what to do without a network.
    """
    kept = folder / Path(url).name
    prefix = kept.stem.rpartition("-")[2]
    if kept.is_file() and sha256_of(kept).startswith(prefix):
        return kept
    folder.mkdir(parents=True, exist_ok=True)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE)
    try:
        torch.hub.download_url_to_file(url, str(kept), hash_prefix=prefix, progress=True)
    except OSError as error:
        help_ = _WITHOUT_NETWORK.format(name=name, url=url, base=BASE_MODELS[name])
        raise CheckpointUnusable(url, f"it can't be fetched ({error}). {help_}") from error
    except RuntimeError as error:  # what torch.hub raises for another hash
        raise CheckpointUnusable(url, f"what came is not what its name says ({error}); nothing was kept.") from error
    finally:
        socket.setdefaulttimeout(before)
    return kept


def read_checkpoint(path: Path, *, trust: bool = False) -> Checkpoint:
    """The checkpoint in this file, unpickled by torch's restricted reader, which runs no code of the file's.

    ``trust`` lets a file through that the restricted reader refuses. Raises ``CheckpointUnusable``.
    """
    if not path.is_file():
        raise CheckpointUnusable(str(path), "there is no such file.")
    content = _unpickled(path, trust=trust)
    try:
        config = content["config"]
        arguments = config["arch"]["args"]
        classes = tuple(RENAMED.get(name, name) for name in config["dataset"]["args"]["classes"])
        architecture, base_model = arguments["model_name"], arguments["model_type"]
        outputs, state = int(arguments["num_classes"]), content["state_dict"]
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointUnusable(
            str(path), f"it isn't in Detoxify's format: {error} is missing or unreadable."
        ) from error
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise CheckpointUnusable(str(path), f"its model is a {architecture!r}; these can be converted: {known}.")
    if not state or len(classes) > outputs:
        raise CheckpointUnusable(str(path), f"it names {len(classes)} classes for a model of {outputs} outputs.")
    return Checkpoint(
        path=path.resolve(),
        sha256=sha256_of(path),
        trusted=trust,
        architecture=architecture,
        base_model=base_model,
        classes=classes,
        content=content,
    )


def load_detoxify(checkpoint: Checkpoint, source: str, *, device: str = "cpu", scratch: Path | None = None) -> Any:
    """The real ``Detoxify`` over this checkpoint, its tokenizer and shape from ``source`` (a folder, or a hub's name).

    Detoxify looks for both under the name inside the checkpoint and opens the file unrestricted, so it is given a copy
    with ``source`` as that name, written from what was read safely; the copy lies under ``scratch`` for the moment of
    loading. Raises ``CheckpointUnusable``.
    """
    config = checkpoint.content["config"]
    arch = {**config["arch"], "args": {**config["arch"]["args"], "model_type": source}}
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".detoxify-") as folder:
        copy = Path(folder) / "checkpoint.ckpt"
        torch.save({**checkpoint.content, "config": {**config, "arch": arch}}, copy)
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            return Detoxify(checkpoint=str(copy), device=device)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            first_line = str(error).strip().partition("\n")[0]
            why = (
                f"Detoxify can't load it with the tokenizer and config.json of {source} ({first_line}). "
                "--tokenizer DIR takes them from a folder."
            )
            raise CheckpointUnusable(str(checkpoint.path), why) from error


def sha256_of(path: Path) -> str:
    """The file's SHA-256, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unpickled(path: Path, *, trust: bool) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=not trust)
    except pickle.UnpicklingError as error:
        refused = re.search(r"GLOBAL (\S+)", str(error))
        if refused:
            why = (
                f"it holds more than weights and settings ({refused[1]}), so opening it could run code of its maker's. "
                "If you know and trust where it comes from: --trust-checkpoint."
            )
            raise CheckpointUnusable(str(path), why) from error
        raise CheckpointUnusable(str(path), _NOT_A_CHECKPOINT) from error
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise CheckpointUnusable(str(path), _NOT_A_CHECKPOINT) from error
