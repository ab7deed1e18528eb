"""From texts to a model's outputs: tokens, windows over long texts, and batches with little padding."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from moderation.scoring.packs import Pack
from moderation.scoring.runtime import Fixes, Runtime

BATCH_TOKENS = 512
"""Tokens, padding included, that run together: more no longer fits the processor's cache and gains nothing."""
BATCH_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
NEAR = 16
"""Tokens of padding that cost less than a run in another shape than the last."""
CALL_TOKENS = 24
"""What one more call costs, in tokens: a batch takes a shorter text along if that wastes less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A text's outputs: the greatest logit of each label over its windows, and the mean embedding (unit length)."""

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32] | None
    extra: dict[str, NDArray[np.float32]]


class Encoder:
    """Encodes texts with one pack. A text's outputs don't depend on what it is encoded with. Thread-safe."""

    def __init__(self, pack: Pack, runtime: Runtime) -> None:
        manifest = pack.manifest
        self._runtime = runtime
        self._tokenizer = Tokenizer.from_file(str(pack.tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._before, self._after = _special_tokens(self._tokenizer)
        self._window = manifest.max_tokens - len(self._before) - len(self._after)
        self._max_tokens = manifest.max_tokens
        self._pad_id = manifest.pad_id
        self._outputs = {ours: theirs for ours, theirs in manifest.outputs.items() if theirs is not None}

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        """One answer per text, in order. The cost grows with the tokens, whatever their spread over the texts."""
        if not texts:
            return []
        windows: list[list[int]] = []
        owned: list[range] = []
        for tokens in self._tokens(texts):
            first = len(windows)
            windows += self._windows(tokens)
            owned.append(range(first, len(windows)))
        outputs = self._run(windows)
        weights = np.array([len(window) for window in windows], dtype=np.float32)
        return [self._joined(outputs, own, weights) for own in owned]

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each window of the texts, special ones included."""
        return [len(window) for tokens in self._tokens(texts) for window in self._windows(tokens)]

    def warm(self) -> threading.Thread | None:
        """Runs the shapes that single comments have, so that the first readers don't wait for them.

        What makes these faster still goes on behind the first answers, in the thread that is returned.
        """
        for length in bucket_lengths(min(128, self._max_tokens)):
            self._batch([[self._pad_id] * length])
        if not isinstance(self._runtime, Fixes):
            return None
        # No daemon, as it would be by itself where one starts it: a process that ends meanwhile waits for it. Ending
        # inside the engine aborts.
        behind = threading.Thread(target=self._runtime.fix, args=(self._max_tokens,), name="scoring-fix", daemon=False)
        behind.start()
        return behind

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        if len(texts) == 1:  # without the batch's hand-over to other threads
            return [self._tokenizer.encode(texts[0], add_special_tokens=False).ids]
        return [e.ids for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def _windows(self, tokens: list[int]) -> Iterator[list[int]]:
        """A quarter of each window is the previous one's end; the last one is full, so that the end has its context."""
        starts = list(range(0, max(1, len(tokens) - self._window // 4), self._window - self._window // 4))
        if len(tokens) > self._window:
            starts = [min(start, len(tokens) - self._window) for start in starts]
        for start in dict.fromkeys(starts):
            yield [*self._before, *tokens[start : start + self._window], *self._after]

    def _run(self, windows: list[list[int]]) -> dict[str, NDArray[np.float32]]:
        order, results = [], []
        for group in plan([len(window) for window in windows], self._max_tokens):
            order += group
            results.append(self._batch([windows[i] for i in group]))
        place = np.argsort(np.array(order))
        return {
            ours: np.concatenate([result[theirs] for result in results])[place]
            for ours, theirs in self._outputs.items()
        }

    def _batch(self, windows: list[list[int]]) -> dict[str, NDArray[np.float32]]:
        length = self._length(windows)
        ids = np.full((len(windows), length), self._pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        return self._runtime.run(ids, mask)

    def _length(self, windows: list[list[int]]) -> int:
        """What to pad to: for a single text the next length that the runtime is fast at, if that is near."""
        minimum = bucket(max(map(len, windows)), self._max_tokens)
        if len(windows) > 1:
            return minimum
        fast = self._runtime.fast if isinstance(self._runtime, Fixes) else ()
        return next((length for length in fast if minimum <= length <= minimum + NEAR), minimum)

    def _joined(self, outputs: dict[str, NDArray[np.float32]], own: range, weights: NDArray[np.float32]) -> Encoded:
        rows = slice(own.start, own.stop)
        embedding = outputs.get("embedding")
        return Encoded(
            logits=outputs["logits"][rows].max(axis=0),
            embedding=None if embedding is None else _mean(embedding[rows], weights[rows]),
            extra={k: v[rows].max(axis=0) for k, v in outputs.items() if k not in ("logits", "embedding")},
        )


def bucket_lengths(max_tokens: int) -> list[int]:
    """The lengths that batches are padded to: few, so that the kernels made for each shape are soon all made."""
    return sorted({bucket(length, max_tokens) for length in range(1, max_tokens + 1)})


def bucket(length: int, max_tokens: int) -> int:
    """The least batch length that holds ``length`` tokens.

    Steps of 16: kernels in bf16 sum lengths in between in another order, which moved scores by up to 0.005.
    """
    step = 16 if length <= 128 else 32 if length <= 256 else 64
    return min(max_tokens, -(-length // step) * step)


def plan(lengths: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Groups of positions that run together: the split of the sorted lengths that costs least, padding and calls told.

    Pure arithmetic over ``lengths`` (tokens); every position occurs once.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    cost, taken = [0], [0]
    for end in range(1, len(order) + 1):
        padded = bucket(lengths[order[end - 1]], max_tokens)
        best, size = min(
            (cost[end - size] + CALL_TOKENS + size * padded, size)
            for size in BATCH_SIZES
            if size <= end and (size == 1 or size * padded <= BATCH_TOKENS)
        )
        cost.append(best)
        taken.append(size)
    groups, end = [], len(order)
    while end:
        groups.append(order[end - taken[end] : end])
        end -= taken[end]
    return groups


def _mean(vectors: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(vectors) == 1:
        return np.asarray(vectors[0])
    total = (vectors * weights[:, None]).sum(axis=0)
    return np.asarray(total / max(float(np.linalg.norm(total)), 1e-12), dtype=np.float32)


def _special_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """What the pack's tokenizer puts before and after a text."""
    bare = tokenizer.encode("a", add_special_tokens=False).ids
    whole = tokenizer.encode("a").ids
    for start in range(len(whole) - len(bare) + 1):
        if whole[start : start + len(bare)] == bare:
            return whole[:start], whole[start + len(bare) :]
    return [], []
