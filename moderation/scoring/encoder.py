"""From texts to a model's outputs: tokens, windows over long texts, and batches with little padding."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from moderation.scoring.cores import Cores
from moderation.scoring.packs import Pack
from moderation.scoring.runtime import Improves, Outputs, Runtime

BATCH_TOKENS = 512
"""Tokens, padding included, that run together: more no longer fits the processor's cache and gains nothing."""
BATCH_SIZES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
NEAR = 16
"""Tokens of padding that cost less than a run in another shape than the last."""
CALL_TOKENS = 24
"""What one more call costs, in tokens: a batch takes a shorter text along if that wastes less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A text's outputs: the greatest logit of each label over its windows, and the mean embedding (unit length).

    ``parts`` are the logits of the parts that were asked about, in their order.
    """

    logits: NDArray[np.float32]
    embedding: NDArray[np.float32] | None
    extra: dict[str, NDArray[np.float32]]
    parts: tuple[NDArray[np.float32], ...] = ()


@dataclass(frozen=True, slots=True)
class _Tokens:
    """A text's tokens, and where in it each one's last character lies; no places where nobody asks about parts."""

    ids: list[int]
    places: list[int]


Parts = Sequence[tuple[int, int]]
"""(start, end) in a text's code points, end exclusive: in order, without gaps."""


class Encoder:
    """Encodes texts with one pack. A text's outputs don't depend on what it is encoded with. Thread-safe: texts that
    several threads bring at the same time share ``cores``, by default one.
    """

    def __init__(self, pack: Pack, runtime: Runtime, cores: Cores | None = None) -> None:
        manifest = pack.manifest
        self._runtime = runtime
        self._improves = runtime if isinstance(runtime, Improves) else None
        self._cores = cores or Cores(1)
        self._tokenizer = Tokenizer.from_file(str(pack.tokenizer))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._before, self._after = _special_tokens(self._tokenizer)
        self._window = manifest.max_tokens - len(self._before) - len(self._after)
        self._max_tokens = manifest.max_tokens
        self._pad_id = manifest.pad_id
        self._outputs = {ours: theirs for ours, theirs in manifest.outputs.items() if theirs is not None}
        self._told_of_tokens = manifest.sentences.output if manifest.sentences else None

    @property
    def tells_of_parts(self) -> bool:
        """Whether parts of a text can be asked about."""
        return self._told_of_tokens is not None

    def encode(self, texts: Sequence[str], parts: Sequence[Parts] = ()) -> list[Encoded]:
        """One answer per text, in order. The cost grows with the tokens, whatever their spread over the texts.

        ``parts`` are those of each text whose logits are asked for too, which only a pack that ``tells_of_parts`` has.
        """
        if not texts:
            return []
        with self._cores.at_work():
            tokens = self._tokens(texts, with_places=any(parts))
            starts = [self._starts(len(text.ids)) for text in tokens]
            windows = [self._window_at(text.ids, s) for text, at in zip(tokens, starts, strict=True) for s in at]
            outputs, of_tokens = self._run(windows, with_tokens=any(parts))
        weights = np.array([len(window) for window in windows], dtype=np.float32)
        encoded, first = [], 0
        for index, (text, at) in enumerate(zip(tokens, starts, strict=True)):
            own = slice(first, first + len(at))
            joined = self._joined(outputs, own, weights)
            if parts and parts[index]:
                said = self._by_token(of_tokens[own], at, len(text.ids))
                joined = replace(joined, parts=tuple(_of_parts(said, text.places, parts[index], joined.logits)))
            encoded.append(joined)
            first += len(at)
        return encoded

    def lengths(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each window of the texts, special ones included."""
        tokens = [text.ids for text in self._tokens(texts)]
        return [len(self._window_at(ids, start)) for ids in tokens for start in self._starts(len(ids))]

    def warm(self) -> threading.Thread | None:
        """Runs the shapes that single comments have, so that the first readers don't wait for them.

        What makes these faster still goes on behind the first answers, in the thread that is returned.
        """
        usual = bucket_lengths(min(128, self._max_tokens))
        for length in usual:
            self._batch([[self._pad_id] * length])
        if self._improves is None:
            return None
        # No daemon, as it would be by itself where one starts it: a process that ends meanwhile waits for it. Ending
        # inside the engine aborts.
        behind = threading.Thread(target=self._improves.improve, args=(usual,), name="scoring-improve", daemon=False)
        behind.start()
        return behind

    def _tokens(self, texts: Sequence[str], *, with_places: bool = False) -> list[_Tokens]:
        if len(texts) == 1:  # without the batch's hand-over to other threads
            found = [self._tokenizer.encode(texts[0], add_special_tokens=False)]
        elif with_places:
            found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        else:
            found = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        # The last character: some tokens begin with the space before a word, which belongs to the sentence before it.
        return [_Tokens(e.ids, [max(s, t - 1) for s, t in e.offsets] if with_places else []) for e in found]

    def _starts(self, count: int) -> list[int]:
        """Where the windows over ``count`` tokens start. A quarter of each is the previous one's end; the last one is
        full, so that the end has its context.
        """
        last = max(0, count - self._window)
        starts = range(0, max(1, count - self._window // 4), self._window - self._window // 4)
        return list(dict.fromkeys(min(start, last) for start in starts))

    def _window_at(self, ids: list[int], start: int) -> list[int]:
        return [*self._before, *ids[start : start + self._window], *self._after]

    def _run(self, windows: list[list[int]], *, with_tokens: bool) -> tuple[Outputs, list[NDArray[np.float32]]]:
        """The outputs over all windows, and what is said of each token of each of them, if it is asked for."""
        order, results = [], []
        for group in plan([len(window) for window in windows], self._max_tokens):
            order += group
            results.append(self._batch([windows[i] for i in group]))
        place = np.argsort(np.array(order))
        outputs = {
            ours: np.concatenate([result[theirs] for result in results])[place]
            for ours, theirs in self._outputs.items()
        }
        if self._told_of_tokens is None or not with_tokens:
            return outputs, []
        rows = [row for result in results for row in result[self._told_of_tokens]]
        return outputs, [rows[index] for index in place]

    def _by_token(self, said: list[NDArray[np.float32]], starts: list[int], count: int) -> NDArray[np.float32]:
        """What is said of a text's tokens [tokens, labels]: the largest over the windows that a token lies in."""
        largest = np.full((count, said[0].shape[1]), -np.inf, dtype=np.float32)
        for rows, start in zip(said, starts, strict=True):
            part = largest[start : start + self._window]
            np.maximum(part, rows[len(self._before) : len(self._before) + len(part)], out=part)
        return largest

    def _batch(self, windows: list[list[int]]) -> Outputs:
        length = self._length(windows)
        ids = np.full((len(windows), length), self._pad_id, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        return self._runtime.run(ids, mask, alone=self._cores.alone)

    def _length(self, windows: list[list[int]]) -> int:
        """What to pad to: for a single text the next length that the runtime is fast at, if that is near."""
        minimum = bucket(max(map(len, windows)), self._max_tokens)
        if len(windows) > 1:
            return minimum
        fast = self._improves.fast if self._improves is not None else ()
        return next((length for length in fast if minimum <= length <= minimum + NEAR), minimum)

    def _joined(self, outputs: Outputs, rows: slice, weights: NDArray[np.float32]) -> Encoded:
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


def _of_parts(
    said: NDArray[np.float32], places: list[int], parts: Parts, whole: NDArray[np.float32]
) -> Iterator[NDArray[np.float32]]:
    """The logits of each part: the largest over its tokens; without a token the least that any of the text's says.

    A text without tokens has the whole's.
    """
    least = said.min(axis=0) if len(said) else whole
    first = 0
    for _, end in parts:
        after = bisect_left(places, end, first)
        yield said[first:after].max(axis=0) if first < after else least
        first = after


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
